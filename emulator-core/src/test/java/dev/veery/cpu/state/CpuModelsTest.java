package dev.veery.cpu.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpuModelsTest {
    @Test
    void featuresAreSwitchedInTheOrderGiven() {
        CpuModel m = CpuModels.parse("qemu64,+ssse3,sse4_1=on,-sse3,smep,smep=off");
        assertTrue(m.has(Feature.SSSE3));
        assertTrue(m.has(Feature.SSE4_1));
        assertFalse(m.has(Feature.SSE3));
        assertFalse(m.has(Feature.SMEP));
        assertTrue(m.has(Feature.LM));
    }

    @Test
    void noModelShowsAFeatureThatNoEngineHas() {
        for (String name : List.of("qemu64", "qemu32", "Nehalem", "max")) {
            CpuModel m = CpuModels.parse(name);
            for (Feature f : Feature.values()) {
                assertTrue(f.implemented() || !m.has(f), name + " " + f);
            }
        }
        assertFalse(Feature.AVX512F.implemented());
    }

    @Test
    void unimplementedFeatureIsWarnedAboutAndLeftOff() {
        List<String> warnings = new ArrayList<>();
        CpuModel m = CpuModels.parse("max,+avx512f", warnings::add);
        assertFalse(m.has(Feature.AVX512F));
        assertEquals(1, warnings.size());
        assertTrue(warnings.get(0).contains("CPUID[eax=07h].EBX[16] 'avx512f'"), warnings.get(0));
        assertThrows(ConfigException.class, () -> CpuModels.parse("max,+avx512f,enforce"));
    }

    @ParameterizedTest
    @CsvSource({
        "nosuch, nosuch",
        "'max,+nosuch', nosuch",
        "'max,frobnicate=3', frobnicate",
        "'max,phys-bits=53', phys-bits",
        "'max,family=x', family",
        "'max,vendor=Short', Short",
        "'max,smep=maybe', maybe",
        "'max,pmu=on', pmu",
        "host, kvm"
    })
    void errorsNameWhatIsWrong(String spec, String named) {
        ConfigException e = assertThrows(ConfigException.class, () -> CpuModels.parse(spec));
        assertTrue(String.valueOf(e.getMessage()).contains(named), e.getMessage());
    }

    @Test
    void propertiesReplaceTheIdentity() {
        CpuIdentity id = CpuModels.parse("max,family=25,model=0x21,stepping=2,phys-bits=39,vendor=AuthenticAMD")
                .identity();
        assertEquals(0x00a2_0f12, id.signature());
        assertEquals(39, id.physicalBits());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sse4.1", "sse4-1", "SSE4_1", "tsc_adjust", "lahf_lm", "3dnowprefetch"})
    void spellingsOfFeaturesAreEquivalent(String flag) {
        assertNotNull(Feature.byFlag(flag));
    }

    @Test
    void helpListsTheModels() {
        assertTrue(CpuModels.help().contains("x86 qemu64"));
        assertEquals(Feature.PCLMULQDQ.implemented(), CpuModels.help().contains("pclmulqdq"));
    }

    @Test
    void hypervisorFeaturesCanBeHidden() {
        CpuModel model = CpuModels.parse("max,kvm=off,-kvm-pv-eoi,kvmclock=off,+kvm_pv_eoi");
        assertEquals(new Paravirtual(false, 9), model.paravirtual());
        assertEquals(Paravirtual.ALL, CpuModels.parse("max").paravirtual());
    }

    @Test
    void theTimeStampFrequencyHasASuffix() {
        assertEquals(2_500_000_000L, CpuModels.parse("max,tsc-frequency=2.5G").tscHz());
        assertEquals(
                1_000_000_000L, CpuModels.parse("max,tsc-frequency=1000000000").tscHz());
        assertThrows(ConfigException.class, () -> CpuModels.parse("max,tsc-frequency=fast"));
        assertThrows(ConfigException.class, () -> CpuModels.parse("max,tsc-frequency=10"));
        List<String> warnings = new ArrayList<>();
        CpuModels.parse("max,tsc-frequency=2G", CpuSupport.SOFTWARE, warnings::add);
        CpuModels.parse("max,tsc-frequency=1G", CpuSupport.SOFTWARE, warnings::add);
        assertEquals(1, warnings.size());
    }

    @Test
    void theHostsProcessorNeedsAnEngineThatRunsOnIt() {
        ConfigException e = assertThrows(ConfigException.class, () -> CpuModels.parse("host"));
        assertEquals("CPU model 'host' needs the kvm accelerator", e.getMessage());
    }

    @Test
    void theVendorIsTheHostsWhereAModelRunsOnTheHost() {
        CpuSupport amd = new CpuSupport() {
            @Override
            public String engine() {
                return "a host";
            }

            @Override
            public boolean supports(Feature feature) {
                return true;
            }

            @Override
            public CpuIdentity host() {
                return new CpuIdentity(CpuModel.AMD, 25, 17, 1, "a processor", 16, 0x8000_0021, 48);
            }
        };
        for (String name : List.of("qemu64", "qemu32", "Nehalem", "max", "host")) {
            assertFalse(CpuModels.parse(name, amd, warning -> {}).isIntel(), name);
            assertTrue(
                    CpuModels.parse(name + ",vendor=GenuineIntel", amd, warning -> {})
                            .isIntel(),
                    name);
        }
        assertTrue(CpuModels.parse("Nehalem").isIntel());
    }
}

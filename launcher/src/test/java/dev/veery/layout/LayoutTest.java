package dev.veery.layout;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.reflect.Method;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Who may import whom: the arrows of ARCHITECTURE.md. */
class LayoutTest {
    /** Other modules' test fixtures come as jars. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar") && !location.contains("/test-classes/");
        }
    }

    /** A package with its subpackages may import only these of ours; itself and {@code base} always. */
    private static ArchRule only(String from, String... to) {
        String[] allowed = new String[to.length + 2];
        System.arraycopy(to, 0, allowed, 0, to.length);
        allowed[to.length] = from;
        allowed[to.length + 1] = "dev.veery.base";
        return noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat(resideInAPackage("dev.veery..").and(resideOutsideOfPackages(allowed)))
                .allowEmptyShould(true);
    }

    // emulator-core

    private static final ArchRule BASE = only("dev.veery.base");

    private static final ArchRule TIME = only("dev.veery.time");

    private static final ArchRule IRQ = only("dev.veery.irq");

    private static final ArchRule MEMORY_ACCESS = only("dev.veery.memory.access..");

    private static final ArchRule MEMORY = only("dev.veery.memory", "dev.veery.memory.access");

    private static final ArchRule DMA = only("dev.veery.dma..", "dev.veery.irq", "dev.veery.memory..");

    private static final ArchRule REGISTER = only("dev.veery.register..");

    private static final ArchRule MODEL =
            only("dev.veery.model..", "dev.veery.time", "dev.veery.irq", "dev.veery.memory..");

    private static final ArchRule CAPABILITIES =
            only("dev.veery.bus.pci.cap..", "dev.veery.register..", "dev.veery.irq", "dev.veery.memory..");

    private static final ArchRule PCI = only(
            "dev.veery.bus.pci",
            "dev.veery.bus.pci.cap",
            "dev.veery.model",
            "dev.veery.dma",
            "dev.veery.irq",
            "dev.veery.register",
            "dev.veery.memory..");

    private static final ArchRule ISA =
            only("dev.veery.bus.isa..", "dev.veery.model", "dev.veery.dma", "dev.veery.irq", "dev.veery.memory..");

    private static final ArchRule CHARDEV = only("dev.veery.chardev..");

    private static final ArchRule BLOCK = only("dev.veery.block..", "dev.veery.memory.access");

    private static final ArchRule NET = only("dev.veery.net..", "dev.veery.memory.access");

    private static final ArchRule VIRTIO = only(
            "dev.veery.virtio..",
            "dev.veery.bus.pci..",
            "dev.veery.model",
            "dev.veery.register",
            "dev.veery.dma",
            "dev.veery.irq",
            "dev.veery.memory..");

    private static final ArchRule DEVICES = only(
            "dev.veery.device..",
            "dev.veery.model",
            "dev.veery.register",
            "dev.veery.bus..",
            "dev.veery.virtio..",
            "dev.veery.dma",
            "dev.veery.irq",
            "dev.veery.time",
            "dev.veery.memory..",
            "dev.veery.block..",
            "dev.veery.net..",
            "dev.veery.chardev",
            "dev.veery.display..");

    private static final ArchRule CHIPS_DO_NOT_KNOW_EACH_OTHER =
            slices().matching("dev.veery.device.(*)..").should().notDependOnEachOther();

    private static final ArchRule CPU =
            only("dev.veery.cpu..", "dev.veery.memory..", "dev.veery.time", "dev.veery.irq", "dev.veery.hostcode..");

    private static final ArchRule HOST_CODE =
            only("dev.veery.hostcode", "dev.veery.hostcode.asm", "dev.veery.memory.access");

    private static final ArchRule ASSEMBLER = only("dev.veery.hostcode.asm..", "dev.veery.memory.access");

    private static final ArchRule HOST_CODE_ON_LINUX = only(
            "dev.veery.hostcode.linux..",
            "dev.veery.hostcode..",
            "dev.veery.linux.sys",
            "dev.veery.linux.abi",
            "dev.veery.memory.access");

    private static final ArchRule ONLY_THE_TRANSLATOR_EMITS_CODE = noClasses()
            .that(resideInAPackage("dev.veery.cpu..").and(resideOutsideOfPackages("dev.veery.cpu.jit..")))
            .should()
            .dependOnClassesThat(resideInAPackage("dev.veery.hostcode.."));

    private static final ArchRule CPU_STATE = only("dev.veery.cpu.state..", "dev.veery.memory.access", "dev.veery.irq");

    private static final ArchRule CPU_MMU = only("dev.veery.cpu.mmu..", "dev.veery.cpu.state", "dev.veery.memory..");

    private static final ArchRule CPU_DECODE =
            only("dev.veery.cpu.decode..", "dev.veery.cpu.state", "dev.veery.memory.access");

    private static final ArchRule CPU_SEMANTICS = only(
            "dev.veery.cpu.semantics..",
            "dev.veery.cpu.state",
            "dev.veery.cpu.mmu",
            "dev.veery.memory..",
            "dev.veery.irq");

    private static final ArchRule ACCEL =
            only("dev.veery.accel", "dev.veery.cpu.state", "dev.veery.memory", "dev.veery.time", "dev.veery.irq");

    private static final ArchRule ACCEL_SOFT = only(
            "dev.veery.accel.soft..",
            "dev.veery.accel",
            "dev.veery.hostcode..",
            "dev.veery.cpu..",
            "dev.veery.memory..",
            "dev.veery.time",
            "dev.veery.irq");

    // the other modules

    private static final ArchRule CORE_KNOWS_NO_OTHER_MODULE = noClasses()
            .that(resideOutsideOfPackages(
                    "dev.veery.linux..",
                    "dev.veery.hostcode.linux..",
                    "dev.veery.vfio..",
                    "dev.veery.accel.kvm..",
                    "dev.veery.q35..",
                    "dev.veery.acpi..",
                    "dev.veery.smbios..",
                    "dev.veery.firmware..",
                    "dev.veery.cli..",
                    "dev.veery.explain..",
                    "dev.veery.config..",
                    "dev.veery.runtime.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "dev.veery.linux..",
                    "dev.veery.hostcode.linux..",
                    "dev.veery.vfio..",
                    "dev.veery.accel.kvm..",
                    "dev.veery.q35..",
                    "dev.veery.acpi..",
                    "dev.veery.smbios..",
                    "dev.veery.firmware..",
                    "dev.veery.cli..",
                    "dev.veery.explain..",
                    "dev.veery.config..",
                    "dev.veery.runtime.."));

    private static final ArchRule LINUX_ABI = only("dev.veery.linux.abi..");

    private static final ArchRule LINUX_SYS =
            only("dev.veery.linux.sys..", "dev.veery.linux.abi", "dev.veery.hostcode.asm", "dev.veery.memory..");

    private static final ArchRule LINUX_TTY = only(
            "dev.veery.linux.tty..",
            "dev.veery.linux.sys",
            "dev.veery.linux.abi",
            "dev.veery.memory..",
            "dev.veery.chardev");

    private static final ArchRule LINUX_SYSFS = only("dev.veery.linux.sysfs..");

    private static final ArchRule LINUX_KVM =
            only("dev.veery.linux.kvm..", "dev.veery.linux.sys", "dev.veery.linux.abi", "dev.veery.memory.access");

    private static final ArchRule LINUX_VFIO =
            only("dev.veery.linux.vfio..", "dev.veery.linux.sys", "dev.veery.linux.abi", "dev.veery.memory.access");

    private static final ArchRule LINUX_IOMMUFD = only(
            "dev.veery.linux.iommufd..",
            "dev.veery.linux.vfio",
            "dev.veery.linux.sys",
            "dev.veery.linux.abi",
            "dev.veery.memory.access");

    private static final ArchRule ACCEL_KVM = only(
            "dev.veery.accel.kvm..",
            "dev.veery.accel",
            "dev.veery.linux.kvm",
            "dev.veery.linux.sys",
            "dev.veery.linux.abi",
            "dev.veery.cpu.state",
            "dev.veery.cpu.semantics",
            "dev.veery.cpu.mmu",
            "dev.veery.memory..",
            "dev.veery.time",
            "dev.veery.irq");

    private static final ArchRule LINUX_FILE = only(
            "dev.veery.linux.file..",
            "dev.veery.linux.sys",
            "dev.veery.linux.abi",
            "dev.veery.memory..",
            "dev.veery.block");

    private static final ArchRule LINUX_NET = only(
            "dev.veery.linux.net..",
            "dev.veery.linux.sys",
            "dev.veery.linux.abi",
            "dev.veery.memory..",
            "dev.veery.net");

    private static final ArchRule VFIO = only(
            "dev.veery.vfio..",
            "dev.veery.linux.vfio",
            "dev.veery.linux.iommufd",
            "dev.veery.linux.sysfs",
            "dev.veery.linux.sys",
            "dev.veery.linux.abi",
            "dev.veery.bus.pci..",
            "dev.veery.model",
            "dev.veery.dma",
            "dev.veery.irq",
            "dev.veery.register",
            "dev.veery.memory..");

    private static final ArchRule BOARDS_DO_NOT_KNOW_THE_HOST = noClasses()
            .that(resideInAnyPackage(
                    "dev.veery.q35..", "dev.veery.acpi..", "dev.veery.smbios..", "dev.veery.firmware.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "dev.veery.linux..",
                    "dev.veery.hostcode.linux..",
                    "dev.veery.vfio..",
                    "dev.veery.accel.kvm..",
                    "dev.veery.cli..",
                    "dev.veery.explain..",
                    "dev.veery.config..",
                    "dev.veery.runtime.."));

    private static final ArchRule TABLES = only("dev.veery.acpi..", "dev.veery.memory..");

    private static final ArchRule SMBIOS = only("dev.veery.smbios..", "dev.veery.memory..");

    private static final ArchRule Q35 = only(
                    "dev.veery.q35..",
                    "dev.veery.acpi..",
                    "dev.veery.smbios..",
                    "dev.veery.firmware..",
                    "dev.veery.device..",
                    "dev.veery.bus..",
                    "dev.veery.accel",
                    "dev.veery.cpu.state",
                    "dev.veery.model",
                    "dev.veery.register",
                    "dev.veery.memory..",
                    "dev.veery.dma",
                    "dev.veery.irq",
                    "dev.veery.time",
                    "dev.veery.block",
                    "dev.veery.net",
                    "dev.veery.chardev")
            .allowEmptyShould(true);

    private static final ArchRule FIRMWARE = only("dev.veery.firmware..", "dev.veery.memory..");

    // launcher

    private static final ArchRule CONFIG =
            only("dev.veery.config..", "dev.veery.block", "dev.veery.net", "dev.veery.chardev", "dev.veery.model");

    private static final ArchRule EXPLAIN_DOES_NOT_RUN_ANYTHING = noClasses()
            .that()
            .resideInAPackage("dev.veery.explain..")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "dev.veery.cli..",
                    "dev.veery.runtime..",
                    "dev.veery.linux.sys",
                    "dev.veery.linux.kvm",
                    "dev.veery.linux.iommufd",
                    "dev.veery.accel.kvm.."))
            .allowEmptyShould(true);

    private static final ArchRule RUNTIME_DOES_NOT_KNOW_THE_COMMAND_LINE = noClasses()
            .that()
            .resideInAPackage("dev.veery.runtime..")
            .should()
            .dependOnClassesThat(resideInAPackage("dev.veery.cli.."))
            .allowEmptyShould(true);

    // everywhere

    private static final ArchRule NO_CYCLES =
            slices().matching("dev.veery.(**)").should().beFreeOfCycles();

    private static final ArchRule UNSAFE_IN_ONE_PACKAGE = noClasses()
            .that(resideOutsideOfPackages("dev.veery.memory.access.."))
            .should()
            .dependOnClassesThat(com.tngtech.archunit.core.domain.JavaClass.Predicates.type(sun.misc.Unsafe.class)
                    .or(resideInAPackage("jdk.internal..")));

    private static final ArchRule JNA_IN_ONE_PACKAGE = noClasses()
            .that(resideOutsideOfPackages("dev.veery.linux.sys.."))
            .should()
            .dependOnClassesThat(resideInAPackage("com.sun.jna.."));

    private static final ArchRule HOST_TIME_IN_ONE_PACKAGE = noClasses()
            .that(resideOutsideOfPackages("dev.veery.time.."))
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now");

    private static final ArchRule NO_REFLECTION_IN_HOT_PACKAGES = noClasses()
            .that(resideInAnyPackage("dev.veery.cpu..", "dev.veery.memory", "dev.veery.device..", "dev.veery.accel.."))
            .should()
            .dependOnClassesThat(resideInAPackage("java.lang.reflect"))
            .orShould()
            .callMethod(Class.class, "forName", String.class)
            .orShould()
            .callMethodWhere(com.tngtech.archunit.core.domain.JavaCall.Predicates.target(com.tngtech.archunit.core
                    .domain.properties.HasOwner.Predicates.With.<com.tngtech.archunit.core.domain.JavaClass>owner(
                    com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo(Method.class))));

    private static final ArchRule NO_STATIC_MUTABLE_STATE =
            fields().that().areStatic().should().beFinal();

    private static final List<ArchRule> RULES = List.of(
            BASE,
            TIME,
            IRQ,
            MEMORY_ACCESS,
            MEMORY,
            DMA,
            REGISTER,
            MODEL,
            CAPABILITIES,
            PCI,
            ISA,
            CHARDEV,
            BLOCK,
            NET,
            VIRTIO,
            DEVICES,
            CHIPS_DO_NOT_KNOW_EACH_OTHER,
            CPU,
            HOST_CODE,
            ASSEMBLER,
            HOST_CODE_ON_LINUX,
            ONLY_THE_TRANSLATOR_EMITS_CODE,
            CPU_STATE,
            CPU_MMU,
            CPU_DECODE,
            CPU_SEMANTICS,
            ACCEL,
            ACCEL_SOFT,
            CORE_KNOWS_NO_OTHER_MODULE,
            LINUX_ABI,
            LINUX_SYS,
            LINUX_TTY,
            LINUX_SYSFS,
            LINUX_KVM,
            LINUX_VFIO,
            LINUX_IOMMUFD,
            VFIO,
            ACCEL_KVM,
            LINUX_FILE,
            LINUX_NET,
            BOARDS_DO_NOT_KNOW_THE_HOST,
            TABLES,
            SMBIOS,
            Q35,
            FIRMWARE,
            CONFIG,
            EXPLAIN_DOES_NOT_RUN_ANYTHING,
            RUNTIME_DOES_NOT_KNOW_THE_COMMAND_LINE,
            NO_CYCLES,
            UNSAFE_IN_ONE_PACKAGE,
            JNA_IN_ONE_PACKAGE,
            HOST_TIME_IN_ONE_PACKAGE,
            NO_REFLECTION_IN_HOT_PACKAGES,
            NO_STATIC_MUTABLE_STATE);

    @TestFactory
    Stream<DynamicTest> theLayoutIsAsDrawn() {
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(new DoNotIncludeTests())
                .withImportOption(new NoTestJars())
                .importPackages("dev.veery");
        return RULES.stream().map(rule -> dynamicTest(rule.getDescription(), () -> rule.check(classes)));
    }
}

package dev.veery.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.chardev.ChardevSpec;
import dev.veery.config.AccelOption;
import dev.veery.config.Actions;
import dev.veery.config.IcountOptions;
import dev.veery.config.RtcOptions;
import dev.veery.config.Topology;
import dev.veery.config.TraceOptions;
import dev.veery.config.VmConfig;
import dev.veery.model.DeviceDescriptor;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    private static VmConfig config(String... arguments) {
        Request request = CommandLine.parse(arguments);
        assertEquals(Request.Kind.RUN, request.kind(), request.text());
        return assertNotNullConfig(request);
    }

    private static VmConfig assertNotNullConfig(Request request) {
        VmConfig config = request.config();
        assertNotNull(config);
        return config;
    }

    private static String error(String... arguments) {
        ConfigException e = assertThrows(ConfigException.class, () -> CommandLine.parse(arguments));
        assertTrue(e.isUsage(), e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        return e.getMessage();
    }

    @Test
    void aTypicalTestKernelLineIsUnderstood() {
        VmConfig config = config(
                ("--no-reboot -nodefaults -device pc-testdev -device isa-debug-exit,iobase=0xf4,iosize=0x4 -display none"
                                + " -serial stdio -machine accel=tcg -kernel t.flat -smp 1 -initrd env")
                        .split(" "));
        assertEquals(Actions.Reboot.SHUTDOWN, config.actions().reboot());
        assertEquals(List.of(new AccelOption(AccelOption.Kind.TCG)), config.accelerators());
        assertEquals("t.flat", config.boot().kernel());
        assertEquals("env", config.boot().initrd());
        assertEquals(ChardevSpec.Kind.STDIO, config.serials().get(0).kind());
        DeviceDescriptor exit = config.devices().get(1);
        assertEquals("isa-debug-exit", exit.driver());
        assertEquals(Map.of("iobase", "0xf4", "iosize", "0x4"), exit.properties());
        assertEquals("-device isa-debug-exit,iobase=0xf4,iosize=0x4", exit.origin());
    }

    @Test
    void machineOptionsMerge() {
        VmConfig config = config(
                "-machine", "accel=kvm:tcg", "-M", "q35,kernel-irqchip=split,hpet=off", "-machine", "pit=off,hpet");
        assertEquals("q35", config.machine().type());
        assertEquals(
                Map.of("kernel-irqchip", "split", "hpet", "on", "pit", "off"),
                config.machine().properties());
        assertEquals(
                List.of(AccelOption.Kind.KVM, AccelOption.Kind.TCG),
                config.accelerators().stream().map(AccelOption::kind).toList());
    }

    @Test
    void acceleratorsAreTriedInTheirOrder() {
        VmConfig config = config("-accel", "jit", "-accel", "interp", "-accel", "tcg,thread=single");
        assertEquals(
                List.of(AccelOption.Kind.JIT, AccelOption.Kind.INTERP, AccelOption.Kind.TCG),
                config.accelerators().stream().map(AccelOption::kind).toList());
        assertTrue(error("-accel", "tcg", "-machine", "accel=tcg").contains("incompatible"));
        assertTrue(error("-accel", "warp").contains("'warp'"));
    }

    @ParameterizedTest
    @CsvSource({
        "512, 536870912",
        "64M, 67108864",
        "1.5G, 1610612736",
        "size=4G, 4294967296",
        "64G, 68719476736",
        "1048576K, 1073741824"
    })
    void memoryIsMebibytesUnlessItHasASuffix(String text, long bytes) {
        assertEquals(bytes, config("-m", text).ramBytes());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "10T",
                "63M",
                "65G",
                "-1",
                "16E",
                "99999999999999999999",
                "x",
                "",
                "100000000B",
                "64M,slots=2"
            })
    void impossibleMemoryIsRefused(String text) {
        assertTrue(error("-m", text).startsWith("-m " + text + ": "));
    }

    @Test
    void memoryIs128MebibytesByDefault() {
        assertEquals(128L << 20, config().ramBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "cpus=1", "1,sockets=1,cores=1,threads=1,maxcpus=1", "cores=1"})
    void oneProcessorIsPossible(String text) {
        assertEquals(1, config("-smp", text).cpu().topology().maxCpus());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2                           | 2 1 2 1 2",
                "1,maxcpus=2                 | 1 1 2 1 2",
                "cores=2,threads=2           | 4 1 2 2 4",
                "4,sockets=2                 | 4 2 2 1 4",
                "sockets=2,cores=3,threads=2 | 12 2 3 2 12",
                "6,cores=3                   | 6 2 3 1 6",
                "4,threads=2                 | 4 1 2 2 4",
                "64                          | 64 1 64 1 64",
            })
    void coresTakeWhatIsNotGiven(String text, String cpusSocketsCoresThreadsMaximum) {
        Topology t = config("-smp", text).cpu().topology();

        assertEquals(
                cpusSocketsCoresThreadsMaximum,
                t.cpus() + " " + t.sockets() + " " + t.cores() + " " + t.threads() + " " + t.maxCpus());
    }

    @Test
    void translationsAreKeptUnlessToldOtherwise() {
        assertEquals(
                AccelOption.ON, config("-accel", "jit").accelerators().get(0).cache());
        assertEquals(
                "off", config("-accel", "jit,cache=off").accelerators().get(0).cache());
        assertEquals(
                "/a/b", config("-accel", "tcg,cache=/a/b").accelerators().get(0).cache());
    }

    @Test
    void anEngineMaySayWhatItCounted() {
        assertTrue(config("-accel", "jit,stats=on").accelerators().get(0).statistics());
        assertFalse(config("-accel", "jit").accelerators().get(0).statistics());
    }

    @Test
    void instructionsMayBeCounted() {
        assertEquals(new IcountOptions(7, true), config("-icount", "7").icount());
        assertEquals(
                new IcountOptions(0, false),
                config("-icount", "shift=0,sleep=off,align=off").icount());
        assertEquals(new IcountOptions(-1, true), config("-icount", "auto").icount());
        assertEquals(5, config("-seed", "5").seed());
        for (String wrong : List.of("11", "x", "shift=1,align=on", "auto,sleep=off", "shift=1,rr=record")) {
            assertThrows(ConfigException.class, () -> config("-icount", wrong), wrong);
        }
    }

    @Test
    void perfMayBeToldOfTranslations() {
        assertTrue(config("-perfmap").trace().perfMap());
        assertFalse(config("-d", "out_asm,exec,cpu,nochain").trace().perfMap());
    }

    @Test
    void processorsMayTakeTurns() {
        List<AccelOption> one = config("-accel", "tcg,thread=single").accelerators();
        List<AccelOption> many = config("-accel", "tcg,thread=multi").accelerators();

        assertEquals(List.of(new AccelOption(AccelOption.Kind.TCG, true, false, AccelOption.ON)), one);
        assertEquals(List.of(new AccelOption(AccelOption.Kind.TCG, false, false, AccelOption.ON)), many);
    }

    @Test
    void tooManyProcessorsAreRefusedClearly() {
        assertEquals("-smp: 65 processors are too many; at most 64 are possible", error("-smp", "65"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "x", "3,cores=2", "2,maxcpus=1", "1,dies=2", "1,nodes=1"})
    void processorsThatDoNotMultiplyAreRefused(String text) {
        assertTrue(error("-smp", text).startsWith("-smp"));
    }

    @Test
    void devicesAreAlsoJson() {
        DeviceDescriptor device = config(
                        "-device", "{'driver':'pcie-root-port', \"id\":\"p,1\",'chassis':1,'hotplug':false}")
                .devices()
                .get(0);
        assertEquals("pcie-root-port", device.driver());
        assertEquals("p,1", device.id());
        assertEquals(Map.of("chassis", "1", "hotplug", "off"), device.properties());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{}",
                "{'driver':'edu'",
                "{'driver':'edu'} x",
                "{'driver':[1]}",
                "{'driver':'edu','driver':'edu'}",
                "{'driver':nil}",
                "{'id':'x'}",
                "{'driver':'\\u12'}",
                "{'driver':'edu',}"
            })
    void malformedJsonIsRefused(String text) {
        assertTrue(error("-device", text).startsWith("-device " + text));
    }

    @Test
    void doubledCommasAreCommasAndBareKeysAreFlags() {
        DeviceDescriptor device =
                config("-device", "edu,path=a,,b,fast,noslow").devices().get(0);
        assertEquals(Map.of("path", "a,b", "fast", "on", "slow", "off"), device.properties());
    }

    @Test
    void globalsComeInBothForms() {
        VmConfig config = config("-global", "a.b=c.d=e", "-global", "driver=x,property=y.z,value=1");
        assertEquals("c.d=e", config.globals().get(0).value());
        assertEquals("y.z", config.globals().get(1).property());
        assertTrue(error("-global", "nonsense").contains("-global nonsense"));
    }

    @Test
    void serialPortsFollowTheDisplayOptions() {
        assertTrue(config("-nographic").serials().get(0).mux());
        assertTrue(config().serials().get(0).mux());
        assertEquals(
                ChardevSpec.Kind.NULL,
                config("-display", "none").serials().get(0).kind());
        assertEquals(List.of(), config("-nodefaults", "-nographic").serials());
        List<ChardevSpec> two =
                config("-nographic", "-serial", "null", "-serial", "file:x").serials();
        assertEquals(2, two.size());
        assertEquals("serial1", two.get(1).id());
    }

    @Test
    void aChardevThatRepeatsIsReplaced() {
        List<ChardevSpec> chardevs =
                config("-chardev", "null,id=a", "-chardev", "file,id=a,path=x").chardevs();
        assertEquals(1, chardevs.size());
        assertEquals("x", chardevs.get(0).path());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-h", "-help", "--help"})
    void helpMentionsQemu(String option) {
        Request request = CommandLine.parse("-nodefaults", option, "-nonsense");
        assertEquals(Request.Kind.PRINT, request.kind());
        assertTrue(request.text().contains("QEMU"));
    }

    @ParameterizedTest
    @CsvSource({
        "-device, help, DEVICE_LIST",
        "-device, ?, DEVICE_LIST",
        "-device, 'edu,help', DEVICE_HELP",
        "-machine, help, MACHINE_LIST",
        "-M, 'q35,help', MACHINE_HELP",
        "-cpu, help, CPU_HELP",
        "-cpu, ?, CPU_HELP",
        "-accel, help, PRINT",
        "-d, help, PRINT",
        "-chardev, help, PRINT",
        "-serial, help, PRINT",
        "-object, help, PRINT"
    })
    void helpIsAnsweredWithoutAMachine(String option, String value, Request.Kind kind) {
        assertEquals(kind, CommandLine.parse(option, value).kind());
    }

    @Test
    void whatIsNotThereIsRefusedByName() {
        assertTrue(error("-frobnicate").contains("'-frobnicate'"));
        assertEquals("option '-gdb' is not available in this version", error("-gdb", "tcp::1234"));
        assertEquals("option '--daemonize' is not available in this version", error("--daemonize"));
        assertTrue(error("-monitor", "stdio").contains("no monitor"));
        assertTrue(error("-S").contains("'-S'"));
        assertTrue(error("-display", "gtk").contains("-display gtk"));
        assertTrue(error("-object", "rng-random,id=r").contains("'rng-random'"));
        assertTrue(error("disk.img").contains("'disk.img'"));
        assertTrue(error("-kernel").contains("needs a value"));
        assertTrue(error("-initrd", "x").contains("-kernel"));
        assertTrue(error("-overcommit", "mem-lock=on").contains("mem-lock"));
    }

    @Test
    void clockOptionsAreUnderstood() {
        RtcOptions rtc = config("-rtc", "base=2006-06-17T16:01:21,clock=vm").rtc();
        assertEquals(LocalDateTime.of(2006, 6, 17, 16, 1, 21), rtc.start());
        assertEquals(RtcOptions.Source.VM, rtc.source());
        assertEquals(
                LocalDateTime.of(2006, 6, 17, 0, 0),
                config("-rtc", "base=2006-06-17").rtc().start());
        assertEquals(
                RtcOptions.Base.LOCALTIME,
                config("-rtc", "base=localtime").rtc().base());
        assertTrue(error("-rtc", "base=yesterday").contains("base"));
    }

    @Test
    void actionsMerge() {
        Actions actions = config("-no-shutdown", "-action", "panic=exit-failure,reboot=shutdown")
                .actions();
        assertEquals(new Actions(Actions.Reboot.SHUTDOWN, Actions.Shutdown.PAUSE, Actions.Panic.EXIT_FAILURE), actions);
        assertTrue(error("-action", "panic=jump").contains("panic"));
        assertTrue(error("-action", "watchdog=reset").contains("watchdog"));
    }

    @Test
    void traceItemsCollect() {
        TraceOptions trace =
                config("-d", "int,cpu_reset", "-d", "unimp", "-D", "log").trace();
        assertEquals(
                Set.of(TraceOptions.Item.INT, TraceOptions.Item.CPU_RESET, TraceOptions.Item.UNIMP), trace.items());
        assertEquals("log", trace.file());
        assertTrue(error("-d", "int,everything").contains("'everything'"));
    }

    @Test
    void aKernelMayBeAMachineProperty() {
        VmConfig config = config("-machine", "q35,kernel=k,append=a,,b", "-append", "c");
        assertEquals("k", config.boot().kernel());
        assertEquals("c", config.boot().append());
        assertEquals(Map.of(), config.machine().properties());
    }
}

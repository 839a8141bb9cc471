package dev.veery.cli;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options, in the order in which help lists them. */
enum Option {
    HELP("help", null, "show this help and exit"),
    H("h", null, "same as -help"),
    VERSION("version", null, "show the version and exit"),
    MACHINE("machine", "[type=]q35[,prop=value]...", "choose the machine ('-machine help', '-machine q35,help')"),
    M("M", "[type=]q35[,prop=value]...", "same as -machine"),
    CPU("cpu", "MODEL[,+feature][,-feature]...", "choose the processor ('-cpu help')"),
    ACCEL(
            "accel",
            "tcg|jit|interp|kvm[,stats=on][,thread=single|multi][,cache=on|off|FILE]",
            "choose how guest code runs; the first that is available ('-accel help')"),
    ENABLE_KVM("enable-kvm", null, "same as -accel kvm"),
    SMP(
            "smp",
            "[cpus=]1[,sockets=n][,cores=n][,threads=n][,maxcpus=n]",
            "number of processors, 1 to 64, and how they are arranged"),
    MEMORY("m", "[size=]SIZE", "guest RAM, 64M to 64G; MiB without a suffix; default 128M"),
    NAME("name", "NAME", "name of the machine"),
    UUID("uuid", "UUID", "UUID of the machine, shown by SMBIOS"),
    KERNEL("kernel", "FILE", "boot this bzImage, PVH ELF image or multiboot image"),
    INITRD("initrd", "FILE", "initial RAM disk; for multiboot a list of modules"),
    APPEND("append", "TEXT", "the kernel's command line"),
    BOOT("boot", "[order=drives][,menu=on|off]", "what firmware boots from; a kernel given with -kernel goes first"),
    DRIVE("drive", "file=FILE,if=none|virtio[,id=ID][,readonly=on][,cache=MODE]...", "define a disk; raw images"),
    BLOCKDEV("blockdev", "DRIVER,node-name=ID[,prop=value]...", "define a disk: file, raw or null-co; also JSON"),
    NETDEV("netdev", "stream|dgram|socket|tap|null,id=ID[,prop=value]...", "define a network; also JSON"),
    DEVICE("device", "DRIVER[,prop=value]...", "add a device ('-device help', '-device DRIVER,help'); also JSON"),
    GLOBAL("global", "DRIVER.PROP=VALUE", "set a property for all devices of a type"),
    OBJECT("object", "TYPE[,prop=value]...", "add an object ('-object help')"),
    NOGRAPHIC("nographic", null, "no display; the first serial port and the Ctrl-A commands on the terminal"),
    DISPLAY("display", "none", "no display"),
    VGA("vga", "none", "no graphics card"),
    SERIAL("serial", "DEV", "where a serial port goes: [mon:]stdio, file:, unix:, tcp:, pty, null, none, chardev:ID"),
    CHARDEV("chardev", "BACKEND,id=ID[,prop=value]...", "define a character back end ('-chardev help')"),
    DEBUGCON("debugcon", "DEV", "where the debug console (port e9h) goes; as -serial"),
    PARALLEL("parallel", "none", "no parallel port"),
    MONITOR("monitor", "none", "no monitor; this version has none"),
    MON("mon", "...", "refused: this version has no monitor"),
    NET("net", "none", "no network card"),
    NIC("nic", "none|TYPE[,model=DRIVER][,mac=MAC][,prop=value]...", "a network and its card in one"),
    NODEFAULTS("nodefaults", null, "no devices that were not asked for"),
    NO_USER_CONFIG("no-user-config", null, "read no configuration of the user's; there is none to read"),
    RTC("rtc", "[base=utc|localtime|DATETIME][,clock=host|vm]", "the real-time clock"),
    ICOUNT("icount", "[shift=]N|auto[,sleep=on|off][,align=off]", "virtual time runs with instructions, 2^N ns each"),
    SEED("seed", "NUMBER", "where random numbers for the guest come from, instead of from chance"),
    NO_REBOOT("no-reboot", null, "same as -action reboot=shutdown"),
    NO_SHUTDOWN("no-shutdown", null, "same as -action shutdown=pause"),
    ACTION("action", "reboot=reset|shutdown,shutdown=poweroff|pause,panic=...", "what events of the guest lead to"),
    STOPPED("S", null, "refused: starting stopped needs a monitor"),
    D("d", "ITEM[,ITEM]...", "write a trace ('-d help')"),
    LOGFILE("D", "FILE", "write the trace to FILE rather than to standard error"),
    PERFMAP("perfmap", null, "write /tmp/perf-PID.map, by which perf names translated code"),
    MSG("msg", "timestamp=on|off[,guest-name=on|off]", "how lines on standard error begin"),
    PIDFILE("pidfile", "FILE", "write the process id to FILE"),
    OVERCOMMIT("overcommit", "[mem-lock=off][,cpu-pm=off]", "lock no memory, give no host processor away");

    /** Options of QEMU that take no value and are not here. */
    private static final String REFUSED_FLAGS = " daemonize usb snapshot no-fd-bootchk no-acpi no-hpet no-quit"
            + " full-screen win2k-hack win32-rtc-update old-param semihosting enable-sync-profile preconfig singlestep s"
            + " portrait ";

    /** Options of QEMU that take a value and are not here. */
    private static final String REFUSED_VALUES = " accelerator acpitable audio audiodev bios cdrom chroot"
            + " compat debug dtb dump-vmstate echr fda fdb fsdev fw_cfg g gdb hda hdb hdc hdd incoming iscsi k"
            + " L loadvm mem-path mem-prealloc mtdblock numa option-rom pflash plugin prom-env qmp qmp-pretty"
            + " qtest qtest-log readconfig runas sandbox sd set smbios spice tb-size tpmdev trace usbdevice virtfs vnc"
            + " watchdog watchdog-action writeconfig xen-attach xen-domid run-with semihosting-config async-teardown soundhw ";

    private static final Map<String, Option> BY_NAME = new HashMap<>();

    static {
        for (Option option : values()) {
            BY_NAME.put(option.text, option);
        }
    }

    private final String text;
    private final @Nullable String argument;
    private final String help;

    Option(String text, @Nullable String argument, String help) {
        this.text = text;
        this.argument = argument;
        this.help = help;
    }

    /** The option of that name, without dashes; null if there is none. */
    static @Nullable Option find(String name) {
        return BY_NAME.get(name);
    }

    /** Whether QEMU has an option of that name which is missing here. */
    static boolean isKnownElsewhere(String name) {
        String word = " " + name + " ";
        return !name.contains(" ") && (REFUSED_FLAGS.contains(word) || REFUSED_VALUES.contains(word));
    }

    /** Its name without dashes. */
    String text() {
        return text;
    }

    /** Whether a value follows. */
    boolean takesValue() {
        return argument != null;
    }

    /** All options, for {@code -help}. */
    static String helpText() {
        StringBuilder page = new StringBuilder("usage: veery [options]\n"
                + "       veery explain [options] what assigned devices would do (see veery explain --help)\n"
                + "       veery bind|unbind BDF   give a host device to VFIO, and back (see veery bind --help)\n"
                + "Veery emulates a Q35 PC. Options have the names and meanings they have in QEMU.\n\n");
        for (Option option : values()) {
            page.append('-').append(option.text);
            if (option.argument != null) {
                page.append(' ').append(option.argument);
            }
            page.append("\n                ").append(option.help).append('\n');
        }
        return page.append("\nOn a terminal, Ctrl-A h shows the keys of -nographic; Ctrl-A x ends the program.\n")
                .toString();
    }
}

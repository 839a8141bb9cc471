package dev.veery.linux.abi;

/** {@code signal.h}: signal(7) on x86 and Arm. Names and values are the header's. */
public final class SignalNumbers {
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGQUIT = 3;
    public static final int SIGKILL = 9;
    public static final int SIGTERM = 0xf;
    public static final int SIGCONT = 0x12;
    public static final int SIGTSTP = 0x14;

    public static final int SIG_DFL = 0;
    public static final int SIG_IGN = 1;

    private SignalNumbers() {}
}

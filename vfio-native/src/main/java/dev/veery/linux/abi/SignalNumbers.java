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

    public static final int SA_RESTART = 0x10000000;

    /** The C library's first real-time signal, which it computes when it starts. */
    @CExpression("SIGRTMIN")
    public static final int SIGRTMIN = 0x22;

    @CExpression("sizeof(struct sigaction)")
    public static final int SIZEOF_SIGACTION = 0x98;

    @CExpression("offsetof(struct sigaction, sa_handler)")
    public static final int SIGACTION_HANDLER = 0;

    @CExpression("offsetof(struct sigaction, sa_flags)")
    public static final int SIGACTION_FLAGS = 0x88;

    private SignalNumbers() {}
}

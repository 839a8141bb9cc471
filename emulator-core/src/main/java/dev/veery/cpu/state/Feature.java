package dev.veery.cpu.state;

/**
 * CPUID feature bits by QEMU's names, with the leaf, register and bit where each is shown (SDM vol. 2, CPUID; AMD APM vol.
 * 3, appendix E for 8000_0001h).
 */
public enum Feature {
    FPU("fpu"),
    SSE3("sse3");

    private final String flag;

    Feature(String flag) {
        this.flag = flag;
    }

    /** The name on the command line. */
    public String flag() {
        return flag;
    }
}

package dev.veery.device.e1000e;

import dev.veery.register.RegisterBank;

/** Causes, masks and what they lead to (7.4). */
final class Interrupts {
    /** IVAR fields (10.2.4.9): four bits each, the highest says that it counts. */
    private static final int[] IVAR_CAUSES = {Regs.ICR_RXQ0, Regs.ICR_RXQ1, Regs.ICR_TXQ0, Regs.ICR_TXQ1, Regs.ICR_OTHER
    };

    private static final int IVAR_BITS = 4;
    private static final int IVAR_VALID = 8;
    private static final int IVAR_VECTOR = 7;

    /** 10.2.4.1: what ICR.OTHER sums up: link, overrun, MDI, small packets, acknowledges, management. */
    private static final int OTHERS = Regs.ICR_LSC | 1 << 6 | 1 << 9 | 1 << 15 | 1 << 16 | 1 << 17 | 1 << 18;

    /** How interrupts leave the device. */
    interface Output {
        /** Whether MSI-X is in use. */
        boolean vectors();

        /** Sends an MSI-X message. */
        void vector(int n);

        /** Sends an MSI, or drives the pin. */
        void level(boolean asserted);
    }

    private final RegisterBank bank;
    private final Output output;
    private boolean asserted;

    Interrupts(RegisterBank bank, Output output) {
        this.bank = bank;
        this.output = output;
    }

    private int get(int register) {
        return (int) bank.get(register, 4);
    }

    private void set(int register, int value) {
        bank.set(register, 4, value);
    }

    void reset() {
        asserted = false;
        output.level(false);
    }

    /** Something happened. */
    void raise(int causes) {
        int all = causes;
        if (output.vectors() && (causes & OTHERS) != 0) {
            all |= Regs.ICR_OTHER;
        }
        set(Regs.ICR, get(Regs.ICR) | all);
        update(all);
    }

    /** IMS was written: causes that are there already count now. */
    void unmask(int bits) {
        set(Regs.IMS, get(Regs.IMS) | bits);
        update(bits);
    }

    /** IMC was written. */
    void mask(int bits) {
        set(Regs.IMS, get(Regs.IMS) & ~bits);
        update(0);
    }

    /** 10.2.4.1: reading says what happened, and forgets it. */
    int readCause() {
        int value = get(Regs.ICR);
        boolean active = (value & Regs.ICR_INT_ASSERTED) != 0;
        if (active && (get(Regs.CTRL_EXT) & Regs.CTRL_EXT_IAME) != 0) {
            set(Regs.IMS, get(Regs.IMS) & ~get(Regs.IAM));
        }
        if (active || get(Regs.IMS) == 0) {
            set(Regs.ICR, 0);
        }
        update(0);
        return value;
    }

    /** ICR was written: those causes are dealt with. */
    void clear(int bits) {
        if ((get(Regs.ICR) & Regs.ICR_INT_ASSERTED) != 0 && (get(Regs.CTRL_EXT) & Regs.CTRL_EXT_IAME) != 0) {
            set(Regs.IMS, get(Regs.IMS) & ~get(Regs.IAM));
        }
        set(Regs.ICR, get(Regs.ICR) & ~bits);
        update(0);
    }

    /** Lets the output follow; with MSI-X, {@code fresh} are the causes that may send a message. */
    private void update(int fresh) {
        int pending = get(Regs.ICR) & get(Regs.IMS) & ~Regs.ICR_INT_ASSERTED;
        set(Regs.ICR, get(Regs.ICR) & ~Regs.ICR_INT_ASSERTED | (pending != 0 ? Regs.ICR_INT_ASSERTED : 0));
        if (output.vectors()) {
            for (int field = 0; field < IVAR_CAUSES.length; field++) {
                if ((pending & fresh & IVAR_CAUSES[field]) != 0) {
                    send(field);
                }
            }
            return;
        }
        if (asserted != (pending != 0)) {
            asserted = pending != 0;
            output.level(asserted);
        }
    }

    /** 7.4.4 and 10.2.4.7: a message clears and masks its cause, as far as EIAC and EIAME say. */
    private void send(int field) {
        int cause = IVAR_CAUSES[field];
        int entry = get(Regs.IVAR) >>> IVAR_BITS * field & (1 << IVAR_BITS) - 1;
        if ((entry & IVAR_VALID) == 0) {
            return;
        }
        int automatic = get(Regs.EIAC) & cause;
        set(Regs.ICR, get(Regs.ICR) & ~automatic);
        if ((get(Regs.CTRL_EXT) & Regs.CTRL_EXT_EIAME) != 0) {
            set(Regs.IMS, get(Regs.IMS) & ~automatic);
        }
        output.vector(entry & IVAR_VECTOR);
    }
}

package dev.veery.device.serial;

/** PC16550D section 8, register offsets and bits. */
final class Uart16550Regs {
    /** 8.0, read: receiver buffer; write: transmitter holding; with DLAB: divisor low. */
    static final int RBR_THR_DLL = 0;
    /** 8.7 interrupt enable; with DLAB: divisor high. */
    static final int IER_DLM = 1;
    /** 8.6 read: interrupt identification; 8.5 write: FIFO control. */
    static final int IIR_FCR = 2;
    /** 8.1 line control. */
    static final int LCR = 3;
    /** 8.8 modem control. */
    static final int MCR = 4;
    /** 8.4 line status. */
    static final int LSR = 5;
    /** 8.9 modem status. */
    static final int MSR = 6;
    /** 8.10 scratchpad. */
    static final int SCR = 7;

    static final int IER_ERBFI = 1 << 0;
    static final int IER_ETBEI = 1 << 1;
    static final int IER_ELSI = 1 << 2;
    static final int IER_EDSSI = 1 << 3;
    /** Bits 4 to 7 are wired to zero; drivers tell later chips by them. */
    static final int IER_WRITABLE = 0x0f;

    static final int IIR_NONE = 0x01;
    static final int IIR_MODEM_STATUS = 0x00;
    static final int IIR_THR_EMPTY = 0x02;
    static final int IIR_RECEIVED_DATA = 0x04;
    static final int IIR_LINE_STATUS = 0x06;
    static final int IIR_CHAR_TIMEOUT = 0x0c;
    static final int IIR_FIFOS_ENABLED = 0xc0;

    static final int FCR_ENABLE = 1 << 0;
    static final int FCR_RCVR_RESET = 1 << 1;
    static final int FCR_TRIGGER_SHIFT = 6;

    static final int LCR_WORD_LENGTH = 0x03;
    static final int LCR_STOP = 1 << 2;
    static final int LCR_PARITY = 1 << 3;
    static final int LCR_BREAK = 1 << 6;
    static final int LCR_DLAB = 1 << 7;

    static final int MCR_DTR = 1 << 0;
    static final int MCR_RTS = 1 << 1;
    static final int MCR_OUT1 = 1 << 2;
    static final int MCR_OUT2 = 1 << 3;
    static final int MCR_LOOP = 1 << 4;
    static final int MCR_WRITABLE = 0x1f;

    static final int LSR_DR = 1 << 0;
    static final int LSR_OE = 1 << 1;
    static final int LSR_PE = 1 << 2;
    static final int LSR_FE = 1 << 3;
    static final int LSR_BI = 1 << 4;
    static final int LSR_THRE = 1 << 5;
    static final int LSR_TEMT = 1 << 6;
    static final int LSR_FIFO_ERROR = 1 << 7;
    /** What raises the line-status interrupt and is cleared by reading LSR. */
    static final int LSR_ERRORS = LSR_OE | LSR_PE | LSR_FE | LSR_BI;
    /** The errors that belong to one character and travel with it through the FIFO. */
    static final int LSR_CHAR_ERRORS = LSR_PE | LSR_FE | LSR_BI;

    static final int MSR_DCTS = 1 << 0;
    static final int MSR_DDSR = 1 << 1;
    static final int MSR_TERI = 1 << 2;
    static final int MSR_DDCD = 1 << 3;
    static final int MSR_CTS = 1 << 4;
    static final int MSR_DSR = 1 << 5;
    static final int MSR_RI = 1 << 6;
    static final int MSR_DCD = 1 << 7;
    static final int MSR_DELTAS = 0x0f;

    private Uart16550Regs() {}
}

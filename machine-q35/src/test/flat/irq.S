# Interrupts through the 8259s and through the I/O APIC, raised by pc-testdev's lines at ports 2000h and up.
.include "flat.inc"
.set IOAPIC, 0xfec00000

.macro LINE n, level
        movl    $(0x2000 + \n), %edx
        movb    $\level, %al
        outb    %al, %dx
.endm

main:
        call    init_lapic              # LINT0: ExtINT, so that the 8259s are heard
        movl    $0x700, LAPIC + 0x350
        call    init_pics
        movl    $eoi_pics, end_of_interrupt
        movb    $0xdf, %al              # line 5
        outb    %al, $0x21
        LINE    5, 0
        LINE    5, 1
        movl    $1, %ebx
        movl    $(counts + 4*0x25), %esi
        call    await
        LINE    5, 0
        EXPECT  2, last_vector, $0x25

        movb    $0xfb, %al              # line 15, through the second one
        outb    %al, $0x21
        movb    $0x7f, %al
        outb    %al, $0xa1
        LINE    15, 0
        LINE    15, 1
        movl    $3, %ebx
        movl    $(counts + 4*0x2f), %esi
        call    await
        LINE    15, 0
        EXPECT  4, counts + 4*0x2f, $1

        LINE    5, 1                    # masked: requested, not delivered
        sti
        nop
        nop
        cli
        EXPECT  5, counts + 4*0x25, $1
        movb    $0x0a, %al
        outb    %al, $0x20
        inb     $0x20, %al
        testb   $0x20, %al
        REQUIRE 6, nz
        movb    $0xdb, %al
        outb    %al, $0x21
        sti
        nop
        nop
        cli
        EXPECT  7, counts + 4*0x25, $2
        LINE    5, 0

        movb    $0xff, %al              # now the I/O APIC: line 6 to vector 50h
        outb    %al, $0x21
        outb    %al, $0xa1
        movl    $0x10000, LAPIC + 0x350
        movl    $eoi_lapic, end_of_interrupt
        movl    $(0x10 + 2*6 + 1), IOAPIC
        movl    LAPIC + 0x20, %eax
        andl    $0xff000000, %eax
        movl    %eax, IOAPIC + 0x10
        movl    $(0x10 + 2*6), IOAPIC
        movl    $0x50, IOAPIC + 0x10
        LINE    6, 0
        LINE    6, 1
        movl    $8, %ebx
        movl    $(counts + 4*0x50), %esi
        call    await
        LINE    6, 0
        EXPECT  9, last_vector, $0x50
        sti
        nop
        cli
        EXPECT  10, counts + 4*0x50, $1

        movl    $0x8051, IOAPIC + 0x10  # the same, level-triggered
        movl    $lower_and_eoi, end_of_interrupt
        LINE    6, 1
        movl    $11, %ebx
        movl    $(counts + 4*0x51), %esi
        call    await
        EXPECT  12, counts + 4*0x51, $1
        movl    IOAPIC + 0x10, %eax     # remote IRR has gone with the EOI
        testl   $0x4000, %eax
        REQUIRE 13, z
        movl    $0x10051, IOAPIC + 0x10

        movl    $1, IOAPIC              # version register
        movl    IOAPIC + 0x10, %eax
        shrl    $16, %eax
        cmpb    $23, %al
        REQUIRE 14, e
        jmp     passed

lower_and_eoi:
        LINE    6, 0
        movl    $0, LAPIC + 0xb0
        ret

# The local APIC: identification, self-IPI, priorities, its timer one-shot and periodic.
.include "flat.inc"
main:
        call    init_pics
        call    init_lapic
        movl    $eoi_lapic, end_of_interrupt
        movl    LAPIC + 0x30, %eax
        andl    $0xff, %eax
        subl    $0x10, %eax
        cmpl    $5, %eax
        REQUIRE 1, be

        movl    $0x40040, LAPIC + 0x300 # self-IPI, vector 40h; IF is clear, so it waits in IRR
        movl    LAPIC + 0x220, %eax
        testl   $1, %eax
        REQUIRE 2, nz
        EXPECT  3, counts + 4*0x40, $0
        sti
        nop
        cli
        EXPECT  4, counts + 4*0x40, $1

        movl    $0x50, LAPIC + 0x80     # task priority 5 holds vector 41h back and lets 61h pass
        movl    $0x40041, LAPIC + 0x300
        movl    $0x40061, LAPIC + 0x300
        sti
        nop
        cli
        EXPECT  5, counts + 4*0x41, $0
        EXPECT  6, counts + 4*0x61, $1
        movl    $0, LAPIC + 0x80
        sti
        nop
        cli
        EXPECT  7, counts + 4*0x41, $1

        movl    $0xb, LAPIC + 0x3e0     # one-shot
        movl    $0x42, LAPIC + 0x320
        movl    $100000, LAPIC + 0x380
        movl    $8, %ebx
        movl    $(counts + 4*0x42), %esi
        call    await
        EXPECT  9, LAPIC + 0x390, $0
        EXPECT  10, counts + 4*0x42, $1

        movl    $0x20043, LAPIC + 0x320 # periodic
        movl    $100000, LAPIC + 0x380
1:      movl    $11, %ebx
        movl    $(counts + 4*0x43), %esi
        call    await
        cmpl    $3, counts + 4*0x43
        jae     2f
        sti
        hlt
        jmp     1b
2:      cli
        movl    $0x10043, LAPIC + 0x320
        movl    $0, LAPIC + 0x380

        sti                             # STI; HLT loses no interrupt
        movl    $0x44, LAPIC + 0x320
        cli
        movl    $1000, LAPIC + 0x380
        sti
        hlt
        cli
        EXPECT  12, counts + 4*0x44, $1
        jmp     passed

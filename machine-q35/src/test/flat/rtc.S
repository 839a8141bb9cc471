# The clock chip: plausible time, UIP, CMOS memory, the periodic interrupt on line 8.
.include "flat.inc"

.macro CMOS register
        movb    $\register, %al
        outb    %al, $0x70
        inb     $0x71, %al
.endm

main:
        CMOS    0x0d
        testb   $0x80, %al              # the battery is good
        REQUIRE 1, nz
        CMOS    0x0b
        testb   $0x02, %al              # 24 hours
        REQUIRE 2, nz
        CMOS    0x0b
        testb   $0x04, %al              # BCD
        REQUIRE 3, z
        movl    $10000000, %ecx
1:      CMOS    0x0a
        testb   $0x80, %al
        jz      2f
        decl    %ecx
        jnz     1b
        movl    $4, %ebx
        jmp     failed
2:      CMOS    0x00
        cmpb    $0x59, %al
        REQUIRE 5, be
        CMOS    0x08
        decb    %al
        cmpb    $0x11, %al
        REQUIRE 6, be
        CMOS    0x32                    # the century
        cmpb    $0x20, %al
        REQUIRE 7, e

        CMOS    0x40                    # a byte of memory
        movb    %al, %cl
        notb    %al
        movb    %al, %ch
        movb    $0x40, %al
        outb    %al, $0x70
        movb    %ch, %al
        outb    %al, $0x71
        CMOS    0x40
        cmpb    %ch, %al
        REQUIRE 8, e

        call    init_lapic
        movl    $0x700, LAPIC + 0x350
        call    init_pics
        movl    $read_c, end_of_interrupt
        movb    $0xfb, %al
        outb    %al, $0x21
        movb    $0xfe, %al
        outb    %al, $0xa1
        CMOS    0x0c
        movb    $0x0a, %al              # 1024 Hz
        outb    %al, $0x70
        movb    $0x26, %al
        outb    %al, $0x71
        CMOS    0x0b
        orb     $0x40, %al
        movb    %al, %cl
        movb    $0x0b, %al
        outb    %al, $0x70
        movb    %cl, %al
        outb    %al, $0x71
        movl    $9, %ebx
        movl    $(counts + 4*0x28), %esi
        call    await
3:      sti
        hlt
        cli
        cmpl    $4, counts + 4*0x28
        jb      3b
        movl    reasons, %eax           # periodic, and IRQF
        andb    $0xc0, %al
        cmpb    $0xc0, %al
        REQUIRE 10, e
        jmp     passed

read_c:
        CMOS    0x0c
        orb     %al, reasons
        jmp     eoi_pics
.data
reasons: .long 0

# The 8254: counting, latching, the interrupt of channel 0, channel 2 behind port 61h.
.include "flat.inc"
main:
        call    init_lapic
        movl    $0x700, LAPIC + 0x350
        call    init_pics
        movl    $eoi_pics, end_of_interrupt
        movb    $0xfe, %al
        outb    %al, $0x21

        movb    $0x34, %al              # channel 0, mode 2, about 1 kHz
        outb    %al, $0x43
        movb    $0xa9, %al
        outb    %al, $0x40
        movb    $0x04, %al
        outb    %al, $0x40
        movl    $1, %ebx
        movl    $(counts + 4*0x20), %esi
        call    await
1:      sti
        hlt
        cli
        cmpl    $5, counts + 4*0x20
        jb      1b

        xorl    %ecx, %ecx              # the count stays within its period
2:      movb    $0, %al
        outb    %al, $0x43
        inb     $0x40, %al
        movb    %al, %dl
        inb     $0x40, %al
        movb    %al, %dh
        movzwl  %dx, %edx
        cmpl    $0x4a9, %edx
        REQUIRE 2, be
        incl    %ecx
        cmpl    $100, %ecx
        jne     2b

        movb    $0xe2, %al              # read back the status of channel 0
        outb    %al, $0x43
        inb     $0x40, %al
        andb    $0x3f, %al
        cmpb    $0x34, %al
        REQUIRE 3, e

        movb    $0xff, %al
        outb    %al, $0x21
        inb     $0x61, %al              # channel 2, mode 0: its output rises when the count is done
        andb    $0xfc, %al
        orb     $1, %al
        outb    %al, $0x61
        movb    $0xb0, %al
        outb    %al, $0x43
        movb    $0, %al
        outb    %al, $0x42
        movb    $8, %al
        outb    %al, $0x42
        inb     $0x61, %al
        testb   $0x20, %al
        REQUIRE 4, z
        movl    $100000000, %ecx
3:      inb     $0x61, %al
        testb   $0x20, %al
        jnz     4f
        decl    %ecx
        jnz     3b
        movl    $5, %ebx
        jmp     failed
4:      jmp     passed

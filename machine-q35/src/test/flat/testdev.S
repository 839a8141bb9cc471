# pc-testdev: the latches in port space and in memory, by every width.
.include "flat.inc"
main:
        movl    $0xe0, %edx             # a latch of four bytes
        movl    $0x87654321, %eax
        outl    %eax, %dx
        inl     %dx, %eax
        cmpl    $0x87654321, %eax
        REQUIRE 1, e
        movw    $0x1234, %ax
        outw    %ax, %dx
        xorl    %eax, %eax
        inw     %dx, %ax
        cmpl    $0x1234, %eax
        REQUIRE 2, e
        movb    $0x9c, %al
        outb    %al, %dx
        xorl    %eax, %eax
        inb     %dx, %al
        cmpl    $0x9c, %eax
        REQUIRE 3, e

        movl    $0xe8, %edx             # the same, built of bytes
        movl    $0xdeadbeef, %eax
        outl    %eax, %dx
        inl     %dx, %eax
        cmpl    $0xdeadbeef, %eax
        REQUIRE 4, e
        xorl    %eax, %eax
        inb     %dx, %al
        cmpl    $0xef, %eax
        REQUIRE 5, e
        movl    $0xea, %edx
        inb     %dx, %al
        cmpb    $0xad, %al
        REQUIRE 6, e
        movl    $0xe9, %edx
        movb    $0x77, %al
        outb    %al, %dx
        movl    $0xe8, %edx
        inl     %dx, %eax
        cmpl    $0xdead77ef, %eax
        REQUIRE 7, e

        movl    $0xff000000, %edi       # 64 KiB of memory
        movl    $0x12345678, (%edi)
        EXPECT  8, (%edi), $0x12345678
        movb    $0xaa, 1(%edi)
        EXPECT  9, (%edi), $0x1234aa78
        movw    $0xbbcc, 0x102(%edi)
        movzwl  0x102(%edi), %eax
        cmpl    $0xbbcc, %eax
        REQUIRE 10, e
        movl    $words, %esi            # a string of doublewords there and back
        movl    $0xff000200, %edi
        movl    $4, %ecx
        rep     movsl
        movl    $0xff000200, %esi
        movl    $copy, %edi
        movl    $4, %ecx
        rep     movsl
        movl    $words, %esi
        movl    $copy, %edi
        movl    $16, %ecx
        repe    cmpsb
        REQUIRE 11, e
        movl    $1, %eax                # read-modify-write
        lock    xaddl %eax, 0xff000200
        cmpl    words, %eax
        REQUIRE 12, e
        movl    words, %eax
        incl    %eax
        EXPECT  13, 0xff000200, %eax

        movl    $buffer, %esi           # string I/O
        movl    $0xe8, %edx
        movl    $3, %ecx
        movl    $0x030201, buffer
        rep     outsb
        xorl    %eax, %eax
        inb     %dx, %al
        cmpl    $3, %eax
        REQUIRE 14, e
        movl    $buffer, %edi
        movl    $4, %ecx
        rep     insb
        EXPECT  15, buffer, $0x03030303
        jmp     passed
.data
.align 4
words:  .long 0x01020304, 0x05060708, 0x090a0b0c, 0x0d0e0f10
copy:   .long 0, 0, 0, 0
buffer: .long 0

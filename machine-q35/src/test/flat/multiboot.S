# What the loader passes: magic, memory sizes, command line "... alpha beta", one module, the memory map.
.include "flat.inc"
main:
        EXPECT  1, mb_magic, $0x2badb002
        movl    mb_info, %ebp
        movl    (%ebp), %eax
        andl    $0x4d, %eax             # memory, command line, modules, memory map
        cmpl    $0x4d, %eax
        REQUIRE 2, e
        movl    4(%ebp), %eax           # lower memory in KiB: about 640
        subl    $600, %eax
        cmpl    $40, %eax
        REQUIRE 3, be
        movl    8(%ebp), %eax           # upper memory: about 128 MiB less 1
        subl    $(120 * 1024), %eax
        cmpl    $(8 * 1024), %eax
        REQUIRE 4, be

        movl    16(%ebp), %esi          # the arguments are the end of the command line
        xorl    %ecx, %ecx
1:      cmpb    $0, (%esi,%ecx)
        je      2f
        incl    %ecx
        jmp     1b
2:      leal    -10(%esi,%ecx), %esi
        movl    $arguments, %edi
        movl    $10, %ecx
        repe    cmpsb
        REQUIRE 5, e

        EXPECT  6, 20(%ebp), $1
        movl    24(%ebp), %edx
        movl    (%edx), %esi
        movl    4(%edx), %ecx
        subl    %esi, %ecx
        cmpl    $module_length, %ecx
        REQUIRE 7, e
        movl    $module, %edi
        repe    cmpsb
        REQUIRE 8, e
        testl   $0xfff, (%edx)          # modules start on pages
        REQUIRE 9, z

        movl    48(%ebp), %esi          # RAM from 1 MiB on is in the map
        movl    44(%ebp), %edi
        addl    %esi, %edi
3:      cmpl    %edi, %esi
        REQUIRE 10, b
        cmpl    $0x100000, 4(%esi)
        jne     4f
        cmpl    $0, 8(%esi)
        jne     4f
        cmpl    $1, 20(%esi)
        REQUIRE 11, e
        movl    12(%esi), %eax
        subl    $(120 * 1024 * 1024), %eax
        cmpl    $(8 * 1024 * 1024), %eax
        REQUIRE 12, be
        jmp     passed
4:      movl    (%esi), %eax
        leal    4(%esi,%eax), %esi
        jmp     3b
.data
arguments: .ascii "alpha beta"
module: .ascii "module contents\n"
.set module_length, . - module

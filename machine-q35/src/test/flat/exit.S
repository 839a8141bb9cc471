# Exit status: the last word of the command line, a decimal number, is what goes to the exit port.
.include "flat.inc"
main:
        movl    mb_info, %ebx
        movl    16(%ebx), %esi
        movl    %esi, %edi
1:      movb    (%esi), %al             # EDI: behind the last space
        incl    %esi
        testb   %al, %al
        jz      2f
        cmpb    $' ', %al
        jne     1b
        movl    %esi, %edi
        jmp     1b
2:      xorl    %eax, %eax
3:      movzbl  (%edi), %ecx
        incl    %edi
        subl    $'0', %ecx
        cmpl    $9, %ecx
        ja      4f
        imull   $10, %eax
        addl    %ecx, %eax
        jmp     3b
4:      outl    %eax, $EXIT_PORT
        hlt

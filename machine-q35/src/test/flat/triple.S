# A triple fault: there is no IDT.
.include "flat.inc"
main:
        movl    $empty, %eax
        lidt    (%eax)
        movl    $0x600df00d, %esi
        ud2
        movl    $1, %ebx
        jmp     failed
.data
empty:  .word 0
        .long 0

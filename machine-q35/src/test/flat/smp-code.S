# Code that one processor writes and others execute (SDM vol. 3, section 9.1.3), and code that each changes for itself.
.include "smp.inc"
.set PAGES, 32
.set TURNS, 400
.set OWN_TURNS, 400
.set PATCHES, 5000

.code64
program:
        testl   %r15d, %r15d            # MOV EAX, imm32; RET with the immediate aligned, in every page
        jnz     2f
        movl    $(pages + 3), %edi
        movl    $PAGES, %ecx
1:      movb    $0xb8, (%rdi)
        movl    $0, 1(%rdi)
        movb    $0xc3, 5(%rdi)
        addq    $4096, %rdi
        decl    %ecx
        jnz     1b
2:      call    barrier

        movl    $1, %r14d
next:   movl    %r14d, %edi             # the page of this turn: new at first, known later
        andl    $(PAGES - 1), %edi
        shll    $12, %edi
        addl    $(pages + 3), %edi
        testl   %r15d, %r15d
        jnz     1f
        movl    %r14d, 1(%rdi)
        movl    %r14d, version
        jmp     2f
1:      pause
        cmpl    %r14d, version
        jne     1b
        xorl    %eax, %eax
        cpuid                           # serialises
2:      call    *%rdi
        movl    $1, %ebx
        cmpl    %r14d, %eax
        jne     failed64
        call    barrier                 # again, by another writer
        cmpl    $1, %r15d
        jne     4f
        movl    %r14d, %eax
        notl    %eax
        movl    %eax, 1(%rdi)
        movl    %r14d, version2
4:      cmpl    %r14d, version2
        je      5f
        pause
        jmp     4b
5:      xorl    %eax, %eax
        cpuid
        call    *%rdi
        notl    %eax
        movl    $2, %ebx
        cmpl    %r14d, %eax
        jne     failed64
        call    barrier
        incl    %r14d
        cmpl    $TURNS, %r14d
        jne     next

        movl    $patched, %edi          # one store of eight bytes replaces one instruction by another one of the same length
        movq    mov_1, %rsi
        movq    lea_2, %rdx
        movl    $PATCHES, %r14d
        movl    $5, %ebx
        testl   %r15d, %r15d
        jnz     2f
1:      movq    %rsi, (%rdi)
        call    *%rdi
        cmpl    $1, %eax
        jne     failed64
        movq    %rdx, (%rdi)
        call    *%rdi
        cmpl    $2, %eax
        jne     failed64
        decl    %r14d
        jnz     1b
        movl    $1, patches_end
        jmp     4f
2:      cmpq    $0, (%rdi)              # before the first
        je      2b
        movl    $6, %ebx
3:      movl    $-1, %eax
        call    *%rdi
        decl    %eax
        cmpl    $1, %eax
        ja      failed64
        cmpl    $0, patches_end
        je      3b
4:      call    barrier

        movl    %r15d, %edi             # four functions within 64 bytes, each its processor's own
        shll    $4, %edi
        addl    $(own + 3), %edi
        movb    $0xb8, (%rdi)
        movb    $0xc3, 5(%rdi)
        movl    $OWN_TURNS, %r14d
1:      movl    %r14d, 1(%rdi)
        call    *%rdi
        movl    $3, %ebx
        cmpl    %r14d, %eax
        jne     failed64
        lock    incl 6(%rdi)            # data among it
        decl    %r14d
        jnz     1b
        movl    $4, %ebx
        cmpl    $OWN_TURNS, 6(%rdi)
        jne     failed64
        jmp     done

.data
.align 64
version: .long 0
.align 64
version2: .long 0
.align 64
patches_end: .long 0
mov_1:  .byte 0x48, 0xc7, 0xc0, 1, 0, 0, 0, 0xc3       # MOV RAX, 1; RET
lea_2:  .byte 0x8d, 0x04, 0x25, 2, 0, 0, 0, 0xc3       # LEA EAX, [2]; RET
.align 64
        RESERVE patched, 64, 64
        RESERVE pages, PAGES*4096, 4096
        RESERVE own, 4096, 4096

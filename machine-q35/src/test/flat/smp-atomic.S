# Read-modify-write instructions with LOCK, of every kind, size and alignment: four processors at once, nothing is lost.
.include "smp.inc"
.set TURNS, 3000
.set SPLIT_TURNS, 200

.code64
program:
        call    barrier
        movl    $TURNS, %r14d
1:      lock    incq inc64
        lock    decq dec64
        lock    addl $3, add32
        lock    subw $1, sub16
        lock    addb $1, add8
        lock    addl $1, word_end32     # across the end of an aligned word
        lock    addw $1, word_end16
        lock    addq $1, line_end64     # across the end of a cache line
        stc
        lock    adcl $0, adc32
        stc
        lock    sbbq $1, sbb64
        lock    xorl $0x55, xor32
        lock    notq not64
        lock    negl neg32
        lock    btcl $33, btc32         # the same bit, by an even number
        movl    $1, %eax
        lock    xaddq %rax, xadd64
        movl    $1, %eax
        lock    xaddb %al, xadd8

        movl    exchange32, %eax        # compare and exchange
2:      leal    1(%rax), %ecx
        lock    cmpxchgl %ecx, exchange32
        jne     2b
        movw    exchange16, %ax
2:      leal    1(%rax), %ecx
        lock    cmpxchgw %cx, exchange16
        jne     2b

        movl    eight, %eax             # pairs
        movl    eight + 4, %edx
2:      leal    1(%rax), %ebx
        leal    2(%rdx), %ecx
        lock    cmpxchg8b eight
        jne     2b
        movq    sixteen, %rax
        movq    sixteen + 8, %rdx
2:      leaq    1(%rax), %rbx
        leaq    2(%rdx), %rcx
        lock    cmpxchg16b sixteen
        jne     2b

2:      lock    btsl $5, bit_lock       # a lock made of one bit
        jnc     3f
        pause
        jmp     2b
3:      incq    guarded_by_bit
        lock    btrl $5, bit_lock

2:      movl    $1, %eax                # XCHG locks without the prefix
        xchgl   %eax, xchg_lock
        testl   %eax, %eax
        jz      3f
        pause
        jmp     2b
3:      incq    guarded_by_xchg
        movl    $0, xchg_lock
        decl    %r14d
        jnz     1b

        movl    $SPLIT_TURNS, %r14d     # across the end of a page
1:      lock    incl page_end32
        lock    addq $1, page_end64
        stc
        lock    adcl $0, page_end32b
        decl    %r14d
        jnz     1b

        call    barrier
        testl   %r15d, %r15d
        jnz     done
        movl    $(CPUS * TURNS), %edx
        EXPECT64 1, %rdx, inc64
        movq    %rdx, %rax
        negq    %rax
        EXPECT64 2, %rax, dec64
        leal    (%rdx,%rdx,2), %eax
        cmpl    %eax, add32
        movl    $3, %ebx
        jne     failed64
        movl    %edx, %eax
        negl    %eax
        cmpw    %ax, sub16
        movl    $4, %ebx
        jne     failed64
        cmpb    %dl, add8
        movl    $5, %ebx
        jne     failed64
        cmpl    %edx, word_end32
        movl    $6, %ebx
        jne     failed64
        cmpw    %dx, word_end16
        movl    $7, %ebx
        jne     failed64
        EXPECT64 8, %rdx, line_end64
        cmpl    %edx, adc32
        movl    $9, %ebx
        jne     failed64
        leal    (%rdx,%rdx), %eax
        negq    %rax
        EXPECT64 10, %rax, sbb64
        EXPECT64 11, xor32, $0
        EXPECT64 12, not64, $0
        EXPECT64 13, neg32, $7
        EXPECT64 14, btc32, $0
        EXPECT64 15, %rdx, xadd64
        cmpb    %dl, xadd8
        movl    $16, %ebx
        jne     failed64
        EXPECT64 17, %rdx, exchange32
        cmpw    %dx, exchange16
        movl    $18, %ebx
        jne     failed64
        cmpl    %edx, eight
        movl    $19, %ebx
        jne     failed64
        leal    (%rdx,%rdx), %eax
        cmpl    %eax, eight + 4
        movl    $20, %ebx
        jne     failed64
        EXPECT64 21, %rdx, sixteen
        EXPECT64 22, %rax, sixteen + 8
        EXPECT64 23, %rdx, guarded_by_bit
        EXPECT64 24, %rdx, guarded_by_xchg
        movl    $(CPUS * SPLIT_TURNS), %edx
        cmpl    %edx, page_end32
        movl    $25, %ebx
        jne     failed64
        EXPECT64 26, %rdx, page_end64
        cmpl    %edx, page_end32b
        movl    $27, %ebx
        jne     failed64
        jmp     done

.macro VARIABLE name, value
        .balign 64
\name:  .quad   \value, 0
.endm
.data
        VARIABLE inc64, 0
        VARIABLE dec64, 0
        VARIABLE add32, 0
        VARIABLE sub16, 0
        VARIABLE add8, 0
        VARIABLE adc32, 0
        VARIABLE sbb64, 0
        VARIABLE xor32, 0
        VARIABLE not64, 0
        VARIABLE neg32, 7
        VARIABLE btc32, 0
        VARIABLE xadd64, 0
        VARIABLE xadd8, 0
        VARIABLE exchange32, 0
        VARIABLE exchange16, 0
        VARIABLE eight, 0
        VARIABLE sixteen, 0
        VARIABLE bit_lock, 0
        VARIABLE guarded_by_bit, 0
        VARIABLE xchg_lock, 0
        VARIABLE guarded_by_xchg, 0
        RESERVE pages, 4*4096, 4096
.set word_end32, pages + 6
.set word_end16, pages + 23
.set line_end64, pages + 125
.set page_end32, pages + 4096 - 2
.set page_end64, pages + 2*4096 - 3
.set page_end32b, pages + 3*4096 - 1

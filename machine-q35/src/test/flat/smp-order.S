# Memory order between processors: outcomes that TSO forbids (SDM vol. 3, section 9.2) must not come. A round runs a test on
# 64 instances of its variables at once; processor 0 looks at what was read.
.include "smp.inc"
.set INSTANCES, 64
.set ROUNDS, 150
.set X, 0
.set Y, 64
.set SECOND, 128                        # variables of processors 2 and 3, where a test needs two
.set TOGETHER, 32
.set SIZE, 256

# A test: the body runs with RDI at the variables, RSI at the processor's two results; the check with RSI at all results.
.macro TEST body, check
        movl    $\body, %ebx
        movl    $\check, %ebp
        call    run
.endm

# Fails if the first is as given and the second too.
.macro FORBID n, first, one, second, two
        cmpq    $\one, \first
        jne     7771f
        cmpq    $\two, \second
        movl    $\n, %ebx
        je      failed64
7771:
.endm

.code64
program:
        TEST    store_buffer, check_store_buffer
        TEST    store_buffer_xchg, check_store_buffer
        TEST    store_buffer_lock, check_store_buffer
        TEST    message, check_message
        TEST    load_buffer, check_load_buffer
        TEST    iriw, check_iriw
        TEST    causality, check_causality
        TEST    coherence, check_coherence
        jmp     done

run:
        movl    $ROUNDS, %r14d
1:      testl   %r15d, %r15d
        jnz     2f
        movl    $variables, %edi
        movl    $(INSTANCES * SIZE / 8), %ecx
        xorl    %eax, %eax
        rep stosq
        movl    $results, %edi
        movl    $(INSTANCES * 8), %ecx
        rep stosq
2:      call    barrier
        movl    $INSTANCES, %r13d
        movl    $variables, %edi
        movl    %r15d, %esi
        shll    $4, %esi
        addl    $results, %esi
        movl    %r15d, %r12d            # R12: 128 for processors 2 and 3
        shrl    $1, %r12d
        shll    $7, %r12d
        addq    %r12, %rdi
3:      lock    incl TOGETHER(%rdi)     # a pair begins at the same time, if both run at all
        movl    $400, %ecx
6:      decl    %ecx
        jz      7f
        cmpl    $2, TOGETHER(%rdi)
        jb      6b
7:      call    *%rbx
        addq    $SIZE, %rdi
        addq    $64, %rsi
        decl    %r13d
        jnz     3b
        call    barrier
        testl   %r15d, %r15d
        jnz     5f
        movl    $INSTANCES, %r13d
        movl    $results, %esi
        movq    %rbx, %r11
4:      call    *%rbp
        addq    $64, %rsi
        decl    %r13d
        jnz     4b
        movq    %r11, %rbx
5:      decl    %r14d
        jnz     1b
        ret

# Store, fence, load: not both may miss the other's store.
.macro STORE_BUFFER name, store, fence
\name:
        movl    $1, %eax
        testl   $1, %r15d
        jnz     1f
        \store  %eax, X(%rdi)
        \fence
        movl    Y(%rdi), %edx
        movq    %rdx, (%rsi)
        ret
1:      \store  %eax, Y(%rdi)
        \fence
        movl    X(%rdi), %edx
        movq    %rdx, (%rsi)
        ret
.endm
        STORE_BUFFER store_buffer, movl, mfence
        STORE_BUFFER store_buffer_xchg, xchgl, nop
.macro LOCKED_FENCE
        lock    orl $0, (%rsp)
.endm
        STORE_BUFFER store_buffer_lock, movl, LOCKED_FENCE
check_store_buffer:
        FORBID  1, (%rsi), 0, 16(%rsi), 0
        FORBID  2, 32(%rsi), 0, 48(%rsi), 0
        ret

# Who sees the flag sees the data.
message:
        testl   $1, %r15d
        jnz     1f
        movl    $1, X(%rdi)
        movl    $1, Y(%rdi)
        ret
1:      movl    Y(%rdi), %eax
        movl    X(%rdi), %edx
        movq    %rax, (%rsi)
        movq    %rdx, 8(%rsi)
        ret
check_message:
        FORBID  3, 16(%rsi), 1, 24(%rsi), 0
        FORBID  4, 48(%rsi), 1, 56(%rsi), 0
        ret

# A load is not overtaken by a later store.
load_buffer:
        testl   $1, %r15d
        jnz     1f
        movl    X(%rdi), %eax
        movl    $1, Y(%rdi)
        movq    %rax, (%rsi)
        ret
1:      movl    Y(%rdi), %eax
        movl    $1, X(%rdi)
        movq    %rax, (%rsi)
        ret
check_load_buffer:
        FORBID  5, (%rsi), 1, 16(%rsi), 1
        FORBID  6, 32(%rsi), 1, 48(%rsi), 1
        ret

# Two writers, two readers: the readers agree on the order.
iriw:   subq    %r12, %rdi              # one set of variables for all four
        cmpl    $1, %r15d
        jb      1f
        je      2f
        cmpl    $2, %r15d
        je      3f
        movl    Y(%rdi), %eax
        movl    X(%rdi), %edx
        jmp     4f
3:      movl    X(%rdi), %eax
        movl    Y(%rdi), %edx
4:      movq    %rax, (%rsi)
        movq    %rdx, 8(%rsi)
        jmp     5f
1:      movl    $1, X(%rdi)
        jmp     5f
2:      movl    $1, Y(%rdi)
5:      addq    %r12, %rdi
        ret
check_iriw:
        cmpq    $1, 32(%rsi)
        jne     1f
        cmpq    $0, 40(%rsi)
        jne     1f
        FORBID  7, 48(%rsi), 1, 56(%rsi), 0
1:      ret

# What was passed on is visible to whom it was passed on to.
causality:
        subq    %r12, %rdi
        cmpl    $1, %r15d
        jb      1f
        je      2f
        movl    Y(%rdi), %eax
        movl    X(%rdi), %edx
        movq    %rax, (%rsi)
        movq    %rdx, 8(%rsi)
        jmp     5f
1:      movl    $1, X(%rdi)
        jmp     5f
2:      movl    X(%rdi), %eax
        movl    %eax, Y(%rdi)
5:      addq    %r12, %rdi
        ret
check_causality:
        FORBID  8, 32(%rsi), 1, 40(%rsi), 0
        FORBID  9, 48(%rsi), 1, 56(%rsi), 0
        ret

# One variable never goes back.
coherence:
        subq    %r12, %rdi
        testl   %r15d, %r15d
        jz      1f
        movl    X(%rdi), %eax
        movl    X(%rdi), %edx
        movq    %rax, (%rsi)
        movq    %rdx, 8(%rsi)
        jmp     2f
1:      movl    $1, X(%rdi)
        movl    $2, X(%rdi)
2:      addq    %r12, %rdi
        ret
check_coherence:
        movq    16(%rsi), %rax
        cmpq    24(%rsi), %rax
        movl    $10, %ebx
        ja      failed64
        movq    32(%rsi), %rax
        cmpq    40(%rsi), %rax
        movl    $11, %ebx
        ja      failed64
        movq    48(%rsi), %rax
        cmpq    56(%rsi), %rax
        movl    $12, %ebx
        ja      failed64
        ret

        RESERVE variables, INSTANCES*SIZE, 4096
        RESERVE results, INSTANCES*64, 4096

# The IOMMU with the device edu in slot 5 behind it: queued invalidation, a root, a context and pages of 4 KiB, DMA through
# them, what is not mapped and what no longer is, and an interrupt message through the remapping table.
# Run with -device intel-iommu,intremap=on -device edu,addr=5.
.include "flat.inc"

.set VTD, 0xfed90000
.set CAP, VTD + 0x08
.set ECAP, VTD + 0x10
.set GCMD, VTD + 0x18
.set GSTS, VTD + 0x1c
.set RTADDR, VTD + 0x20
.set FSTS, VTD + 0x34
.set IQT, VTD + 0x88
.set IQA, VTD + 0x90
.set IRTA, VTD + 0xb8
.set TE, 1 << 31
.set SRTP, 1 << 30
.set QIE, 1 << 26
.set IRE, 1 << 25
.set SIRTP, 1 << 24
.set KEPT, 0x96ffffff                   # what a command keeps of the status

.set SOURCE, 5 << 3
.set CONFIG, 0x80000000 | SOURCE << 8
.set DOMAIN, 7
.set IOVA, 0x800000                     # edu has 28 address bits
.set AWAY, 0xa00000                     # nothing is mapped there
.set EDU_BUFFER, 0x40000
.set BYTES, 256
.set VECTOR, 0x51
.set HANDLE, 3

main:
        call    init_pics
        call    init_lapic
        movl    $eoi_lapic, end_of_interrupt

        movl    ECAP, %eax              # queued invalidation and interrupt remapping
        andl    $0xa, %eax
        cmpl    $0xa, %eax
        REQUIRE 1, e
        movl    $CONFIG, %eax
        call    config_read
        cmpl    $0x11e81234, %eax
        REQUIRE 2, e
        movl    $(CONFIG | 0x10), %eax
        call    config_read
        andl    $~15, %eax
        REQUIRE 3, nz
        movl    %eax, edu
        movl    $(CONFIG | 4), %eax     # memory and bus mastering
        movl    $6, %ecx
        call    config_write
        movl    edu, %ebp
        movl    (%ebp), %eax
        andl    $0xff, %eax
        cmpl    $0xed, %eax
        REQUIRE 4, e

        movl    $0, IQT                 # queued invalidation
        movl    $0, IQT + 4
        movl    $queue, IQA
        movl    $0, IQA + 4
        movl    $5, %ebx
        movl    $QIE, %eax
        call    command

        movl    $(context + 1), root    # tables: 39 bits, three levels, two pages
        movl    $(level3 + 1), context + 16 * SOURCE
        movl    $(DOMAIN << 8 | 1), context + 16 * SOURCE + 8
        movl    $(level2 + 3), level3
        movl    $(level1 + 3), level2 + 8 * (IOVA >> 21)
        movl    $(first + 3), level1
        movl    $(second + 3), level1 + 8
        movl    $root, RTADDR
        movl    $0, RTADDR + 4
        movl    $6, %ebx
        movl    $SRTP, %eax
        call    command
        movl    $7, %ebx
        call    invalidate_all
        movl    $8, %ebx
        movl    $TE, %eax
        call    command

        xorl    %ecx, %ecx              # out of the first page, into the second
1:      leal    0x5a(%ecx,%ecx,2), %eax
        movb    %al, first(%ecx)
        incl    %ecx
        cmpl    $BYTES, %ecx
        jne     1b
        movl    $9, %ebx
        movl    $IOVA, %eax
        movl    $EDU_BUFFER, %edx
        movl    $1, %ecx
        call    dma
        movl    $10, %ebx
        movl    $EDU_BUFFER, %eax
        movl    $(IOVA + 4096), %edx
        movl    $3, %ecx
        call    dma
        movl    $first, %esi
        movl    $second, %edi
        movl    $BYTES, %ecx
        repe    cmpsb
        REQUIRE 11, e
        EXPECT  12, second + BYTES, $0
        movl    FSTS, %eax
        testl   $2, %eax
        REQUIRE 13, z

        movl    $14, %ebx               # where nothing is mapped: a write fault
        movl    $EDU_BUFFER, %eax
        movl    $AWAY, %edx
        movl    $3, %ecx
        call    dma
        movl    $15, %ebx
        movl    $5, %ecx
        movl    $AWAY, %edx
        call    expect_fault

        movl    $0, level1              # no longer mapped, and the guest waits for that: a read fault
        movl    $(2 | 3 << 4 | DOMAIN << 16), %eax
        xorl    %edx, %edx
        movl    $IOVA, %ecx
        call    submit
        movl    $16, %ebx
        call    sync
        movl    $17, %ebx
        movl    $IOVA, %eax
        movl    $EDU_BUFFER, %edx
        movl    $1, %ecx
        call    dma
        movl    $18, %ebx
        movl    $6, %ecx
        movl    $IOVA, %edx
        call    expect_fault

        movl    $(1 | VECTOR << 16), remap + 16 * HANDLE        # physical destination 0, fixed, edge
        movl    $0, remap + 16 * HANDLE + 4
        movl    $(1 << 18 | SOURCE), remap + 16 * HANDLE + 8    # all of the requester's id is looked at
        movl    $(remap + 7), IRTA      # 256 entries
        movl    $0, IRTA + 4
        movl    $19, %ebx
        movl    $SIRTP, %eax
        call    command
        movl    $20, %ebx
        call    invalidate_entries
        movl    $21, %ebx
        movl    $IRE, %eax
        call    command

        movl    $(CONFIG | 0x34), %eax  # the MSI capability
        call    config_read
        andl    $0xfc, %eax
1:      REQUIRE 22, nz
        movl    %eax, %edi
        orl     $CONFIG, %eax
        call    config_read
        cmpb    $5, %al
        je      2f
        shrl    $8, %eax
        andl    $0xfc, %eax
        jmp     1b
2:      testl   $(1 << 23), %eax        # 64-bit addresses
        REQUIRE 23, nz
        orl     $CONFIG, %edi
        leal    4(%edi), %eax
        movl    $(0xfee00010 | HANDLE << 5), %ecx
        call    config_write
        leal    8(%edi), %eax
        xorl    %ecx, %ecx
        call    config_write
        leal    12(%edi), %eax
        xorl    %ecx, %ecx
        call    config_write
        movl    %edi, %eax
        movl    $(1 << 16), %ecx
        call    config_write

        movl    edu, %ebp
        movl    $1, 0x60(%ebp)          # raise
        movl    $24, %ebx
        movl    $(counts + 4*VECTOR), %esi
        call    await
        movl    $1, 0x64(%ebp)          # acknowledge
        EXPECT  25, counts + 4*VECTOR, $1

        movl    $(1 << 18 | SOURCE + 8), remap + 16 * HANDLE + 8        # another device's entry
        movl    $26, %ebx
        call    invalidate_entries
        movl    edu, %ebp
        movl    $1, 0x60(%ebp)
        sti
        movl    $1000, %ecx
1:      movl    (%ebp), %eax
        loop    1b
        cli
        movl    $1, 0x64(%ebp)
        EXPECT  27, counts + 4*VECTOR, $1
        movl    $(1 << 18 | SOURCE), remap + 16 * HANDLE + 8
        movl    $28, %ebx
        call    invalidate_entries
        movl    $0, counts + 4*VECTOR
        movl    edu, %ebp
        movl    $1, 0x60(%ebp)
        movl    $29, %ebx
        movl    $(counts + 4*VECTOR), %esi
        call    await
        jmp     passed

# EAX: address of a configuration register; its value.
config_read:
        movl    $0xcf8, %edx
        outl    %eax, %dx
        movl    $0xcfc, %edx
        inl     %dx, %eax
        ret

# EAX: address of a configuration register, ECX: its value.
config_write:
        movl    $0xcf8, %edx
        outl    %eax, %dx
        movl    $0xcfc, %edx
        movl    %ecx, %eax
        outl    %eax, %dx
        ret

# EAX: the bit to set in the global command register; awaits it in the status.
command:
        movl    GSTS, %edx
        andl    $KEPT, %edx
        orl     %eax, %edx
        movl    %edx, GCMD
        movl    $1000000, %ecx
1:      testl   %eax, GSTS
        jnz     2f
        decl    %ecx
        jnz     1b
        jmp     failed
2:      ret

# EDX:EAX and ECX: a descriptor for the queue.
submit:
        movl    tail, %esi
        movl    %eax, queue(%esi)
        movl    %edx, queue + 4(%esi)
        movl    %ecx, queue + 8(%esi)
        movl    $0, queue + 12(%esi)
        addl    $16, %esi
        andl    $4095, %esi
        movl    %esi, tail
        movl    %esi, IQT
        ret

# Waits until everything before is done.
sync:
        movl    $0, done
        movl    $0x25, %eax
        movl    $0x600d, %edx
        movl    $done, %ecx
        call    submit
        movl    $1000000, %ecx
1:      cmpl    $0x600d, done
        je      2f
        decl    %ecx
        jnz     1b
        jmp     failed
2:      ret

invalidate_all:
        movl    $0x11, %eax             # contexts
        xorl    %edx, %edx
        xorl    %ecx, %ecx
        call    submit
        movl    $0x12, %eax             # translations
        xorl    %edx, %edx
        xorl    %ecx, %ecx
        call    submit
        jmp     sync

invalidate_entries:
        movl    $4, %eax
        xorl    %edx, %edx
        xorl    %ecx, %ecx
        call    submit
        jmp     sync

# EAX: from, EDX: to, ECX: the command; waits for its end.
dma:
        movl    edu, %ebp
        movl    %eax, 0x80(%ebp)
        movl    %edx, 0x88(%ebp)
        movl    $BYTES, 0x90(%ebp)
        movl    %ecx, 0x98(%ebp)
        movl    $200000000, %ecx
1:      testl   $1, 0x98(%ebp)
        jz      2f
        pause
        decl    %ecx
        jnz     1b
        jmp     failed
2:      ret

# ECX: its reason, EDX: its page. One is recorded; forgets it.
expect_fault:
        movl    FSTS, %eax
        testl   $2, %eax
        jz      failed
        movzbl  %ah, %eax               # which record
        shll    $4, %eax
        movl    CAP, %esi
        shrl    $24, %esi
        movl    CAP + 4, %edi
        andl    $3, %edi
        shll    $8, %edi
        orl     %edi, %esi
        shll    $4, %esi
        leal    VTD(%esi,%eax), %esi
        movl    12(%esi), %eax
        testl   %eax, %eax
        jns     failed
        cmpb    %cl, %al
        jne     failed
        movl    8(%esi), %eax
        cmpw    $SOURCE, %ax
        jne     failed
        movl    (%esi), %eax
        andl    $~4095, %eax
        cmpl    %edx, %eax
        jne     failed
        movl    $0x80000000, 12(%esi)
        movl    FSTS, %eax
        testl   $2, %eax
        jnz     failed
        ret

        RESERVE edu, 4, 16
        RESERVE tail, 4, 16
        RESERVE done, 4, 16
        RESERVE queue, 4096, 4096
        RESERVE root, 4096, 4096
        RESERVE context, 4096, 4096
        RESERVE level3, 4096, 4096
        RESERVE level2, 4096, 4096
        RESERVE level1, 4096, 4096
        RESERVE first, 4096, 4096
        RESERVE second, 4096, 4096
        RESERVE remap, 4096, 4096

# A guest that measures what it costs to leave it: flat 32-bit code, started as a multiboot kernel. It looks for pci-testdev and
# edu on bus 0 and prints, for each measurement, a letter and the ticks of the time-stamp counter that one operation took, in
# hexadecimal, on COM1. It measures batches and takes their median, so that a host with other things to do disturbs little.
# Then it ends through isa-debug-exit at port F4h.
#
#   P  IN from the port BAR of pci-testdev
#   M  a byte read from its memory BAR
#   E  a byte written to its memory BAR where the host has an ioeventfd
#   I  from telling edu to compute a factorial to the end of the handler of its message, the device's thread in between
#   D  from the doorbell of a virtio-rng-pci, if there is one, to its thread's having filled a buffer of eight bytes; no interrupt

        .set    MAGIC, 0x1badb002
        .set    TESTDEV, 0x00051b36
        .set    EDU, 0x11e81234
        .set    RNG, 0x10441af4
        .set    VECTOR, 0x40
        .set    BATCHES, 301
        .set    BATCH, 32
        .set    IRQ_BATCH, 4
        .set    IRQ_WARM_UP, 2000

        .set    RNG_BAR, 0xfd000000             # where nobody else is

        # As often before the clock starts: programs that compile themselves are to be measured as they run for long.
        .set    WARM_UP, 20000

        .text
        .code32
        .globl  _start
        .balign 4
        .long   MAGIC, 0, -MAGIC

_start: cli
        movl    $stack, %esp
        lgdt    gdt_pointer
        ljmp    $8, $1f
1:      movl    $16, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    $handler, %eax
        movw    %ax, idt + 8 * VECTOR
        movw    $8, idt + 8 * VECTOR + 2
        movw    $0x8e00, idt + 8 * VECTOR + 4
        shrl    $16, %eax
        movw    %ax, idt + 8 * VECTOR + 6
        lidt    idt_pointer
        movb    $0xff, %al                      # the 8259s are quiet, the local APIC is on
        outb    %al, $0x21
        outb    %al, $0xa1
        movl    $0x1ff, 0xfee000f0

        movl    $TESTDEV, %eax
        call    find
        movl    $0x10, %ecx
        call    read
        andl    $~15, %eax
        movl    %eax, memory
        movl    $0x14, %ecx
        call    read
        andl    $~3, %eax
        movl    %eax, ports
        movl    $3, %eax
        movl    $4, %ecx
        call    write

        movl    $EDU, %eax
        call    find
        movl    $0x10, %ecx
        call    read
        andl    $~15, %eax
        movl    %eax, edu
        movl    $6, %eax
        movl    $4, %ecx
        call    write
        movl    $0x34, %ecx                     # its only message capability
        call    read
        movzbl  %al, %esi
2:      movl    %esi, %ecx
        call    read
        cmpb    $5, %al
        je      3f
        movzbl  %ah, %esi
        jmp     2b
3:      movl    %eax, %edi
        movl    $0xfee00000, %eax
        leal    4(%esi), %ecx
        call    write
        leal    8(%esi), %ecx
        testl   $1 << 23, %edi                  # 64-bit addresses: the data is one dword further
        jz      4f
        xorl    %eax, %eax
        call    write
        leal    12(%esi), %ecx
4:      movl    $VECTOR, %eax
        call    write
        movl    %edi, %eax
        orl     $1 << 16, %eax
        movl    %esi, %ecx
        call    write

        # P
        movl    ports, %edx
        movl    $WARM_UP, %ecx
5:      inb     %dx, %al
        loop    5b
        call    begin
6:      call    start
        movl    $BATCH, %ecx
7:      inb     %dx, %al
        loop    7b
        call    stop
        jnz     6b
        movl    $BATCH, %ecx
        movb    $'P', %bl
        call    report

        # M
        movl    memory, %edi
        movl    $WARM_UP, %ecx
5:      movb    (%edi), %al
        loop    5b
        call    begin
6:      call    start
        movl    $BATCH, %ecx
7:      movb    (%edi), %al
        loop    7b
        call    stop
        jnz     6b
        movl    $BATCH, %ecx
        movb    $'M', %bl
        call    report

        # E: test 1 of the memory BAR is the one with an eventfd for any value
        movl    memory, %edi
        movb    $1, (%edi)
        movl    4(%edi), %esi
        addl    %edi, %esi
        movb    8(%edi), %al
        call    begin
6:      call    start
        movl    $BATCH, %ecx
7:      movb    %al, (%esi)
        loop    7b
        call    stop
        jnz     6b
        movl    $BATCH, %ecx
        movb    $'E', %bl
        call    report

        # I
        movl    edu, %edi
        movl    $0x80, 0x20(%edi)               # an interrupt when it is done
        movl    $IRQ_WARM_UP, %ecx
        call    interrupts
        call    begin
6:      call    start
        movl    $IRQ_BATCH, %ecx
        call    interrupts
        call    stop
        jnz     6b
        movl    $IRQ_BATCH, %ecx
        movb    $'I', %bl
        call    report

        # D
        movl    $RNG, %eax
        call    find
        jne     8f
        call    set_up_rng
        movl    $IRQ_WARM_UP, %ecx
        call    doorbells
        call    begin
6:      call    start
        movl    $IRQ_BATCH, %ecx
        call    doorbells
        call    stop
        jnz     6b
        movl    $IRQ_BATCH, %ecx
        movb    $'D', %bl
        call    report

8:      xorl    %eax, %eax
        outb    %al, $0xf4
        hlt

# ECX times: tell the device, wait for the handler.
interrupts:
        movl    $1, 0x08(%edi)
        sti
1:      jmp     1b
handled:
2:      testl   $1, 0x20(%edi)
        jnz     2b
        loop    interrupts
        ret

# Does not return but leaves with interrupts off: KVM's interpreter, where it has to run this, knows no IRET in protected mode.
handler:
        movl    $1, 0x64(%edi)
        movl    $0, 0xfee000b0
        addl    $12, %esp
        jmp     handled

# EAX: vendor and device; leaves the place in "place". The zero flag is set if it is there.
find:   movl    %eax, %edi
        movl    $0x80000000, place
1:      xorl    %ecx, %ecx
        call    read
        cmpl    %edi, %eax
        je      2f
        addl    $0x800, place
        cmpl    $0x80010000, place
        jne     1b
        testl   %esp, %esp
2:      ret

# Virtual I/O Device 1.1: the device at "place" gets a queue with one buffer, and no interrupts. Its structures are taken to be in
# one BAR, which is moved below 4 GiB.
set_up_rng:
        movl    $0x34, %ecx
        call    read
        movzbl  %al, %esi
1:      movl    %esi, %ecx
        call    read
        movl    %eax, %edi
        cmpb    $9, %al                         # a capability of the vendor's; byte 3 is its kind, 1 common, 2 notification
        jne     3f
        shrl    $24, %eax
        leal    -1(%eax), %ebp
        cmpl    $1, %ebp
        ja      3f
        leal    4(%esi), %ecx
        call    read
        movzbl  %al, %ebx
        leal    8(%esi), %ecx
        call    read
        addl    $RNG_BAR, %eax
        movl    %eax, common(, %ebp, 4)
        testl   %ebp, %ebp
        jz      3f
        leal    16(%esi), %ecx
        call    read
        movl    %eax, multiplier
3:      movl    %edi, %eax
        movzbl  %ah, %esi
        testl   %esi, %esi
        jnz     1b
        movl    $4, %ecx
        xorl    %eax, %eax
        call    write
        leal    0x10(, %ebx, 4), %ecx
        movl    $RNG_BAR, %eax
        call    write
        addl    $4, %ecx
        xorl    %eax, %eax
        call    write
        movl    $6, %eax
        movl    $4, %ecx
        call    write

        movl    common, %edi
        movb    $0, 20(%edi)                    # reset, acknowledge, driver
        movb    $1, 20(%edi)
        movb    $3, 20(%edi)
        movl    $0, 8(%edi)
        movl    $0, 12(%edi)
        movl    $1, 8(%edi)
        movl    $1, 12(%edi)                    # VIRTIO_F_VERSION_1
        movb    $11, 20(%edi)
        movw    $0, 22(%edi)
        movw    $8, 24(%edi)
        movl    $descriptors, 32(%edi)
        movl    $0, 36(%edi)
        movl    $available, 40(%edi)
        movl    $0, 44(%edi)
        movl    $used, 48(%edi)
        movl    $0, 52(%edi)
        movw    $1, 28(%edi)
        movb    $15, 20(%edi)
        movzwl  30(%edi), %eax
        imull   multiplier, %eax
        addl    %eax, notification
        movl    $random, descriptors
        movl    $8, descriptors + 8
        movw    $2, descriptors + 12            # the device writes it
        movw    $1, available                   # no interrupts
        ret

# ECX times: make the buffer available again, ring, wait until it is used.
doorbells:
        movl    notification, %edi
1:      incw    available + 2
        movw    $0, (%edi)
        movw    available + 2, %ax
2:      pause
        cmpw    used + 2, %ax
        jne     2b
        loop    1b
        ret

# Register ECX of the function at "place", to and from EAX.
read:   pushl   %edx
        movl    place, %eax
        orl     %ecx, %eax
        movw    $0xcf8, %dx
        outl    %eax, %dx
        movw    $0xcfc, %dx
        inl     %dx, %eax
        popl    %edx
        ret
write:  pushl   %edx
        pushl   %eax
        movl    place, %eax
        orl     %ecx, %eax
        movw    $0xcf8, %dx
        outl    %eax, %dx
        popl    %eax
        movw    $0xcfc, %dx
        outl    %eax, %dx
        popl    %edx
        ret

# A measurement begins; a batch starts; a batch stops, with the zero flag set after the last one.
begin:  movl    $laps, lap
        ret
start:  pushl   %eax
        pushl   %edx
        rdtsc
        movl    %eax, began
        popl    %edx
        popl    %eax
        ret
stop:   pushl   %eax
        pushl   %edx
        pushl   %esi
        rdtsc
        subl    began, %eax
        movl    lap, %esi
        movl    %eax, (%esi)
        addl    $4, %esi
        movl    %esi, lap
        cmpl    $laps + 4 * BATCHES, %esi
        popl    %esi
        popl    %edx
        popl    %eax
        ret

# The letter in BL, then the median batch over ECX.
report: call    sort
        movl    laps + 4 * (BATCHES / 2), %eax
        xorl    %edx, %edx
        divl    %ecx
        movl    %eax, %esi
        movb    %bl, %al
        call    put
        movl    $8, %ecx
1:      roll    $4, %esi
        movl    %esi, %eax
        andb    $15, %al
        addb    $'0', %al
        cmpb    $'9', %al
        jbe     2f
        addb    $7, %al
2:      call    put
        loop    1b
        movb    $'\n', %al
put:    movw    $0x3f8, %dx
        outb    %al, %dx
        ret

# Sorts the batches, by insertion.
sort:   pushl   %ebx
        movl    $laps + 4, %esi
1:      movl    (%esi), %eax
        movl    %esi, %edi
2:      movl    -4(%edi), %edx
        cmpl    %eax, %edx
        jbe     3f
        movl    %edx, (%edi)
        subl    $4, %edi
        cmpl    $laps, %edi
        jne     2b
3:      movl    %eax, (%edi)
        addl    $4, %esi
        cmpl    $laps + 4 * BATCHES, %esi
        jne     1b
        popl    %ebx
        ret

        .data
        .balign 8
gdt:    .quad   0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
        .word   gdt_pointer - gdt - 1
        .long   gdt
idt_pointer:
        .word   idt_end - idt - 1
        .long   idt
        .balign 8
idt:    .fill   8 * (VECTOR + 1)
idt_end:
common: .long   0
notification:
        .long   0
multiplier:
        .long   0
random: .quad   0
        .balign 16
descriptors:
        .fill   16 * 8
available:
        .fill   64
used:   .fill   128
memory: .long   0
ports:  .long   0
edu:    .long   0
place:  .long   0
began:  .long   0
lap:    .long   0
laps:   .fill   4 * BATCHES
        .fill   4096
stack:

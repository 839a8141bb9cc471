# how fast, next to the host's QEMU in the same lab: interrupts, registers, NVMe reads, mappings, time to commit (not a test; --long: three rounds)
# lab: -k -c 2 -d edu,nvme,testdev -m 12288 -t 3000
# needs: rate exits qemu

chroot=/job/qemu
qemu="$chroot/lib/ld-linux-x86-64.so.2 --library-path $chroot/lib $chroot/qemu -L $chroot/share -cpu host -no-user-config -nodefaults -display none"
nvme='-device vfio-pci,host=0000:00:05.0,addr=05.0'
report() {
    echo "rate $*"
}

# bare PROGRAM KIND: the payload of launcher/benchmarks/exit-costs, on assigned devices; ticks of 1 ns or so for each letter.
bare() {
    who=$1
    case $who in
    veery) set -- veery -accel kvm ;;
    qemu) set -- $qemu -accel kvm -M q35 ;;
    esac
    timeout 400 "$@" -m 64M -nodefaults -display none -serial file:/tmp/bare -device isa-debug-exit,iobase=0xf4,iosize=1 \
        -device vfio-pci,host=0000:00:08.0 -device vfio-pci,host=0000:00:04.0 -kernel /job/exits < /dev/null > /tmp/bare-log 2>&1
    # A letter and eight digits.
    tr -d '\r' < /tmp/bare | sed 's/^./& /' | while read -r letter ticks; do
        report "$letter $who $((0x${ticks:-0}))"
    done
}

# reads PROGRAM KIND: nanoseconds a read of 4 KiB takes in a guest, with translation (strict) or without, after as many that do not count.
reads() {
    who=$1 kind=$2
    arguments=''
    set -- $nvme
    if [ "$kind" = strict ]; then
        arguments='intel_iommu=on,strict iommu=nopt'
        set -- -device intel-iommu,caching-mode=on,aw-bits=39 $nvme
    fi
    program='veery -nographic'
    [ "$who" = veery ] || program="$qemu -M q35,kernel-irqchip=split -serial stdio"
    boot nvme "$arguments" "$@" -no-reboot
    program=
    guest '/rate /dev/nvme0n1 3000'
    report "read-$kind $who $said"
    leave
}

# commit PROGRAM MIB: milliseconds from the start of the process to all of the guest's memory being pinned.
commit() {
    who=$1 mib=$2
    case $who in
    veery) set -- veery -accel kvm -nodefaults -display none -serial null ;;
    qemu) set -- $qemu -accel kvm -M q35 ;;
    esac
    from=$(cut -d ' ' -f 1 /proc/uptime | tr -d .)
    "$@" -m "${mib}M" $nvme -kernel /job/exits < /dev/null > /tmp/commit-log 2>&1 &
    pid=$!
    # Video memory's hole and ROMs make it a little less than all.
    while kill -0 $pid 2> /dev/null; do
        locked=$(sed -n 's/^VmLck:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
        [ "${locked:-0}" -lt $((mib * 1024 - 1024)) ] || break
        usleep 10000
    done
    report "commit-$mib $who $(($(cut -d ' ' -f 1 /proc/uptime | tr -d .) * 10 - from * 10))"
    kill -9 $pid
    wait $pid 2> /dev/null
}

# The first to touch the lab's memory would pay for it, on the machine that the lab runs on.
mkdir -p /tmp/touched
mount -t tmpfs -o size=9g touched /tmp/touched
dd if=/dev/zero of=/tmp/touched/all bs=1M count=8800 2> /dev/null
umount /tmp/touched

rounds=1
[ -z "$LONG" ] || rounds="1 2 3"
for round in $rounds; do
    for who in veery qemu; do
        bare $who
        for kind in none strict; do
            reads $who $kind
        done
        commit $who 1024
        commit $who 8192
    done
done

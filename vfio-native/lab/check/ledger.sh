# what Veery says is mapped is what the kernel has pinned; and nothing is left, however Veery ends
# lab: -k -c 2 -d edu,nvme,e1000e -m 2048 -t 3000

nvme=0000:00:05.0 card=0000:00:06.0
dd if=/dev/urandom of=/job/.lab/nvme.img bs=1M count=2 conv=notrunc,fsync 2> /dev/null
same nothing-before 0 "$(pages)"

# What the ledger holds by its own account, in pages: every change of it is in the log. With an argument addresses of more digits are
# left out: where the guest's memory ends, registers of devices follow, which are not pinned.
ledger() {
    awk -v digits="${1:-16}" '$1 == "vfio:" {
            for (i = 4; i < NF; i++)
                if ($i == "pages" && length($(i - 1)) <= digits)
                    n += ($(i - 2) == "map" ? 1 : -1) * $(i + 1)
        }
        END { print n + 0 }' "/tmp/ledger-$number"
}
# agree NAME [DIGITS]: with the guest at rest; a frame that just comes in may need a second look. What one process locked is in its own
# account, too.
agree() {
    for _ in 1 2 3 4 5; do
        mine=$(ledger "${2:-}")
        theirs=$(pages)
        [ "$mine" != "$theirs" ] || [ "$mine" != "$(ledger "${2:-}")" ] || break
        sleep 1
    done
    same "pinned-$1" "$mine" "$theirs"
    # iommufd has users' accounts, which root is not in.
    [ -n "$via" ] || same "locked-$1" "$mine" "$(($(sed -n 's/^VmLck:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status") / 4))"
}
start_noted() {
    n=$((number + 1))
    rm -f "/tmp/ledger-$n"
    boot "$@" -d vfio -D "/tmp/ledger-$n"
}

# Without an IOMMU in the guest: all of its memory, once for both devices.
start_noted nvme,e1000e '' -device vfio-pci,host=$nvme,addr=05.0$via -device vfio-pci,host=$card,addr=06.0$via || bad boot-identity "not ready"
guest 'dd if=/dev/nvme0n1 of=/dev/null bs=1M count=2'
agree identity 7
# What explain foresaw is what was mapped first; the guest has switched more of its memory on since.
veery explain --json -m 256M $object -device vfio-pci,host=$nvme,addr=05.0$via -device vfio-pci,host=$card,addr=06.0$via > /tmp/plan
foreseen() {
    sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" /tmp/plan | head -n 1
}
same explained-identity "$(($(foreseen pinnedBytes) / 4096))" "$(head -n "$(foreseen maps)" "/tmp/ledger-$number" \
    | awk '{ for (i = 4; i < NF; i++) if ($i == "pages") n += $(i + 1) } END { print n + 0 }')"
kill -9 "$pid"
wait "$pid"
same pages-killed 0 "$(pages)"

# Behind one: what their drivers map, as they map it.
start_noted nvme,e1000e 'intel_iommu=on,strict iommu=nopt' -device vfio-pci,host=$nvme,addr=05.0$via $iommu \
    -device vfio-pci,host=$card,addr=06.0$via || bad boot-translated "not ready"
same opened-again 0 "$(grep -c 'has it open' "$console")"
guest 'dd if=/dev/nvme0n1 of=/dev/null bs=1M count=2'
agree translated
network 06
agree network
guest 'echo 0000:00:05.0 > /sys/bus/pci/drivers/nvme/unbind'
agree unbound
guest 'echo 0000:00:05.0 > /sys/bus/pci/drivers/nvme/bind; for i in $(seq 50); do [ -b /dev/nvme0n1 ] && break; usleep 200000; done'
guest 'head -c 2097152 /dev/nvme0n1 | sha256sum'
before=$said
agree bound
# Killed in the middle of it.
echo 'while true; do dd if=/dev/nvme0n1 of=/dev/null bs=1M iflag=direct; done' >&3
usleep 1500000
kill -9 "$pid"
wait "$pid"
same pages-killed-busy 0 "$(pages)"

# The host has both back at once, and they work.
for module in $(cat /modules/drivers.order); do
    [ -d "/sys/module/$module" ] || insmod "/modules/$module.ko"
done
veery unbind $nvme > /tmp/unbind 2>&1
same unbind 0 $?
left=50
while [ ! -b /dev/nvme0n1 ] && [ $left -gt 0 ]; do
    left=$((left - 1))
    usleep 200000
done
same host-reads "$before" "$(head -c 2097152 /dev/nvme0n1 | sha256sum)"
veery bind $nvme > /tmp/bind 2>&1
same bind-again 0 $?

# Told to end, it ends in order.
start_noted nvme 'intel_iommu=on' $iommu -device vfio-pci,host=$nvme,addr=05.0$via || bad boot-term "not ready"
kill "$pid"
ended
same status-term 0 $?
same ledger-term 0 "$(ledger)"
same pages-term 0 "$(pages)"
same host-faults 0 "$(faults)"

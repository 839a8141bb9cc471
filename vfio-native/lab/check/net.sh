# two assigned cards, e1000e named before and virtio-net after the IOMMU: 64 MiB from the outer network and to it (--long: both orders)
# lab: -k -c 2 -d e1000e,virtio-net -m 1536 -t 3000

patience=1800
data="$LAB_NET_SUM  -"

# cards NAME OPTION...: each card in the guest receives, and sends the same back; the network answers with its checksum.
cards() {
    name=$1
    shift
    dmesg -c > /dev/null
    boot e1000e,virtio_net 'intel_iommu=on,strict iommu=nopt' "$@" || bad "boot-$name" "not ready"
    for slot in 06 07; do
        network $slot
        guest 'nc 10.0.2.100 19 > /tmp/received; sha256sum < /tmp/received'
        same "receive-$slot-$name" "$data" "$said"
        guest 'nc 10.0.2.100 9 < /tmp/received'
        same "send-$slot-$name" "$data" "$said"
        guest 'grep -c "$n" /proc/net/dev; cat /sys/class/net/$n/statistics/rx_errors /sys/class/net/$n/statistics/tx_errors; ifconfig $n 0.0.0.0 down; rm /tmp/received'
        same "errors-$slot-$name" '1 0 0' "$(echo "$said" | tr '\n' ' ' | sed 's/ $//')"
    done
    leave
    same "status-$name" 0 $?
    same "host-faults-$name" 0 "$(faults)"
    echo "lab: $name took from $started to $(cut -d ' ' -f 1 /proc/uptime) s"
}
e1000e="-device vfio-pci,host=0000:00:06.0,addr=06.0$via" virtio="-device vfio-pci,host=0000:00:07.0,addr=07.0$via"
cards e1000e-first $e1000e $iommu $virtio
[ -z "$LONG" ] || cards virtio-first $virtio $iommu $e1000e

# four assigned devices and the IOMMU in several orders: the same plan, the same guest
# lab: -k -d edu,nvme,e1000e,virtio-net -m 2048 -t 900

edu="-device vfio-pci,host=0000:00:04.0,addr=04.0$via"
nvme="-device vfio-pci,host=0000:00:05.0,addr=05.0$via"
e1000e="-device vfio-pci,host=0000:00:06.0,addr=06.0$via"
virtio="-device vfio-pci,host=0000:00:07.0,addr=07.0$via"

dd if=/dev/urandom of=/job/.lab/nvme.img bs=1M count=1 conv=notrunc,fsync 2> /dev/null
disk=$(head -c 1048576 /job/.lab/nvme.img | sha256sum)
data=$(head -c 1048576 /job/.lab/random | sha256sum)

# plan NAME OPTION...: what explain says, byte for byte, but for the command line itself.
plan() {
    name=$1
    shift
    veery explain --json -m 256M $object "$@" > "/tmp/plan-$name"
    same "plan-$name" "$(sha256sum < /tmp/plan-first)" "$(sha256sum < "/tmp/plan-$name")"
}
veery explain --json -m 256M $object $iommu $edu $nvme $e1000e $virtio > /tmp/plan-first
same plan-first 0 $?
plan second $virtio $iommu $nvme $edu $e1000e
plan third $e1000e $edu $iommu $virtio $nvme
plan last $nvme $virtio $edu $e1000e $iommu

# result NAME OPTION...: a guest uses all four.
result() {
    name=$1
    shift
    dmesg -c > /dev/null
    if ! boot nvme,e1000e,virtio_net 'intel_iommu=on,strict iommu=nopt' "$@"; then
        bad "boot-$name" "the guest is not ready"
        ended
        return
    fi
    guest 'for d in /sys/bus/pci/devices/*; do echo "${d##*/} $(cat $d/vendor $d/device $d/class $d/resource | sha256sum)"; done'
    topology=$said
    guest 'head -c 1048576 /dev/nvme0n1 | sha256sum'
    same "disk-$name" "$disk" "$said"
    guest 'cd /sys/bus/pci/devices/0000:00:04.0; echo 1 > enable; b=$(head -n 1 resource | cut -d " " -f 1); cd /'
    guest 'devmem $b 32; devmem $((b + 4)) 32 0x12345678; devmem $((b + 4)) 32'
    same "edu-$name" '0x010000ED 0xEDCBA987' "$(echo "$said" | tr '\n' ' ' | sed 's/ $//')"
    for at in 06 07; do
        network "$at"
        guest "nc 10.0.2.100 19 | head -c 1048576 | sha256sum; ifconfig \$n 0.0.0.0 down"
        same "net-$at-$name" "$data" "$said"
    done
    guest "dmesg | grep -c 'DMAR.*fault'"
    same "guest-faults-$name" 0 "$said"
    [ -n "${first_topology:-}" ] || first_topology=$topology
    same "topology-$name" "$first_topology" "$topology"
    leave
    same "status-$name" 0 $?
    same "host-faults-$name" 0 "$(faults)"
    echo "lab: $name took from $started to $(cut -d ' ' -f 1 /proc/uptime) s"
}
result first $iommu $edu $nvme $e1000e $virtio
result last $nvme $virtio $edu $e1000e $iommu
if [ -n "$LONG" ]; then
    result second $virtio $iommu $nvme $edu $e1000e
    result third $e1000e $edu $iommu $virtio $nvme
fi

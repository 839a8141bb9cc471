# iommu=pt in both orders, no IOMMU at all, and two devices of one group
# lab: -k -c 2 -d nvme,e1000e,pair -m 1536 -t 3000

dd if=/dev/urandom of=/job/.lab/nvme.img bs=1M count=1 conv=notrunc,fsync 2> /dev/null
disk=$(head -c 1048576 /job/.lab/nvme.img | sha256sum)
data=$(head -c 1048576 /job/.lab/random | sha256sum)
nvme="-device vfio-pci,host=0000:00:05.0,addr=05.0$via" e1000e="-device vfio-pci,host=0000:00:06.0,addr=06.0$via"

works() {
    guest 'head -c 1048576 /dev/nvme0n1 | sha256sum'
    same "disk-$1" "$disk" "$said"
    network 06
    guest 'nc 10.0.2.100 19 | head -c 1048576 | sha256sum'
    same "net-$1" "$data" "$said"
}
close() {
    leave
    same "status-$1" 0 $?
    same "host-faults-$1" 0 "$(faults)"
    same "pages-$1" 0 "$(pages)"
    echo "lab: $1 took from $started to $(cut -d ' ' -f 1 /proc/uptime) s"
}
# Pass-through: both see physical addresses, though an IOMMU is there.
boot nvme,e1000e 'intel_iommu=on iommu=pt' $iommu $nvme $e1000e || bad boot-pt-first "not ready"
works pt-first
guest 'cat /sys/bus/pci/devices/0000:00:05.0/iommu_group/type'
same type-pt-first identity "$said"
close pt-first
boot nvme,e1000e 'intel_iommu=on iommu=pt' $e1000e $nvme $iommu || bad boot-pt-last "not ready"
works pt-last
close pt-last

# None, and two of a group, which share one container with the others.
boot nvme,e1000e '' $nvme -device vfio-pci,host=01:01.0,addr=08.0$via $e1000e -device vfio-pci,host=01:02.0,addr=09.0$via \
    || bad boot-none "not ready"
works none
guest 'for d in 08 09; do cd /sys/bus/pci/devices/0000:00:$d.0; echo 1 > enable; devmem $(head -n 1 resource | cut -d " " -f 1) 32; done; cd /'
same group-none '0x010000ED 0x010000ED' "$(echo "$said" | tr '\n' ' ' | sed 's/ $//')"
# COMMAND and STATUS by one access.
guest 'cd /sys/bus/pci/devices/0000:00:08.0; printf "\002\000\000\000" | dd of=config bs=4 seek=1 count=1 conv=notrunc 2> /dev/null; devmem $(head -n 1 resource | cut -d " " -f 1) 32; cd /'
same command-none 0x010000ED "$said"
if [ -n "$via" ]; then
    same containers-none 1 "$(ls -l "/proc/$pid/fd" | grep -c '/dev/iommu$')"
    same files-none 4 "$(ls -l "/proc/$pid/fd" | grep -c '/dev/vfio/devices/')"
else
    same containers-none 1 "$(ls -l "/proc/$pid/fd" | grep -c '/dev/vfio/vfio$')"
    same files-none 3 "$(ls -l "/proc/$pid/fd" | grep -c '/dev/vfio/[0-9]')"
fi
close none

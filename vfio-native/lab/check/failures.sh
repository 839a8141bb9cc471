# what a host refuses: one line for each that names the remedy
# lab: -k -c 2 -d edu,nvme,pair,rng -b edu,nvme,pair -m 1536 -t 3000

edu=0000:00:04.0 nvme=0000:00:05.0
# As a user of the host, who owns only some files.
chown nobody "/dev/vfio/$(group_of $nvme)"
chmod 666 /dev/kvm
user() {
    refused "$1" "$2" su nobody -s /bin/sh -c "ulimit -l $3; exec $run -device vfio-pci,host=$4"
}
user permission "/dev/vfio/$(group_of $edu): permission denied; run as root, or make yourself its owner with 'chown'" 64 $edu
user memlock "the limit on locked memory is 64 KiB, and 6[45] MiB must stay in memory for devices; raise it with 'ulimit -l'" 64 $nvme

refused viable "shares IOMMU group $(group_of 0000:01:01.0) with devices that the host uses: 0000:01:03.0 \(driver virtio-pci\); \
give the whole group to VFIO with 'veery bind 0000:01:03.0'" $run -device vfio-pci,host=01:01.0
if [ ! -e /dev/iommu ]; then
    refused iommufd 'leave iommufd= out to do without' $run -object iommufd,id=f -device vfio-pci,host=$nvme,iommufd=f
fi
refused absent "0000:00:1e.0" $run -device vfio-pci,host=00:1e.0
refused bound "host device 0000:01:03.0 has driver virtio-pci, not vfio-pci; give it to VFIO with 'veery bind 0000:01:03.0'" \
    $run -device vfio-pci,host=01:03.0

limit=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit
echo 1 > $limit
refused entries "takes no more than 1 mappings; raise that with 'modprobe vfio_iommu_type1 dma_entry_limit=" \
    $run -device vfio-pci,host=$nvme

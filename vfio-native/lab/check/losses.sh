# what a running guest loses: mappings beyond the limit, devices that the host takes back; it goes on, and a line says so
# lab: -k -c 2 -d nvme,e1000e,port -m 2048 -t 3000

nvme=0000:00:05.0 card=0000:00:06.0 behind=0000:01:00.0
limit=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit

# At run time: the disk does not work, the guest and its card do.
echo 32 > $limit
if boot nvme,e1000e 'intel_iommu=on,strict iommu=nopt nvme_core.admin_timeout=3 nvme_core.io_timeout=3' \
    -device vfio-pci,host=$card,addr=06.0 $iommu -device vfio-pci,host=$behind,addr=07.0 -device vfio-pci,host=$nvme,addr=05.0; then
    ok boot-entries
else
    bad boot-entries "the guest is not ready"
fi
guest 'dd if=/dev/nvme0n1 of=/dev/null bs=1M count=4 iflag=direct; true'
has warning-entries "$(tr -d '\r' < $console)" "out of its reach: the host's IOMMU takes no more than 32 mappings; raise that"
guest 'dmesg | grep -c "DMAR:.*fault addr"'
has fault-entries "$said" '^[1-9]'
guest 'sha256sum < /proc/version | wc -l'
same alive-entries 1 "$said"

# Somebody else wants the same device.
refused busy "/dev/vfio/$(group_of $nvme): another program has it open; end that program" $run -device vfio-pci,host=$nvme

# The host takes devices back: by unbinding, and by switching a slot off.
echo 1 > "/sys/bus/pci/devices/$nvme/remove"
same removed-remove 1 "$([ -e /sys/bus/pci/devices/$nvme ]; echo $?)"
has warning-remove "$(tr -d '\r' < $console)" "the host takes back $nvme; for the guest it is gone"
guest 'cat /sys/bus/pci/devices/0000:00:05.0/vendor; dd if=/sys/bus/pci/devices/0000:00:05.0/config bs=4 count=1 2> /dev/null | xxd -p'
has gone-remove "$said" '^ffffffff$'
for slot in /sys/bus/pci/slots/*; do
    [ "$(cat "$slot/address")" != "${behind%.*}" ] || echo 0 > "$slot/power"
done
same removed-slot 1 "$([ -e /sys/bus/pci/devices/$behind ]; echo $?)"
has warning-slot "$(tr -d '\r' < $console)" "the host takes back $behind; for the guest it is gone"
guest 'sha256sum < /proc/version | wc -l'
has alive-gone "$said" '^1$'
leave
same status-gone 0 $?
same pages-gone 0 "$(pages)"

# an assigned NVMe disk, formatted and verified by its guest, over a reboot, then read by the host (--long: fio with 256 MiB, both orders, software CPU)
# lab: -k -c 2 -d nvme -m 2048 -t 3000
# needs: debian

nvme="-device vfio-pci,host=0000:00:05.0,addr=05.0$via"
patience=1200

# fio, which the guest finds on a disk of its own.
guest_disk='-drive file=/dev/vdb,if=none,id=rootfs,format=raw,readonly=on -device virtio-blk-pci,drive=rootfs,addr=07.0,iommu_platform=on'

# life NAME MIB OPTION...
life() {
    name=$1 mib=$2
    shift 2
    dmesg -c > /dev/null
    boot nvme,disk 'intel_iommu=on,strict iommu=nopt' "$@" $guest_disk || bad "boot-$name" "not ready"
    guest 'printf "n\np\n1\n2048\n\nw\n" | fdisk -u /dev/nvme0n1 > /dev/null 2>&1; for i in $(seq 50); do [ -b /dev/nvme0n1p1 ] && break; usleep 100000; done; [ -b /dev/nvme0n1p1 ]'
    same "partition-$name" 0 $?
    guest 'mkdir -p /debian; mount -t ext4 -o ro,noload /dev/vda /debian; mount -t devtmpfs dev /debian/dev; mount -t tmpfs tmp /debian/tmp; mount -t proc proc /debian/proc'
    guest 'mke2fs -F /dev/nvme0n1p1 > /dev/null'
    same "mkfs-$name" 0 $?
    guest 'mount -t ext4 /dev/nvme0n1p1 /mnt; mkdir /debian/tmp/mnt; mount --bind /mnt /debian/tmp/mnt'
    guest "chroot /debian fio --name=verify --filename=/tmp/mnt/file --size=${mib}M --rw=randwrite --bsrange=4k-128k --direct=1 --ioengine=libaio \
--iodepth=16 --verify=crc32c --verify_fatal=1 --do_verify=1 --verify_state_save=0 --randrepeat=1 --eta=never --output=/tmp/fio"
    same "fio-$name" 0 $?
    guest 'grep -E "err= *0" /debian/tmp/fio | wc -l'
    has "fio-errors-$name" "$said" '^[1-9]'
    guest 'umount /debian/tmp/mnt'
    guest 'sha256sum < /mnt/file; umount /mnt; sync'
    sum=$(echo "$said" | head -n 1)
    has "sum-$name" "$sum" '^[0-9a-f]{64}'
    # The same machine boots again; nothing of the device may be left over.
    echo 'reboot -f' >&3
    wait_for '^guest: ready' 600 || bad "reboot-$name" "not ready"
    guest 'mount -t ext4 -o ro /dev/nvme0n1p1 /mnt; sha256sum < /mnt/file; umount /mnt'
    same "rebooted-$name" "$sum" "$said"
    leave
    same "status-$name" 0 $?
    same "pages-$name" 0 "$(pages)"
    same "host-faults-$name" 0 "$(faults)"
    veery unbind 0000:00:05.0 > /dev/null 2>&1
    left=100
    while [ ! -b /dev/nvme0n1p1 ] && [ $left -gt 0 ]; do
        left=$((left - 1))
        usleep 200000
    done
    mkdir -p /tmp/disk
    mount -t ext4 -o ro /dev/nvme0n1p1 /tmp/disk
    same "host-$name" "$sum" "$(sha256sum < /tmp/disk/file)"
    umount /tmp/disk
    veery bind 0000:00:05.0 > /dev/null 2>&1
    echo "lab: $name took from $started to $(cut -d ' ' -f 1 /proc/uptime) s"
}
for module in $(cat /modules/drivers.order); do
    [ -d "/sys/module/$module" ] || insmod "/modules/$module.ko"
done
if [ -z "$LONG" ]; then
    life last 8 $nvme $iommu
else
    life first 256 $iommu $nvme
    life last 256 $nvme $iommu
    accel=tcg
    life software 16 $nvme $iommu
fi

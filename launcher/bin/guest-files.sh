# For demo and check, which source it: Debian packages, Debian's kernels and an initial RAM disk. shellcheck shell=sh

cache=${XDG_CACHE_HOME:-$HOME/.cache}/veery

say() {
    echo "==> $*" >&2
}

fail() {
    echo "$(basename -- "$0"): $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        fail "must be root to run: $* (or install sudo)"
    fi
}

# Fetches the lists of packages once a run, before the first use.
update_lists() {
    if [ -z "${lists_updated:-}" ]; then
        say "reading package lists"
        as_root apt-get update -qq || fail "apt-get update failed"
        lists_updated=1
    fi
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

# install_packages NAME...: those that are missing.
install_packages() {
    missing=
    for package; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    command -v apt-get > /dev/null || fail "these Debian packages, or what is in them, are needed:$missing"
    update_lists
    say "installing$missing"
    # shellcheck disable=SC2086 # a list
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing > /dev/null \
        || fail "could not install$missing"
}

# What building and running need. A Java or Maven that is there already, from wherever, is good enough.
install_build_tools() {
    needed=
    command -v javac > /dev/null || [ -x "${JAVA_HOME:-/nonexistent}/bin/javac" ] || needed=openjdk-17-jdk-headless
    command -v mvn > /dev/null || needed="$needed maven"
    # shellcheck disable=SC2086 # a list
    install_packages $needed
}

# unpack PACKAGE DIRECTORY: downloads a package and unpacks it there, without installing it.
unpack() {
    update_lists
    say "downloading $1"
    rm -rf "$2.part"
    mkdir -p "$2.part/deb"
    (cd "$2.part/deb" && apt-get download -qq "$1" 2> apt.log) || {
        cat "$2.part/deb/apt.log" >&2
        fail "could not download $1"
    }
    dpkg-deb -x "$2.part/deb"/*.deb "$2.part"
    rm -r "$2.part/deb"
    rm -rf "$2"
    mv "$2.part" "$2"
}

# fetch_kernel cloud|generic: sets $kernel to the bzImage of Debian's current kernel, which is not installed, only unpacked, and
# $modules to a directory with its drivers of network cards and of virtio; vfio in it has those that give devices to programs.
fetch_kernel() {
    case $1 in
    cloud) meta=linux-image-cloud-amd64 ;;
    generic) meta=linux-image-amd64 ;;
    *) fail "there is no kernel '$1'; use cloud or generic" ;;
    esac
    mkdir -p "$cache"
    modules=$cache/$meta/drivers
    if ! kernel=$(ls "$cache/$meta"/boot/vmlinuz-* 2> /dev/null) || [ ! -d "$modules/vfio" ]; then
        update_lists
        package=$(apt-cache depends --important "$meta" | sed -n 's/^ *Depends: *\(linux-image-[0-9].*\)$/\1/p' | head -n 1)
        [ -n "$package" ] || fail "the package lists do not say which kernel $meta is"
        unpack "$package" "$cache/$meta"
        # Of the modules only these are used: the console, ACPI, NVMe, ext4 and initial RAM disks are built in.
        mkdir -p "$modules.part/vfio"
        find "$cache/$meta/lib/modules" \( -name 'virtio*.ko' -o -name '*failover.ko' -o -name e1000e.ko -o -name ptp.ko -o -name pps_core.ko \) \
            -exec cp {} "$modules.part" ';'
        find "$cache/$meta/lib/modules" \( -name 'vfio*.ko' -o -name irqbypass.ko \) -exec cp {} "$modules.part/vfio" ';'
        mv "$modules.part" "$modules"
        rm -rf "$cache/$meta/lib" "$cache/$meta/usr"
        kernel=$(ls "$cache/$meta"/boot/vmlinuz-*)
    fi
}

# fetch_busybox: sets $busybox.
fetch_busybox() {
    busybox=$cache/busybox/bin/busybox
    [ -x "$busybox" ] || unpack busybox-static "$cache/busybox"
    [ -x "$busybox" ] || fail "the package busybox-static has no bin/busybox"
}

# make_initramfs FILE: an archive with busybox, /init, a file to checksum and, in /drivers, what fetch_kernel found of drivers.
make_initramfs() {
    fetch_busybox
    install_packages cpio
    tree=$(mktemp -d)
    mkdir -p "$tree/bin" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/etc" "$tree/tmp" "$tree/root"
    cp "$busybox" "$tree/bin/busybox"
    cp "$root/launcher/bin/guest-init" "$tree/init"
    chmod 755 "$tree/init" "$tree/bin/busybox"
    [ ! -d "${modules:-}" ] || { mkdir "$tree/drivers" && cp "$modules"/*.ko "$tree/drivers"; }
    # Half a megabyte that does not compress and is the same everywhere.
    awk 'BEGIN { x = 1; for (i = 0; i < 65536; i++) { x = (x * 69069 + 12345) % 4294967296; printf "%08x", x } }' \
        > "$tree/root/sample"
    (cd "$tree" && find . | sort | cpio -o -H newc --quiet -R 0:0 | gzip -1 > "$1.part") && mv "$1.part" "$1"
    sample_sum=$(sha256sum < "$tree/root/sample" | cut -d ' ' -f 1)
    rm -rf "$tree"
}

# make_root_initramfs FILE: an archive that loads the virtio drivers and goes on with the file system on root=, for kernels that have
# them as modules.
make_root_initramfs() {
    fetch_busybox
    install_packages cpio
    tree=$(mktemp -d)
    mkdir -p "$tree/bin" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/new"
    cp "$busybox" "$tree/bin/busybox"
    cp "$modules"/virtio*.ko "$tree/"
    cat > "$tree/init" << 'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do
    [ ! -e /$module.ko ] || insmod /$module.ko
done
root=$(sed -n 's/.*root=\([^ ]*\).*/\1/p' /proc/cmdline)
left=100
while [ ! -b "$root" ] && [ $left -gt 0 ]; do
    usleep 100000
    left=$((left - 1))
done
mount -t ext4 "$root" /new && umount /proc && exec switch_root /new /sbin/init
echo "could not mount $root"
poweroff -f
END
    chmod 755 "$tree/init" "$tree/bin/busybox"
    (cd "$tree" && find . | sort | cpio -o -H newc --quiet -R 0:0 | gzip -1 > "$1.part") && mv "$1.part" "$1"
    rm -rf "$tree"
}

# Where the packages of Debian 12 come from: where this system has them from, if it is one.
debian_mirror() {
    # shellcheck disable=SC2016 # apt-get puts these in
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' 2> /dev/null | head -n 1)
    echo "${mirror:-http://deb.debian.org/debian}"
}

# Whether make_rootfs can work here: debootstrap makes device nodes.
can_make_rootfs() {
    [ "$(id -u)" = 0 ] || command -v sudo > /dev/null || return 1
    mkdir -p "$cache"
    probe=$(mktemp -u "$cache/probe.XXXXXX")
    nodes=1
    as_root mknod "$probe" c 1 3 2> /dev/null && : 2> /dev/null < "$probe" || nodes=
    as_root rm -f "$probe"
    [ -n "$nodes" ]
}

# make_rootfs [KIND [SIZE [PACKAGE...]]]: sets $rootfs to a sparse ext4 image of SIZE (1G) with a minimal Debian 12: systemd, udev, fio,
# nvme-cli and the packages. Root logs in without a password; /usr/local/bin has launcher/bin's guest-*-check as veery-*-check.
# One image of each KIND is kept. Copy it before booting it.
make_rootfs() {
    kind=${1:-disk}
    size_of_rootfs=${2:-1G}
    [ $# -lt 2 ] || shift 2
    more=$(printf ',%s' "$@")
    # A new image when this function or a script in it is another.
    stamp=$({
        sed -n '/^make_rootfs()/,/^}/p' "$root/launcher/bin/guest-files.sh"
        cat "$root"/launcher/bin/guest-*-check
        echo "$kind $size_of_rootfs $more"
    } | sha256sum | cut -c 1-16)
    rootfs=$cache/rootfs-$kind-$stamp.ext4
    [ ! -e "$rootfs" ] || return 0
    [ "$(id -u)" = 0 ] || command -v sudo > /dev/null || fail "making a root file system needs root (or install sudo)"
    install_packages debootstrap e2fsprogs
    say "making a Debian root file system (two minutes)"
    mkdir -p "$cache"
    rm -f "$cache"/rootfs-"$kind"-*
    tree=$(mktemp -d "$cache/rootfs.XXXXXX")
    as_root debootstrap --variant=minbase --include="systemd-sysv,udev,dbus,kmod,procps,fio,nvme-cli${more%,}" \
        bookworm "$tree" "$(debian_mirror)" > "$cache/rootfs.log" 2>&1 || {
        tail -n 20 "$cache/rootfs.log" >&2
        as_root rm -rf "$tree"
        fail "debootstrap failed; the whole log is in $cache/rootfs.log"
    }
    # No password, a name, an id made at the first boot, nothing that waits for fabrics there are not.
    as_root sh -e -c '
        cd "$1"
        sed -i "s/^root:[^:]*:/root::/" etc/shadow
        echo veery > etc/hostname
        : > etc/machine-id
        ln -s /dev/null etc/systemd/system/nvmf-autoconnect.service
        for check in "$2"/guest-*-check; do
            install -m 755 "$check" "usr/local/bin/veery-${check##*/guest-}"
        done
        rm -rf var/cache/apt/archives/*.deb var/lib/apt/lists/* usr/share/doc/* usr/share/locale/*
    ' sh "$tree" "$root/launcher/bin" || fail "could not set up the root file system"
    # Ready-made inode tables: no kernel thread writes them while something is measured.
    as_root mke2fs -q -t ext4 -L veery-root -E lazy_itable_init=0,lazy_journal_init=0 -d "$tree" "$rootfs.part" "$size_of_rootfs" > /dev/null \
        || fail "mke2fs failed"
    as_root rm -rf "$tree"
    [ "$(id -u)" = 0 ] || as_root chown "$(id -u)" "$rootfs.part"
    mv "$rootfs.part" "$rootfs"
}

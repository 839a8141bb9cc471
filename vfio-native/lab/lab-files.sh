# For vfio-lab, which sources it after guest-files.sh: kernel, initial RAM disk and root file system of the lab. shellcheck shell=sh

# A change of what is built here makes new files; old ones are replaced.
lab_recipe=$(cksum < "$root/vfio-native/lab/lab-files.sh" | cut -d ' ' -f 1)
lab_init=$(cksum < "$root/vfio-native/lab/lab-init" | cut -d ' ' -f 1)
lab_cache=$cache/lab

# lab_names: sets $lab_kernel, a directory with vmlinux and initrd, $lab_base, a file system image, and $lab_java, the Java in it.
lab_names() {
    if [ -n "${VEERY_LAB_KERNEL:-}" ]; then
        own=$(readlink -f -- "$VEERY_LAB_KERNEL")
        lab_kernel=$lab_cache/kernel-own-$(ls -lLn "$own"/boot/vmlinuz-* | cksum | cut -d ' ' -f 1)-$lab_recipe-$lab_init
    else
        lab_kernel=$lab_cache/kernel-debian-$lab_recipe-$lab_init
    fi
    lab_base=$lab_cache/base-$lab_recipe.img
    lab_java=$lab_cache/java-$lab_recipe
}

# prepare_lab: makes what is missing; two at once make it once.
prepare_lab() {
    install_packages qemu-system-x86 e2fsprogs cpio xz-utils zstd util-linux
    mkdir -p "$lab_cache"
    exec 9> "$lab_cache/lock"
    flock 9
    lab_names
    [ -e "$lab_base" ] && [ -e "$lab_java" ] || make_lab_base
    [ -e "$lab_kernel/initrd" ] || make_lab_kernel
}

# The package that a meta package stands for, once the lists are read: package_of META PATTERN.
package_of() {
    found=$(apt-cache depends --important "$1" | sed -n "s/^ *Depends: *\($2\)\$/\1/p" | head -n 1)
    [ -n "$found" ] || fail "the package lists do not say what $1 is"
    echo "$found"
}

# Java, the C library and busybox, read-only.
make_lab_base() {
    say "making the lab's file system"
    fetch_busybox
    work=$lab_cache/base.part
    rm -rf "$work"
    mkdir -p "$work/tree/etc" "$work/tree/usr/lib/x86_64-linux-gnu" "$work/tree/usr/lib/jvm"
    for package in libc6 libgcc-s1 libstdc++6 zlib1g; do
        unpack "$package" "$work/deb"
        find "$work/deb" -path '*/x86_64-linux-gnu/*' \( -name '*.so' -o -name '*.so.*' \) ! -path '*/gconv/*' \
            -exec cp -a {} "$work/tree/usr/lib/x86_64-linux-gnu/" ';'
    done
    update_lists
    java=$(package_of default-jre-headless 'openjdk-[0-9]*-jre-headless')
    unpack "$java" "$work/deb"
    cp -a "$work/deb/etc/." "$work/tree/etc/"
    cp -a "$work/deb/usr/lib/jvm/." "$work/tree/usr/lib/jvm/"
    binary=$(cd "$work/tree/usr" && find lib/jvm -path '*/bin/java' | head -n 1)
    [ -n "$binary" ] || fail "the package $java has no bin/java"
    ln -s "${binary%/bin/java}" "$work/tree/usr/java"
    # Its settings are links to /etc, which here are another Java's or nobody's.
    find "$work/tree/usr/lib/jvm" -type l -lname '/etc/*' | while read -r link; do
        cp --remove-destination "$work/deb$(readlink "$link")" "$link" 2> /dev/null || true
    done
    # The archive of the JDK's classes, which Debian makes when it installs the package; without it the JVM starts slowly.
    "$work/tree/usr/java/bin/java" -Xshare:dump > "$work/log" 2>&1 || say "no archive of the JDK's classes: $(tail -n 1 "$work/log")"
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n' > "$work/tree/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' > "$work/tree/etc/group"
    printf 'hosts: files\npasswd: files\n' > "$work/tree/etc/nsswitch.conf"
    printf '127.0.0.1 localhost lab\n' > "$work/tree/etc/hosts"
    size=$(($(du -sm "$work/tree" | cut -f 1) * 11 / 10 + 16))
    # sbin is not in everyone's path.
    PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F -t ext4 -O '^has_journal,^metadata_csum' -E root_owner=0:0 -m 0 \
        -d "$work/tree" "$work/image" "${size}M" > /dev/null || fail "could not make the lab's file system"
    rm -rf "$lab_cache"/base-*.img "$lab_cache"/java-*
    mv "$work/tree/usr/${binary%/bin/java}" "$lab_java"
    mv "$work/image" "$lab_base"
    rm -rf "$work"
}

# A kernel that starts without decompressing itself, which takes seconds in emulation, and an initial RAM disk with modules.
make_lab_kernel() {
    work=$lab_cache/kernel.part
    rm -rf "$work"
    mkdir -p "$work/made" "$work/tree"
    if [ -n "${VEERY_LAB_KERNEL:-}" ]; then
        from=$VEERY_LAB_KERNEL
    else
        update_lists
        unpack "$(package_of linux-image-amd64 'linux-image-[0-9].*')" "$work/deb"
        from=$work/deb
    fi
    say "making the lab's kernel and initial RAM disk"
    image=$(ls "$from"/boot/vmlinuz-* "$from"/usr/lib/modules/*/vmlinuz 2> /dev/null | head -n 1)
    modules=$(ls -d "$from"/lib/modules/* "$from"/usr/lib/modules/* 2> /dev/null | head -n 1)
    [ -n "$image" ] && [ -n "$modules" ] || fail "there is no kernel with modules in '$from'"
    decompress_kernel "$image" "$work/made/vmlinux"
    fetch_busybox
    tree=$work/tree
    mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp" "$tree/run" "$tree/job" "$tree/base" "$tree/root"
    cp "$busybox" "$tree/bin/busybox"
    for applet in $("$busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
    done
    cp "$root/vfio-native/lab/lab-init" "$tree/init"
    chmod 755 "$tree/init" "$tree/bin/busybox"
    ln -s base/usr "$tree/usr"
    ln -s base/usr/lib "$tree/lib"
    ln -s base/etc "$tree/etc"
    mkdir "$tree/lib64"
    ln -s ../usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$tree/lib64/ld-linux-x86-64.so.2"
    ln -s ../usr/java/bin/java "$tree/bin/java"
    find "$modules" -name '*.ko*' > "$work/modules"
    put_modules base virtio_pci virtio_blk ext4 crc32c_generic crc32c_intel 9pnet_virtio 9p
    put_modules vfio vfio vfio_iommu_type1 vfio_pci
    put_modules kvm kvm_amd
    put_modules drivers nvme ext4 e1000e virtio_net af_packet
    (cd "$tree" && find . | cpio -o -H newc --quiet -R 0:0) > "$work/made/initrd"
    rm -rf "${lab_kernel%-*-*}"-*
    mv "$work/made" "$lab_kernel"
    rm -rf "$work"
}

# put_modules SET NAME...: modules with what they depend on; the file SET.order lists them in the order of loading.
put_modules() {
    order=$tree/modules/$1.order
    mkdir -p "$tree/modules"
    : > "$order"
    shift
    for module; do
        put_module "$module"
    done
}

# Recursive: the variables of a level are lost below it, so positional parameters carry what is needed afterwards.
put_module() {
    set -- "$1" "$(grep -E "/$(echo "$1" | sed 's/[-_]/[-_]/g')\.ko(\.xz|\.zst)?\$" "$work/modules" | head -n 1)"
    # What is not there is built in, or this kernel has no need of it.
    [ -n "$2" ] || return 0
    set -- "$2" "$(basename "$2" | sed 's/\.ko.*//; s/-/_/g')"
    if [ ! -e "$tree/modules/$2.ko" ]; then
        case $1 in
        *.xz) xz -dc "$1" > "$tree/modules/$2.ko" ;;
        *.zst) zstd -qdc "$1" > "$tree/modules/$2.ko" ;;
        *) cp "$1" "$tree/modules/$2.ko" ;;
        esac
    fi
    for needed in $(tr '\0' '\n' < "$tree/modules/$2.ko" \
        | LC_ALL=C sed -n 's/^depends=//p; s/^softdep=pre: *//p' | tr ',' ' '); do
        put_module "$needed"
    done
    grep -q -x "$2" "$order" || echo "$2" >> "$order"
}

# decompress_kernel BZIMAGE FILE: the ELF file inside (Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length).
decompress_kernel() {
    sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1" | tr -d ' ')
    [ "$sectors" != 0 ] || sectors=4
    offset=$(od -An -tu4 -j $((0x248)) -N 4 "$1" | tr -d ' ')
    length=$(od -An -tu4 -j $((0x24c)) -N 4 "$1" | tr -d ' ')
    tail -c +$(((sectors + 1) * 512 + offset + 1)) "$1" | head -c "$length" > "$2.packed"
    # The size follows the packed data, which the tools take for garbage behind it: the result shows whether all is well.
    case $(od -An -tx1 -N 4 "$2.packed" | tr -d ' ') in
    fd377a58) xz -dc --single-stream < "$2.packed" > "$2" || true ;;
    28b52ffd) zstd -qdc < "$2.packed" > "$2" 2> /dev/null || true ;;
    1f8b*) gzip -dc < "$2.packed" > "$2" 2> /dev/null || true ;;
    *) cp "$1" "$2" ;;
    esac
    rm "$2.packed"
    case $(od -An -tx1 -N 4 "$2" | tr -d ' ') in
    7f454c46) ;;
    # QEMU boots the packed form, too, only later.
    *) cp "$1" "$2" ;;
    esac
}

# archive_for_lab: Veery's archive of classes for the lab's Java, which is seldom the one that built it. Without one starts are slower.
archive_for_lab() {
    exec 9> "$lab_cache/lock"
    flock 9
    version=$(sed -n 's/^JAVA_VERSION="\([^"]*\).*/\1/p' "$lab_java/release")
    [ -e "$root/launcher/target/veery/classes-$version.jsa" ] || "$root/launcher/bin/archive-classes" "$lab_java/bin/java" \
        || say "no archive of Veery's classes for the lab"
}

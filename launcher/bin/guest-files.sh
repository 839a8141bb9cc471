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

# fetch_kernel cloud|generic: sets $kernel to the bzImage of Debian's current kernel, which is not installed, only unpacked.
fetch_kernel() {
    case $1 in
    cloud) meta=linux-image-cloud-amd64 ;;
    generic) meta=linux-image-amd64 ;;
    *) fail "there is no kernel '$1'; use cloud or generic" ;;
    esac
    mkdir -p "$cache"
    if ! kernel=$(ls "$cache/$meta"/boot/vmlinuz-* 2> /dev/null); then
        update_lists
        package=$(apt-cache depends --important "$meta" | sed -n 's/^ *Depends: *\(linux-image-[0-9].*\)$/\1/p' | head -n 1)
        [ -n "$package" ] || fail "the package lists do not say which kernel $meta is"
        unpack "$package" "$cache/$meta"
        # Modules are not used: the console, ACPI and initial RAM disks are built in.
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

# make_initramfs FILE: an archive with busybox, /init and a file to checksum.
make_initramfs() {
    fetch_busybox
    install_packages cpio
    tree=$(mktemp -d)
    mkdir -p "$tree/bin" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/etc" "$tree/tmp" "$tree/root"
    cp "$busybox" "$tree/bin/busybox"
    cp "$root/launcher/bin/guest-init" "$tree/init"
    chmod 755 "$tree/init" "$tree/bin/busybox"
    # Half a megabyte that does not compress and is the same everywhere.
    awk 'BEGIN { x = 1; for (i = 0; i < 65536; i++) { x = (x * 69069 + 12345) % 4294967296; printf "%08x", x } }' \
        > "$tree/root/sample"
    (cd "$tree" && find . | sort | cpio -o -H newc --quiet -R 0:0 | gzip -1 > "$1.part") && mv "$1.part" "$1"
    sample_sum=$(sha256sum < "$tree/root/sample" | cut -d ' ' -f 1)
    rm -rf "$tree"
}

# For the checks, which run in the lab: guests with assigned devices, and what the host's kernel knows of them. shellcheck shell=sh
# $LAB_KERNEL is the directory with the guests' kernel, which is the lab's own; $LONG is not empty for the long form.

console=

# ok NAME: a line for each thing that was seen. The caller knows which ones there must be.
ok() {
    echo "check $*: ok"
}

# bad NAME WHY...: goes on with what is next.
bad() {
    checked=$1
    shift
    echo "check $checked: FAILED: $*"
    [ -z "$console" ] || tail -n 15 "$console" | tr -d '\r' | sed 's/^/    console: /'
    dmesg | tail -n 4 | sed 's/^/    host: /'
}

# same NAME WANTED FOUND
same() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        bad "$1" "wanted '$2', found '$3'"
    fi
}

# has NAME TEXT PATTERN: a line of the text matches.
has() {
    if echo "$2" | grep -q -E -e "$3"; then
        ok "$1"
    else
        bad "$1" "no '$3' in: $2"
    fi
}

dmesg -n 1
# These runs are short, on a slow processor: an optimising compiler would not pay for itself. Moreover it replaces code that another
# thread may be about to enter, which QEMU's TCG with two processors does not always take as a processor would (ADR 17).
export VEERY_JAVA_OPTS=-XX:TieredStopAtLevel=1
iommu='-device intel-iommu,aw-bits=39'
number=0
# Where the kernel has iommufd, devices are given by it: $via in their options.
via='' object=''
if [ -e /dev/iommu ] && [ -e /dev/vfio/devices ]; then
    via=,iommufd=fd0 object='-object iommufd,id=fd0'
fi

# boot DRIVERS ARGUMENTS OPTION...: starts a guest, and waits until it takes commands. The IOMMU of the guest, if it has one, is in
# OPTION, so is everything else. $accel, $memory and $program may be set before.
boot() {
    start "$@"
    wait_for '^guest: ready' 240
}

start() {
    number=$((number + 1))
    console=/tmp/console-$number
    rm -f /tmp/keys
    mkfifo /tmp/keys
    modules=$1 arguments=$2
    shift 2
    # Writing end first opened for reading, too: neither side waits for the other.
    exec 3<> /tmp/keys
    ${program:-veery -nographic} -accel "${accel:-kvm}" -m "${memory:-256M}" $object "$@" -kernel "$LAB_KERNEL/vmlinux" -initrd /job/guest-initrd \
        -append "console=ttyS0 quiet panic=-1 tsc=reliable nokaslr mitigations=off random.trust_cpu=on drivers=$modules $arguments" \
        < /tmp/keys > "$console" 2>&1 &
    pid=$!
    seen=0
    started=$(cut -d ' ' -f 1 /proc/uptime)
}

# wait_for PATTERN SECONDS: a line of the console after those seen already; the lines up to it are in $heard. Fails if none comes.
wait_for() {
    left=$(($2 * 5))
    while ! tail -n +$((seen + 1)) "$console" | tr -d '\r' | grep -q -m 1 -E "$1"; do
        left=$((left - 1))
        if [ "$left" -le 0 ] || ! kill -0 "$pid" 2> /dev/null; then
            heard=$(tail -n +$((seen + 1)) "$console" | tr -d '\r')
            return 1
        fi
        usleep 200000
    done
    heard=$(tail -n +$((seen + 1)) "$console" | tr -d '\r' | awk -v p="$1" '{ print } $0 ~ p { exit }')
    seen=$((seen + $(echo "$heard" | wc -l)))
}

# guest COMMAND: has the guest do it; $said is its output. The status is the command's, or 1 if there was no answer for minutes.
guest() {
    echo "$1" >&3
    wait_for '^guest: status ' "${patience:-240}" || {
        said="no answer to '$1': $heard"
        return 1
    }
    said=$(echo "$heard" | sed '$d')
    return "$(echo "$heard" | sed -n '$s/^guest: status //p')"
}

# network SLOT: the guest's card there, which is $n there, gets the address that the outer network expects, and a link.
network() {
    guest "n=\$(basename \$(ls -d /sys/bus/pci/devices/0000:00:$1.0/net/* /sys/bus/pci/devices/0000:00:$1.0/virtio*/net/* 2> /dev/null))"
    guest 'ifconfig $n 10.0.2.15 up; for i in $(seq 50); do [ "$(cat /sys/class/net/$n/carrier)" = 1 ] && break; usleep 200000; done'
}

# leave: the guest switches off; the status is the program's.
leave() {
    echo 'poweroff -f' >&3
    ended
}

# ended: the program ends by itself within some minutes.
ended() {
    left=1500
    while kill -0 "$pid" 2> /dev/null && [ "$left" -gt 0 ]; do
        left=$((left - 1))
        usleep 200000
    done
    [ "$left" -gt 0 ] || {
        echo "lab: the program does not end" >> "$console"
        kill -9 "$pid"
    }
    exec 3>&-
    wait "$pid"
}

# pages: how many pages are pinned for devices, in the whole kernel. Counters of the processors are added up first.
pages() {
    echo 1 > /proc/sys/vm/stat_refresh
    awk '$1 == "nr_foll_pin_acquired" { n += $2 } $1 == "nr_foll_pin_released" { n -= $2 } END { print n + 0 }' /proc/vmstat
}

# faults: how many DMA faults the host's IOMMU reported since it was last asked.
faults() {
    dmesg -c | grep -c 'fault addr' || true
}

# group_of BDF
group_of() {
    basename "$(readlink "/sys/bus/pci/devices/$1/iommu_group")"
}

# refused NAME PATTERN PROGRAM...: ends by itself with status 1 and one line on its standard error, which matches.
refused() {
    name=$1 pattern=$2
    shift 2
    timeout 300 "$@" > /tmp/refused < /dev/null 2>&1 && status=0 || status=$?
    same "status-$name" 1 "$status"
    same "lines-$name" 1 "$(wc -l < /tmp/refused)"
    has "line-$name" "$(cat /tmp/refused)" "$pattern"
    echo "lab: $name: $(cat /tmp/refused)"
}
# What is to be refused is refused before the kernel is looked at.
run="veery -accel kvm -m 64M -nographic -kernel $LAB_KERNEL/vmlinux"

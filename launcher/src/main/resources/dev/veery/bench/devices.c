// The guest's side of "veery bench disk|net|iommu": one static program, the only process of the guest. Loads the drivers in
// /drivers, measures, writes "rate NAME PER_SECOND UNIT" to the console, powers off. What it reads from disks is checked.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <linux/sockios.h>
#include <linux/vfio.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef uint32_t u32;
typedef uint64_t u64;

enum { PAGE = 4096, MAX_DEPTH = 64, SINK = 5001, SOURCE = 5002, ECHO = 5003, DISCARD = 5004 };

static const char *label = "";
static double warm_up = 1, measured = 2;

static void end(void) {
    fflush(stdout);
    reboot(RB_POWER_OFF);
    exit(1);
}

// Without "bench end" the run counts as failed; the text is the last that was said.
static void fail(const char *form, ...) {
    va_list values;
    va_start(values, form);
    printf("failed: ");
    vprintf(form, values);
    printf(": %s\n", strerror(errno));
    va_end(values);
    end();
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void *area(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED) {
        fail("mmap");
    }
    return p;
}

static void report(const char *name, double count, double seconds, const char *unit) {
    printf("rate %s%s %.3f %s\n", label, name, count / seconds, unit);
}

// A window of time: first nothing counts, then everything does.
struct window {
    double begin, start, stop, end, count;
};

static struct window window(void) {
    double t = now();
    return (struct window){t, t + warm_up, t + warm_up + measured, 0, 0};
}

// Adds what was done since the last call; false when it is over. "start" and "end" become the times of the first and last count.
static int counted(struct window *w, double amount) {
    double t = now();
    if (t < w->start) {
        return 1;
    }
    if (!w->end) {
        w->start = w->end = t;
        return 1;
    }
    w->count += amount;
    w->end = t;
    return t < w->stop;
}

static double elapsed(const struct window *w) {
    return w->end - w->start;
}

// ---- disks: asynchronous direct I/O, as fio's libaio engine does it

struct disk {
    const char *name, *path;
};

static const struct disk disks[] = {{"blk", "/dev/vda"}, {"nvme", "/dev/nvme0n1"}};

// What the host wrote into the first eight bytes of each 4 KiB.
static u64 mark(u64 block) {
    return block * 0x9e3779b97f4a7c15u ^ 0x76656572792e2e2e;
}

static u64 random_state = 88172645463325252u;

static u64 random_number(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

struct job {
    int fd, write, random;
    u64 size, bytes, at;
};

static void prepare(struct job *job, struct iocb *cb, void *buffer) {
    u64 blocks = job->size / job->bytes;
    u64 at = (job->random ? random_number() % blocks : job->at++ % blocks) * job->bytes;
    memset(cb, 0, sizeof *cb);
    cb->aio_fildes = job->fd;
    cb->aio_lio_opcode = job->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
    cb->aio_buf = (u64)buffer;
    cb->aio_nbytes = job->bytes;
    cb->aio_offset = at;
    for (u64 i = 0; job->write && i < job->bytes; i += PAGE) {
        *(u64 *)((char *)buffer + i) = mark((at + i) / PAGE);
    }
}

static void check(struct job *job, const struct io_event *event) {
    const struct iocb *cb = (const struct iocb *)event->obj;
    if (event->res != (int64_t)job->bytes) {
        errno = event->res < 0 ? -event->res : EIO;
        fail("%s", label);
    }
    for (u64 i = 0; !job->write && i < job->bytes; i += PAGE) {
        u64 *found = (u64 *)(cb->aio_buf + i);
        if (*found != mark((cb->aio_offset + i) / PAGE)) {
            errno = EILSEQ;
            fail("wrong data at %llu", (unsigned long long)(cb->aio_offset + i));
        }
        *found = 0;
    }
}

static void disk(const char *name, const char *path, int depth, u64 bytes, int write, int random) {
    struct job job = {open(path, O_RDWR | O_DIRECT), write, random, 0, bytes, 0};
    if (job.fd < 0 || ioctl(job.fd, BLKGETSIZE64, &job.size)) {
        fail("%s", path);
    }
    char *buffers = area(depth * bytes);
    struct iocb blocks[MAX_DEPTH], *pointers[MAX_DEPTH];
    struct io_event events[MAX_DEPTH];
    aio_context_t context = 0;
    if (syscall(SYS_io_setup, depth, &context)) {
        fail("io_setup");
    }
    int ready = depth, flying = 0;
    for (int i = 0; i < depth; i++) {
        prepare(&job, &blocks[i], buffers + i * bytes);
        pointers[i] = &blocks[i];
    }
    struct window w = window();
    double since = 0;
    for (int over = 0; !over || flying;) {
        if (!over && ready) {
            if (syscall(SYS_io_submit, context, ready, pointers) != ready) {
                fail("io_submit");
            }
            flying += ready;
        }
        ready = 0;
        int got = syscall(SYS_io_getevents, context, 1, depth, events, NULL);
        if (got < 1) {
            fail("io_getevents");
        }
        flying -= got;
        for (int i = 0; i < got; i++) {
            check(&job, &events[i]);
            struct iocb *cb = (struct iocb *)events[i].obj;
            prepare(&job, cb, (void *)cb->aio_buf);
            pointers[ready++] = cb;
        }
        since += got;
        // Not at each: some guests' clocks are slow to read.
        if (!over && since >= 16) {
            over = !counted(&w, since);
            since = 0;
        }
    }
    syscall(SYS_io_destroy, context);
    munmap(buffers, depth * bytes);
    close(job.fd);
    if (bytes == PAGE) {
        report(name, w.count, elapsed(&w), "IOPS");
    } else {
        report(name, w.count * bytes / 1e6, elapsed(&w), "MB/s");
    }
}

// ---- network: 10.0.2.2 answers

static struct sockaddr_in peer(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = inet_addr("10.0.2.2");
    return a;
}

static int connected(int type, int port) {
    int fd = socket(AF_INET, type, 0);
    struct sockaddr_in to = peer(port);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to)) {
        fail("connecting to port %d", port);
    }
    struct timeval limit = {20, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

static void net_up(void) {
    struct ifreq r = {.ifr_name = "eth0"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;
    a->sin_family = AF_INET;
    a->sin_addr.s_addr = inet_addr("10.0.2.15");
    if (ioctl(fd, SIOCSIFADDR, &r)) {
        fail("eth0");
    }
    a->sin_addr.s_addr = inet_addr("255.255.255.0");
    if (ioctl(fd, SIOCSIFNETMASK, &r)) {
        fail("SIOCSIFNETMASK");
    }
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(fd, SIOCSIFFLAGS, &r)) {
        fail("SIOCSIFFLAGS");
    }
    close(fd);
}

// Kernels have been seen polling the card for ever when they switch off while it receives.
static void net_down(void) {
    struct ifreq r = {.ifr_name = "eth0"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (ioctl(fd, SIOCSIFFLAGS, &r)) {
        fail("SIOCSIFFLAGS");
    }
    close(fd);
}

enum { CHUNK = 1 << 17 };

static void tcp(const char *name, int sending) {
    int fd = connected(SOCK_STREAM, sending ? SINK : SOURCE);
    char *buffer = area(CHUNK);
    struct window w = window();
    int queued = 0;
    do {
        ssize_t n = sending ? write(fd, buffer, CHUNK) : read(fd, buffer, CHUNK);
        if (n <= 0) {
            fail("%s", name);
        }
        // What waits in the socket has not been sent.
        int before = queued;
        if (sending && ioctl(fd, SIOCOUTQ, &queued)) {
            fail("SIOCOUTQ");
        }
        if (!counted(&w, n + before - queued)) {
            break;
        }
    } while (1);
    close(fd);
    munmap(buffer, CHUNK);
    report(name, w.count / 1e6, elapsed(&w), "MB/s");
}

// Datagrams of one byte that come back, one at a time.
static void round_trips(const char *name) {
    int fd = connected(SOCK_DGRAM, ECHO);
    struct window w = window();
    double since = 0;
    do {
        char byte = 1;
        if (send(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1) {
            fail("%s", name);
        }
        since = since == 16 ? 1 : since + 1;
    } while (since < 16 || counted(&w, since));
    close(fd);
    report(name, w.count, elapsed(&w), "/s");
}

// How many datagrams reached the peer: one of a single byte is the question, and stands in line like the others.
static u64 arrived(int fd) {
    u64 answer;
    if (send(fd, "?", 1, 0) != 1 || recv(fd, &answer, sizeof answer, 0) != sizeof answer) {
        fail("asking the peer");
    }
    return answer;
}

// Datagrams of 64 bytes, as many as the network takes.
static void packets(const char *name) {
    enum { BATCH = 64 };
    int fd = connected(SOCK_DGRAM, DISCARD);
    static char data[64];
    struct iovec vec = {data, sizeof data};
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
        messages[i].msg_hdr.msg_iov = &vec;
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    double begin = now(), start = 0;
    u64 first = 0;
    while (now() < begin + warm_up + measured) {
        if (!start && now() >= begin + warm_up) {
            first = arrived(fd);
            start = now();
        }
        for (int sent = 0; sent < BATCH;) {
            int n = sendmmsg(fd, messages + sent, BATCH - sent, 0);
            if (n <= 0) {
                fail("%s", name);
            }
            sent += n;
        }
    }
    u64 last = arrived(fd);
    report(name, last - first, now() - start, "/s");
    close(fd);
}

// ---- the IOMMU: mappings that VFIO makes for a program, of a device that is idle

static void put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) {
        fail("%s", path);
    }
    close(fd);
}

// The address of the first device with this id in a form the kernel takes; 0 if there is none.
static int find_device(const char *id, char *name, size_t size) {
    DIR *all = opendir("/sys/bus/pci/devices");
    int found = 0;
    for (struct dirent *entry; all && !found && (entry = readdir(all));) {
        char path[320], text[32] = "";
        snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/device", entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        found = file && fgets(text, sizeof text, file) && !strncmp(text, id, strlen(id));
        snprintf(name, size, "%s", entry->d_name);
        if (file) {
            fclose(file);
        }
    }
    if (all) {
        closedir(all);
    }
    return found;
}

// Gives the device to vfio-pci; its group is in a container of its own afterwards.
static int container(const char *device) {
    char path[320], target[320] = "", group[64];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver_override", device);
    put(path, "vfio-pci");
    put("/sys/bus/pci/drivers_probe", device);
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/iommu_group", device);
    if (readlink(path, target, sizeof target - 1) < 0) {
        fail("%s", path);
    }
    snprintf(group, sizeof group, "/dev/vfio/%s", strrchr(target, '/') + 1);
    int all = open("/dev/vfio/vfio", O_RDWR), one = open(group, O_RDWR);
    if (all < 0) {
        fail("the kernel's VFIO, whose drivers are not among those given");
    }
    if (one < 0 || ioctl(one, VFIO_GROUP_SET_CONTAINER, &all) || ioctl(all, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU)) {
        fail("%s", group);
    }
    return all;
}

// A page mapped, and unmapped: what the driver of the IOMMU does for each request in strict mode, and nothing else.
static void mappings(const char *name, const char *device) {
    int fd = container(device);
    char *memory = area(PAGE);
    struct window w = window();
    double since = 0;
    do {
        struct vfio_iommu_type1_dma_map map = {.argsz = sizeof map, .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
                                               .vaddr = (u64)memory, .iova = 1 << 20, .size = PAGE};
        struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof unmap, .iova = 1 << 20, .size = PAGE};
        if (ioctl(fd, VFIO_IOMMU_MAP_DMA, &map) || ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &unmap) || unmap.size != PAGE) {
            fail("%s", name);
        }
        since = since == 16 ? 1 : since + 1;
    } while (since < 16 || counted(&w, since));
    munmap(memory, PAGE);
    close(fd);
    report(name, w.count, elapsed(&w), "/s");
}

// ---- all

static int wanted(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        if (!strncmp(at, name, n) && (at[n] == ',' || !at[n])) {
            return 1;
        }
    }
    return !*list;
}

static void all_disks(const char *list) {
    static const struct {
        const char *name;
        int depth;
        u64 bytes;
        int write, random;
    } jobs[] = {{"read4k-1", 1, PAGE, 0, 1},
                {"read4k-8", 8, PAGE, 0, 1},
                {"read4k-32", 32, PAGE, 0, 1},
                {"read128k", 4, 1 << 17, 0, 0},
                {"write128k", 4, 1 << 17, 1, 0}};
    for (size_t d = 0; d < sizeof disks / sizeof *disks; d++) {
        for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
            char name[64];
            snprintf(name, sizeof name, "%s-%s", disks[d].name, jobs[i].name);
            if (!access(disks[d].path, F_OK) && wanted(list, name)) {
                disk(name, disks[d].path, jobs[i].depth, jobs[i].bytes, jobs[i].write, jobs[i].random);
            }
        }
    }
}

static void all_nets(const char *list) {
    if (access("/sys/class/net/eth0", F_OK)) {
        return;
    }
    net_up();
    if (wanted(list, "net-send")) {
        tcp("net-send", 1);
    }
    if (wanted(list, "net-receive")) {
        tcp("net-receive", 0);
    }
    if (wanted(list, "net-echo")) {
        round_trips("net-echo");
    }
    if (wanted(list, "net-packets")) {
        packets("net-packets");
    }
    net_down();
}

static void all_mappings(const char *list) {
    char device[256];
    if (find_device("0x11e8", device, sizeof device) && wanted(list, "map4k")) {
        mappings("map4k", device);
    }
}

// /drivers/NAME.ko in the order of /drivers/order; what is not there is built in.
static void load_drivers(void) {
    FILE *order = fopen("/drivers/order", "r");
    char path[128];
    while (order && fgets(path, sizeof path, order)) {
        path[strcspn(path, "\n")] = 0;
        int fd = open(path, O_RDONLY);
        if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)) {
            fail("loading %s", path);
        }
        close(fd);
    }
}

// Devices appear some time after their drivers.
static void await_device(const char *path) {
    for (int i = 0; i < 1000 && access(path, F_OK); i++) {
        usleep(10000);
    }
    if (access(path, F_OK)) {
        fail("%s did not appear", path);
    }
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    // The firmware may have left the terminal in the middle of a line.
    printf("\n");
    mkdir("/sys", 0755);
    if (mount("dev", "/dev", "devtmpfs", 0, NULL) || mount("sys", "/sys", "sysfs", 0, NULL)) {
        fail("mount");
    }
    load_drivers();
    // The kernel hands words of its command line on that it does not know.
    const char *list = getenv("run") ? getenv("run") : "";
    const char *expected = getenv("expect") ? getenv("expect") : "";
    label = getenv("label") ? getenv("label") : "";
    measured = getenv("tenths") ? atoi(getenv("tenths")) / 10.0 : measured;
    for (size_t d = 0; d < sizeof disks / sizeof *disks; d++) {
        if (strstr(expected, "disk")) {
            await_device(disks[d].path);
        }
    }
    if (strstr(expected, "net")) {
        await_device("/sys/class/net/eth0");
    }
    all_disks(list);
    all_nets(list);
    all_mappings(list);
    printf("bench end\n");
    end();
    return 0;
}

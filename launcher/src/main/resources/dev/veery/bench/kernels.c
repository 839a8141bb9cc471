// The guest's side of "veery bench": one static program, the only process of the guest. Runs each kernel once, writes
// "bench NAME NANOSECONDS CHECKSUM" to the console, powers off. The checksum must be the same under every emulator.
// Also runs on the host itself, as a program like any other: "kernels host [NAME...]".
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef uint32_t u32;
typedef uint64_t u64;

// Keeps the compiler from working anything out in advance.
static volatile u32 seed = 12345;

static u32 next(u32 *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void *area(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return p;
}

// ---- integer

static u64 sieve(void) {
    enum { N = 4000000 };
    unsigned char *composite = area(N);
    u64 primes = 0;
    for (int round = 0; round < 3; round++) {
        memset(composite, 0, N);
        primes = 0;
        for (u32 i = 2; i < N; i++) {
            if (!composite[i]) {
                primes++;
                for (u64 j = (u64)i * i; j < N; j += i) {
                    composite[j] = 1;
                }
            }
        }
    }
    munmap(composite, N);
    return primes;
}

static u64 crc32(void) {
    static u32 table[256];
    enum { N = 1 << 20, ROUNDS = 40 };
    unsigned char *data = area(N);
    u32 state = seed;
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int k = 0; k < 8; k++) {
            c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
        }
        table[i] = c;
    }
    for (int i = 0; i < N; i++) {
        data[i] = next(&state);
    }
    u32 crc = ~0u;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < N; i++) {
            crc = table[(crc ^ data[i]) & 0xff] ^ crc >> 8;
        }
    }
    munmap(data, N);
    return crc;
}

static const u32 sha_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static u32 rotate(u32 x, int n) {
    return x >> n | x << (32 - n);
}

static void sha256_block(u32 h[8], const u32 m[16]) {
    u32 w[64], s[8];
    memcpy(w, m, 64);
    for (int i = 16; i < 64; i++) {
        u32 a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        u32 b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(s, h, 32);
    for (int i = 0; i < 64; i++) {
        u32 e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        u32 t = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha_k[i] + w[i];
        u32 a = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        u32 u = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 28);
        s[4] += t;
        s[0] = t + u;
    }
    for (int i = 0; i < 8; i++) {
        h[i] += s[i];
    }
}

static u64 sha256(void) {
    u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u32 m[16];
    for (int i = 0; i < 16; i++) {
        m[i] = seed + i;
    }
    for (int i = 0; i < 100000; i++) {
        m[i & 15] += h[0];
        sha256_block(h, m);
    }
    return h[0];
}

static int by_value(const void *a, const void *b) {
    u32 x = *(const u32 *)a, y = *(const u32 *)b;
    return x < y ? -1 : x > y;
}

static u64 sort(void) {
    enum { N = 1000000 };
    u32 *data = area(N * sizeof *data);
    u32 state = seed;
    for (int i = 0; i < N; i++) {
        data[i] = next(&state);
    }
    qsort(data, N, sizeof *data, by_value);
    u64 sum = 0;
    for (int i = 0; i < N; i += 1000) {
        sum = sum * 31 + data[i];
    }
    munmap(data, N * sizeof *data);
    return sum;
}

// ---- floating point

static double root(double x) {
    double r;
    __asm__("sqrtsd %1, %0" : "=x"(r) : "x"(x));
    return r;
}

static u64 nbody(void) {
    enum { N = 5 };
    static double p[N][3], v[N][3], mass[N];
    u32 state = seed;
    for (int i = 0; i < N; i++) {
        mass[i] = 1.0 / (i + 1);
        for (int k = 0; k < 3; k++) {
            p[i][k] = next(&state) / 1e6 + i * 3;
            v[i][k] = next(&state) / 1e8;
        }
    }
    for (int step = 0; step < 400000; step++) {
        for (int i = 0; i < N; i++) {
            for (int j = i + 1; j < N; j++) {
                double dx = p[i][0] - p[j][0], dy = p[i][1] - p[j][1], dz = p[i][2] - p[j][2];
                double d = dx * dx + dy * dy + dz * dz + 0.01;
                double f = 0.001 / (d * root(d));
                v[i][0] -= dx * mass[j] * f;
                v[i][1] -= dy * mass[j] * f;
                v[i][2] -= dz * mass[j] * f;
                v[j][0] += dx * mass[i] * f;
                v[j][1] += dy * mass[i] * f;
                v[j][2] += dz * mass[i] * f;
            }
        }
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < 3; k++) {
                p[i][k] += 0.001 * v[i][k];
            }
        }
    }
    u64 bits;
    memcpy(&bits, &p[0][0], 8);
    return bits;
}

static u64 mandelbrot(void) {
    enum { SIZE = 300, LIMIT = 200 };
    u64 inside = 0;
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            double a = x * 3.0 / SIZE - 2.0, b = y * 2.0 / SIZE - 1.0, r = 0, i = 0;
            int n = 0;
            while (n < LIMIT && r * r + i * i < 4.0) {
                double t = r * r - i * i + a;
                i = 2 * r * i + b;
                r = t;
                n++;
            }
            inside += n;
        }
    }
    return inside;
}

typedef float v4 __attribute__((vector_size(16)));

static u64 matrix(void) {
    enum { N = 256 };
    float(*a)[N] = area(N * N * 4), (*b)[N] = area(N * N * 4), (*c)[N] = area(N * N * 4);
    u32 state = seed;
    for (int i = 0; i < N * N; i++) {
        a[0][i] = next(&state) % 100;
        b[0][i] = next(&state) % 100;
    }
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j += 8) {
                v4 s = {0}, t = {0};
                for (int k = 0; k < N; k++) {
                    v4 f = {a[i][k], a[i][k], a[i][k], a[i][k]};
                    s += f * *(v4 *)&b[k][j];
                    t += f * *(v4 *)&b[k][j + 4];
                }
                *(v4 *)&c[i][j] = s;
                *(v4 *)&c[i][j + 4] = t;
            }
        }
    }
    u64 sum = 0;
    for (int i = 0; i < N * N; i += 17) {
        sum = sum * 31 + (u32)c[0][i];
    }
    munmap(a, N * N * 4);
    munmap(b, N * N * 4);
    munmap(c, N * N * 4);
    return sum;
}

static u64 x87(void) {
    long double x = 1.0L / seed, sum = 0;
    for (int i = 0; i < 2000000; i++) {
        sum += x * (i + 0.5L);
        x = x * 0.999999L + 1e-9L;
    }
    return (u64)(sum * 1e6L);
}

// ---- memory and control flow

static u64 copy(void) {
    enum { N = 8 << 20 };
    char *a = area(N), *b = area(N);
    a[seed] = 7;
    for (int i = 0; i < 40; i++) {
        memcpy(b, a, N);
        memcpy(a, b + 64, N - 64);
    }
    u64 sum = a[seed - 64 * 40] + 1;
    munmap(a, N);
    munmap(b, N);
    return sum;
}

static u64 chase(void) {
    enum { N = 1 << 18 };
    u32 *link = area(N * sizeof *link);
    u32 state = seed;
    for (u32 i = 0; i < N; i++) {
        link[i] = i;
    }
    for (u32 i = N - 1; i > 0; i--) {
        u32 j = next(&state) % i, t = link[i];
        link[i] = link[j];
        link[j] = t;
    }
    u32 at = 0;
    for (int i = 0; i < 10000000; i++) {
        at = link[at];
    }
    munmap(link, N * sizeof *link);
    return at;
}

static u64 interpret(void) {
    enum { ADD, SUB, XOR, SHIFT, LOAD, STORE, BRANCH, END, LENGTH = 64 };
    static unsigned char program[LENGTH + 1];
    static u32 memory[16];
    u32 state = seed;
    for (int i = 0; i < LENGTH; i++) {
        program[i] = next(&state) % BRANCH;
    }
    program[LENGTH] = END;
    static void *const labels[] = {&&add, &&sub, &&xor, &&shift, &&load, &&store, &&branch, &&end};
    u32 a = seed, b = 1, pc = 0, left = 300000;
#define NEXT goto *labels[program[pc++]]
    NEXT;
add:
    a += b;
    NEXT;
sub:
    b -= a;
    NEXT;
xor:
    a ^= b << 3;
    NEXT;
shift:
    b = b >> 1 | a << 31;
    NEXT;
load:
    b += memory[a & 15];
    NEXT;
store:
    memory[b & 15] = a;
    NEXT;
branch:
    pc = a & 31;
    NEXT;
end:
    pc = 0;
    if (--left) {
        NEXT;
    }
    return a ^ b;
}

static __attribute__((noinline)) u32 fibonacci(u32 n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static u64 calls(void) {
    return fibonacci(32 + (seed & 1));
}

// ---- the kernel

static u64 syscalls(void) {
    u64 sum = 0;
    for (int i = 0; i < 1000000; i++) {
        sum += syscall(SYS_getppid) >= 0;
    }
    return sum;
}

static u64 faults(void) {
    enum { SIZE = 32 << 20 };
    u64 sum = 0;
    for (int round = 0; round < 4; round++) {
        char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        madvise(p, SIZE, MADV_NOHUGEPAGE);
        for (int i = 0; i < SIZE; i += 4096) {
            p[i] = 1;
            sum += p[i];
        }
        munmap(p, SIZE);
    }
    return sum;
}

static u64 forks(void) {
    u64 sum = 0;
    for (int i = 0; i < 300; i++) {
        pid_t child = fork();
        if (child == 0) {
            _exit(i & 63);
        }
        int status;
        waitpid(child, &status, 0);
        sum += WEXITSTATUS(status);
    }
    return sum;
}

static u64 pipes(void) {
    int there[2], back[2];
    if (pipe(there) || pipe(back)) {
        return 0;
    }
    pid_t child = fork();
    char c = 1;
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1) {
        }
        _exit(0);
    }
    u64 sum = 0;
    for (int i = 0; i < 20000; i++) {
        if (write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1) {
            sum += c;
        }
    }
    close(there[1]);
    waitpid(child, NULL, 0);
    close(there[0]);
    close(back[0]);
    close(back[1]);
    return sum;
}

// What a just-in-time compiler in the guest does: writes a function, calls it twenty times, writes the next over it.
static u64 fresh(void) {
    unsigned char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    u64 sum = 0;
    for (u32 i = 0; i < 2000; i++) {
        unsigned char *p = code + (i & 7) * 256;
        for (int k = 0; k < 20; k++) {
            // lea eax, [rdi + imm32]; mov edi, eax
            static const unsigned char form[8] = {0x8d, 0x87, 0, 0, 0, 0, 0x89, 0xc7};
            memcpy(p + 8 * k, form, 8);
            p[8 * k + 2] = i + k;
        }
        p[160] = 0xc3;
        for (int call = 0; call < 20; call++) {
            sum += ((u32(*)(u32))p)((u32)sum);
        }
    }
    munmap(code, 4096);
    return sum;
}

static void *add_up(void *from) {
    u64 x = (u64)from;
    for (int i = 0; i < 60000000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
    }
    return (void *)x;
}

static u64 thread(void) {
    return (u64)add_up((void *)2);
}

static u64 threads(void) {
    pthread_t other;
    void *result = NULL;
    if (pthread_create(&other, NULL, add_up, (void *)1)) {
        return 0;
    }
    u64 sum = (u64)add_up((void *)2);
    pthread_join(other, &result);
    return sum ^ (u64)result;
}

static const struct {
    const char *name;
    u64 (*run)(void);
} kernels[] = {
    {"sieve", sieve},     {"crc32", crc32},         {"sha256", sha256},   {"qsort", sort},   {"nbody", nbody},   {"mandelbrot", mandelbrot},
    {"matrix", matrix},   {"x87", x87},             {"memcpy", copy},     {"chase", chase},  {"interpreter", interpret},
    {"calls", calls},     {"syscalls", syscalls},   {"faults", faults},   {"forks", forks},  {"pipes", pipes},   {"fresh", fresh},
    {"thread", thread},   {"threads", threads},
};

static int wanted(const char *name, int count, char **names) {
    for (int i = 0; i < count; i++) {
        if (!strcmp(names[i], name)) {
            return 1;
        }
    }
    return count == 0;
}

int main(int argc, char **argv) {
    int guest = getpid() == 1;
    int first = guest ? 1 : 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    // The firmware may have left the terminal in the middle of a line.
    printf("\n");
    // The kernel hands words of its command line on: those that begin with "run=" name kernels.
    char *names[64];
    int count = 0;
    for (int i = first; i < argc && count < 64; i++) {
        if (!guest) {
            names[count++] = argv[i];
        } else if (!strncmp(argv[i], "run=", 4)) {
            names[count++] = argv[i] + 4;
        }
    }
    for (char **e = environ; guest && *e && count < 64; e++) {
        if (!strncmp(*e, "run=", 4)) {
            for (char *word = strtok(*e + 4, ","); word && count < 64; word = strtok(NULL, ",")) {
                names[count++] = word;
            }
        }
    }
    const char *times = getenv("times");
    int repeat = times ? atoi(times) : 1;
    for (size_t i = 0; i < repeat * (sizeof kernels / sizeof *kernels); i++) {
        size_t k = i / repeat;
        if (!wanted(kernels[k].name, count, names)) {
            continue;
        }
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        u64 sum = kernels[k].run();
        clock_gettime(CLOCK_MONOTONIC, &b);
        long long ns = (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec;
        printf("bench %s %lld %llx\n", kernels[k].name, ns, (unsigned long long)sum);
    }
    printf("bench end\n");
    if (guest) {
        reboot(RB_POWER_OFF);
    }
    return 0;
}

/* For the guests of rates.sh: "rate FILE COUNT" reads blocks of 4 KiB past the page cache, one after the other, each at another place,
 * and prints how many nanoseconds one took: the median over a hundred batches, so that a host with other things to do disturbs little. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 100, BLOCK = 4096 };

static int by_size(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int fd = open(argv[1], O_RDONLY | O_DIRECT), each = atoi(argv[2]) / BATCHES;
    void *buffer;
    if (fd < 0 || each < 1 || posix_memalign(&buffer, BLOCK, BLOCK))
        return 1;
    off_t blocks = lseek(fd, 0, SEEK_END) / BLOCK;
    long took[BATCHES];
    unsigned place = 1;
    for (int batch = -BATCHES; batch < BATCHES; batch++) {
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        for (int i = 0; i < each; i++) {
            place = place * 1103515245 + 12345;
            if (pread(fd, buffer, BLOCK, (off_t)((place >> 8) % blocks) * BLOCK) != BLOCK)
                return 1;
        }
        clock_gettime(CLOCK_MONOTONIC, &to);
        /* As many before, below zero, only warm up: an emulator may translate itself while it runs. */
        if (batch >= 0)
            took[batch] = ((to.tv_sec - from.tv_sec) * 1000000000L + to.tv_nsec - from.tv_nsec) / each;
    }
    qsort(took, BATCHES, sizeof(long), by_size);
    printf("%ld\n", took[BATCHES / 2]);
    return 0;
}

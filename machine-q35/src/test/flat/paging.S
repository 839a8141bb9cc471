# 32-bit paging: translation, #PF error codes and CR2, write protection, accessed and dirty bits, INVLPG, global pages.
.include "flat.inc"
.set WINDOW, 0x40000000
main:
        movl    %cr4, %eax
        orl     $0x90, %eax             # PSE, PGE
        movl    %eax, %cr4
        xorl    %ecx, %ecx              # identity by 4 MiB pages
1:      movl    %ecx, %eax
        shll    $22, %eax
        orl     $0x83, %eax
        movl    %eax, directory(,%ecx,4)
        incl    %ecx
        cmpl    $1024, %ecx
        jne     1b
        movl    $(table + 7), directory + (WINDOW >> 20)
        movl    $(page0 + 3), table
        movl    $(page1 + 3), table + 4
        movl    $directory, %eax
        movl    %eax, %cr3
        movl    %cr0, %eax
        orl     $0x80010000, %eax
        movl    %eax, %cr0
        jmp     1f
1:
        movl    $0x11111111, page0
        movl    $0x22222222, page1
        EXPECT  1, WINDOW, $0x11111111
        movl    table, %eax
        andl    $0x60, %eax
        cmpl    $0x20, %eax             # accessed, not dirty
        REQUIRE 2, e
        movl    $0x33333333, WINDOW
        EXPECT  3, page0, $0x33333333
        movl    table, %eax
        andl    $0x60, %eax
        cmpl    $0x60, %eax
        REQUIRE 4, e

        movl    $(page1 + 3), table     # INVLPG
        invlpg  WINDOW
        EXPECT  5, WINDOW, $0x22222222

        RESUME  1f                      # not present: read
        movl    WINDOW + 0x2008, %eax
1:      EXPECT  6, last_vector, $14
        EXPECT  7, last_error, $0
        EXPECT  8, last_cr2, $(WINDOW + 0x2008)

        RESUME  1f                      # not present: write over the end of the last page
        movl    $1, WINDOW + 0x1ffe
1:      EXPECT  9, last_error, $2
        EXPECT  10, last_cr2, $(WINDOW + 0x2000)

        movl    $(page0 + 1), table     # read-only, WP
        invlpg  WINDOW
        RESUME  1f
        incl    WINDOW
1:      EXPECT  11, last_error, $3
        EXPECT  12, last_cr2, $WINDOW
        movl    %cr0, %eax
        andl    $0xfffeffff, %eax
        movl    %eax, %cr0
        incl    WINDOW                  # without WP
        EXPECT  13, page0, $0x33333334
        movl    %cr0, %eax
        orl     $0x10000, %eax
        movl    %eax, %cr0

        movl    $0x80 + 0x200003, %eax  # a reserved bit of a 4 MiB page
        movl    %eax, directory + ((WINDOW >> 20) + 4)
        RESUME  1f
        movl    WINDOW + 0x400000, %eax
1:      EXPECT  14, last_vector, $14
        testl   $8, last_error
        REQUIRE 15, nz

        movl    $(page0 + 0x103), table + 8     # global pages outlive CR3
        EXPECT  16, WINDOW + 0x2000, $0x33333334
        movl    $(page1 + 0x103), table + 8
        invlpg  WINDOW + 0x2000
        EXPECT  17, WINDOW + 0x2000, $0x22222222
        movl    $(page0 + 3), table + 8
        movl    %cr4, %eax
        andb    $0x7f, %al
        movl    %eax, %cr4
        EXPECT  18, WINDOW + 0x2000, $0x33333334

        RESUME  1f                      # code that is not there
        movl    $(WINDOW + 0x5000), %eax
        jmp     *%eax
1:      EXPECT  19, last_vector, $14
        EXPECT  20, last_eip, $(WINDOW + 0x5000)
        EXPECT  21, last_cr2, $(WINDOW + 0x5000)

        movl    $(page0 + 3), table     # REP MOVS stops where the page ends
        movl    $0, table + 4
        movl    %cr3, %eax
        movl    %eax, %cr3
        movl    $page1, %esi
        movl    $(WINDOW + 0xff0), %edi
        movl    $32, %ecx
        RESUME  1f
        rep     movsb
1:      cmpl    $16, %ecx
        REQUIRE 22, e
        cmpl    $(WINDOW + 0x1000), %edi
        REQUIRE 23, e
        EXPECT  24, last_error, $2
        jmp     passed
        RESERVE directory, 4096, 4096
        RESERVE table, 4096, 4096
        RESERVE page0, 4096, 4096
        RESERVE page1, 4096, 4096

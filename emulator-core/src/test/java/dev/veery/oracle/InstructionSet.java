package dev.veery.oracle;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Every instruction form of the {@code max} model that user mode can run and whose result the environment does not decide
 * (SDM vol. 2, appendix A). Not here, because the answer is the host's: CPUID, RDTSC, RDTSCP, RDRAND, RDSEED, RDPMC,
 * XGETBV, XSAVE, SYSCALL, SYSENTER; because Linux emulates it: SGDT, SIDT, SLDT, SMSW, STR.
 */
final class InstructionSet {
    /**
     * A line is {@code [prefixes] opcode [/r or /digit][:reg or :mem] [immediate] [attributes]}. Prefixes before a dot
     * stand for one form each: NP, 66, F2, F3. An opcode may be a range. Attributes: mN size of the memory operand, tX
     * type, a aligned, os takes 66h too, sel, fptr and frame for selectors, lock, str, rep, div, cmpx, bt, cl, br, o32, o64.
     */
    private static final String INTEGER = """
            06 o32
            0E o32
            16 o32
            1E o32
            27 o32
            2F o32
            37 o32
            3F o32
            40-4F o32
            50-57
            58-5F
            60 o32
            61 o32
            62 /r:mem o32 m8
            63 /r o64 m4
            63 /r o32 m2
            68 iz
            69 /r iz m8
            6A ib
            6B /r ib m8
            6C-6F str
            70-7F rel8 br
            80 /0 ib lock m1
            80 /1 ib lock m1
            80 /2 ib lock m1
            80 /3 ib lock m1
            80 /4 ib lock m1
            80 /5 ib lock m1
            80 /6 ib lock m1
            80 /7 ib m1
            81 /0 iz lock m8
            81 /1 iz lock m8
            81 /2 iz lock m8
            81 /3 iz lock m8
            81 /4 iz lock m8
            81 /5 iz lock m8
            81 /6 iz lock m8
            81 /7 iz m8
            82 /0 ib lock m1 o32
            82 /5 ib lock m1 o32
            83 /0 ib lock m8
            83 /1 ib lock m8
            83 /2 ib lock m8
            83 /3 ib lock m8
            83 /4 ib lock m8
            83 /5 ib lock m8
            83 /6 ib lock m8
            83 /7 ib m8
            84 /r m1
            85 /r m8
            86 /r lock m1
            87 /r lock m8
            88 /r m1
            89 /r m8
            8A /r m1
            8B /r m8
            8C /r m2
            8D /r:mem m1
            8F /0 m8
            90-97
            98
            99
            9B
            9C
            9D br
            9E
            9F
            A0-A3 moffs m8
            A4-A7 str rep
            A8 ib
            A9 iz
            AA-AF str rep
            B0-B7 ib
            B8-BF iv
            C0 /0 ib m1
            C0 /1 ib m1
            C0 /2 ib m1
            C0 /3 ib m1
            C0 /4 ib m1
            C0 /5 ib m1
            C0 /6 ib m1
            C0 /7 ib m1
            C1 /0 ib m8
            C1 /1 ib m8
            C1 /2 ib m8
            C1 /3 ib m8
            C1 /4 ib m8
            C1 /5 ib m8
            C1 /6 ib m8
            C1 /7 ib m8
            C2 iw br
            C3 br
            C6 /0 ib m1
            C7 /0 iz m8
            C8 enter
            C9
            CC br
            CE o32 br
            D0 /0 m1
            D0 /1 m1
            D0 /2 m1
            D0 /3 m1
            D0 /4 m1
            D0 /5 m1
            D0 /6 m1
            D0 /7 m1
            D1 /0 m8
            D1 /1 m8
            D1 /2 m8
            D1 /3 m8
            D1 /4 m8
            D1 /5 m8
            D1 /6 m8
            D1 /7 m8
            D2 /0 cl m1
            D2 /1 cl m1
            D2 /2 cl m1
            D2 /3 cl m1
            D2 /4 cl m1
            D2 /5 cl m1
            D2 /6 cl m1
            D2 /7 cl m1
            D3 /0 cl m8
            D3 /1 cl m8
            D3 /2 cl m8
            D3 /3 cl m8
            D3 /4 cl m8
            D3 /5 cl m8
            D3 /6 cl m8
            D3 /7 cl m8
            D4 ib o32
            D5 ib o32
            D6 o32
            D7
            E0-E3 rel8 cl br
            E4-E7 ib
            E8 relz br
            E9 relz br
            EB rel8 br
            EC-EF
            F1 br
            F4
            F5
            F6 /0 ib m1
            F6 /1 ib m1
            F6 /2 lock m1
            F6 /3 lock m1
            F6 /4 m1
            F6 /5 m1
            F6 /6 div m1
            F6 /7 div m1
            F7 /0 iz m8
            F7 /1 iz m8
            F7 /2 lock m8
            F7 /3 lock m8
            F7 /4 m8
            F7 /5 m8
            F7 /6 div m8
            F7 /7 div m8
            F8-FD
            FE /0 lock m1
            FE /1 lock m1
            FF /0 lock m8
            FF /1 lock m8
            FF /2 br m8
            FF /4 br m8
            FF /6 m8
            FF /7 m8
            0F00 /2 m2
            0F00 /3 m2
            0F01 /2:mem m8
            0F01 /3:mem m8
            0F01 /6 m2
            0F01 /7:mem m1
            0F04
            0F06
            0F07
            0F08
            0F09
            0F0B
            0F0D /1:mem m1
            0F18-0F1D /r m8
            0F1F /r m8
            0F20-0F23 /r:reg
            0F30
            0F32
            0F35
            0F36
            0F40-0F4F /r m8
            0F80-0F8F relz br
            0F90-0F9F /r m1
            0FA0
            0FA3 /r bt m8
            0FA4 /r ib m8
            0FA5 /r cl m8
            0FA8
            0FAB /r bt lock m8
            0FAC /r ib m8
            0FAD /r cl m8
            0FAF /r m8
            0FB0 /r lock cmpx m1
            0FB1 /r lock cmpx m8
            0FB3 /r bt lock m8
            0FB6 /r m1
            0FB7 /r m2
            0FB9 /r m8
            0FBA /0 ib m8
            0FBA /4 ib m8
            0FBA /5 ib lock m8
            0FBA /6 ib lock m8
            0FBA /7 ib lock m8
            0FBB /r bt lock m8
            0FBC /r m8
            0FBD /r m8
            0FBE /r m1
            0FBF /r m2
            0FC0 /r lock m1
            0FC1 /r lock m8
            NP.0FC3 /r:mem m8
            NP.0FC7 /1:mem lock cmpx a m16
            0FC8-0FCF
            0FFF /r m8
            F3.0FB8 /r os m8
            F3.0FBC-0FBD /r os m8
            NP.0F38F0 /r:mem m8
            NP.0F38F1 /r:mem m8
            66.0F38F0 /r:mem m8
            66.0F38F1 /r:mem m8
            F2.0F38F0 /r m1
            F2.0F38F1 /r os m8
            66.F3.0F38F6 /r m8
            F3.0FAE /0:reg o64
            F3.0FAE /1:reg o64
            F3.0FAE /2:reg o64
            F3.0FAE /3:reg o64
            """;

    /** What loads or looks at selectors: the guest's descriptor table is made as Linux's is. */
    private static final String SEGMENTS = """
            07 frame o32
            17 frame o32
            1F frame o32
            8E /r sel m2
            9A far br o32
            C4 /r:mem fptr o32 m8
            C5 /r:mem fptr o32 m8
            CA iw frame br
            CB frame br
            CF frame br
            EA far br o32
            FF /3:mem fptr br m8
            FF /5:mem fptr br m8
            0F00 /4 sel m2
            0F00 /5 sel m2
            0F02 /r sel m2
            0F03 /r sel m2
            0FA1 frame
            0FA9 frame
            0FB2 /r:mem fptr m8
            0FB4 /r:mem fptr m8
            0FB5 /r:mem fptr m8
            """;

    private static final String VECTOR = """
            NP.66.0F10-0F11 /r m16 ts
            F3.0F10-0F11 /r m4 ts
            F2.0F10-0F11 /r m8 td
            NP.F2.0F12 /r m8 ts
            66.0F12 /r:mem m8
            F3.0F12 /r a m16
            NP.66.0F13 /r:mem m8
            NP.66.0F14-0F15 /r a m16
            NP.0F16 /r m8
            66.0F16 /r:mem m8
            F3.0F16 /r a m16
            NP.66.0F17 /r:mem m8
            NP.66.0F28-0F29 /r a m16
            NP.66.0F2A /r m8
            F3.F2.0F2A /r m8
            NP.66.0F2B /r:mem a m16
            NP.0F2C-0F2D /r m8 ts
            66.0F2C-0F2D /r a m16 td
            F3.0F2C-0F2D /r m4 ts
            F2.0F2C-0F2D /r m8 td
            NP.0F2E-0F2F /r m4 ts
            66.0F2E-0F2F /r m8 td
            NP.66.0F50 /r:reg
            NP.0F51 /r a m16 ts
            66.0F51 /r a m16 td
            F3.0F51 /r m4 ts
            F2.0F51 /r m8 td
            NP.0F52-0F53 /r a m16 ts
            F3.0F52-0F53 /r m4 ts
            NP.66.0F54-0F57 /r a m16
            NP.0F58-0F59 /r a m16 ts
            66.0F58-0F59 /r a m16 td
            F3.0F58-0F59 /r m4 ts
            F2.0F58-0F59 /r m8 td
            NP.0F5A /r m8 ts
            66.0F5A /r a m16 td
            F3.0F5A /r m4 ts
            F2.0F5A /r m8 td
            NP.0F5B /r a m16
            66.F3.0F5B /r a m16 ts
            NP.0F5C-0F5F /r a m16 ts
            66.0F5C-0F5F /r a m16 td
            F3.0F5C-0F5F /r m4 ts
            F2.0F5C-0F5F /r m8 td
            NP.66.0F60-0F6B /r a m16
            66.0F6C-0F6D /r a m16
            NP.66.0F6E /r m8
            NP.0F6F /r m8
            66.0F6F /r a m16
            F3.0F6F /r m16
            NP.0F70 /r ib m8
            66.F2.F3.0F70 /r ib a m16
            NP.66.0F71 /2:reg ib
            NP.66.0F71 /4:reg ib
            NP.66.0F71 /6:reg ib
            NP.66.0F72 /2:reg ib
            NP.66.0F72 /4:reg ib
            NP.66.0F72 /6:reg ib
            NP.66.0F73 /2:reg ib
            66.0F73 /3:reg ib
            NP.66.0F73 /6:reg ib
            66.0F73 /7:reg ib
            NP.66.0F74-0F76 /r a m16
            NP.0F77
            66.0F7C-0F7D /r a m16 td
            F2.0F7C-0F7D /r a m16 ts
            NP.66.0F7E /r m8
            F3.0F7E /r m8
            NP.0F7F /r m8
            66.0F7F /r a m16
            F3.0F7F /r m16
            NP.0FAE /0:mem a m512
            NP.0FAE /1:mem a m512
            NP.0FAE /2:mem m4
            NP.0FAE /3:mem m4
            NP.0FAE /7:mem m1
            66.0FAE /7:mem m1
            NP.0FAE /5:reg
            NP.0FAE /6:reg
            NP.0FAE /7:reg
            NP.0FC2 /r ib a m16 ts
            66.0FC2 /r ib a m16 td
            F3.0FC2 /r ib m4 ts
            F2.0FC2 /r ib m8 td
            NP.66.0FC4 /r ib m2
            NP.66.0FC5 /r:reg ib
            NP.66.0FC6 /r ib a m16
            66.0FD0 /r a m16 td
            F2.0FD0 /r a m16 ts
            NP.66.0FD1-0FD5 /r a m16
            66.0FD6 /r m8
            F3.F2.0FD6 /r:reg
            NP.66.0FD7 /r:reg
            NP.66.0FD8-0FDF /r a m16
            NP.66.0FE0-0FE5 /r a m16
            66.F2.0FE6 /r a m16 td
            F3.0FE6 /r m8
            NP.0FE7 /r:mem m8
            66.0FE7 /r:mem a m16
            NP.66.0FE8-0FEF /r a m16
            F2.0FF0 /r:mem m16
            NP.66.0FF1-0FF6 /r a m16
            NP.66.0FF7 /r:reg
            NP.66.0FF8-0FFE /r a m16
            NP.66.0F3800-0F380B /r a m16
            66.0F3810 /r a m16
            66.0F3814-0F3815 /r a m16
            66.0F3817 /r a m16
            NP.66.0F381C-0F381E /r a m16
            66.0F3820-0F3825 /r m8
            66.0F3828-0F3829 /r a m16
            66.0F382A /r:mem a m16
            66.0F382B /r a m16
            66.0F3830-0F3835 /r m8
            66.0F3837-0F3841 /r a m16
            66.0F3A08 /r ib a m16 ts
            66.0F3A09 /r ib a m16 td
            66.0F3A0A /r ib m4 ts
            66.0F3A0B /r ib m8 td
            66.0F3A0C-0F3A0E /r ib a m16
            NP.66.0F3A0F /r ib a m16
            66.0F3A14 /r ib m1
            66.0F3A15 /r ib m2
            66.0F3A16-0F3A17 /r ib m8
            66.0F3A20 /r ib m1
            66.0F3A21 /r ib m4 ts
            66.0F3A22 /r ib m8
            66.0F3A40 /r ib a m16 ts
            66.0F3A41 /r ib a m16 td
            66.0F3A42 /r ib a m16
            66.0F3A60-0F3A63 /r ib a m16
            """;

    /**
     * With VEX: as above, and attributes v for an operand in VEX.vvvv, l0, l1 and lx for what VEX.L may be (else it says how
     * large a memory operand of m32 is), w0 and w1 likewise.
     */
    private static final String VEX_GENERAL = """
            NP.0F38F2 /r v l0 m8
            NP.0F38F3 /1 v l0 m8
            NP.0F38F3 /2 v l0 m8
            NP.0F38F3 /3 v l0 m8
            NP.0F38F5 /r v field l0 m8
            F3.F2.0F38F5 /r v l0 m8
            F2.0F38F6 /r v l0 m8
            NP.66.F3.F2.0F38F7 /r v field l0 m8
            F2.0F3AF0 /r ib l0 m8
            """;

    private static final String VEX_VECTOR = """
            NP.66.0F10-0F11 /r m32 ts
            F3.0F10-0F11 /r:mem lx m4 ts
            F2.0F10-0F11 /r:mem lx m8 td
            F3.F2.0F10-0F11 /r:reg v lx m8 ts
            NP.0F12 /r v l0 m8 ts
            66.0F12 /r:mem v l0 m8
            F2.0F12 /r m32 td
            F3.0F12 /r m32
            NP.66.0F13 /r:mem l0 m8
            NP.66.0F14-0F15 /r v m32
            NP.0F16 /r v l0 m8
            66.0F16 /r:mem v l0 m8
            F3.0F16 /r m32
            NP.66.0F17 /r:mem l0 m8
            NP.66.0F28-0F29 /r a m32
            F3.F2.0F2A /r v lx m8
            NP.66.0F2B /r:mem a m32
            F3.0F2C-0F2D /r lx m4 ts
            F2.0F2C-0F2D /r lx m8 td
            NP.0F2E-0F2F /r lx m4 ts
            66.0F2E-0F2F /r lx m8 td
            NP.66.0F50 /r:reg m32
            NP.0F51 /r m32 ts
            66.0F51 /r m32 td
            F3.0F51 /r v lx m4 ts
            F2.0F51 /r v lx m8 td
            NP.0F52-0F53 /r m32 ts
            F3.0F52-0F53 /r v lx m4 ts
            NP.66.0F54-0F57 /r v m32
            NP.0F58-0F59 /r v m32 ts
            66.0F58-0F59 /r v m32 td
            F3.0F58-0F59 /r v lx m4 ts
            F2.0F58-0F59 /r v lx m8 td
            NP.0F5A /r m16 ts
            66.0F5A /r m32 td
            F3.0F5A /r v lx m4 ts
            F2.0F5A /r v lx m8 td
            NP.0F5B /r m32
            66.F3.0F5B /r m32 ts
            NP.0F5C-0F5F /r v m32 ts
            66.0F5C-0F5F /r v m32 td
            F3.0F5C-0F5F /r v lx m4 ts
            F2.0F5C-0F5F /r v lx m8 td
            66.0F60-0F6D /r v m32
            66.0F6E /r l0 m8
            66.F3.0F6F /r a m32
            66.F2.F3.0F70 /r ib m32
            66.0F71 /2:reg v ib m32
            66.0F71 /4:reg v ib m32
            66.0F71 /6:reg v ib m32
            66.0F72 /2:reg v ib m32
            66.0F72 /4:reg v ib m32
            66.0F72 /6:reg v ib m32
            66.0F73 /2:reg v ib m32
            66.0F73 /3:reg v ib m32
            66.0F73 /6:reg v ib m32
            66.0F73 /7:reg v ib m32
            66.0F74-0F76 /r v m32
            NP.0F77 m32
            66.0F7C-0F7D /r v m32 td
            F2.0F7C-0F7D /r v m32 ts
            66.0F7E /r l0 m8
            F3.0F7E /r l0 m8
            66.F3.0F7F /r a m32
            NP.0FAE /2:mem l0 m4
            NP.0FAE /3:mem l0 m4
            NP.0FC2 /r v ib m32 ts
            66.0FC2 /r v ib m32 td
            F3.0FC2 /r v ib lx m4 ts
            F2.0FC2 /r v ib lx m8 td
            66.0FC4 /r v ib l0 m2
            66.0FC5 /r:reg ib l0
            NP.66.0FC6 /r v ib m32
            66.0FD0 /r v m32 td
            F2.0FD0 /r v m32 ts
            66.0FD1-0FD3 /r v m16
            66.0FD4-0FD5 /r v m32
            66.0FD6 /r l0 m8
            66.0FD7 /r:reg m32
            66.0FD8-0FE0 /r v m32
            66.0FE1-0FE2 /r v m16
            66.0FE3-0FE5 /r v m32
            66.F2.0FE6 /r m32 td
            F3.0FE6 /r m16
            66.0FE7 /r:mem a m32
            66.0FE8-0FEF /r v m32
            F2.0FF0 /r:mem m32
            66.0FF1-0FF3 /r v m16
            66.0FF4-0FF6 /r v m32
            66.0FF7 /r:reg l0
            66.0FF8-0FFE /r v m32
            66.0F3800-0F380B /r v m32
            66.0F380C-0F380D /r v w0 m32
            66.0F380E-0F380F /r w0 m32
            66.0F3813 /r w0 m16
            66.0F3816 /r v l1 w0 m32
            66.0F3817 /r m32
            66.0F3818 /r w0 m4
            66.0F3819 /r l1 w0 m8
            66.0F381A /r:mem l1 w0 m16
            66.0F381C-0F381E /r m32
            66.0F3820-0F3825 /r m16
            66.0F3828-0F3829 /r v m32
            66.0F382A /r:mem a m32
            66.0F382B /r v m32
            66.0F382C-0F382F /r:mem v w0 m32
            66.0F3830-0F3835 /r m16
            66.0F3836 /r v l1 w0 m32
            66.0F3837-0F3840 /r v m32
            66.0F3841 /r l0 m16
            66.0F3845 /r v m32
            66.0F3846 /r v w0 m32
            66.0F3847 /r v m32
            66.0F3858 /r w0 m4
            66.0F3859 /r w0 m8
            66.0F385A /r:mem l1 w0 m16
            66.0F3878 /r w0 m1
            66.0F3879 /r w0 m2
            66.0F388C /r:mem v m32
            66.0F388E /r:mem v m32
            66.0F3890-0F3893 /r:mem v gather m32
            66.0F3896-0F3898 /r v m32 ts
            66.0F3899 /r v lx m8 td
            66.0F389A /r v m32 ts
            66.0F389B /r v lx m8 ts
            66.0F389C /r v m32 td
            66.0F389D /r v lx m8 td
            66.0F389E /r v m32 ts
            66.0F389F /r v lx m8 ts
            66.0F38A6-0F38A8 /r v m32 td
            66.0F38A9 /r v lx m8 ts
            66.0F38AA /r v m32 td
            66.0F38AB /r v lx m8 td
            66.0F38AC /r v m32 ts
            66.0F38AD /r v lx m8 ts
            66.0F38AE /r v m32 td
            66.0F38AF /r v lx m8 td
            66.0F38B6-0F38B8 /r v m32 ts
            66.0F38B9 /r v lx m8 td
            66.0F38BA /r v m32 ts
            66.0F38BB /r v lx m8 ts
            66.0F38BC /r v m32 td
            66.0F38BD /r v lx m8 td
            66.0F38BE /r v m32 ts
            66.0F38BF /r v lx m8 ts
            66.0F3A00-0F3A01 /r ib l1 w1 m32
            66.0F3A02 /r v ib w0 m32
            66.0F3A04-0F3A05 /r ib w0 m32
            66.0F3A06 /r v ib l1 w0 m32
            66.0F3A08 /r ib m32 ts
            66.0F3A09 /r ib m32 td
            66.0F3A0A /r v ib lx m4 ts
            66.0F3A0B /r v ib lx m8 td
            66.0F3A0C-0F3A0F /r v ib m32
            66.0F3A14 /r ib l0 m1
            66.0F3A15 /r ib l0 m2
            66.0F3A16-0F3A17 /r ib l0 m8
            66.0F3A18 /r v ib l1 w0 m16
            66.0F3A19 /r ib l1 w0 m16
            66.0F3A1D /r ib w0 m16 ts
            66.0F3A20 /r v ib l0 m1
            66.0F3A21 /r v ib l0 m4
            66.0F3A22 /r v ib l0 m8
            66.0F3A38 /r v ib l1 w0 m16
            66.0F3A39 /r ib l1 w0 m16
            66.0F3A40 /r v ib m32 ts
            66.0F3A41 /r v ib l0 m16 td
            66.0F3A42 /r v ib m32
            66.0F3A46 /r v ib l1 w0 m32
            66.0F3A4A-0F3A4C /r v ib w0 m32
            66.0F3A60-0F3A63 /r ib l0 m16
            """;

    /** Memory operands of the eight x87 opcodes, by ModRM.reg: size in bytes and type. */
    private static final String[][] X87_MEMORY = {
        {"4s", "4s", "4s", "4s", "4s", "4s", "4s", "4s"},
        {"4s", "4s", "4s", "4s", "28i", "2i", "28i", "2i"},
        {"4i", "4i", "4i", "4i", "4i", "4i", "4i", "4i"},
        {"4i", "4i", "4i", "4i", "4i", "10x", "4i", "10x"},
        {"8d", "8d", "8d", "8d", "8d", "8d", "8d", "8d"},
        {"8d", "8i", "8d", "8d", "108i", "8i", "108i", "2i"},
        {"2i", "2i", "2i", "2i", "2i", "2i", "2i", "2i"},
        {"2i", "2i", "2i", "2i", "10b", "8i", "10b", "8i"}
    };

    private static final Pattern VEX_GENERAL_KEYS = Pattern.compile("^VEX .*0F3(8F[2-7]|AF0)");

    private InstructionSet() {}

    /** The forms whose instructions the host has too. */
    static List<Form> of(HostInfo host) {
        List<Form> forms = all();
        if (!host.fsgsbase()) {
            // Nor can the bases be put right after a load of FS or GS.
            Set<Form.Trait> loads = EnumSet.of(Form.Trait.SELECTOR, Form.Trait.FAR_POINTER, Form.Trait.FRAME);
            forms.removeIf(
                    f -> f.key().startsWith("F3 0FAE") || f.traits().stream().anyMatch(loads::contains));
        }
        if (!host.flags().contains("adx")) {
            forms.removeIf(f -> f.key().contains("0F38F6"));
        }
        if (!host.flags().contains("movbe")) {
            forms.removeIf(f -> f.key().matches("(NP|66) 0F38F[01] .*"));
        }
        if (!host.flags().contains("bmi1") || !host.flags().contains("bmi2")) {
            forms.removeIf(f -> f.key().startsWith("F3 0FBC")
                    || VEX_GENERAL_KEYS.matcher(f.key()).find());
        }
        if (!host.vex()) {
            forms.removeIf(f ->
                    f.has(Form.Trait.VEX) && !VEX_GENERAL_KEYS.matcher(f.key()).find());
        }
        if (!host.flags().contains("abm")) {
            forms.removeIf(f -> f.key().startsWith("F3 0FBD"));
        }
        if (!host.flags().contains("clflushopt")) {
            forms.removeIf(f -> f.key().startsWith("66 0FAE /7"));
        }
        return forms;
    }

    /** All forms. */
    static List<Form> all() {
        List<Form> forms = new ArrayList<>();
        for (int row = 0; row < 8; row++) {
            String lock = row == 7 ? "" : " lock";
            parse(forms, String.format("%02X /r m1%s", row * 8, lock));
            parse(forms, String.format("%02X /r m8%s", row * 8 + 1, lock));
            parse(forms, String.format("%02X /r m1", row * 8 + 2));
            parse(forms, String.format("%02X /r m8", row * 8 + 3));
            parse(forms, String.format("%02X ib", row * 8 + 4));
            parse(forms, String.format("%02X iz", row * 8 + 5));
        }
        INTEGER.lines().forEach(line -> parse(forms, line));
        SEGMENTS.lines().forEach(line -> parse(forms, line));
        VECTOR.lines().forEach(line -> parse(forms, line));
        VEX_GENERAL.lines().forEach(line -> parse(forms, line + " vex"));
        VEX_VECTOR.lines().forEach(line -> parse(forms, line + " vex"));
        x87(forms);
        return forms;
    }

    private static void x87(List<Form> forms) {
        for (int op = 0; op < 8; op++) {
            for (int digit = 0; digit < 8; digit++) {
                String memory = X87_MEMORY[op][digit];
                int last = memory.length() - 1;
                parse(
                        forms,
                        String.format(
                                "%02X /%d:mem m%s t%s fpu",
                                0xd8 + op, digit, memory.substring(0, last), memory.charAt(last)));
                boolean individual =
                        digit >= 4 && (op == 1 || op == 2 || op == 3 && digit == 4 || op == 7 && digit == 4);
                if (!individual) {
                    parse(forms, String.format("%02X /%d:reg tx fpu", 0xd8 + op, digit));
                    continue;
                }
                for (int rm = 0; rm < 8; rm++) {
                    parse(forms, String.format("%02X%02X tx fpu", 0xd8 + op, 0xc0 + digit * 8 + rm));
                }
            }
        }
    }

    private static void parse(List<Form> forms, String line) {
        String[] words = line.trim().split(" +");
        String[] parts = words[0].split("\\.");
        String[] range = parts[parts.length - 1].split("-");
        long first = Long.parseLong(range[0], 16);
        long last = Long.parseLong(range[range.length - 1], 16);
        for (long opcode = first; opcode <= last; opcode++) {
            String hex = String.format("%0" + range[0].length() + "X", opcode);
            if (parts.length == 1) {
                forms(forms, -1, hex, words);
            }
            for (int i = 0; i < parts.length - 1; i++) {
                forms(forms, parts[i].equals("NP") ? 0 : Integer.parseInt(parts[i], 16), hex, words);
            }
        }
    }

    private static void forms(List<Form> forms, int mandatory, String hex, String[] words) {
        byte[] opcode = new byte[hex.length() / 2];
        for (int i = 0; i < opcode.length; i++) {
            opcode[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        String modrm = "";
        String immediate = "";
        int size = 8;
        char type = 'i';
        Set<Form.Trait> traits = EnumSet.noneOf(Form.Trait.class);
        if (mandatory < 0) {
            traits.add(Form.Trait.OPERAND_SIZE);
        }
        for (int i = 1; i < words.length; i++) {
            String w = words[i];
            if (w.startsWith("/")) {
                modrm = w;
            } else if (w.matches("i[bwzv]|rel8|relz|moffs|enter|far")) {
                immediate = w;
            } else if (w.matches("m\\d+")) {
                size = Integer.parseInt(w.substring(1));
            } else if (w.matches("t[sdxib]")) {
                type = w.charAt(1);
            } else {
                traits.add(trait(w));
            }
        }
        boolean vex = traits.contains(Form.Trait.VEX);
        if (!vex && mandatory == 0 && size == 16 && isMmx(hex)) {
            size = 8;
            traits.remove(Form.Trait.ALIGNED);
        }
        special(hex, mandatory, modrm, traits);
        String name = (vex ? "VEX " : "")
                + (mandatory < 0 ? "" : mandatory == 0 ? "NP " : String.format("%02X ", mandatory))
                + hex;
        if (modrm.isEmpty()) {
            forms.add(new Form(name, mandatory, opcode, false, -1, false, immediate, size, type, traits));
            return;
        }
        String which = modrm.substring(0, 2);
        int digit = which.equals("/r") ? -1 : which.charAt(1) - '0';
        for (boolean register : new boolean[] {false, true}) {
            if (!modrm.endsWith(register ? ":mem" : ":reg")) {
                String key = name + " " + which + (register ? " reg" : " mem");
                forms.add(new Form(key, mandatory, opcode, true, digit, register, immediate, size, type, traits));
            }
        }
    }

    /** Without a mandatory prefix these work on MMX registers: 8 bytes, no alignment. */
    private static boolean isMmx(String hex) {
        String op = hex.toUpperCase(Locale.ROOT);
        return op.startsWith("0F38")
                || op.startsWith("0F3A")
                || op.length() == 4 && (op.compareTo("0F60") >= 0 && op.compareTo("0F7F") <= 0)
                || op.length() == 4 && op.compareTo("0FD0") >= 0;
    }

    private static void special(String hex, int mandatory, String modrm, Set<Form.Trait> traits) {
        if (hex.equals("0FAE") && mandatory == 0) {
            if (modrm.startsWith("/1")) {
                traits.add(Form.Trait.FXRSTOR);
            } else if (modrm.startsWith("/2")) {
                traits.add(Form.Trait.LDMXCSR);
            }
        }
    }

    private static Form.Trait trait(String word) {
        switch (word) {
            case "a":
                return Form.Trait.ALIGNED;
            case "lock":
                return Form.Trait.LOCK;
            case "str":
                return Form.Trait.STRING;
            case "rep":
                return Form.Trait.REPEAT;
            case "div":
                return Form.Trait.DIVIDE;
            case "cmpx":
                return Form.Trait.COMPARE_EXCHANGE;
            case "bt":
                return Form.Trait.BIT_OFFSET;
            case "cl":
                return Form.Trait.COUNT;
            case "br":
                return Form.Trait.BRANCH;
            case "o32":
                return Form.Trait.ONLY32;
            case "o64":
                return Form.Trait.ONLY64;
            case "sel":
                return Form.Trait.SELECTOR;
            case "fptr":
                return Form.Trait.FAR_POINTER;
            case "frame":
                return Form.Trait.FRAME;
            case "os":
                return Form.Trait.OPERAND_SIZE;
            case "vex":
                return Form.Trait.VEX;
            case "v":
                return Form.Trait.VVVV;
            case "gather":
                return Form.Trait.GATHER;
            case "field":
                return Form.Trait.FIELD;
            case "l0":
                return Form.Trait.L0;
            case "l1":
                return Form.Trait.L1;
            case "lx":
                return Form.Trait.L_FREE;
            case "w0":
                return Form.Trait.W0;
            case "w1":
                return Form.Trait.W1;
            case "fpu":
                return Form.Trait.FPU;
            default:
                throw new IllegalArgumentException(word);
        }
    }
}

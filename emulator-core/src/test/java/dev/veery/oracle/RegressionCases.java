package dev.veery.oracle;

import java.util.List;
import java.util.function.Consumer;

/**
 * What the oracle once found, by name: code bytes and whatever of the state differs from the default (registers pointing
 * into the data pages, everything masked). A new finding is one more line.
 */
final class RegressionCases {
    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RBX = 3;
    private static final int RSP = 4;
    private static final int RBP = 5;
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final long END = Layout.DATA + Layout.DATA_SIZE;
    private static final long NOT_CANONICAL = 0x8000_0000_0000L;
    private static final long GARBAGE = 0x1234_5678_0000_0000L;
    private static final int AC = 0x4_0000;

    /** One case. */
    record Named(String name, String hex, boolean compat, Consumer<OracleCase> state) {
        @Override
        public String toString() {
            return name;
        }

        /** Fills in a cleared case. */
        void fill(OracleCase c) {
            c.clear();
            c.compat = compat;
            for (int r = 0; r < 16; r++) {
                c.gpr[r] = Layout.DATA + 0x800 + 0x20L * r;
            }
            for (int i = 0; i < hex.length(); i += 2) {
                c.emit(Integer.parseInt(hex.substring(i, i + 2), 16));
            }
            state.accept(c);
        }
    }

    private RegressionCases() {}

    private static Named of(String name, String hex, Consumer<OracleCase> state) {
        return new Named(name, hex.replace(" ", ""), false, state);
    }

    private static Named of32(String name, String hex, Consumer<OracleCase> state) {
        return new Named(name, hex.replace(" ", ""), true, state);
    }

    private static Consumer<OracleCase> set(int register, long value) {
        return c -> c.gpr[register] = value;
    }

    private static Consumer<OracleCase> checked(int register, long value) {
        return set(register, value).andThen(c -> c.rflags |= AC);
    }

    /** All of them. */
    static List<Named> all() {
        return List.of(
                of("pageFaultNamesTheSecondPage", "48 8b 00", set(RAX, END - 3)),
                of("pageFaultOfAVectorNamesTheSecondPage", "0f 10 00", set(RAX, END - 9)),
                of("alignmentComesBeforeThePageFault", "89 00", checked(RAX, Layout.READ_ONLY + 1)),
                of("vectorsAreNotCheckedForAlignment", "f3 0f 6f 00", checked(RAX, Layout.DATA + 1)),
                of("tenBytesAreCheckedForAlignmentToEight", "db 28", checked(RAX, Layout.DATA + 2)),
                of("environmentsAreCheckedForAlignment", "d9 20", checked(RAX, Layout.DATA + 2)),
                of(
                        "shortRepeatedStoresAreNotOneAccess",
                        "f3 66 ab",
                        checked(RDI, Layout.DATA + 2).andThen(set(RCX, 4))),
                of("wholeAccessIsCheckedForCanonicalForm", "48 8b 00", set(RAX, NOT_CANONICAL - 3)),
                of("privilegeComesBeforeDebugExtensions", "0f 21 ee", c -> {}),
                of("privilegeComesBeforeTheOperandOfLmsw", "0f 01 30", set(RAX, 0)),
                of("rexRIsIgnoredWithSegmentRegisters", "45 8c c4", c -> {}),
                of("indirectCallStoresBeforeItChecksItsTarget", "ff d0", set(RAX, NOT_CANONICAL)),
                of("stackOfAnIndirectCallRaisesStackFaults", "ff 10", set(RSP, NOT_CANONICAL + 8)),
                of("stackOfPushRmRaisesStackFaults", "ff f0", set(RSP, NOT_CANONICAL + 16)),
                of("operandOfPopRmRaisesGeneralProtection", "8f 00", set(RAX, NOT_CANONICAL - 6)),
                of("stackOfPopfRaisesStackFaults", "9d", set(RSP, NOT_CANONICAL)),
                of("segmentOfTheInstructionBeforeIsForgotten", "8b 45 00 ae", set(RDI, NOT_CANONICAL)),
                of("singleStepDoesNotFollowInt3", "68 02 01 00 00 9d cc", c -> {}),
                of32("flatCodeSegmentIsNotWritable", "2e 89 00", c -> {}),
                of32("flatSegmentWraps", "2e 8b 00", set(RAX, 0xffff_fffeL)),
                of("conversionFromMemoryIgnoresPendingX87", "66 0f 2a 00", c -> pendingX87(c)),
                of("conversionToSinglesFromMemoryIgnoresPendingX87", "0f 2a 00", c -> pendingX87(c)),
                of(
                        "scasKeepsFlagsWhenItFaults",
                        "f3 ae",
                        set(RDI, END - 2).andThen(set(RCX, 9)).andThen(set(RAX, 0))),
                of(
                        "scasKeepsFlagsAfterAThousandElements",
                        "f3 ae",
                        set(RDI, END - 0x1800)
                                .andThen(set(RCX, 0x2000))
                                .andThen(set(RAX, 0))
                                .andThen(c -> c.rflags |= 0x8d5)),
                of("cmpsLooksAtTheDestinationFirst", "a6", set(RSI, 0x10).andThen(set(RDI, 0x20))),
                of("countOf32BitRepetitionIsTruncated", "67 f3 a6", set(RCX, GARBAGE)),
                of("addressesOf32BitMovsAreTruncated", "67 f3 a4", set(RCX, 0).andThen(set(RSI, GARBAGE | 5))),
                of("addressOf32BitStosIsTruncatedByAFault", "67 f3 aa", set(RDI, GARBAGE | 5)),
                of("portIsCheckedBeforeTheCountIsTouched", "67 f3 6c", set(RCX, GARBAGE | 1)),
                of("portIsCheckedEvenIfTheCountIsZero", "f3 6e", set(RCX, 0)),
                of32(
                        "boundReadsTheLowerBoundFirst",
                        "62 00",
                        set(RAX, END - 4).andThen(c -> patch(c, END - 64, 60, 0x7f))),
                of("rexWinsOverOperandSizeInEnvironments", "66 48 d9 30", c -> {}),
                of("shortEnvironmentHasNoOpcode", "66 d9 20", c -> c.fxView.putShort(OracleCase.FX_FOP, (short) 0x123)),
                of32("fxsaveNeedsAllOfItsArea", "0f ae 00", set(RAX, END - 0x1a0)),
                of("frstorIsCheckedForAlignment", "dd 20", checked(RAX, Layout.DATA + 2)),
                of32("arplSetsZero", "63 c8", set(RAX, 0x10).andThen(set(RCX, 3))),
                of32("arplClearsZero", "63 c8", set(RAX, 0x13).andThen(c -> c.rflags |= 0x40)),
                of32(
                        "arplDoesNotWriteWhatItKeeps",
                        "63 00",
                        set(RAX, Layout.READ_ONLY).andThen(set(RCX, 0))),
                of32("arplReadsFirst", "63 08", set(RAX, 0)),
                of("leaveThroughANonCanonicalFrame", "c9", set(RBP, NOT_CANONICAL)),
                of("farOffsetInto32BitCodeIsCut", "48 ff 28", c -> {
                    c.patchAddress = c.gpr[RAX];
                    c.putPatch(0, 8, GARBAGE | Layout.CODE);
                    c.putPatch(8, 2, Layout.CS32);
                }),
                of("exchangeThroughBase", "48 87 1b", set(RBX, Layout.DATA + 8)));
    }

    private static void pendingX87(OracleCase c) {
        c.fxView.putShort(OracleCase.FX_FCW, (short) 0x37e);
        c.fxView.putShort(OracleCase.FX_FSW, (short) 0x8081);
    }

    private static void patch(OracleCase c, long address, int offset, int value) {
        c.patchAddress = address;
        c.patch[offset + 3] = (byte) value;
    }
}

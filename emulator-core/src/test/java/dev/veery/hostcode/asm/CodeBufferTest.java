package dev.veery.hostcode.asm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.memory.access.OffHeap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CodeBufferTest {
    private static final int SIZE = 4096;
    private static final long EXECUTABLE = 0x7000_1234_5000L;

    private final long memory = OffHeap.allocate(3 * SIZE);
    private final long buffer = memory + SIZE;
    private final Assembler asm = new Assembler();

    @BeforeEach
    void start() {
        OffHeap.fill(memory, 3 * SIZE, 0xcc);
        asm.start(buffer, EXECUTABLE, SIZE);
    }

    @AfterEach
    void free() {
        OffHeap.free(memory);
    }

    private void assertNothingOutside() {
        for (int i = 0; i < SIZE; i++) {
            assertEquals((byte) 0xcc, OffHeap.getByte(memory + i));
            assertEquals((byte) 0xcc, OffHeap.getByte(buffer + SIZE + i));
        }
    }

    @Test
    void fullBufferIsReportedAndNothingWrittenOutside() {
        int ahead = asm.newLabel();
        for (int i = 0; i < SIZE; i++) {
            asm.jccShort(Cond.E, ahead);
            asm.movWide(Reg.RAX, i);
            asm.aluMI(Alu.ADD, 8, Mem.fs(Mem.address32(Mem.indexed(Reg.R8, Reg.R9, 3, 0x12345678))), 0x12345678);
        }
        asm.bind(ahead);
        asm.finish();
        assertTrue(asm.overflowed());
        assertTrue(asm.offset() <= SIZE);
        assertNothingOutside();
        asm.start(buffer, EXECUTABLE, SIZE);
        assertFalse(asm.overflowed());
        assertEquals(0, asm.offset());
    }

    @Test
    void paddingStaysInside() {
        asm.nop(SIZE * 2);
        assertTrue(asm.overflowed());
        assertNothingOutside();
    }

    @Test
    void displacementsCountInTheExecutableView() {
        asm.jmpTo(EXECUTABLE + 0x1000);
        assertEquals(0x1000 - 5, OffHeap.getInt(buffer + 1));
        asm.aluMI(Alu.ADD, 4, Mem.target(EXECUTABLE - 8), 0x1000);
        assertEquals(-8 - 15, OffHeap.getInt(buffer + 7));
        assertThrows(IllegalArgumentException.class, () -> asm.callTo(EXECUTABLE + (1L << 31) + 100));
    }

    @Test
    void labelsOfOperandsResolveForwardsPastTheImmediate() {
        int data = asm.newLabel();
        asm.movMI(4, Mem.label(data), 1);
        asm.movRM(8, Reg.RAX, Mem.label(data));
        asm.align(64);
        asm.bind(data);
        asm.emit64(0);
        asm.finish();
        assertEquals(64, asm.offsetOf(data));
        assertEquals(64 - 10, OffHeap.getInt(buffer + 2));
        assertEquals(64 - 17, OffHeap.getInt(buffer + 13));
    }

    @Test
    void patchableJumpsHaveAlignedDisplacements() {
        for (int i = 0; i < 8; i++) {
            asm.clc();
            int field = i % 2 == 0 ? asm.jmpPatchable(EXECUTABLE) : asm.jccPatchable(Cond.B, EXECUTABLE);
            assertEquals(0, asm.executable(field) & 3);
            assertEquals(-(field + 4), OffHeap.getInt(asm.writable(field)));
            CodeBuffer.patchJump(asm.writable(field), asm.executable(field), EXECUTABLE + SIZE);
            assertEquals(SIZE - (field + 4), OffHeap.getInt(asm.writable(field)));
        }
    }

    @Test
    void mistakesAreRefused() {
        int label = asm.newLabel();
        asm.jmpShort(label);
        assertThrows(IllegalStateException.class, asm::finish);
        assertThrows(IllegalStateException.class, () -> asm.offsetOf(label));
        asm.nop(128);
        assertThrows(IllegalStateException.class, () -> asm.bind(label));
        assertThrows(IllegalArgumentException.class, () -> Mem.indexed(Reg.RAX, Reg.RSP, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> Mem.based(16, 0));
        assertThrows(IllegalArgumentException.class, () -> Op.legacy(0x67, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> asm.start(buffer, EXECUTABLE, 16));
    }
}

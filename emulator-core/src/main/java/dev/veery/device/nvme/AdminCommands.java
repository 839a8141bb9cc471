package dev.veery.device.nvme;

/** The admin commands (5), each ending in a status. */
final class AdminCommands {
    /** Abort, dword 0 of the completion: the command was not aborted. */
    private static final int NOT_ABORTED = 1;

    private static final int FORMAT_INDEX = 0xf;
    private static final int FORMAT_ERASE_SHIFT = 9;
    private static final int FORMAT_ERASE_USER = 1;
    /** Metadata and protection information, which there are not. */
    private static final int FORMAT_UNSUPPORTED = 0x1f0;

    private final NvmePci owner;

    AdminCommands(NvmePci owner) {
        this.owner = owner;
    }

    int execute(NvmeCommand command) {
        int id = command.word(10) & 0xffff;
        switch (command.opcode()) {
            case NvmeRegs.CREATE_CQ:
                return owner.queues().createCompletions(command);
            case NvmeRegs.CREATE_SQ:
                return owner.queues().createSubmissions(command);
            case NvmeRegs.DELETE_CQ:
                return owner.queues().deleteCompletions(id);
            case NvmeRegs.DELETE_SQ:
                return owner.queues().deleteSubmissions(id, command);
            case NvmeRegs.IDENTIFY:
                return owner.identify().get(command);
            case NvmeRegs.GET_LOG:
                return owner.logs().get(command);
            case NvmeRegs.GET_FEATURES:
                return owner.features().get(command);
            case NvmeRegs.SET_FEATURES:
                return owner.features().set(command);
            case NvmeRegs.ABORT:
                return abort(command);
            case NvmeRegs.ASYNC_EVENT:
                return owner.events().request(command.id()) ? NvmeRegs.PENDING : NvmeRegs.TOO_MANY_EVENTS;
            case NvmeRegs.DOORBELL_BUFFER:
                return owner.useDoorbellBuffers(command);
            case NvmeRegs.FORMAT:
                return format(command);
            default:
                return NvmeRegs.INVALID_OPCODE;
        }
    }

    /** 5.1: only a request for an event can still be stopped; everything else is on its way to a disk. */
    private int abort(NvmeCommand command) {
        boolean event = (command.word(10) & 0xffff) == 0;
        boolean aborted = event && owner.events().abort(command.word(10) >>> 16);
        command.result = aborted ? 0 : NOT_ABORTED;
        return NvmeRegs.OK;
    }

    /** 5.23: all blocks of one namespace, or of all, read as zeros; the block size is the user's choice, not the driver's. */
    private int format(NvmeCommand command) {
        int word = command.word(10);
        if ((word & FORMAT_INDEX) != 0) {
            return NvmeRegs.INVALID_FORMAT;
        }
        if ((word & FORMAT_UNSUPPORTED) != 0 || (word >>> FORMAT_ERASE_SHIFT & 7) > FORMAT_ERASE_USER) {
            return NvmeRegs.INVALID_FIELD;
        }
        return owner.format(command);
    }
}

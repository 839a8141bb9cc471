package dev.veery.virtio;

/** The registers of one queue (4.1.4.3). */
final class QueueSetup {
    final int maxSize;
    int size;
    int vector;
    boolean enabled;
    long descriptors;
    long driver;
    long device;

    QueueSetup(int maxSize) {
        this.maxSize = maxSize;
        reset();
    }

    final void reset() {
        size = maxSize;
        vector = VirtioPciDevice.NO_VECTOR;
        enabled = false;
        descriptors = 0;
        driver = 0;
        device = 0;
    }
}

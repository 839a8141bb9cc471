package dev.veery.linux.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class EpollTest {
    @Test
    void answersWithTheTokensOfWhatIsReady() {
        try (Epoll epoll = new Epoll("test");
                EventFd quiet = new EventFd("quiet");
                EventFd loud = new EventFd("loud")) {
            epoll.add(quiet.fd(), 7);
            epoll.add(loud.fd(), 9);
            loud.signal();

            int[] tokens = new int[4];
            assertEquals(1, epoll.await(tokens));
            assertEquals(9, tokens[0]);
        }
    }

    @Test
    void aRemovedDescriptorIsNotAwaited() {
        try (Epoll epoll = new Epoll("test");
                EventFd gone = new EventFd("gone");
                EventFd there = new EventFd("there")) {
            epoll.add(gone.fd(), 1);
            epoll.add(there.fd(), 2);
            gone.signal();
            there.signal();
            epoll.remove(gone.fd());

            int[] tokens = new int[4];
            assertEquals(1, epoll.await(tokens));
            assertEquals(2, tokens[0]);
        }
    }

    @Test
    void drainingTakesAllSignalsAtOnce() {
        try (EventFd event = new EventFd("event")) {
            event.signal();
            event.signal();

            assertTrue(event.drain());
            assertFalse(event.drain());
        }
    }
}

package dev.veery.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SignalRoutesTest {
    private static final int SIGNAL = 9;
    private static final int ENDED = 10;
    private static final long ADDRESS = 0xfee0_3000L;

    private final InterruptBus bus = new InterruptBus();
    private final MsiSwitch messages = new MsiSwitch(bus);
    private final Kernel kernel = new Kernel();
    private final List<Boolean> carried = new ArrayList<>();
    private int input = 20;
    private final SignalRoutes routes = new SignalRoutes(messages, pin -> input, kernel);

    /** Says what is connected. */
    private static final class Kernel implements SignalTarget {
        final Map<Integer, String> connections = new TreeMap<>();
        boolean refuses;
        private int last;

        private static String text(ApicMessage m) {
            return (m.logical() ? "logical " : "") + m.destination() + " vector " + m.vector();
        }

        @Override
        public int connect(int signal, ApicMessage message) {
            if (refuses) {
                return NONE;
            }
            connections.put(++last, signal + ": " + text(message));
            return last;
        }

        @Override
        public boolean change(int connection, ApicMessage message) {
            if (refuses) {
                connections.remove(connection);
                return false;
            }
            connections.computeIfPresent(
                    connection, (key, old) -> old.substring(0, old.indexOf(':')) + ": " + text(message));
            return true;
        }

        @Override
        public int connectInput(int signal, int ended, int input) {
            connections.put(++last, signal + " " + ended + ": input " + input);
            return last;
        }

        @Override
        public void disconnect(int connection) {
            connections.remove(connection);
        }
    }

    /** A remapping unit that turns every message into one for processor 5, or into nothing. */
    private static final class Remapper implements MsiSink {
        Runnable changed = () -> {};
        boolean present = true;

        @Override
        public void send(int requesterId, long address, int data) {}

        @Override
        public boolean resolve(int requesterId, long address, int data, ApicMessage out) {
            out.set(5, false, InterruptBus.FIXED, requesterId, false);
            return present;
        }

        @Override
        public void onRemapped(Runnable listener) {
            changed = listener;
        }
    }

    private SignalRoutes.MessageRoute message() {
        return routes.message(SIGNAL, () -> 0x77, carried::add);
    }

    private List<String> connections() {
        return new ArrayList<>(kernel.connections.values());
    }

    @Test
    void theKernelCarriesAMessageUntilItIsMasked() {
        SignalRoutes.MessageRoute route = message();
        assertFalse(route.carried());
        route.send(ADDRESS, 0x41);
        assertEquals(List.of("9: 3 vector 65"), connections());
        route.send(ADDRESS, 0x42);
        assertEquals(List.of("9: 3 vector 66"), connections());
        route.mask();
        assertEquals(List.of(), connections());
        assertEquals(List.of(true, false), carried);
        route.send(ADDRESS, 0x42);
        assertTrue(route.carried());
        route.close();
        assertEquals(List.of(), connections());
        assertEquals(List.of(true, false, true), carried);
    }

    @Test
    void whatTheKernelDoesNotTakeStaysWithTheDevice() {
        kernel.refuses = true;
        SignalRoutes.MessageRoute route = message();
        route.send(ADDRESS, 0x41);
        kernel.refuses = false;
        // A level, an NMI, and a write to memory.
        route.send(ADDRESS, 0xc041);
        route.send(ADDRESS, 0x441);
        route.send(0x1234_5000L, 0x41);
        assertFalse(route.carried());
        assertEquals(List.of(), carried);
    }

    @Test
    void routesFollowTheRemapper() {
        SignalRoutes.MessageRoute route = message();
        route.send(ADDRESS, 0x41);
        Remapper unit = new Remapper();
        messages.connect(unit);
        assertEquals(List.of("9: 5 vector 119"), connections());
        unit.present = false;
        unit.changed.run();
        assertEquals(List.of(), connections());
        unit.present = true;
        unit.changed.run();
        assertEquals(List.of("9: 5 vector 119"), connections());
        assertEquals(List.of(true, false, true), carried);
    }

    @Test
    void aMaskedRouteStaysMaskedWhenTheRemapperChanges() {
        SignalRoutes.MessageRoute route = message();
        route.send(ADDRESS, 0x41);
        route.mask();
        routes.update();
        assertFalse(route.carried());
    }

    @Test
    void aPinIsCarriedOnlyWhereItDrivesAnInputAlone() {
        SignalRoutes.PinRoute route = routes.pin(SIGNAL, ENDED, () -> 4, carried::add);
        route.raise();
        assertEquals(List.of("9 10: input 20"), connections());
        input = 21;
        routes.update();
        assertEquals(List.of("9 10: input 21"), connections());
        input = -1;
        routes.update();
        assertEquals(List.of(), connections());
        assertEquals(List.of(true, false), carried);
    }

    @Test
    void withoutAKernelNothingIsCarried() {
        SignalRoutes none = SignalRoutes.none();
        SignalRoutes.MessageRoute route = none.message(SIGNAL, () -> 0, carried::add);
        route.send(ADDRESS, 0x41);
        assertFalse(none.available());
        assertFalse(route.carried());
        route.close();
    }
}

package dev.veery.q35;

import dev.veery.model.DeviceDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts bridges in front of the devices on their buses; otherwise the order stays. So a device may be named before the bridge
 * that it sits behind.
 */
final class BusOrder {
    private static final int NONE = -1;

    private final List<DeviceDescriptor> devices;
    private final Map<String, Integer> byId = new HashMap<>();
    private final boolean[] seen;
    private final List<DeviceDescriptor> sorted = new ArrayList<>();

    private BusOrder(List<DeviceDescriptor> devices) {
        this.devices = devices;
        seen = new boolean[devices.size()];
        for (int i = 0; i < devices.size(); i++) {
            String id = devices.get(i).id();
            if (id != null) {
                byId.putIfAbsent(id, i);
            }
        }
    }

    /** The sorted list. Buses that nobody has, and circles, are left for the board to refuse. */
    static List<DeviceDescriptor> sort(List<DeviceDescriptor> devices) {
        BusOrder order = new BusOrder(devices);
        for (int i = 0; i < devices.size(); i++) {
            order.add(i);
        }
        return order.sorted;
    }

    private void add(int index) {
        List<DeviceDescriptor> path = new ArrayList<>();
        int next = index;
        while (next != NONE && !seen[next]) {
            seen[next] = true;
            path.add(devices.get(next));
            String bus = devices.get(next).bus();
            next = bus == null ? NONE : byId.getOrDefault(bus, NONE);
        }
        for (int i = path.size() - 1; i >= 0; i--) {
            sorted.add(path.get(i));
        }
    }
}

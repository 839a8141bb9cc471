package dev.veery.device.rtc;

import static dev.veery.device.rtc.Mc146818Regs.*;

import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;

/**
 * The ten time, calendar and alarm bytes and the century, in the format that register B selects. The bytes are the truth,
 * as in the chip: changing the format converts nothing.
 */
final class RtcTime {
    private static final int SECONDS_PER_DAY = 86_400;

    private final byte[] cmos;

    /** Keeps the time in the first bytes of {@code cmos}. */
    RtcTime(byte[] cmos) {
        this.cmos = cmos;
    }

    /** Sets clock and calendar, the day of the week included. */
    void set(LocalDateTime time) {
        store(time);
        put(DAY_OF_WEEK, time.getDayOfWeek().getValue() % 7 + 1);
    }

    /**
     * Lets {@code seconds} updates pass. Bytes that are no valid time are carried over into the larger fields, as mktime
     * does; the chip's own behaviour is not defined for them.
     */
    void advance(long seconds) {
        LocalDateTime before = LocalDateTime.of(100 * get(CENTURY) + get(YEAR), 1, 1, 0, 0)
                .plusMonths(get(MONTH) - 1L)
                .plusDays(get(DAY_OF_MONTH) - 1L)
                .plusSeconds(secondOfDay());
        LocalDateTime after = before.plusSeconds(seconds);
        long days = ChronoUnit.DAYS.between(before.toLocalDate(), after.toLocalDate());
        int dayOfWeek = Math.floorMod(get(DAY_OF_WEEK) - 1 + days, 7) + 1;
        store(after);
        put(DAY_OF_WEEK, dayOfWeek);
    }

    /** Updates until the alarm matches, 1 to 86,400; -1 if it never does. */
    long secondsToAlarm() {
        if (!anyMatch(SECONDS_ALARM, 60) || !anyMatch(MINUTES_ALARM, 60)) {
            return -1;
        }
        long now = secondOfDay();
        long last = now + SECONDS_PER_DAY;
        long at = now + 1;
        while (at <= last) {
            int second = (int) (at % SECONDS_PER_DAY);
            if (!matches(HOURS_ALARM, second / 3600)) {
                at += 3600 - second % 3600;
            } else if (!matches(MINUTES_ALARM, second / 60 % 60)) {
                at += 60 - second % 60;
            } else if (!matches(SECONDS_ALARM, second % 60)) {
                at++;
            } else {
                return at - now;
            }
        }
        return -1;
    }

    private void store(LocalDateTime time) {
        put(SECONDS, time.getSecond());
        put(MINUTES, time.getMinute());
        cmos[HOURS] = (byte) encodeHour(time.getHour());
        put(DAY_OF_MONTH, time.getDayOfMonth());
        put(MONTH, time.getMonthValue());
        put(YEAR, time.getYear() % 100);
        put(CENTURY, time.getYear() / 100);
    }

    private int secondOfDay() {
        return decodeHour(cmos[HOURS] & 0xff) * 3600 + get(MINUTES) * 60 + get(SECONDS);
    }

    private boolean anyMatch(int alarm, int values) {
        for (int value = 0; value < values; value++) {
            if (matches(alarm, value)) {
                return true;
            }
        }
        return false;
    }

    private boolean matches(int alarm, int value) {
        int wanted = cmos[alarm] & 0xff;
        if ((wanted & ALARM_DONT_CARE) == ALARM_DONT_CARE) {
            return true;
        }
        return wanted == (alarm == HOURS_ALARM ? encodeHour(value) : encode(value));
    }

    private int get(int index) {
        return decode(cmos[index] & 0xff);
    }

    private void put(int index, int value) {
        cmos[index] = (byte) encode(value);
    }

    private boolean binary() {
        return (cmos[REG_B] & B_DM) != 0;
    }

    private int encode(int value) {
        return binary() ? value : value / 10 << 4 | value % 10;
    }

    private int decode(int raw) {
        return binary() ? raw : (raw >> 4) * 10 + (raw & 0x0f);
    }

    private int encodeHour(int hour) {
        if ((cmos[REG_B] & B_24H) != 0) {
            return encode(hour);
        }
        int twelve = hour % 12 == 0 ? 12 : hour % 12;
        return encode(twelve) | (hour >= 12 ? HOURS_PM : 0);
    }

    private int decodeHour(int raw) {
        if ((cmos[REG_B] & B_24H) != 0) {
            return decode(raw);
        }
        return decode(raw & ~HOURS_PM) % 12 + ((raw & HOURS_PM) != 0 ? 12 : 0);
    }
}

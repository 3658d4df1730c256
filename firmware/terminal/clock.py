"""Wall-clock time as texts and as seconds, from the board's real-time clock.

clock.moment()   (2026, 11, 21, 20, 45, 3)
clock.seconds()  seconds since 2000-01-01 00:00 local time
"""


class Clock:
    def __init__(self, rtc):
        self._rtc = rtc

    def moment(self):
        """Return (year, month, day, hour, minute, second), local time."""
        return self._rtc.now()

    def seconds(self):
        """Return whole seconds since 2000-01-01 00:00 local time (an int; jumps when the clock is set)."""
        y, m, d, hh, mm, ss = self._rtc.now()
        return ((days(y, m, d) * 24 + hh) * 60 + mm) * 60 + ss

    def set(self, moment):
        self._rtc.set(moment)

    def text(self):
        """Return "2026-11-21 20:45:03"."""
        return "%04d-%02d-%02d %02d:%02d:%02d" % self._rtc.now()


def days(year, month, day):
    """Return the days from 2000-01-01 to a Gregorian date (years count from March, so that leap days come last)."""
    if month < 3:
        year -= 1
        month += 12
    leap_days = year // 4 - year // 100 + year // 400 - 485  # 485 of them before 2000-03-01
    return 365 * (year - 2000) + leap_days + (153 * (month - 3) + 2) // 5 + day + 59

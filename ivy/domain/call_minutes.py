"""Minutes of phone calls: what may still be used, what a call reserves, what a schedule will need.

May import: the domain. The longest a call may last is reserved before it is dialled and settled by what it lasted, so that
calls that go on at once cannot go past a cap together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from math import ceil

from ivy.domain.calls import CallKind
from ivy.domain.schedule import local_date, to_instant, walls

MINUTE = 60
MONTH = 31
"""The longest, in days: a forecast is rather too high."""
EXPECTED: Mapping[CallKind, timedelta] = {
    CallKind.MORNING: timedelta(seconds=150),
    CallKind.EVENING: timedelta(seconds=120),
    CallKind.WEEKLY: timedelta(minutes=6),
    CallKind.MONTHLY: timedelta(minutes=10),
}
"""What a call usually takes, by its script."""


@dataclass(frozen=True)
class Caps:
    """`person_month`: minutes of one person in a calendar month of theirs; `day`: of all people in a day, by UTC."""

    person_month: int
    day: int


@dataclass(frozen=True)
class Used:
    """Seconds of finished calls, and what those under way have reserved."""

    person_month: int = 0
    day: int = 0


@dataclass(frozen=True)
class Fits:
    """`rule` names the cap that is in the way and `until` is when it counts from zero again."""

    ok: bool
    rule: str = ""
    until: datetime | None = None


def fits(caps: Caps, used: Used, needed_seconds: int, *, zone: str, now: datetime) -> Fits:
    """Say whether a call that may last `needed_seconds` is within both caps."""
    if used.person_month + needed_seconds > caps.person_month * MINUTE:
        return Fits(False, f"their {caps.person_month} minutes of calls this month", _next_month(zone, now))
    if used.day + needed_seconds > caps.day * MINUTE:
        tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
        return Fits(False, f"the {caps.day} minutes of calls a day", datetime.combine(tomorrow, time(), UTC))
    return Fits(True)


def counted(reserved_seconds: int, duration_seconds: float | None, *, over: bool) -> int:
    """Return the seconds that a call counts: its reservation until it is over, then what it lasted.

    A call that is over and of which no length is known was never answered.
    """
    if not over:
        return reserved_seconds
    return ceil(max(duration_seconds or 0.0, 0.0))


# --- what a schedule needs -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """A time at which somebody is phoned. `days`: cron's days of the week, or for MONTHLY the days of the month."""

    kind: CallKind
    days: str = "*"


@dataclass(frozen=True)
class Forecast:
    """The seconds of calls that are expected on each local date of a month; dates without one are left out."""

    by_day: Mapping[date, int]

    @property
    def minutes(self) -> int:
        return ceil(sum(self.by_day.values()) / MINUTE)

    @property
    def busiest_day_minutes(self) -> int:
        return ceil(max(self.by_day.values(), default=0) / MINUTE)


def forecast(slots: Iterable[Slot], first: date, expected: Mapping[CallKind, timedelta] = EXPECTED) -> Forecast:
    """Return what somebody's slots by phone need in the 31 days from `first` on. Raises: BadCron."""
    seconds: Counter[date] = Counter()
    for slot in slots:
        length = expected.get(slot.kind, timedelta(minutes=5))
        cron = f"0 12 {slot.days} * *" if slot.kind is CallKind.MONTHLY else f"0 12 * * {slot.days}"
        seconds.update({day: ceil(length.total_seconds()) for day in _days(cron, first)})
    return Forecast(dict(seconds))


def together(forecasts: Iterable[Forecast]) -> Forecast:
    """Return what several people's schedules need in all."""
    seconds: Counter[date] = Counter()
    for each in forecasts:
        seconds.update(each.by_day)
    return Forecast(dict(seconds))


def exceeds(needed: Forecast, minutes: int) -> str:
    """Return the warning that one person's schedule needs more than `minutes` a month, or ""."""
    if needed.minutes <= minutes:
        return ""
    return f"these calls need about {needed.minutes} minutes a month, and {minutes} are allowed"


def day_exceeds(everyone: Forecast, minutes: int) -> str:
    """Return the warning that all schedules together need more than `minutes` on some day, or ""."""
    if everyone.busiest_day_minutes <= minutes:
        return ""
    return f"on the busiest day the calls need about {everyone.busiest_day_minutes} minutes, and {minutes} are allowed"


@lru_cache(maxsize=256)
def _days(cron: str, first: date) -> tuple[date, ...]:
    """Kept, since most people's slots have one of a few patterns, and reading a cron line takes milliseconds."""
    end = datetime.combine(first + timedelta(days=MONTH), time())
    upcoming = walls(cron, datetime.combine(first, time()))
    return tuple(wall.date() for wall in takewhile(lambda wall: wall < end, upcoming))


def _next_month(zone: str, now: datetime) -> datetime:
    today = local_date(now, zone)
    first = (today.replace(day=1) + timedelta(days=MONTH)).replace(day=1)
    return to_instant(datetime.combine(first, time()), zone)

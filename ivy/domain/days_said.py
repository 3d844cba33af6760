"""Which day of the calendar a phrase means. May import: the standard library and the grammar of time phrases."""

from calendar import monthrange
from datetime import date, timedelta

from ivy.domain.dates_said import Said
from ivy.domain.lengths_said import Length
from ivy.domain.said import Unclear
from ivy.domain.when import describe_day

FULL_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def find_day(said: Said, today: date, *, future: bool, locale: str) -> date | None:
    """Return the one day that a phrase names, or None if it names none.

    What has no year, month or week is looked for ahead of `today` if `future`, else behind it; today itself counts.
    Raises: Unclear if the parts of the phrase disagree, or leave two days to choose from.
    """
    found = _dates(said, today, future=future)
    if said.weekdays and not found:
        found = [_weekday(said, today, future=future, locale=locale)]
    elif said.week is not None and not found:
        raise Unclear("Which day of that week? Write the day too.")
    if said.months_on and not said.day:
        raise Unclear("Which day of that month? Write the day too.")
    if len(set(found)) > 1:
        raise Unclear("Two different days are named there. Write one at a time.")
    for weekday in said.weekdays:
        if found[0].weekday() != weekday:
            named = describe_day(found[0], locale)
            raise Unclear(f"{named} is not a {FULL_NAMES[weekday]}. Which day is it?")
    return found[0] if found else None


def add_length(day: date, length: Length) -> date:
    """Return the day after whole months (the last of the month where it is shorter) and days. Raises: Unclear."""
    months = day.year * 12 + day.month - 1 + length.months
    year, month = divmod(months, 12)
    if not 1900 <= year <= 2200 or abs(length.days) > 100_000:
        raise Unclear("That is too far away.")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])) + timedelta(days=length.days)


def _dates(said: Said, today: date, *, future: bool) -> list[date]:
    found = list(said.dates)
    if said.ahead is not None and not said.ahead.elapsed:
        found.append(add_length(today, said.ahead))
    if said.offset is not None:
        found.append(today + timedelta(days=said.offset))
    if said.month:
        found.append(_day_in_month(said, today, future=future))
    elif said.day:
        found.append(_numbered_day(said, today, future=future))
    return found


def _day_in_month(said: Said, today: date, *, future: bool) -> date:
    years = [said.year] if said.year else range(today.year - 8, today.year + 9)
    days = [date(year, said.month, said.day) for year in years if said.day <= monthrange(year, said.month)[1]]
    if not said.year:
        days = [day for day in days if (day >= today if future else day <= today)]
    if not days:
        raise Unclear("There is no such day in the calendar. Write it such as 3 Dec or 2026-12-03.")
    return days[0] if future else days[-1]


def _numbered_day(said: Said, today: date, *, future: bool) -> date:
    """Return "the 15th": of next month if that was said, else the nearest one in the direction asked for."""
    first = add_length(today.replace(day=1), Length(months=said.months_on))
    step = 1 if future else -1
    for months in range(0, 5 * step, step):
        month = add_length(first, Length(months=months))
        if said.day > monthrange(month.year, month.month)[1]:
            continue
        day = month.replace(day=said.day)
        if said.months_on or (day >= today if future else day <= today):
            return day
    raise Unclear("There is no such day in the calendar. Write it such as 3 Dec or 2026-12-03.")


def _weekday(said: Said, today: date, *, future: bool, locale: str) -> date:
    if len(said.weekdays) > 1:
        raise Unclear(
            'Every week, or only once? Write it such as "every Monday and Thursday at 7 am", or one day at a time.'
        )
    weekday = said.weekdays[0]
    monday = today - timedelta(days=today.weekday())
    if said.week is not None:
        return monday + timedelta(days=7 * said.week + weekday)
    coming = today + timedelta(days=(weekday - today.weekday()) % 7)
    after_today = coming if coming > today else coming + timedelta(days=7)
    if said.weekday_mode == "last" or (not said.weekday_mode and not future):
        latest = after_today - timedelta(days=7)
        return latest - timedelta(days=7) if said.weekday_mode and latest == today else latest
    if said.weekday_mode == "this":
        return coming
    if said.weekday_mode == "next":
        return _sure(after_today, monday + timedelta(days=7 + weekday), locale)
    if said.weekday_mode == "coming":
        return after_today
    return _sure(coming, after_today, locale)


def _sure(one: date, other: date, locale: str) -> date:
    """Return the day if both readings agree, else ask: "next Friday" on a Monday, "Monday" on a Monday."""
    if one != other:
        raise Unclear(f"Is that {describe_day(one, locale)} or {describe_day(other, locale)}? Write the date.")
    return one

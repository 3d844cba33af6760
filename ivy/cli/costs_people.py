"""What people cost in a month, by chat alone and with calls, against the plan's targets. May import: frame, moments, the domain."""

from collections.abc import Sequence
from statistics import median

from ivy.cli import frame
from ivy.cli.moments import dollars
from ivy.domain.person_month import TARGETS_MICROS, PersonMonth, met

TARGETS = " / ".join(dollars(each) for each in TARGETS_MICROS)
BEYOND = (
    f"With calls nobody stays under the target of {dollars(max(TARGETS_MICROS))} a person and month; chat alone can."
)
"""What is said before somebody is phoned for more than the target."""
COLUMNS = ["user", "days", "chat", "calls", "chat a month", "under", "with calls", "under"]


def print_months(people: Sequence[PersonMonth]) -> None:
    """Print each person's month, and what half of them stay under."""
    frame.table(f"A person and month of 30 days (targets {TARGETS})", COLUMNS, [_row(each) for each in people])
    chat, both = (median(getattr(each, name) for each in people) for name in ("chat_month_micros", "month_micros"))
    frame.say(told(round(chat), round(both), whose="Half of them stay under, a month:"))


def told(chat_month: int, month: int, *, whose: str = "A person comes, a month, to") -> str:
    """Return one sentence on a month's two sums, and which of the targets each meets."""
    return (
        f"{whose} {dollars(chat_month)} by chat alone ({_meets(chat_month)}), {dollars(month)} with calls ({_meets(month)});"
        f" the targets are {TARGETS}."
    )


def _row(each: PersonMonth) -> list[str]:
    spent = (dollars(each.chat_micros, 6), dollars(each.call_micros, 6))
    chat = (dollars(each.chat_month_micros), _under(each.chat_met_micros))
    return [each.label, str(each.days), *spent, *chat, dollars(each.month_micros), _under(each.met_micros)]


def _under(target: int | None) -> str:
    return "none" if target is None else dollars(target)


def _meets(month: int) -> str:
    target = met(month)
    return "over every target" if target is None else f"under {dollars(target)}"

"""What one person's local week was, counted; and how many sessions the next is meant to have. May import: scope, streaks, scores.

Every number of a weekly summary comes from here.
"""

from datetime import date, timedelta

from ivy.domain.money import Money
from ivy.domain.streaks import Outcome, kept_of_last
from ivy.domain.weekly import DAYS, Numbers, WeekScore
from ivy.store import scores, streaks
from ivy.store.scope import Scope

BEFORE = timedelta(days=28)
"""How far back a score is still one to compare with."""
_IN_WEEK = "user_id = :user AND day BETWEEN :first AND :last"


def of_week(scope: Scope, week: date, *, today: date) -> Numbers:
    """Count the local week that begins on a Monday; `today` is the person's date, up to which the last 21 days go."""
    last = week + timedelta(days=DAYS - 1)
    events = streaks.events(scope)
    outcomes = dict(events)
    kept, planned = kept_of_last(events, min(today, last))
    days = _days(scope, week, last, outcomes)
    due, answered = _calls(scope, week, last)
    return Numbers(
        week=week,
        days=days,
        rest=sum(outcomes.get(week + timedelta(days=n)) is Outcome.REST for n in range(DAYS)),
        missed=sum(outcomes.get(week + timedelta(days=n)) is Outcome.MISSED for n in range(DAYS)),
        streak=streaks.current(scope).current,
        kept_21=kept,
        planned_21=planned,
        pledged=_pledged(scope, week, last),
        scores=_scores(scope, week, last),
        calls_due=due,
        calls_answered=answered,
        **_workouts(scope, week, last),
    )


def _workouts(scope: Scope, first: date, last: date) -> dict[str, int]:
    row = scope.execute(
        "SELECT coalesce(sum(planned AND state <> 'rest'), 0) AS planned,"
        " coalesce(sum(planned AND state = 'done'), 0) AS planned_done, coalesce(sum(state = 'done'), 0) AS done,"
        " coalesce(sum(state = 'partial'), 0) AS partial, coalesce(sum(state = 'skipped'), 0) AS skipped,"
        " coalesce(sum(CASE WHEN state IN ('done', 'partial') THEN minutes END), 0) AS minutes"
        f" FROM workouts WHERE {_IN_WEEK}",
        first=first.isoformat(),
        last=last.isoformat(),
    ).fetchone()
    return dict(row)


def _days(scope: Scope, first: date, last: date, outcomes: dict[date, Outcome]) -> tuple[str, ...]:
    """Return what became of each day: what was done in part shows as that, whatever it means for the streak."""
    rows = scope.execute(
        "SELECT day, max(state = 'done') AS done, max(state = 'partial') AS partial, max(state = 'planned') AS open"
        f" FROM workouts WHERE {_IN_WEEK} GROUP BY day",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    by_day = {row["day"]: row for row in rows}
    found: list[str] = []
    for day in (first + timedelta(days=n) for n in range(DAYS)):
        row, outcome = by_day.get(day.isoformat()), outcomes.get(day)
        if row is not None and row["partial"] and not row["done"]:
            found.append("partial")
        elif outcome is not None:
            found.append(outcome.value)
        else:
            found.append("planned" if row is not None and row["open"] else "")
    return tuple(found)


def _pledged(scope: Scope, first: date, last: date) -> tuple[Money, ...]:
    """Return what was pledged for the week's days and not taken back, by currency."""
    rows = scope.execute(
        f"SELECT currency, sum(amount_minor) AS amount FROM donations WHERE {_IN_WEEK}"
        " GROUP BY currency HAVING sum(amount_minor) <> 0 ORDER BY currency",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return tuple(Money(row["amount"], row["currency"]) for row in rows)


def _scores(scope: Scope, first: date, last: date) -> tuple[WeekScore, ...]:
    given = scores.between(scope, first - BEFORE, last)
    now = {each.measure: each.score for each in given if each.day >= first}
    before = {each.measure: each.score for each in given if each.day < first}
    return tuple(WeekScore(name, now[name], before.get(name)) for name in scores.MEASURES if name in now)


def _calls(scope: Scope, first: date, last: date) -> tuple[int, int]:
    """Return how many calls the person could have answered, and how many they did: all tries of one count once."""
    row = scope.execute(
        "SELECT count(*) AS due, coalesce(sum(answered), 0) AS answered FROM (SELECT max(outcome = 'completed') AS answered"
        f" FROM calls WHERE {_IN_WEEK} AND direction = 'out' AND kind NOT IN ('test', 'hello', 'notice')"
        " AND outcome IN ('completed', 'missed', 'declined', 'voicemail') GROUP BY coalesce(first_id, id))",
        first=first.isoformat(),
        last=last.isoformat(),
    ).fetchone()
    return row["due"], row["answered"]


def mean_to_have(scope: Scope, sessions: int) -> None:
    """Keep how many sessions a week the person means to have, 0 to 14."""
    scope.execute("UPDATE users SET sessions_per_week = :sessions WHERE id = :user", sessions=sessions)

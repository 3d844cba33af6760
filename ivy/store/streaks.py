"""The streak, kept as events: every word about a day, of which the last counts. May import: scope, preferences, the domain.

Nothing is ever changed or taken out; the streak itself is computed, so it can be recomputed at any time.
"""

from datetime import date, datetime

from ivy.clock import stamp
from ivy.domain.streaks import Outcome, Streak, replay, spared
from ivy.store import preferences
from ivy.store.scope import Scope

NO_WORD = "none"
"""What is kept when a day's word was taken back."""
APPEALS_A_MONTH = 2
"""How often in a calendar month "that's wrong" is believed as it is; after that it is kept for a human."""
_APPEAL = "appeal:"


def record(
    scope: Scope, day: date, outcome: Outcome | None, *, workout_id: str | None = None, source: str, now: datetime
) -> None:
    """Add a word about a local date; None takes back what was said of it. Hearing the same again adds nothing.

    A good word about an earlier day never ends what went on since: the days that it would end it on are excused with it.
    """
    if outcome is of_day(scope, day):
        return
    later = spared(events(scope), day, outcome) if outcome else ()
    _add(scope, day, outcome, workout_id=workout_id, source=source, now=now)
    for each in later:
        _add(scope, each, Outcome.EXCUSED, workout_id=None, source=f"a word about {day}", now=now)


def _add(
    scope: Scope, day: date, outcome: Outcome | None, *, workout_id: str | None, source: str, now: datetime
) -> None:
    scope.execute(
        "INSERT INTO streak_events (user_id, day, outcome, workout_id, source, at_ms)"
        " VALUES (:user, :day, :outcome, :workout, :source, :at)",
        day=day.isoformat(),
        outcome=outcome.value if outcome else NO_WORD,
        workout=workout_id,
        source=source,
        at=stamp(now),
    )


def of_day(scope: Scope, day: date) -> Outcome | None:
    """Return what counts for a local date so far."""
    row = scope.execute(
        "SELECT outcome FROM streak_events WHERE user_id = :user AND day = :day ORDER BY id DESC LIMIT 1",
        day=day.isoformat(),
    ).fetchone()
    return None if row is None or row["outcome"] == NO_WORD else Outcome(row["outcome"])


def events(scope: Scope) -> list[tuple[date, Outcome]]:
    """Return what counts for each local date that anything was said of, by date."""
    rows = scope.execute(
        "SELECT day, outcome FROM streak_events WHERE user_id = :user AND outcome <> :no_word"
        " AND id IN (SELECT max(id) FROM streak_events WHERE user_id = :user GROUP BY day) ORDER BY day",
        no_word=NO_WORD,
    )
    return [(date.fromisoformat(row["day"]), Outcome(row["outcome"])) for row in rows]


def current(scope: Scope) -> Streak:
    """Return the streak as all that was said makes it."""
    return replay(events(scope))


def reserve_left(scope: Scope, today: date, *, without_today: bool = False) -> int:
    """Return how many reserve days the person has on `today`; what is planned for later days changes nothing."""
    heard = [event for event in events(scope) if event[0] < today or (event[0] == today and not without_today)]
    return replay(heard).reserve_left(today)


# --- "that's wrong" ----------------------------------------------------------------------------------


def appeal(scope: Scope, day: date, *, today: date, source: str, now: datetime) -> bool:
    """Hear that a miss is wrong: the day costs nothing then. Return False where it is only noted, for a human.

    What was said is kept as a preference, `appeal:` and the day: "granted" or "noted", and when.
    """
    said = preferences.beginning(scope, _APPEAL)
    this_month = sum(verdict.startswith(f"granted {today:%Y-%m}") for verdict in said.values())
    before = said.get(f"{_APPEAL}{day}", "")
    granted = before.startswith("granted") or this_month < APPEALS_A_MONTH
    if granted and of_day(scope, day) is Outcome.MISSED:
        record(scope, day, Outcome.EXCUSED, source=f"appeal, {source}", now=now)
    if not before.startswith("granted"):
        verdict = "granted" if granted else "noted"
        preferences.remember(scope, f"{_APPEAL}{day}", f"{verdict} {today}", source=source, now=now)
    return granted

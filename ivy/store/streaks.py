"""The streak, kept as events: every word about a day, of which the last counts. May import: scope, preferences, the domain.

Nothing is ever changed or taken out; the streak itself is computed, so it can be recomputed at any time. A word that is taken
back is an event too: what counts then is what would count without that word.
"""

from collections.abc import Mapping
from datetime import date, datetime

from ivy.clock import stamp
from ivy.domain.streak_words import ENDS, GOOD, By, Said, holds, standing
from ivy.domain.streaks import Outcome, Streak, replay, spared
from ivy.store import preferences
from ivy.store.binding import Row
from ivy.store.scope import Scope

NO_WORD = "none"
"""What is kept when a day's word was taken back."""
APPEALS_A_MONTH = 2
"""How often in a calendar month "that's wrong" is believed as it is; after that it is kept for a human."""
_APPEAL = "appeal:"
_FOLLOWED, _APPEALED, _TAKEN_BACK, _UNSAID = "a word about ", "appeal, ", "taken back", "appeal taken back"
"""How the sources of events begin that are no plain words or verdicts."""
_ENDINGS = {_TAKEN_BACK: By.TAKEN_BACK, _UNSAID: By.UNSAID}


def record(
    scope: Scope, day: date, outcome: Outcome | None, *, workout_id: str | None = None, source: str, now: datetime
) -> None:
    """Add a word about a local date; None takes back what was said of it. Hearing the same again adds nothing.

    A good word about an earlier day never ends what went on since: the days that it would end it on are excused with it.
    """
    before = of_day(scope, day)
    if outcome is before:
        return
    later = spared(events(scope), day, outcome) if outcome else ()
    _add(scope, day, outcome, workout_id=workout_id, source=source, now=now)
    for each in later:
        _add(scope, each, Outcome.EXCUSED, workout_id=None, source=f"{_FOLLOWED}{day}", now=now)
    if before in GOOD and outcome not in GOOD:
        _let_follow(scope, day, standing(_said(scope)), now=now)


def take_back(scope: Scope, day: date, *, appeals: bool = False, now: datetime) -> None:
    """Let what was said of a local date, or appealed, never have been said: it counts what it counted before.

    The days that were excused with it come back too, but for those that another good word excuses.
    """
    by, source = (By.UNSAID, _UNSAID) if appeals else (By.TAKEN_BACK, _TAKEN_BACK)
    said = _said(scope)
    if not holds(said, day, ENDS[by]):
        return
    counts = standing([*said, Said(day, None, by)])
    _add(scope, day, counts.get(day), workout_id=None, source=source, now=now)
    _let_follow(scope, day, counts, now=now)


def _let_follow(scope: Scope, day: date, counts: Mapping[date, Outcome], *, now: datetime) -> None:
    """Bring the days that were excused with a word to what they count without it."""
    last = {row["day"]: row for row in _rows(scope)}
    for row in last.values():
        each, excused = date.fromisoformat(row["day"]), row["outcome"] == Outcome.EXCUSED.value
        goes = excused and _by(row) is By.FOLLOWED and counts.get(each) is not Outcome.EXCUSED
        comes = not excused and counts.get(each) is Outcome.EXCUSED
        if goes or comes:
            _add(scope, each, counts.get(each), workout_id=None, source=f"{_FOLLOWED}{day}", now=now)


def _said(scope: Scope) -> list[Said]:
    return [Said(date.fromisoformat(row["day"]), _outcome(row["outcome"]), _by(row)) for row in _rows(scope)]


def _rows(scope: Scope) -> list[Row]:
    return scope.execute(
        "SELECT day, outcome, workout_id, source FROM streak_events WHERE user_id = :user ORDER BY id"
    ).fetchall()


def _by(row: Row) -> By:
    source = row["source"]
    if source in _ENDINGS:
        return _ENDINGS[source]
    if source.startswith(_FOLLOWED):
        return By.FOLLOWED
    if row["workout_id"] is not None or row["outcome"] == Outcome.RESERVE.value:
        return By.WORD
    return By.APPEAL if source.startswith(_APPEALED) else By.VERDICT


def _outcome(kept: str) -> Outcome | None:
    return None if kept == NO_WORD else Outcome(kept)


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
    return None if row is None else _outcome(row["outcome"])


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
        record(scope, day, Outcome.EXCUSED, source=f"{_APPEALED}{source}", now=now)
    if not before.startswith("granted"):
        verdict = "granted" if granted else "noted"
        preferences.remember(scope, f"{_APPEAL}{day}", f"{verdict} {today}", source=source, now=now)
    return granted


def withdraw(scope: Scope, day: date, *, now: datetime) -> None:
    """Let an appeal of a local date never have been made: it is counted no more, and the day counts what it did before."""
    take_back(scope, day, appeals=True, now=now)
    preferences.forget(scope, f"{_APPEAL}{day}")

"""Workouts: planned, done, in part, skipped, rest; each word moves the streak and the gift in the same commit.

May import: scope, streaks, wallets, donations, experiments, workout_words, workout_rules, the domain.
"""

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from ivy.clock import stamp
from ivy.domain import giving
from ivy.domain.experiments import Setting
from ivy.domain.giving import Gift, PartialGives, Wallet
from ivy.domain.streaks import COMEBACK_SPAN, Outcome, comes_back_from, kept_of_last, milestone
from ivy.domain.workouts import WorkoutState, change, unheard
from ivy.store import donations, experiments, streaks, wallets, workout_rules
from ivy.store.binding import Row
from ivy.store.scope import Scope
from ivy.store.workout_words import Change, Rule, Word, Workout, day_outcome, rule_of


def plan(scope: Scope, workout: Workout, *, source: str, now: datetime) -> None:
    """Write down what is planned; the streak hears of it only when it is over."""
    _insert(scope, workout, source=source, now=now)


def retime(scope: Scope, workout: Workout, at_wall: str, *, now: datetime) -> Workout:
    """Plan a workout for another local time of its day."""
    scope.execute(
        "UPDATE workouts SET at_wall = :at, changed_at_ms = :now,"
        " rule_at_ms = CASE WHEN rule_at_ms = changed_at_ms THEN :now ELSE rule_at_ms END WHERE user_id = :user AND id = :id",
        at=at_wall,
        id=workout.id,
        now=stamp(now),
    )
    return replace(workout, at_wall=at_wall)


def _insert(scope: Scope, workout: Workout, *, source: str, now: datetime) -> None:
    scope.execute(
        "INSERT INTO workouts (id, user_id, day, kind, state, at_wall, planned, minutes, note, counts_from, part_gives, rule_at_ms,"
        " source, created_at_ms, changed_at_ms) VALUES (:id, :user, :day, :kind, :state, :at, :planned, :minutes, :note,"
        " :counts_from, :part_gives, :rule_at, :source, :now, :now)",
        id=workout.id,
        day=workout.day.isoformat(),
        kind=workout.kind,
        state=workout.state.value,
        at=workout.at_wall,
        planned=workout.planned,
        minutes=workout.minutes,
        note=workout.note,
        source=source,
        now=stamp(now),
        **_rule_values(workout, now),
    )


def finish(
    scope: Scope, workout: Workout, to: WorkoutState, word: Word, *, minutes: int | None = None, note: str = ""
) -> Change:
    """Say what became of a workout that is written down. Raises: IllegalChange. The same said twice changes nothing."""
    told = replace(
        workout,
        state=change(workout.state, to),
        minutes=workout.minutes if minutes is None else minutes,
        note=note or workout.note,
    )
    if told == workout:
        streak = streaks.current(scope)
        return Change(workout, streak, streak)
    before = load(scope, workout.id)
    told = word.judge(told)
    scope.execute(
        "UPDATE workouts SET state = :state, minutes = :minutes, note = :note, counts_from = :counts_from,"
        " part_gives = :part_gives, rule_at_ms = :rule_at, changed_at_ms = :now WHERE user_id = :user AND id = :id",
        id=workout.id,
        state=told.state.value,
        minutes=told.minutes,
        note=told.note,
        now=stamp(word.now),
        **_rule_values(told, word.now),
    )
    return _heard(scope, told, before, word)


def record(scope: Scope, workout: Workout, word: Word) -> Change:
    """Write down a workout that was not planned, with what became of it."""
    told = word.judge(replace(workout, planned=False))
    _insert(scope, told, source=word.source, now=word.now)
    return _heard(scope, told, None, word)


def undo(scope: Scope, workout: Workout, word: Word) -> Change:
    """Take back the last word about a workout: what was planned is planned again, what was only planned is gone.

    A day of which nothing else was said counts what it counted before: missed, if it was closed so.
    """
    before = load(scope, workout.id)
    if workout.planned and workout.state is not WorkoutState.PLANNED:
        scope.execute(
            "UPDATE workouts SET state = 'planned', minutes = NULL, note = '', counts_from = NULL, part_gives = NULL,"
            " rule_at_ms = NULL, changed_at_ms = :now WHERE user_id = :user AND id = :id",
            id=workout.id,
            now=stamp(word.now),
        )
        workout = replace(workout, state=WorkoutState.PLANNED, minutes=None, note="", rule=None)
    else:
        scope.execute("DELETE FROM workouts WHERE user_id = :user AND id = :id", id=workout.id)
    return _heard(scope, workout, before, word, undone=True)


def _rule_values(workout: Workout, now: datetime) -> dict[str, int | str | None]:
    if (rule := workout.rule) is None:
        return {"counts_from": None, "part_gives": None, "rule_at": None}
    return {"counts_from": rule.counts_from, "part_gives": rule.part_gives.value, "rule_at": stamp(now)}


def _heard(scope: Scope, workout: Workout, before: Workout | None, word: Word, *, undone: bool = False) -> Change:
    """Let the streak hear of the workout's day, as all workouts of that day make it, and give or take back for it."""
    streak = streaks.current(scope)
    others = of_day(scope, workout.day)
    outcome = day_outcome(others, word.rule.counts_from)
    if undone and all(each.state is WorkoutState.PLANNED for each in others):
        streaks.take_back(scope, workout.day, now=word.now)
    else:
        streaks.record(scope, workout.day, outcome, workout_id=workout.id, source=word.source, now=word.now)
    after = streaks.current(scope)
    gift = _settle(scope, workout.id, before, load(scope, workout.id), word)
    of_last = kept_of_last(streaks.events(scope), word.today)
    return Change(workout, streak, after, milestone(streak, after), gift, of_last)


# --- giving ----------------------------------------------------------------------------------------


def _settle(scope: Scope, workout_id: str, before: Workout | None, after: Workout | None, word: Word) -> Gift | None:
    """Bring what stands for a workout to what its state deserves, both as they are in the file."""
    standing = donations.standing(scope, workout_id)
    wallet = _wallet(scope, word)
    if wallet is None and not standing:
        return None
    moves = giving.gift_for(
        wallet,
        standing,
        before=_share(before, word),
        after=_share(after, word),
        comeback_minor=_comeback(scope, after, wallet, word) if after and wallet else 0,
        used=donations.used(scope, wallet.currency, word.today) if wallet else giving.Used(),
        today=word.today,
    )
    donations.add(scope, moves, workout_id=workout_id, day=word.today, new_id=word.new_id, now=word.now)
    return giving.in_all(moves, word.giving.charities)


def _wallet(scope: Scope, word: Word) -> Wallet | None:
    """Return the wallet, if its charity is still one of the operator's."""
    wallet = wallets.load(scope)
    return wallet if wallet is not None and wallet.charity in word.giving.charities else None


def _share(workout: Workout | None, word: Word) -> Fraction:
    if workout is None:
        return giving.NOTHING
    rule = workout.rule or word.rule
    return giving.share(workout.state, workout.minutes, minimum_minutes=rule.counts_from, partial=rule.part_gives)


def _comeback(scope: Scope, workout: Workout, wallet: Wallet, word: Word) -> int:
    """Return the bonus that a workout is due for being the first kept one after a miss, in minor units."""
    if day_outcome([workout], word.rule.counts_from) is not Outcome.KEPT:
        return 0
    miss = comes_back_from(streaks.events(scope), workout.day)
    if miss is None or donations.has_comeback(scope, miss, beside=workout.id):
        return 0
    # An arm says how much is wished for; the caps still say how much is given.
    share = experiments.value(scope, word.experiments, Setting.COMEBACK_SHARE, None, day=word.today, now=word.now)
    return giving.usual(word.giving, wallet.currency).comeback if share is None else giving.part_of(wallet, share)


# --- what nobody said anything about -------------------------------------------------------------------


def close(scope: Scope, day: date, word: Word, *, fault: bool, unsure: bool) -> Outcome | None:
    """Settle a local date whose time to be spoken of is over; return what it counts as now, None if it was settled.

    Whoever came back on one of the next days came back from a miss that nobody knew of: they get their bonus now.
    """
    states = [each.state for each in of_day(scope, day)]
    outcome = None if streaks.of_day(scope, day) is not None else unheard(states, fault=fault, unsure=unsure)
    if outcome is not None:
        streaks.record(scope, day, outcome, source=word.source, now=word.now)
    if outcome is Outcome.MISSED:
        for workout in between(scope, day, day + COMEBACK_SPAN):
            _reward(scope, workout, word)
    return outcome


def _reward(scope: Scope, workout: Workout, word: Word) -> None:
    """Add the bonus to a workout that was given for, if it turns out to be due and does not stand yet."""
    wallet, standing = _wallet(scope, word), donations.standing(scope, workout.id)
    if wallet is None or not standing or any(each.kind is giving.Kind.COMEBACK for each in standing):
        return
    used = donations.used(scope, wallet.currency, word.today)
    moves = giving.comeback(wallet, _comeback(scope, workout, wallet, word), used)
    donations.add(scope, moves, workout_id=workout.id, day=word.today, new_id=word.new_id, now=word.now)


def load(scope: Scope, workout_id: str) -> Workout | None:
    row = scope.execute("SELECT * FROM workouts WHERE user_id = :user AND id = :id", id=workout_id).fetchone()
    return row and _workout(scope, row)


def of_day(scope: Scope, day: date) -> list[Workout]:
    """Return the workouts of a local date, in the order of their time."""
    return between(scope, day, day)


def open_of(scope: Scope, day: date) -> list[Workout]:
    """Return the workouts of a local date of which nobody has said what became."""
    return [workout for workout in of_day(scope, day) if workout.state is WorkoutState.PLANNED]


def between(scope: Scope, first: date, last: date) -> list[Workout]:
    """Return the workouts of local dates, both included, in order."""
    rows = scope.execute(
        "SELECT * FROM workouts WHERE user_id = :user AND day BETWEEN :first AND :last"
        " ORDER BY day, at_wall = '', at_wall, created_at_ms, rowid",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return [_workout(scope, row) for row in rows.fetchall()]


def last_changed(scope: Scope, since: datetime) -> Workout | None:
    """Return the workout that was spoken of last, if that was since an instant."""
    row = scope.execute(
        "SELECT * FROM workouts WHERE user_id = :user AND changed_at_ms >= :since"
        " ORDER BY changed_at_ms DESC, rowid DESC LIMIT 1",
        since=stamp(since),
    ).fetchone()
    return row and _workout(scope, row)


def changed_since(scope: Scope, day: date, since: datetime) -> list[Workout]:
    """Return the workouts of a local date of which something was said since an instant."""
    rows = scope.execute(
        "SELECT * FROM workouts WHERE user_id = :user AND day = :day AND changed_at_ms >= :since ORDER BY rowid",
        day=day.isoformat(),
        since=stamp(since),
    )
    return [_workout(scope, row) for row in rows.fetchall()]


def count_open(scope: Scope, since: date) -> int:
    """Return how many workouts are planned from a local date on."""
    return scope.execute(
        "SELECT count(*) FROM workouts WHERE user_id = :user AND state = 'planned' AND day >= :since",
        since=since.isoformat(),
    ).fetchone()[0]


def _workout(scope: Scope, row: Row) -> Workout:
    state = WorkoutState(row["state"])
    return Workout(
        id=row["id"],
        day=date.fromisoformat(row["day"]),
        kind=row["kind"],
        state=state,
        at_wall=row["at_wall"],
        planned=bool(row["planned"]),
        minutes=row["minutes"],
        note=row["note"],
        rule=rule_of(state, _kept_rule(row), lambda: workout_rules.at(scope, row["changed_at_ms"])),
    )


def _kept_rule(row: Row) -> Rule | None:
    """Return the rule beside a row, if whoever spoke of it last kept one."""
    if row["counts_from"] is None or row["part_gives"] is None or row["rule_at_ms"] not in (None, row["changed_at_ms"]):
        return None
    return Rule(row["counts_from"], PartialGives(row["part_gives"]))

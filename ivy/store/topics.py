"""What each person is told by itself: by whose words, when, and how they took it. May import: scope, schedules, the domain.

A topic without a row was never spoken of. The weekly summary of workouts comes with being coached: who agreed to that in the
chat has a row with their words, who was let in before or by an operator has none, and gets it all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zlib import crc32

from ivy.clock import stamp, unstamp
from ivy.domain import topics
from ivy.domain.jobs import DIGEST, PREWRITE, WEEKLY_SUMMARY, Kind
from ivy.domain.topics import State, Told
from ivy.store import nudges, schedules
from ivy.store.binding import Row
from ivy.store.people import Person
from ivy.store.scope import Scope

LONGEST_WORDS = 300


@dataclass(frozen=True)
class Kept:
    """A person's topic. `unanswered` is up to the telling before the last, whose fate is not known until the next."""

    topic: str
    state: State
    words: str
    source: str
    cron: str = ""
    unanswered: int = 0
    floor: int = 0
    asked: bool = False
    last_at: datetime | None = None
    message_id: str | None = None


@dataclass(frozen=True)
class Wish:
    """What somebody says of a topic: their words, and whether they came by text, call or tap."""

    words: str
    source: str
    now: datetime


def ref_of(topic: str, user_id: str) -> str:
    """Return what a schedule of a topic refers to: schedules of a kind have each their own."""
    return f"{topic}:{user_id}"


def topic_of(ref: str) -> str:
    return ref.partition(":")[0]


def load(scope: Scope, topic: str) -> Kept | None:
    row = scope.execute("SELECT * FROM topics WHERE user_id = :user AND topic = :topic", topic=topic).fetchone()
    return row and _kept(row)


def is_on(scope: Scope, topic: str) -> bool:
    """Say whether the person is told a topic when its time comes."""
    kept = load(scope, topic)
    match topic:
        case topics.WEEKLY_WORKOUTS:
            is_off = kept is not None and kept.state is State.OFF
            return not is_off and schedules.of_thing(scope, WEEKLY_SUMMARY, scope.user_id) is not None
        case topics.NUDGES:
            return nudges.minutes(scope) > 0 or nudges.call_minutes(scope) > 0
        case _:
            return kept is not None and kept.state is State.ON


def is_off(scope: Scope, topic: str) -> bool:
    """Say whether the person called a topic off."""
    kept = load(scope, topic)
    return kept is not None and kept.state is State.OFF


def next_row(scope: Scope, topic: str) -> Row | None:
    """Return the schedule that a weekly topic comes by."""
    if topic == topics.WEEKLY_WORKOUTS:
        return schedules.of_thing(scope, WEEKLY_SUMMARY, scope.user_id)
    return schedules.of_thing(scope, DIGEST, ref_of(topic, scope.user_id))


# --- wishes ----------------------------------------------------------------------------------------


def offer(scope: Scope, topic: str, *, now: datetime) -> bool:
    """Note that a topic is offered; return False if it was ever spoken of."""
    return bool(
        scope.execute(
            "INSERT INTO topics (user_id, topic, state, words, source, state_at_ms) VALUES (:user, :topic, 'asked', '',"
            " 'offer', :now) ON CONFLICT DO NOTHING",
            topic=topic,
            now=stamp(now),
        ).rowcount
    )


def agree(scope: Scope, topic: str, cron: str, wish: Wish) -> None:
    """Keep by which words a topic comes that was named when they signed up; what they said of it before stands."""
    scope.execute(
        "INSERT INTO topics (user_id, topic, state, words, source, state_at_ms, cron) VALUES (:user, :topic, 'on', :words,"
        " :source, :now, :cron) ON CONFLICT DO NOTHING",
        topic=topic,
        words=wish.words[:LONGEST_WORDS],
        source=wish.source,
        now=stamp(wish.now),
        cron=cron,
    )


def start(scope: Scope, person: Person, topic: str, cron: str, wish: Wish, new_id: Callable[[], str]) -> None:
    """Let the person be told a weekly topic at these local times. Saying it again moves it, and forgets every silence."""
    before = load(scope, topic)
    _save(
        scope,
        Kept(
            topic,
            State.ON,
            wish.words,
            wish.source,
            cron,
            last_at=before.last_at if before else None,
            message_id=before.message_id if before else None,
        ),
        wish.now,
    )
    kind, ref = _by(topic, scope.user_id)
    _plan(scope, kind, ref, cron, person.zone, new_id, wish.now)
    prewrite(scope, person, topic, cron, new_id, wish.now)


def stop(scope: Scope, topic: str, wish: Wish) -> bool:
    """Tell them a topic no more: from the very next one on, what waits to be sent included. Return False if none came."""
    was_on, before = is_on(scope, topic), load(scope, topic)
    _save(
        scope,
        replace(before or Kept(topic, State.OFF, "", ""), state=State.OFF, words=wish.words, source=wish.source),
        wish.now,
    )
    for kind, ref in (_by(topic, scope.user_id), (PREWRITE, ref_of(topic, scope.user_id))):
        schedules.remove(scope, kind, ref)
    if before is not None and before.message_id is not None:
        _withdraw(scope, before.message_id, wish.now)
    return was_on


def _by(topic: str, user_id: str) -> tuple[Kind, str]:
    return (WEEKLY_SUMMARY, user_id) if topic == topics.WEEKLY_WORKOUTS else (DIGEST, ref_of(topic, user_id))


def prewrite(scope: Scope, person: Person, topic: str, cron: str, new_id: Callable[[], str], now: datetime) -> None:
    """Let the sentences of a weekly topic be made in the night before; each person has a minute of the hour."""
    night = topics.in_the_night(cron, minute=crc32(scope.user_id.encode()) % 60)
    ref = ref_of(topic, scope.user_id)
    if night:
        _plan(scope, PREWRITE, ref, night, person.zone, new_id, now)
    else:
        schedules.remove(scope, PREWRITE, ref)


def _plan(scope: Scope, kind: Kind, ref: str, cron: str, zone: str, new_id: Callable[[], str], now: datetime) -> None:
    there = schedules.of_thing(scope, kind, ref)
    if there is not None and (there["cron"], there["zone"]) == (cron, zone):
        return
    schedules.remove(scope, kind, ref)
    schedules.add(
        scope.connection,
        schedule_id=new_id(),
        kind=kind,
        user_id=scope.user_id,
        zone=zone,
        cron=cron,
        ref_id=ref,
        now=now,
    )


def _withdraw(scope: Scope, message_id: str, now: datetime) -> None:
    scope.execute(
        "UPDATE messages_v2 SET state = 'cancelled', state_at_ms = :now, reason = 'they called it off'"
        " WHERE user_id = :user AND (id = :id OR instead_of = :id) AND state IN ('queued', 'held')",
        id=message_id,
        now=stamp(now),
    )


# --- how they take it --------------------------------------------------------------------------------


def told(scope: Scope, topic: str) -> Told:
    """Return how the person took a topic, with what became of the last telling: one that never left counts as none."""
    kept = load(scope, topic)
    return Told() if kept is None else _told(kept, _reacted(scope, kept))


def _told(kept: Kept, reacted: bool | None) -> Told:
    if reacted is None:
        return Told(kept.unanswered, kept.last_at, kept.asked)
    if reacted:
        return Told(kept.floor, kept.last_at, asked=False)
    return Told(kept.unanswered + 1, kept.last_at, kept.asked)


def note_told(scope: Scope, topic: str, message_id: str, *, asked: bool, now: datetime) -> None:
    """Keep that a topic was told, or asked about instead."""
    kept = load(scope, topic)
    if kept is None:
        return
    so_far = told(scope, topic)
    was_told = replace(
        kept, unanswered=so_far.unanswered, asked=asked or so_far.asked, last_at=now, message_id=message_id
    )
    _save(scope, was_told, now, new_word=False)


def settle(scope: Scope, topic: str, *, floor: int, now: datetime) -> None:
    """Keep how often they want it: `floor` is the number of silences it is never fewer than."""
    kept = load(scope, topic)
    if kept is not None:
        _save(scope, replace(kept, unanswered=floor, floor=floor, asked=False, message_id=None), now, new_word=False)


def _reacted(scope: Scope, kept: Kept) -> bool | None:
    """Say whether they wrote soon after the last telling; None if it never left, or there was none."""
    if kept.message_id is None:
        return None
    sent_at = scope.execute(
        "SELECT max(sent_at_ms) FROM messages_v2 WHERE user_id = :user AND (id = :id OR instead_of = :id)"
        " AND state NOT IN ('failed', 'cancelled', 'lapsed')",
        id=kept.message_id,
    ).fetchone()[0]
    if sent_at is None:
        return None
    until = stamp(unstamp(sent_at) + topics.REACTS_WITHIN)
    row = scope.execute(
        "SELECT 1 FROM messages_v2 WHERE user_id = :user AND direction = 'in' AND state_at_ms >= :since"
        " AND state_at_ms <= :until LIMIT 1",
        since=sent_at,
        until=until,
    ).fetchone()
    return row is not None


def _save(scope: Scope, kept: Kept, now: datetime, *, new_word: bool = True) -> None:
    scope.execute(
        "INSERT INTO topics (user_id, topic, state, words, source, state_at_ms, cron, unanswered, floor, asked_at_ms, last_at_ms,"
        " message_id) VALUES (:user, :topic, :state, :words, :source, :now, :cron, :unanswered, :floor, :asked, :last, :message)"
        " ON CONFLICT (user_id, topic) DO UPDATE SET state = excluded.state, words = excluded.words, source = excluded.source,"
        " state_at_ms = CASE WHEN :new_word THEN excluded.state_at_ms ELSE state_at_ms END, cron = excluded.cron,"
        " unanswered = excluded.unanswered, floor = excluded.floor, asked_at_ms = CASE WHEN excluded.asked_at_ms IS NULL THEN NULL"
        " ELSE coalesce(asked_at_ms, excluded.asked_at_ms) END, last_at_ms = excluded.last_at_ms, message_id = excluded.message_id",
        topic=kept.topic,
        state=kept.state.value,
        words=kept.words[:LONGEST_WORDS],
        source=kept.source,
        now=stamp(now),
        cron=kept.cron,
        unanswered=kept.unanswered,
        floor=kept.floor,
        asked=stamp(now) if kept.asked else None,
        last=None if kept.last_at is None else stamp(kept.last_at),
        message=kept.message_id,
        new_word=int(new_word),
    )


def _kept(row: Row) -> Kept:
    return Kept(
        row["topic"],
        State(row["state"]),
        row["words"],
        row["source"],
        row["cron"],
        row["unanswered"],
        row["floor"],
        row["asked_at_ms"] is not None,
        None if row["last_at_ms"] is None else unstamp(row["last_at_ms"]),
        row["message_id"],
    )

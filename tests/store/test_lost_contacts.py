"""Whether somebody was asked at all about a day: what did not reach them is not theirs to answer."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivy.clock import stamp
from ivy.domain.calls import CallKind
from ivy.domain.contents import Words
from ivy.domain.inbound import Sender, Text
from ivy.domain.routing import For
from ivy.ports import Address
from ivy.store import calls, lost_contacts, messages, outbox, pending_actions, preferences
from ivy.store.calls import Call
from ivy.store.database import Store
from ivy.store.outbox import NewMessage
from ivy.store.scope import PersonStore, Scope

DAY = date(2026, 11, 23)
ARRIVED = ("delivered", "read")
LEFT = ("accepted", "sent")
NOT_ARRIVED = ("queued", "held", "sending", "unknown", "failed", "cancelled", "lapsed")


def at(hour: int) -> datetime:
    return datetime.combine(DAY, time(hour), UTC)


@dataclass
class Checkin:
    """A check-in of the Monday: its kind, its hour, and the states of the messages that carry it."""

    kind: str
    hour: int
    states: tuple[str, ...]
    day: date = DAY
    channel: str = "whatsapp"

    def write(self, scope: Scope) -> None:
        question = f"{self.kind}-{self.day}"
        payload = {"checkin": f"{self.kind}:{self.day}"}
        until = at(self.hour) + timedelta(hours=12)
        pending_actions.ask(scope, question, "checkin_plan", payload, until=until, now=at(self.hour))
        for number, state in enumerate(self.states):
            name = f"{question}-{number}"
            more: dict[str, Any] = {"purpose": For.CHECKIN, "action_id": question}
            message = NewMessage(name, name, scope.user_id, self.channel, Words("Hi"), Address(), "t", **more)
            outbox.queue(scope.connection, message, now=at(self.hour))
            scope.execute(
                "UPDATE messages_v2 SET state = :state, sent_at_ms = :left WHERE user_id = :user AND id = :id",
                state=state,
                left=stamp(at(self.hour) + timedelta(minutes=number)) if state not in ("queued", "held") else None,
                id=name,
            )


def completed(scope: Scope, kind: CallKind, hour: int) -> None:
    calls.ask(scope, Call(kind.value, scope.user_id, kind, DAY, at(hour)), now=at(hour))
    scope.execute(
        "UPDATE calls SET state = 'ended', outcome = 'completed' WHERE user_id = :user AND id = :id", id=kind.value
    )


async def was_lost(person: PersonStore, *checkins: Checkin, **more: int) -> bool:
    def write(scope: Scope) -> bool:
        for each in checkins:
            each.write(scope)
        for kind, hour in more.items():
            completed(scope, CallKind(kind), hour)
        return lost_contacts.was_lost(scope, DAY)

    return await person.write(write)


@pytest.mark.parametrize("state", [*ARRIVED, *LEFT, *NOT_ARRIVED])
@pytest.mark.parametrize("channel", ["whatsapp", "solo", "sms", "mail"])
async def test_only_what_arrived_asked_them(ana: PersonStore, state: str, channel: str) -> None:
    """A channel that tells deliveries did not deliver what it only took; of the others no more is heard."""
    lost = state in (NOT_ARRIVED if channel in ("sms", "mail") else (*NOT_ARRIVED, *LEFT))
    assert await was_lost(ana, Checkin("evening", 20, (state,), channel=channel)) is lost


@pytest.mark.parametrize(
    ("wrote", "lost"),
    [
        ((), True),
        (("2026-11-23T20:15",), False),
        (("2026-11-23T08:00",), True),
        (("2026-11-23T08:00", "2026-11-23T23:59"), False),
        (("2026-11-24T00:01",), True),
    ],
)
async def test_who_wrote_later_that_day_had_it(ana: PersonStore, wrote: tuple[str, ...], lost: bool) -> None:
    """Their own day, wherever they live; at eight in the evening something left that nobody ever said to be there."""
    zone = ZoneInfo("America/Bogota")
    for number, words in enumerate(wrote):
        await ana.write(write_in, f"in-{number}", datetime.fromisoformat(words).replace(tzinfo=zone))
    left = datetime(2026, 11, 23, 20, tzinfo=zone).astimezone(UTC)
    await ana.write(Checkin("evening", 20, ("sent",)).write)
    await ana.write(
        lambda scope: scope.execute(
            "UPDATE messages_v2 SET sent_at_ms = :at WHERE user_id = :user AND direction = 'out'", at=stamp(left)
        )
    )
    assert await ana.read(lost_contacts.was_lost, DAY) is lost


async def test_what_they_wrote_makes_up_for_nothing_that_never_left(ana: PersonStore) -> None:
    await ana.write(write_in, "in", at(22))
    assert await was_lost(ana, Checkin("evening", 20, ("failed",)))


def write_in(scope: Scope, name: str, when: datetime) -> None:
    event = Text(Sender("whatsapp", "US.1"), f"wamid.{name}", when, "hola")
    messages.receive(scope.connection, name, scope.user_id, event, "hola", needs_answer=False, trace_id="t", now=when)


async def test_a_day_without_any_check_in_lost_none(ana: PersonStore, ben: PersonStore) -> None:
    await was_lost(ben, Checkin("evening", 20, ("failed",)))
    assert await was_lost(ana, Checkin("evening", 20, ("failed",), DAY - timedelta(days=1))) is False


async def test_another_channel_may_have_carried_it(ana: PersonStore) -> None:
    assert await was_lost(ana, Checkin("evening", 20, ("cancelled", "delivered"))) is False


@pytest.mark.parametrize(
    ("morning", "evening", "lost"),
    [("failed", "read", False), ("read", "failed", True), ("failed", "failed", True), ("read", "read", False)],
)
async def test_what_came_later_makes_up_for_what_did_not_come(
    ana: PersonStore, morning: str, evening: str, lost: bool
) -> None:
    assert await was_lost(ana, Checkin("morning", 7, (morning,)), Checkin("evening", 20, (evening,))) is lost


async def test_a_call_makes_up_for_a_text_before_it_and_a_read_out_notice_for_none(ana: PersonStore) -> None:
    lost = Checkin("morning", 7, ("failed",))
    assert await was_lost(ana, lost, notice=21) is True
    assert await was_lost(ana, evening=20) is False


@pytest.mark.parametrize(("evening", "lost"), [("read", False), ("failed", True)])
async def test_a_slot_that_came_too_late_is_made_up_for_in_the_same_way(
    ana: PersonStore, evening: str, lost: bool
) -> None:
    await ana.write(lost_contacts.note, DAY, CallKind.MORNING, at(7), reason="too late", now=at(9))
    assert await ana.read(lost_contacts.was_lost, DAY)
    assert not await ana.read(lost_contacts.was_lost, DAY + timedelta(days=1))
    assert await was_lost(ana, Checkin("evening", 20, (evening,))) is lost


async def test_what_is_noted_is_forgotten_when_no_close_can_ask_for_it(diary_store: Store, ana: PersonStore) -> None:
    for number in range(40):
        day = DAY + timedelta(days=number)
        await ana.write(lost_contacts.note, day, CallKind.EVENING, at(20), reason="too late", now=at(21))
    assert len(await ana.read(preferences.beginning, "slot_lost:")) == lost_contacts.KEPT_FOR.days + 1

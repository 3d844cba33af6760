"""Messages of ours in the file: what each asks, what left and when, and words that come late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ivy.clock import stamp
from ivy.domain.contents import AnyContent, Buttons, Emoji, Option, Template, Words
from ivy.domain.inbound import Media, Sender, Text
from ivy.domain.routing import For
from ivy.ports import Address
from ivy.store import messages, outbox, unasked
from ivy.store.binding import IntegrityError
from ivy.store.database import Store
from ivy.store.outbox import NewMessage, Outgoing, OwnTemplate
from ivy.store.scope import PersonStore, Scope

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TO = Address(phone="+573001112233")
MINUTE = timedelta(minutes=1)


def queue(scope: Scope, name: str, content: AnyContent | None = None, *, now: datetime = NOW, **more: Any) -> None:
    known: dict[str, Any] = {"channel": "whatsapp", "recipient": Address(), "trace_id": "t"}
    message = NewMessage(name, f"job-{name}", scope.user_id, content=content or Words(name), **(known | more))
    outbox.queue(scope.connection, message, now=now)


def leave(scope: Scope, name: str, *, now: datetime = NOW, **more: Any) -> bool:
    """Let the request for a message leave."""
    known: dict[str, Any] = {"kind": "text", "resend": False}
    return outbox.begin_sending(scope.connection, name, TO, now=now, **(known | more))


def accept(scope: Scope, name: str, external_id: str, *, now: datetime = NOW) -> None:
    leave(scope, name, now=now)
    outbox.accepted(scope.connection, name, external_id, now=now)


def hear(
    scope: Scope, name: str, body: str, *, now: datetime = NOW, needs_answer: bool = True, channel: str = "whatsapp"
) -> None:
    event = Text(
        external_id=f"wamid.{name}", sender=Sender(channel=channel, phone="573001112233"), sent_at=now, body=body
    )
    messages.receive(
        scope.connection, name, scope.user_id, event, body, needs_answer=needs_answer, trace_id="t", now=now
    )


async def found(store: Store, name: str) -> Outgoing:
    return await store.read(outbox.outgoing, name)


async def test_a_message_comes_back_whole(diary_store: Store, ana: PersonStore) -> None:
    content = Buttons("Which?", (Option("a:1", "Run"), Option("a:2", "Yoga")))
    own = OwnTemplate("reminder_due", {"time": "9:00", "task": "run"}, ("a:1", "a:2"))
    await ana.write(
        queue, "m1", content, purpose=For.REMINDER, action_id="q1", template=own, asked_for=False, instead_of="m0"
    )
    kept = await found(diary_store, "m1")
    assert (kept.content, kept.purpose, kept.template) == (content, For.REMINDER, own)
    assert (kept.action_id, kept.asked_for, kept.instead_of, kept.state) == ("q1", False, "m0", "queued")
    assert kept.body == "Which?\n1. Run\n2. Yoga"
    assert kept.sent_at is None


async def test_a_message_of_an_unknown_purpose_cannot_be_kept(ana: PersonStore) -> None:
    def advertise(scope: Scope) -> None:
        scope.execute("UPDATE messages_v2 SET purpose = 'marketing' WHERE user_id = :user")

    await ana.write(queue, "m1")
    with pytest.raises(IntegrityError):
        await ana.write(advertise)


# --- what leaves ---------------------------------------------------------------------------------------


async def test_the_request_leaves_once_and_says_what_it_was_and_whether_the_window_was_open(
    diary_store: Store, ana: PersonStore
) -> None:
    await ana.write(queue, "m1")
    assert await ana.write(leave, "m1", kind="template", window_open=False)
    assert not await ana.write(leave, "m1")
    kept = await found(diary_store, "m1")
    assert (kept.state, kept.sent_at, kept.recipient) == ("sending", NOW, TO)
    assert await ana.read(_column, "kind") == "template"
    assert await ana.read(_column, "window_open") == 0


def _column(scope: Scope, name: str) -> Any:
    return scope.execute(f"SELECT {name} FROM messages_v2 WHERE user_id = :user").fetchone()[0]


@pytest.mark.parametrize(
    ("state", "resend", "leaves"),
    [
        ("queued", False, True),
        ("held", False, True),
        ("failed", False, True),
        ("sending", False, False),
        ("sending", True, True),
        ("unknown", False, False),
        ("unknown", True, True),
        ("accepted", True, False),
        ("delivered", True, False),
        ("cancelled", True, False),
        ("lapsed", True, False),
    ],
)
async def test_only_what_waits_leaves_and_only_a_repetition_follows_on_silence(
    diary_store: Store, ana: PersonStore, state: str, resend: bool, leaves: bool
) -> None:
    await ana.write(queue, "m1")
    await diary_store.write(outbox.set_state, "m1", state, now=NOW)
    assert await ana.write(leave, "m1", resend=resend) == leaves
    kept = await found(diary_store, "m1")
    assert kept.resends == int(leaves and resend)


async def test_a_withdrawal_cancels_what_waits_and_never_repeats_what_is_on_its_way(
    diary_store: Store, ana: PersonStore, ben: PersonStore
) -> None:
    for name in ("waits", "leaves", "unheard", "done"):
        await ana.write(queue, name)
    await ben.write(queue, "bens")
    await ana.write(leave, "leaves")
    await ana.write(leave, "unheard")
    await diary_store.write(outbox.mark_unknown, "unheard", now=NOW)
    await ana.write(accept, "done", "wamid.done")
    assert await ana.write(outbox.withdraw, now=NOW, reason="stop") == 2
    states = {name: (await found(diary_store, name)).state for name in ("waits", "leaves", "unheard", "done", "bens")}
    assert states == {
        "waits": "cancelled",
        "leaves": "sending",
        "unheard": "cancelled",
        "done": "accepted",
        "bens": "queued",
    }
    assert not (await found(diary_store, "leaves")).asked_for  # should it come back, nothing sends it again unasked


# --- what the rules ask --------------------------------------------------------------------------------


async def test_what_surely_was_not_heard_counts_for_nothing(diary_store: Store, ana: PersonStore) -> None:
    await ana.write(queue, "m1", asked_for=False)
    await ana.write(leave, "m1")
    await diary_store.write(outbox.unsend, "m1", now=NOW, reason="503")
    assert await ana.read(unasked.since, NOW) == 0
    assert await ana.read(outbox.sent_lately, "whatsapp", now=NOW) == []
    assert (await found(diary_store, "m1")).state == "queued"


async def test_pacing_hears_of_an_hour_on_one_channel_to_one_person(ana: PersonStore, ben: PersonStore) -> None:
    for name, ago in (("old", 61), ("first", 60), ("last", 0)):
        await ana.write(queue, name)
        await ana.write(leave, name, now=NOW - ago * MINUTE)
    await ana.write(queue, "text", channel="sms")
    await ana.write(leave, "text")
    await ben.write(queue, "bens")
    await ben.write(leave, "bens")
    assert sorted(await ana.read(outbox.sent_lately, "whatsapp", now=NOW)) == [NOW - 60 * MINUTE, NOW]


# --- questions and reactions ---------------------------------------------------------------------------


async def test_a_reaction_finds_the_question_it_stands_on(ana: PersonStore, ben: PersonStore) -> None:
    await ana.write(queue, "asks", action_id="q1")
    await ana.write(queue, "says")
    await ana.write(accept, "asks", "wamid.asks")
    await ana.write(accept, "says", "wamid.says")
    assert await ana.read(outbox.question_of, "whatsapp", "wamid.asks") == "q1"
    assert await ana.read(outbox.question_of, "whatsapp", "wamid.says") == ""
    assert await ana.read(outbox.question_of, "whatsapp", "wamid.other") == ""
    assert await ana.read(outbox.question_of, "sms", "wamid.asks") == ""
    assert await ben.read(outbox.question_of, "whatsapp", "wamid.asks") == ""


async def test_a_message_of_theirs_has_at_most_one_reaction_even_before_it_leaves(
    ana: PersonStore, ben: PersonStore
) -> None:
    assert not await ana.read(outbox.has_reacted, "whatsapp", "wamid.theirs")
    await ana.write(queue, "quotes", quoted_id="wamid.theirs")
    assert not await ana.read(outbox.has_reacted, "whatsapp", "wamid.theirs")
    await ana.write(queue, "reacts", Emoji("wamid.theirs", "✅"), quoted_id="wamid.theirs")
    assert await ana.read(outbox.has_reacted, "whatsapp", "wamid.theirs")
    assert not await ana.read(outbox.has_reacted, "whatsapp", "wamid.another")
    assert not await ben.read(outbox.has_reacted, "whatsapp", "wamid.theirs")


async def test_the_last_question_is_what_the_last_message_that_reached_them_asks(
    diary_store: Store, ana: PersonStore, ben: PersonStore
) -> None:
    assert await ana.read(messages.last_asked) == ""
    await ana.write(queue, "asks", action_id="q1")
    await ana.write(hear, "theirs", "hm")
    assert await ana.read(messages.last_asked) == "q1"
    await ana.write(queue, "reacts", Emoji("wamid.theirs", "✅"))
    assert await ana.read(messages.last_asked) == "q1"  # a reaction says nothing in between
    await ana.write(queue, "asks-too", action_id="q2")
    assert await ana.read(messages.last_asked) == "q2"
    for state in ("failed", "cancelled", "lapsed"):
        await diary_store.write(outbox.set_state, "asks-too", state, now=NOW)
        assert await ana.read(messages.last_asked) == "q1"
    await ana.write(queue, "says")
    assert await ana.read(messages.last_asked) == ""
    assert await ben.read(messages.last_asked) == ""


# --- words that come late ------------------------------------------------------------------------------


async def test_a_voice_note_learns_its_words_once_they_are_heard(ana: PersonStore) -> None:
    event = Media(
        external_id="wamid.note",
        sender=Sender(channel="whatsapp", phone="573001112233"),
        sent_at=NOW,
        type="audio",
        media_id="1",
        mime="audio/ogg",
    )

    def note(scope: Scope) -> None:
        messages.receive(scope.connection, "note", scope.user_id, event, "", needs_answer=False, trace_id="t", now=NOW)

    await ana.write(note)
    assert await ana.read(messages.unanswered) == []
    assert await ana.write(messages.learn_words, "note", "book the dentist", needs_answer=True)
    (row,) = await ana.read(messages.unanswered)
    assert (row["id"], row["body"]) == ("note", "book the dentist")
    assert await ana.read(messages.words_of, "note") == "book the dentist"


async def test_words_do_not_change_once_a_turn_has_read_them(ana: PersonStore, ben: PersonStore) -> None:
    await ana.write(hear, "theirs", "first")
    assert not await ben.write(messages.learn_words, "theirs", "mine", needs_answer=True)
    await ana.write(messages.read_by, ["theirs"], "turn-1")
    assert not await ana.write(messages.learn_words, "theirs", "second", needs_answer=True)
    assert await ana.read(messages.words_of, "theirs") == "first"
    await ana.write(queue, "ours")
    assert not await ana.write(messages.learn_words, "ours", "changed", needs_answer=False)
    assert await ana.read(messages.words_of, "ours") == "ours"


async def test_a_template_is_kept_with_what_the_person_reads(diary_store: Store, ana: PersonStore) -> None:
    content = Template("answer_ready", "es", {"sent": "lunes"}, "La respuesta está lista", ("a:open",))
    await ana.write(queue, "knock", content, purpose=For.NOTICE, asked_for=False)
    assert (await found(diary_store, "knock")).content == content
    assert await ana.read(messages.words_of, "knock") == "La respuesta está lista"


async def test_what_was_unknown_is_waited_for_anew_after_a_restart(diary_store: Store, ana: PersonStore) -> None:
    await ana.write(queue, "m1")
    await ana.write(leave, "m1")
    await diary_store.write(outbox.mark_unknown, "m1", now=NOW)
    later = NOW + timedelta(hours=5)
    await diary_store.write(outbox.wait_anew, now=later)
    assert stamp((await found(diary_store, "m1")).state_at) == stamp(later)

"""Webhooks that waited together are taken in together: in order, each once, and a bad one alone."""

import pytest
from trio.testing import MockClock

from ivy.agent import reception
from ivy.agent.desk import Desk
from ivy.daemon.handlers.inbound import MOST_BEHIND
from ivy.domain.inbound import PersonMessage, Text
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators import whatsapp_payloads as payloads
from ivy.store import inbox
from ivy.store.binding import Connection
from ivy.store.inbox import Arrival
from tests.journeys.play import ANA, BEN, Lives, Play


def webhook(play: Play, text: str, who: str = ANA) -> bytes:
    whatsapp = play.world.vendors.whatsapp
    person = whatsapp.person(who)
    person.wrote_at, wamid = play.now, whatsapp.wamid("In")
    whatsapp.heard[wamid] = person
    message = payloads.message(person, wamid, play.now, payloads.text(text))
    return payloads.as_bytes(whatsapp.account.messages(person, messages=[message]))


async def arrive(play: Play, *bodies: bytes) -> None:
    """Let webhooks be kept before any of them is read, as when the daemon was busy."""
    context = play.world.daemon.context

    def keep(connection: Connection) -> None:
        for body in bodies:
            new = context.new_id()
            sealed = context.sealer.seal(body, inbox.place(new))
            inbox.keep(connection, Arrival(new, context.new_id(), "whatsapp", inbox.digest(body), sealed, play.now))

    await context.store.write(keep)


async def ends(play: Play, count: int) -> list[tuple[str, bool]]:
    """Return, of the first `count` webhooks, how the job of each ended, and whether it was ever begun by itself."""
    rows = await play.rows("SELECT state, claim_no FROM jobs WHERE kind = 'inbound' ORDER BY rowid LIMIT ?", count)
    return [(row["state"], row["claim_no"] > 0) for row in rows]


async def words_in(play: Play) -> list[str]:
    rows = await play.rows("SELECT body FROM messages_v2 WHERE direction = 'in' ORDER BY rowid")
    return [row["body"] for row in rows]


async def test_all_that_waits_is_taken_in_in_order_and_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        said = [f"hello {number}" for number in range(2 * MOST_BEHIND + 5)]
        await arrive(play, *(webhook(play, text, (ANA, BEN)[number % 2]) for number, text in enumerate(said)))
        await play.quiet()
        assert await words_in(play) == said
        ended = await ends(play, len(said))
        assert {state for state, _begun in ended} == {"done"}
        assert sum(begun for _state, begun in ended) == 3


async def test_a_stop_in_the_middle_counts_for_what_came_before_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await arrive(play, *(webhook(play, text) for text in ("I spent $5 on tea", "STOP", "I spent $7 on coffee")))
        await play.quiet(600)
        assert play.heard()[0] == ENGLISH[Say.STOPPED]
        assert len(play.heard()) == 2
        assert [row["amount_minor"] for row in await play.rows("SELECT amount_minor FROM expenses")] == [700]


async def test_one_that_nobody_can_read_is_a_dead_letter_and_no_other(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await arrive(play, webhook(play, "one"), b"[[[", webhook(play, "two"), b"nothing", webhook(play, "three"))
        await play.quiet()
        assert await words_in(play) == ["one", "two", "three"]
        assert [state for state, _begun in await ends(play, 5)] == ["done", "dead", "done", "dead", "done"]


async def test_a_bug_met_by_one_costs_that_one_alone(
    lives: Lives, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = reception.receive

    def fragile(connection: Connection, event: PersonMessage, desk: Desk) -> None:
        sound(connection, event, desk)
        if isinstance(event, Text) and event.body == "two":
            raise ZeroDivisionError

    monkeypatch.setattr(reception, "receive", fragile)
    async with lives() as play:
        await play.knows()
        await arrive(play, *(webhook(play, text) for text in ("one", "two", "three")))
        await play.quiet()
        assert await words_in(play) == ["one", "three"]
        assert [state for state, _begun in await ends(play, 3)] == ["done", "dead", "done"]


async def test_a_daemon_cut_off_meanwhile_takes_each_in_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(abrupt=True) as play:
        await play.knows()
        await arrive(play, *(webhook(play, text) for text in ("I spent $5 on tea", "I spent $7 on coffee")))
    async with lives() as play:
        await play.quiet()
        assert await words_in(play) == ["I spent $5 on tea", "I spent $7 on coffee"]
        assert await play.one("SELECT count(*) FROM expenses") == 2

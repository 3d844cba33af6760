"""The poller: what it keeps, what it tells the operator, and what a crash between two commits costs."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from ivy.clock import stamp
from ivy.config import Config, SoloSection, WhatsAppSection
from ivy.emulators.faults import Answer, Refuse
from ivy.emulators.whatsapp_solo import SoloEmulator
from ivy.errors import StoreBusy
from ivy.store import polling as kept
from ivy.store.binding import Connection, OperationalError
from tests.journeys.play import ANA, MONDAY, Lives, Play

SOLO = Config(whatsapp=WhatsAppSection(enabled=False), solo=SoloSection(enabled=True))
UPDATES = "/updates"


async def alerts(play: Play) -> list[tuple[str, bool]]:
    rows = await play.rows(
        "SELECT key, resolved_at_ms IS NULL AS stands FROM alerts WHERE key LIKE 'poll:%' ORDER BY id"
    )
    return [(row["key"], bool(row["stands"])) for row in rows]


async def arrivals(play: Play) -> int:
    return await play.one("SELECT count(*) FROM webhook_inbox WHERE source = 'solo'")


async def test_what_a_poll_brought_is_kept_with_where_the_next_begins(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        solo = play.world.vendors.solo
        await solo.person_says("hola")
        await play.quiet()
        assert await arrivals(play) >= 1
        assert await play.one("SELECT next_offset FROM poll_cursors") > 9_007_199_254_740_992
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 1
        calm = solo.polls
        await play.quiet(600)
        assert solo.polls - calm <= 30  # 25 seconds each, while nobody writes


async def test_an_arrival_and_its_offset_are_one_commit(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        context = play.world.daemon.context

        def half(connection: Connection) -> None:
            kept.begin(connection, "half", "k", now=play.now)
            kept.keep(connection, context.arrival("half", b"{}"), "k", 7, now=play.now)
            raise StoreBusy("the power fails here")

        with pytest.raises(StoreBusy):
            await play.world.store.write(half)
        assert await play.one("SELECT count(*) FROM poll_cursors WHERE channel = 'half'") == 0
        assert await play.one("SELECT count(*) FROM webhook_inbox WHERE source = 'half'") == 0


# --- what is old, and whose it is -------------------------------------------------------------------


async def an_old_one(solo: SoloEmulator, words: str, at: datetime) -> None:
    await solo.person_sends({"type": "text", "text": {"body": words}}, at=at)


async def heard(play: Play) -> list[str]:
    return [
        row["body"] for row in await play.rows("SELECT body FROM messages_v2 WHERE direction = 'in' ORDER BY rowid")
    ]


async def test_what_was_written_long_before_the_first_poll_is_passed_over_one_by_one(
    autojump_clock: MockClock, lives: Lives
) -> None:
    """Whatever else a page holds, and though the daemon dies between two pages."""
    async with lives(config=SOLO) as play:
        solo, long_ago = play.world.vendors.solo, play.now - timedelta(days=20)
        for number in range(60):
            solo.tell_status(f"wamid.of-another-{number}", "delivered")
        for number in range(70):
            await an_old_one(solo, f"gasté {number + 1} mil en almuerzo", long_ago + timedelta(minutes=number))
        await an_old_one(solo, "hola", play.now - timedelta(hours=20))
        while not await play.one("SELECT count(*) FROM poll_cursors WHERE next_offset > 0"):
            await trio.lowlevel.checkpoint()
    async with lives(config=SOLO, at=MONDAY + timedelta(minutes=3)) as play:
        solo = play.world.vendors.solo
        for number in range(60):
            solo.tell_status(f"wamid.of-another-{number}", "delivered")
        for number in range(70):
            await an_old_one(solo, f"gasté {number + 1} mil en almuerzo", long_ago + timedelta(minutes=number))
        await an_old_one(solo, "hola", play.now - timedelta(hours=20))
        await play.quiet()
        assert await heard(play) == ["hola"]
        assert await play.one("SELECT count(*) FROM expenses") == 0


async def test_a_clock_that_was_ahead_at_the_first_poll_makes_nobody_unheard(
    autojump_clock: MockClock, lives: Lives
) -> None:
    async with lives(config=SOLO, at=MONDAY + timedelta(days=3)) as play:
        await play.quiet(60)
    async with lives(config=SOLO, at=MONDAY) as play:
        solo = play.world.vendors.solo
        await solo.person_says("hola")
        await play.quiet()
        await solo.person_says("¿estás?")
        await play.quiet()
        assert "¿estás?" in await heard(play)


async def test_another_agent_counts_anew_and_its_maker_is_somebody_new(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        await play.world.vendors.solo.person_says("hola")
        await play.quiet()

        def another_key(connection: Connection) -> None:
            connection.execute("UPDATE poll_cursors SET key_digest = 'an older key', next_offset = 1 << 62")

        await play.world.store.write(another_key)
    async with lives(config=SOLO, at=MONDAY + timedelta(hours=3)) as play:
        solo = play.world.vendors.solo
        solo.maker = "user:2"
        await an_old_one(solo, "of the time before", MONDAY - timedelta(days=3))
        await solo.person_says("hola, soy otra", wamid="wamid.hers")
        await play.quiet()
        assert await heard(play) == ["hola", "hola, soy otra"]
        assert await play.one("SELECT count(DISTINCT user_id) FROM messages_v2 WHERE direction = 'in'") == 2


async def test_a_key_that_comes_back_makes_nobody_of_the_one_between(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        await play.world.vendors.solo.person_says("hola", wamid="w1")
        await play.quiet()

        def between(connection: Connection) -> None:
            kept.begin(connection, "solo", "between", now=play.now + timedelta(minutes=1))
            connection.execute("UPDATE channel_identities SET valid_from_ms = valid_from_ms + 120000")  # a friend, then

        await play.world.store.write(between)
        opens = await play.one("SELECT expires_at_ms FROM conversation_windows WHERE channel = 'solo'")
        assert opens <= stamp(play.now + timedelta(minutes=1))
    async with lives(config=SOLO, at=MONDAY + timedelta(hours=3)) as play:
        solo = play.world.vendors.solo
        for number in range(9):  # what the platform still has is behind where the key goes on
            solo.tell_status(f"wamid.{number}", "read")
        solo.maker = "user:2"
        await solo.person_says("hola, soy yo", wamid="w2")
        await play.quiet()
        assert await play.one("SELECT count(DISTINCT user_id) FROM messages_v2 WHERE direction = 'in'") == 2


async def test_a_new_name_of_the_same_agents_maker_is_the_same_person(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        solo = play.world.vendors.solo
        await solo.person_says("hola")
        await play.quiet()
        solo.maker = "user:2"
        await solo.person_says("hola otra vez")
        await play.quiet()
        assert await play.one("SELECT count(*) FROM users") == 1
        play.ids[ANA] = await play.one("SELECT id FROM users")
        await play.queues("a la de siempre", channel="solo")
        await play.quiet()
        assert solo.texts()[-1] == "a la de siempre"


@pytest.mark.parametrize("who_is_first", ["known elsewhere", "new"])
async def test_the_number_in_the_configuration_joins_both_chats(
    autojump_clock: MockClock, lives: Lives, who_is_first: str
) -> None:
    config = Config(solo=SoloSection(enabled=True, phone=ANA))
    async with lives(config=config) as play:
        if who_is_first == "known elsewhere":
            await play.knows(phone=ANA)
        await play.world.vendors.solo.person_says("hola")
        await play.quiet()
        await play.says("STOP")
        await play.quiet()
        assert [(row["phone"], row["status"]) for row in await play.rows("SELECT phone, status FROM users")] == [
            (ANA, "stopped")
        ]


# --- what goes wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["the right one", "another"])
async def test_a_file_that_takes_nothing_costs_polls_and_never_the_daemon(
    autojump_clock: MockClock, lives: Lives, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with lives(config=SOLO) as play:
        solo, right = play.world.vendors.solo, play.world.vendors.solo.key
        await play.quiet(5)

        async def full(*_any: Any, **_more: Any) -> None:
            await trio.lowlevel.checkpoint()
            raise OperationalError("database or disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(play.world.store, "write", full)
            solo.key = right if key == "the right one" else key
            await play.quiet(290)
        solo.key = right
        await solo.person_says("hola")
        await play.quiet(120)
        assert await heard(play) == ["hola"]


async def test_however_long_the_platform_wants_to_be_left_alone_it_is_asked_again(
    autojump_clock: MockClock, lives: Lives
) -> None:
    async with lives(config=SOLO) as play:
        faults: Any = play.world.vendors.faults["solo"]
        faults.add(Answer(429, b"{}", headers={"Retry-After": "604800"}), path=UPDATES)
        await play.world.vendors.solo.person_says("hola")
        await play.quiet(400)
        assert await heard(play) == ["hola"]


async def test_another_poller_is_told_once_and_over_when_it_is_gone(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        solo = play.world.vendors.solo
        solo.refuse(UPDATES, 409, 1752041, times=3)
        await play.quiet(200)
        assert await alerts(play) == [("poll:replaced:solo", True)]
        assert "1752041" not in str(await play.rows("SELECT title, advice FROM alerts"))
        await solo.person_says("hola")
        await play.quiet(60)
        assert len(solo.got) == 1
        await play.quiet(900)
        assert await alerts(play) == [("poll:replaced:solo", False)]


@pytest.mark.parametrize("refusal", [(401, 190), (400, 100)])
async def test_a_dead_key_is_told_at_once_and_over_with_the_first_answer(
    autojump_clock: MockClock,
    lives: Lives,
    refusal: tuple[int, int],
) -> None:
    async with lives(config=SOLO) as play:
        solo = play.world.vendors.solo
        solo.refuse(UPDATES, *refusal, times=2)
        await play.quiet(400)
        assert await alerts(play) == [("poll:key:solo", True)]
        await solo.person_says("hola")
        await play.quiet(600)
        assert await alerts(play) == [("poll:key:solo", False)]
        assert len(solo.got) == 1


async def test_a_platform_that_is_away_is_asked_on_and_told_of_after_minutes(
    autojump_clock: MockClock,
    lives: Lives,
) -> None:
    async with lives(config=SOLO) as play:
        faults: Any = play.world.vendors.faults["solo"]
        faults.add(Refuse(), path=UPDATES, times=9)
        await play.quiet(240)
        assert await alerts(play) == []
        faults.add(Refuse(), path=UPDATES, times=14)
        await play.quiet(420)
        assert await alerts(play) == [("poll:fails:solo", True)]
        await play.quiet(900)
        assert await alerts(play) == [("poll:fails:solo", False)]


async def test_its_limits_are_kept_however_much_comes(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        solo = play.world.vendors.solo
        await play.knows(phone=None)
        for _number in range(40):
            await solo.person_says("ok")
            await play.quiet(1)
        await play.quiet(300)
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 40
        assert await alerts(play) == []

"""At most two contacts a day that nobody asked for: messages and calls bind each other."""

from datetime import timedelta

from trio.testing import MockClock

from ivy.domain.calls import CallKind
from ivy.domain.schedule import local_date
from ivy.emulators.retell_people import scripted
from ivy.store import calls
from ivy.store.calls import Call
from tests.journeys.play import MONDAY, Lives, Play
from tests.journeys.test_phone_calls import ANA, VOICE, lives_by_phone, phones

RULE = "2 unasked contacts today already"
ZONE = "America/New_York"


async def rings(play: Play, *, chosen: bool = False) -> Call:
    """Let an operator ask for a rescue call now, or its person choose it; return what became of it."""
    call_id = play.world.daemon.context.new_id()
    call = Call(
        call_id,
        play.ids[ANA],
        CallKind.RESCUE,
        local_date(play.now, ZONE),
        play.now,
        chosen=chosen,
        asked_by="person" if chosen else "operator",
    )
    await play.rows_of().write(calls.ask, call, now=play.now)
    await play.quiet(180)
    found = await play.rows_of().read(calls.load, call_id)
    assert found is not None
    return found


async def begun(play: Play) -> str:
    """Let Ivy begin something by itself; return the state and the rule of that message."""
    (message_id,) = await play.queues("something that Ivy begins", asked_for=False)
    await play.quiet(60)
    (row,) = await play.rows("SELECT state, reason FROM messages_v2 WHERE id = ?", message_id)
    return row["reason"] if row["state"] == "held" else "sent"


async def test_after_two_messages_nobody_is_phoned_but_by_their_own_wish(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(MONDAY, config=VOICE) as play:
        await lives_by_phone(play, morning="06:00", evening="23:00")
        phones(play).person_answers(ANA, scripted("hello", "bye"))
        await play.says("hola")
        await play.quiet()
        assert [await begun(play) for _ in range(2)] == ["sent", "sent"]
        assert await begun(play) == RULE
        refused = await rings(play)
        assert (refused.state.value, refused.reason, refused.placed_at) == ("abandoned", RULE, None)
        assert (await rings(play, chosen=True)).placed_at is not None


async def test_after_a_call_one_message_is_left_and_both_are_anew_after_midnight(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(MONDAY, config=VOICE) as play:
        await lives_by_phone(play, morning="06:00", evening="23:00")
        phones(play).person_answers(ANA, scripted("hello", "bye"))
        await play.says("hola")
        await play.quiet()
        assert (await rings(play)).placed_at is not None
        assert await begun(play) == "sent"
        assert await begun(play) == RULE
        assert (await rings(play)).reason == RULE
        await play.until(MONDAY + timedelta(hours=23, minutes=40))  # the next morning: what was held went by itself
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE state = 'held' AND asked_for = 0") == 0
        assert (await rings(play)).placed_at is not None

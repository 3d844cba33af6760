"""What keeps calls worth taking after the first month: other words each day, fewer of them by agreement, fresh starts."""

from datetime import UTC, datetime, timedelta

from trio.testing import MockClock

from ivy.config import Config, VoiceSection
from ivy.domain.consent import Purpose
from ivy.domain.sentences import ENGLISH, Say
from ivy.domain.slots import By, SlotKind
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_people import NoAnswer, scripted
from ivy.store import call_slots, calls, consents, people
from ivy.store.scope import Scope
from tests.journeys.play import ANA, Lives, Play

VOICE = Config(voice=VoiceSection(enabled=True))
DAWN = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
"""Monday, six in the morning in New York."""
MONTH = timedelta(days=28)


def phones(play: Play) -> RetellEmulator:
    retell = play.world.vendors.retell
    assert retell is not None
    return retell


async def lives_by_phone(play: Play) -> None:
    """Let Ana be phoned each day at seven and at eight in the evening since four weeks, of which nothing is kept."""
    await play.knows(ANA)

    def agree(scope: Scope) -> None:
        consents.record(scope, Purpose.CALLS, granted=True, proof="test", now=play.now)
        people.set_phone(scope, ANA)
        consent, new_id = call_slots.consent_of(scope, Purpose.CALLS), play.world.daemon.context.new_id
        for kind, at in ((SlotKind.MORNING, "07:00"), (SlotKind.EVENING, "20:00")):
            call_slots.set_slot(scope, kind, By.VOICE, at, "*", consent_id=consent, new_id=new_id, now=play.now)
        scope.execute("UPDATE users SET created_at_ms = 0 WHERE id = :user")
        scope.execute(
            "INSERT INTO calls (id, user_id, kind, slot, day, state, outcome, due_at_ms)"
            " VALUES ('first', :user, 'morning', 'first', :day, 'ended', 'completed', 0)",
            day=(DAWN - MONTH).date().isoformat(),
        )

    await play.rows_of().write(agree)


async def rung(play: Play) -> list[tuple[str, str]]:
    """Return the kind and the weekday of every call that was dialled, the first first."""
    found = [call for call in reversed(await play.rows_of().read(calls.recent, 50)) if call.placed_at]
    return [(call.kind.value, f"{call.day:%a}") for call in found]


async def test_after_a_month_a_tap_makes_the_calls_fewer_and_words_make_them_more_again(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        phones(play).person_answers(ANA, scripted("I rest today", "bye"))
        await play.talk("plan a run today")
        told = await play.talk("done")
        assert ENGLISH[Say.TAPER_MORNINGS] in told
        await play.taps("Fewer calls")
        said = (await play.hears(3))[-1]
        assert said.startswith(
            "Done: morning, by phone: every Mon, Wed and Fri, 7:00 am; next Mon 23 Nov; evening, in writing"
        )
        assert "week, by phone: every Sun, 6:00 pm" in said
        await play.until(DAWN + timedelta(days=3, hours=2))
        assert await rung(play) == [("morning", "Mon"), ("morning", "Wed")]
        assert any(each.startswith("Good evening!") for each in play.heard())
        openers = [call.snapshot["ivy_opener"] for call in await play.rows_of().read(calls.recent) if call.placed_at]
        assert len(set(openers)) == 2
        assert all("Ivy" in each[:24] and "your AI coach" in each[:60] for each in openers)
        told = await play.talk("from now on call me every day at 6:30 am")
        assert told.startswith("Done: morning, by phone: every day, 6:30 am; next Fri 27 Nov.")
        assert await play.dead() == []


async def test_a_monday_after_a_silent_week_begins_afresh_by_phone_and_in_the_text_in_its_place(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.says("hola")  # the window is open
        phones(play).person_answers(ANA, NoAnswer())
        await play.until(DAWN + timedelta(hours=2))
        (_first, *monday) = reversed(await play.rows_of().read(calls.recent))
        assert monday and all("a fresh start" in call.snapshot["ivy_questions"] for call in monday if call.placed_at)
        before = len(play.messages())
        await play.taps("Text instead")
        offer = (await play.hears(before + 1))[-1]
        assert offer.startswith("A new week, a fresh start. The smallest first step: two minutes of it")
        assert list(play.offers()) == ["2 minutes", "Call me", "Rest today"]
        await play.taps("2 minutes")
        assert (await play.hears(before + 2))[-1].startswith("Lovely: two minutes of it")
        await play.until(DAWN + timedelta(hours=8))
        assert len(play.messages()) == before + 2
        assert await play.dead() == []

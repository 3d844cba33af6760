"""STOP, wherever it is said, is heard everywhere; and START is the way back, wherever that is said."""

import re
from datetime import datetime, timedelta

import pytest
import trio
from trio.testing import MockClock

from ivy.config import Config, MailSection, SmsSection
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.faults import Refuse, Slow
from ivy.store import consents, people, reminders
from ivy.store.reminders import Timing
from ivy.store.scope import Scope
from tests.journeys.play import ANA, Lives, Play, after

MAILBOX = "ana@example.org"
BOTH = Config(sms=SmsSection(enabled=True), mail=MailSection(enabled=True))
DUE = after(minutes=30)
STOPPED, STARTED = ENGLISH[Say.STOPPED], ENGLISH[Say.STARTED_AGAIN]


async def is_reached_everywhere(play: Play) -> None:
    """Let somebody be known by WhatsApp, SMS and mail."""
    await play.knows()

    def give(scope: Scope) -> None:
        people.alias(scope.connection, scope.user_id, "mail", "id", MAILBOX, now=play.now)

    await play.rows_of().write(give)


async def is_to_be_reminded(play: Play, text: str, *, at: datetime = DUE) -> None:
    new_id = play.world.daemon.context.new_id
    once = Timing(new_id(), "UTC", wall=at.replace(tzinfo=None))
    await play.rows_of().write(reminders.add, new_id(), text, once, now=play.now)


def got(play: Play) -> tuple[list[str], list[str], list[str]]:
    """Return what came by WhatsApp, by SMS from Ivy, and by mail."""
    sms = [each.body for each in play.world.vendors.sms.sent]
    return play.heard(), sms, [letter.text for letter in play.world.vendors.mail.letters]


async def is_silent(play: Play) -> bool:
    """Let all that could be said be due on every channel; say whether nothing comes."""
    before = got(play)
    await is_to_be_reminded(play, "a reminder", at=play.now + timedelta(minutes=5))
    for channel in ("whatsapp", "sms", "mail"):
        await play.queues(f"unasked by {channel}", channel=channel, asked_for=False)
    await play.quiet(3600)
    return got(play) == before


# --- on WhatsApp --------------------------------------------------------------------------------------


async def test_stop_on_whatsapp_silences_sms_and_mail(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        await play.queues("later, by sms", channel="sms", asked_for=False)
        await play.quiet(10)
        assert got(play)[1] == ["later, by sms"]
        assert await play.talk("STOP") == STOPPED
        assert await is_silent(play)
        assert await play.rows_of().read(consents.current) == frozenset()
        assert await play.dead() == []


async def test_stop_while_a_message_waits_for_whatsapp_and_for_its_next_channel(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        await play.talk("hello")
        await is_to_be_reminded(play, "water the plants")
        await play.until(DUE - timedelta(seconds=15))
        play.fail("whatsapp", Refuse(), times=10_000)
        await play.quiet(200)  # held: in two minutes it would go by SMS
        await play.says("STOP")
        await play.quiet(3600)
        assert got(play) == (play.heard()[:1], [], [])
        assert len(play.heard()) == 1


@pytest.mark.parametrize("offset", [-0.5, -0.01, 0.0, 0.01, 0.5, 2.5])
async def test_stop_at_the_moment_of_the_diversion_leaves_at_most_what_was_on_its_way(
    lives: Lives, autojump_clock: MockClock, offset: float
) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        play.world.vendors.faults["sms"].add(Slow(2), times=1)
        await is_to_be_reminded(play, "water the plants")  # no window, no template: by SMS at once
        await trio.sleep((DUE - play.now).total_seconds() + offset)
        await play.says("STOP")
        await play.quiet(600)
        heard, sms, mails = got(play)
        assert heard == [STOPPED]
        assert len(sms) <= (1 if offset >= 0 else 0)
        assert mails == []
        assert await is_silent(play)


async def test_a_late_failure_after_stop_is_not_said_elsewhere(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        await play.talk("hello")
        play.whatsapp.fail(131026)
        play.whatsapp.manners.status_gap = 60.0
        await is_to_be_reminded(play, "water the plants")
        await play.until(DUE)
        assert await play.talk("STOP") == STOPPED
        await play.quiet(600)
        assert got(play)[1:] == ([], [])


# --- by SMS -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["STOP", "stop", "Unsubscribe", "STOPALL", "quit", "END", "cancel"])
async def test_stop_by_sms_is_silence_there_and_a_word_where_the_window_is_open(
    lives: Lives, autojump_clock: MockClock, word: str
) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        await play.talk("hello")
        await play.world.vendors.sms.person_says(ANA, word)
        await play.quiet(60)
        heard, sms, _mails = got(play)
        assert heard[1:] == [STOPPED]
        assert sms == []  # the carrier says it
        assert await is_silent(play)
        assert await play.one("SELECT status FROM users") == "stopped"


async def test_stop_by_sms_with_the_window_closed_costs_no_template_and_is_not_said_late(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        await play.submits_templates()
        await play.world.vendors.sms.person_says(ANA, "STOP")
        await play.quiet(3600)
        assert got(play) == ([], [], [])
        assert await play.talk("START") == STARTED
        await play.quiet(600)
        assert play.heard() == [STARTED]  # and not "I've stopped" besides


async def test_stop_by_sms_while_a_text_is_under_way(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        for number in range(3):
            await play.queues(f"text {number}", channel="sms")
        play.world.vendors.faults["sms"].add(Slow(2), times=3)
        await trio.sleep(1)
        await play.world.vendors.sms.person_says(ANA, "STOP")
        await play.quiet(600)
        assert len(got(play)[1]) <= 1
        assert await is_silent(play)
        assert await play.dead() == []


async def test_who_texts_after_stop_is_not_answered_there(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        play.world.vendors.sms.handles_stop = False  # a carrier that would let it through
        await play.world.vendors.sms.person_says(ANA, "STOP")
        await play.world.vendors.sms.person_says(ANA, "I spent $7 on coffee")
        await play.quiet(600)
        assert got(play) == ([], [], [])


# --- the way back -------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["START", "unstop", "UNSTOP"])
@pytest.mark.parametrize("stopped_by", ["whatsapp", "sms"])
async def test_start_by_sms_brings_everything_back(
    lives: Lives, autojump_clock: MockClock, word: str, stopped_by: str
) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        if stopped_by == "whatsapp":
            await play.talk("STOP")
        else:
            await play.world.vendors.sms.person_says(ANA, "STOP")
        await play.quiet(60)
        await play.world.vendors.sms.person_says(ANA, word)
        await play.quiet(60)
        assert got(play)[1] == [STARTED]
        assert await play.one("SELECT status FROM users") == "active"
        await is_to_be_reminded(play, "water the plants", at=play.now + timedelta(minutes=5))
        await play.quiet(600)
        said = [*got(play)[0], *got(play)[1]]
        assert sum("water the plants" in each for each in said) == 1


async def test_start_on_whatsapp_leaves_a_number_that_stopped_by_sms_alone(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        await play.world.vendors.sms.person_says(ANA, "STOP")
        await play.quiet(60)
        assert await play.talk("START") == STARTED
        await is_to_be_reminded(play, "water the plants")
        await play.until(DUE - timedelta(seconds=15))
        play.fail("whatsapp", Refuse(), times=10_000)
        await play.quiet(900)
        _heard, sms, mails = got(play)
        assert sms == []  # the carrier would refuse it
        assert len(mails) == 1
        assert "water the plants" in mails[0]


async def test_the_answer_to_how_much_to_stop_may_come_by_sms(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=BOTH) as play:
        await is_reached_everywhere(play)
        assert await play.talk("please stop messaging me") == ENGLISH[Say.STOP_QUESTION]
        await play.queues("unasked", asked_for=False)
        await play.quiet(600)
        assert len(play.heard()) == 1
        await play.world.vendors.sms.person_says(ANA, "keep going")
        await play.quiet(600)
        assert got(play)[1] == [ENGLISH[Say.STOP_NOTHING]]
        assert play.heard()[1:] == ["unasked"]  # what was held for that goes out on its own channel


# --- mail ---------------------------------------------------------------------------------------------


async def test_to_unsubscribe_ends_the_mails_alone_and_stop_ends_the_rest(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=Config(mail=MailSection(enabled=True))) as play:
        await is_reached_everywhere(play)
        await is_to_be_reminded(play, "water the plants")
        await play.until(DUE)
        (letter,) = play.world.vendors.mail.letters
        link = re.search(r"<(https?://[^>]+)>", str(letter.message["List-Unsubscribe"]))
        assert link is not None
        forged = await play.world.http.post(link[1][:-4] + "AAAA", data={"List-Unsubscribe": "One-Click"})
        assert forged.status_code == 404
        assert await play.one("SELECT count(*) FROM blocked_addresses") == 0
        done = await play.world.http.post(link[1], data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
        await is_to_be_reminded(play, "stretch", at=play.now + timedelta(minutes=5))
        await play.quiet(600)
        assert len(play.world.vendors.mail.letters) == 1
        assert await play.one("SELECT status FROM users") == "active"
        assert await play.talk("STOP") == STOPPED
        assert await is_silent(play)

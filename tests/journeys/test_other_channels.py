"""When WhatsApp is down: a pause, another channel for what cannot wait, and back again; and what people text and mail."""

import re
from datetime import datetime, timedelta

import pytest
import trio
from trio.testing import MockClock

from ivy.config import Config, MailSection, RetrySection, SmsSection
from ivy.domain.breaker import BreakerPolicy
from ivy.domain.sms import cost_segments
from ivy.emulators.faults import Answer, Drop, Fault, Refuse, ResetAfter, ResetBefore, Slow, Truncated, gateway_page
from ivy.emulators.mailbox import Answers, Letter
from ivy.emulators.twilio_people import SmsMessage
from ivy.store import people, reminders
from ivy.store.reminders import Timing
from ivy.store.scope import Scope
from tests.journeys.play import ANA, BEN, Lives, Play, after

MAILBOX = "ana@example.org"
SMS = Config(sms=SmsSection(enabled=True))
BOTH = Config(sms=SmsSection(enabled=True), mail=MailSection(enabled=True))
DUE = after(minutes=30)
WORDS = "water the plants"
SPENT = "I spent $50 on lunch"
WRONG_KEY = Answer(401, b'{"error":{"message":"Invalid OAuth access token.","type":"OAuthException","code":190}}')
OVERLOADED = Answer(503, b'{"error":{"message":"Service unavailable","type":"OAuthException","code":131016}}')
DOWN: dict[str, Fault] = {"no connection": Refuse(), "503": OVERLOADED, "wrong token": WRONG_KEY}
WAIT = timedelta(seconds=300)
"""`routing.wait_seconds`."""


async def is_to_be_reminded(play: Play, text: str = WORDS, *, at: datetime = DUE, who: str = ANA) -> None:
    new_id = play.world.daemon.context.new_id
    once = Timing(new_id(), "UTC", wall=at.replace(tzinfo=None))
    await play.rows_of(who).write(reminders.add, new_id(), text, once, now=play.now)


async def has_a_mailbox(play: Play, address: str = MAILBOX, who: str = ANA) -> None:
    def give(scope: Scope) -> None:
        people.alias(scope.connection, scope.user_id, "mail", "id", address, now=play.now)

    await play.rows_of(who).write(give)


def texts(play: Play, who: str = ANA) -> list[SmsMessage]:
    return [each for each in play.world.vendors.sms.sent if each.to == who]


def mails(play: Play) -> list[Letter]:
    return play.world.vendors.mail.of(MAILBOX)


def is_down(play: Play, fault: Fault, *, times: int = 10_000) -> None:
    play.fail("whatsapp", fault, times=times)


def is_back(play: Play) -> None:
    faults = play.world.vendors.faults["whatsapp"]
    while faults.take("/messages"):
        pass


async def opens_the_window(play: Play, who: str = ANA) -> None:
    await play.talk("hello", who)


# --- down, and back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOWN)
async def test_a_reminder_goes_by_sms_when_whatsapp_was_down_for_five_minutes_and_not_again(
    lives: Lives, autojump_clock: MockClock, name: str
) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        await opens_the_window(play)
        await is_to_be_reminded(play)
        await play.until(DUE - timedelta(seconds=15))
        is_down(play, DOWN[name])
        await play.quiet(20)
        await play.says(SPENT)
        await play.quiet(120)
        (breaker,) = (await play.overview()).breakers
        assert breaker.name == "whatsapp"
        assert texts(play) == []  # not at once: most troubles pass in less
        await play.quiet(300)
        (text,) = texts(play)
        assert text.body == f"⏰ {WORDS}\n1. Done\n2. In an hour\n3. Tomorrow"
        assert WAIT <= text.at - breaker.since < WAIT + timedelta(seconds=30)
        assert len(play.heard()) == 1
        rules = {held.rule: held.messages for held in (await play.overview()).held}
        assert rules == {"whatsapp fails and is left alone": 1}  # the answer waits for WhatsApp
        is_back(play)
        await play.quiet(1200)
        assert len(play.heard()) == 2
        assert "50.00" in play.heard()[1]
        assert len(texts(play)) == 1
        assert (await play.overview()).breakers == ()
        assert await play.dead() == []


async def test_a_short_trouble_diverts_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        await opens_the_window(play)
        await is_to_be_reminded(play)
        await play.until(DUE - timedelta(seconds=15))
        is_down(play, Refuse(), times=4)
        await play.quiet(600)
        assert texts(play) == []
        assert play.heard()[1:] == [f"⏰ {WORDS}"]


async def test_three_failures_open_the_breaker_and_each_trial_is_one_request(
    lives: Lives, autojump_clock: MockClock
) -> None:
    asked: list[datetime] = []
    async with lives() as play:
        for number in range(10):
            await play.knows(f"+1202555{number:04}", name=f"P{number}")
            await play.says("hello", f"+1202555{number:04}")
        await play.quiet(60)
        is_down(play, Refuse())
        faults = play.world.vendors.faults["whatsapp"]
        left, began = len(faults), play.now
        for number in range(10):
            await play.queues("one", "two", who=f"+1202555{number:04}")
        for _second in range(1800):
            await trio.sleep(1)
            if len(faults) != left:
                asked += [play.now] * (left - len(faults))
                left = len(faults)
        policy = BreakerPolicy()
        first = [at for at in asked if at - began < timedelta(seconds=5)]
        assert policy.threshold <= len(first) <= 10  # what was under way already when the third failed
        trials = asked[len(first) :]
        gaps = [
            (later - earlier).total_seconds() for earlier, later in zip(asked[len(first) - 1 :], trials, strict=False)
        ]
        assert len(trials) <= 8
        for gap, expected in zip(gaps, (30, 60, 120, 240, 480, 600), strict=False):
            assert expected - 5 <= gap <= expected + 35
        is_back(play)
        await play.quiet(900)
        for number in range(10):
            assert play.heard(f"+1202555{number:04}")[1:] == ["one", "two"]
        assert await play.dead() == []
        assert (await play.overview()).held == ()


async def test_when_whatsapp_is_back_everything_that_waited_goes_out_in_order(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await opens_the_window(play)
        is_down(play, Refuse())
        for number in range(8):
            await play.queues(f"message {number}")
            await play.quiet(100)
        is_back(play)
        await play.quiet(1200)
        assert play.heard()[1:] == [f"message {number}" for number in range(8)]


async def test_a_refusal_during_the_trial_shows_that_whatsapp_is_well(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await opens_the_window(play)
        await opens_the_window(play, BEN)
        is_down(play, Refuse(), times=3)
        await play.queues("to nobody", who=ANA)
        await play.quiet(10)
        assert (await play.overview()).breakers != ()
        play.whatsapp.refuse(131026)
        await play.queues("one", who=BEN)
        await play.quiet(40)
        assert (await play.overview()).breakers == ()


async def test_a_whatsapp_that_hangs_is_left_alone_like_one_that_refuses(
    lives: Lives, autojump_clock: MockClock
) -> None:
    crowd = [f"+1202555{number:04}" for number in range(12)]
    async with lives(config=SMS) as play:
        for number, who in enumerate(crowd):
            await play.knows(who, name=f"P{number}")
            await opens_the_window(play, who)
        is_down(play, Slow(3600))
        for who in crowd:
            await play.queues("hello again", who=who)
        await play.queues("by sms", who=crowd[0], channel="sms")
        await play.quiet(60)
        (breaker,) = (await play.overview()).breakers
        assert "no answer" in breaker.reason
        assert [text.body for text in texts(play, crowd[0])] == ["by sms"]
        is_back(play)
        await play.quiet(900)
        for who in crowd:  # what hung is told apart by nobody: it may come twice, and never three times
            assert 1 <= play.heard(who)[1:].count("hello again") <= 2
        assert await play.dead() == []


async def test_a_restart_remembers_that_whatsapp_is_left_alone(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        await opens_the_window(play)
        await is_to_be_reminded(play)
        await play.until(DUE - timedelta(seconds=15))
        is_down(play, WRONG_KEY)
        await play.quiet(60)
    async with lives(DUE + timedelta(minutes=6), config=SMS) as play:
        is_down(play, WRONG_KEY)
        await play.quiet(60)
        assert [text.body.splitlines()[0] for text in texts(play)] == [f"⏰ {WORDS}"]
        assert play.heard() == []


async def test_a_wrong_token_of_one_channel_stops_no_other(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        await opens_the_window(play)
        await play.queues("by sms", channel="sms")
        play.world.vendors.faults["sms"].add(Answer(401, b'{"code":20003,"message":"Authenticate"}'), times=100)
        await play.quiet(60)
        assert "50.00" in await play.talk(SPENT)
        found = await play.overview()
        assert found.pauses == ()
        assert [breaker.name for breaker in found.breakers] == ["sms"]


async def test_an_unlucky_look_up_stops_no_other_channel(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        await opens_the_window(play)
        faults = play.world.vendors.faults["sms"]
        faults.add(ResetAfter(), times=1)
        faults.add(Answer(401, b'{"code":20003,"message":"Authenticate"}'), times=1)  # the look-up
        play.world.vendors.sms.deliveries.faults.add(Drop(), times=5)
        await play.queues("by sms", channel="sms")
        await play.quiet(100)
        assert (await play.overview()).pauses == ()
        assert "50.00" in await play.talk(SPENT)
        await play.quiet(900)
        assert [text.body for text in texts(play)] == ["by sms"]
        assert await play.dead() == []


# --- down the ladder ----------------------------------------------------------------------------------


async def test_without_a_phone_a_reminder_goes_by_mail(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=BOTH) as play:
        bsuid = "US.1234567890123"
        await play.knows(bsuid, phone=None, invite_code="IVY-7K3M-Q2")
        await play.says("IVY-7K3M-Q2", bsuid)
        await play.hears(1, bsuid)
        await has_a_mailbox(play, who=bsuid)
        await is_to_be_reminded(play, who=bsuid)
        await play.until(DUE - timedelta(seconds=15))
        is_down(play, Refuse())
        await play.quiet(420)
        (letter,) = mails(play)
        assert WORDS in letter.text
        assert play.world.vendors.sms.sent == []
        is_back(play)
        await play.quiet(1200)
        assert len(mails(play)) == 1
        assert len(play.heard(bsuid)) == 1


@pytest.mark.parametrize("line", ["landline", "not mobile", "invalid", "carrier landline", "off", "unknown"])
async def test_a_number_that_takes_no_texts_leads_on_to_mail_and_is_left_alone(
    lives: Lives, autojump_clock: MockClock, line: str
) -> None:
    async with lives(config=BOTH) as play:
        await play.knows()
        await has_a_mailbox(play)
        play.world.vendors.sms.person(ANA, line=line)
        for minutes in (0, 60):
            await is_to_be_reminded(play, f"{WORDS} {minutes}", at=DUE + timedelta(minutes=minutes))
        await play.until(DUE)  # never wrote, no template: by SMS at once
        await play.quiet(120)
        assert [WORDS in letter.text for letter in mails(play)] == [True]
        await play.until(DUE + timedelta(hours=1))
        await play.quiet(120)
        assert len(mails(play)) == 2
        # A number that is out of service is known after one text; a phone that is off gets each reminder twice.
        assert len(texts(play)) == {"off": 4, "unknown": 1, "carrier landline": 1}.get(line, 0)
        assert play.heard() == []


async def test_with_every_channel_gone_a_reminder_is_shown_and_not_lost_in_silence(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=BOTH) as play:
        await play.knows()
        await has_a_mailbox(play)
        play.world.vendors.sms.person(ANA, line="landline")
        play.world.vendors.mail.faults.add(Answers(550, "5.1.1 No such person here"), path="RCPT", times=9)
        await is_to_be_reminded(play)
        await play.until(DUE)
        await play.quiet(600)
        assert (mails(play), texts(play), play.heard()) == ([], [], [])
        assert [row["state"] for row in await play.outbox()] == ["cancelled", "cancelled", "failed"]
        (letter,) = await play.dead()  # where somebody looks for it
        assert "No such person" in letter["reason"]
        await is_to_be_reminded(play, at=play.now + timedelta(minutes=2))
        await play.quiet(300)
        assert (mails(play), texts(play), play.heard()) == ([], [], [])


# --- SMS ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [ResetAfter(), gateway_page(200), Truncated()], ids=["reset", "page", "truncated"])
@pytest.mark.parametrize("heard", [True, False], ids=["statuses come", "no status comes"])
async def test_a_text_of_unknown_outcome_is_looked_up_and_comes_once(
    lives: Lives, autojump_clock: MockClock, fault: Fault, heard: bool
) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        play.world.vendors.faults["sms"].add(fault, times=1)
        if not heard:
            play.world.vendors.sms.deliveries.faults.add(Drop(), times=5)
        await is_to_be_reminded(play)
        await play.until(DUE)
        await play.quiet(1200)
        assert len(texts(play)) == 1
        (row,) = [row for row in await play.outbox() if row["state"] != "cancelled"]
        assert row["state"] in ("accepted", "delivered")
        assert row["resends"] == 0
        assert await play.dead() == []


async def test_a_text_that_never_left_is_found_missing_and_sent(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        play.world.vendors.faults["sms"].add(ResetBefore(), times=1)
        await is_to_be_reminded(play)
        await play.until(DUE)
        await play.quiet(1200)
        assert len(texts(play)) == 1
        assert await play.dead() == []


async def test_who_said_stop_to_the_carrier_gets_no_text_until_they_say_start(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        sms = play.world.vendors.sms
        sms.person(ANA).blocked = True  # we heard nothing of it
        for minutes in (0, 10, 30, 50):
            await is_to_be_reminded(play, f"stand up {minutes}", at=DUE + timedelta(minutes=minutes))
        await play.until(DUE + timedelta(minutes=10))
        asked = len(sms.sent)
        assert asked == 0
        row = await play.one("SELECT reason FROM blocked_addresses")
        assert "stop" in row.lower()
        await sms.person_says(ANA, "hello there")  # no START: not even an answer goes there
        await play.quiet(60)
        await play.until(DUE + timedelta(minutes=30))
        assert texts(play) == []
        await sms.person_says(ANA, "START")
        await play.quiet(60)
        await play.until(DUE + timedelta(minutes=50))
        assert "stand up 50" in texts(play)[-1].body


async def test_who_texts_is_answered_by_text_and_a_stranger_by_silence(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        sms = play.world.vendors.sms
        await sms.person_says(ANA, "I spent $7 on coffee")
        await sms.person_says(BEN, "hello, who is this?")
        await play.quiet(60)
        (answer,) = texts(play)
        assert "7.00" in answer.body
        assert texts(play, BEN) == []
        assert play.heard() == []
        assert "7.00" in await play.talk("how much did I spend on coffee")  # the same person
        assert await play.one("SELECT count(*) FROM users") == 1


async def test_a_text_answers_the_question_that_went_by_text(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        await is_to_be_reminded(play)
        await play.until(DUE)
        (question,) = texts(play)
        assert "2. In an hour" in question.body
        asked = play.asked_models()
        await play.world.vendors.sms.person_says(ANA, "2")
        await play.quiet(30)
        (snoozed,) = texts(play)[1:]
        assert "I'll remind you again" in snoozed.body
        await play.quiet(3700)
        assert len(texts(play)) == 3
        await play.world.vendors.sms.person_says(ANA, "1")
        await play.quiet(30)
        assert await play.one("SELECT answer FROM pending_actions ORDER BY rowid DESC LIMIT 1") == "done"
        assert play.asked_models() == asked
        assert await play.one("SELECT count(*) FROM reminders WHERE state = 'waiting'") == 0


async def test_long_texts_are_split_numbered_and_charged_by_the_segment(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        for text in ("short", "w" * 161, "ñandú á " * 20, "A long sentence about the heating. " * 28):
            await is_to_be_reminded(play, text.strip(), at=play.now + timedelta(minutes=2))
            await play.quiet(200)
        sent = texts(play)
        assert all(cost_segments(each.body) <= 6 for each in sent)
        last = [each.body for each in sent[3:]]
        assert len(last) > 1
        assert [body[-5:] for body in last] == [f"({number}/{len(last)})" for number in range(1, len(last) + 1)]
        assert " ".join(body.rpartition(" (")[0] for body in last).replace("\n", " ").count("heating") == 28
        rows = await play.rows("SELECT amount_micros FROM cost_ledger WHERE provider = 'sms' ORDER BY rowid")
        assert sorted(row["amount_micros"] for row in rows) == sorted(11_800 * each.segments for each in sent)


async def test_a_text_is_charged_when_it_leaves_though_the_carrier_never_says_that_it_came(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        play.world.vendors.sms.manners.statuses = ("sent",)
        await is_to_be_reminded(play)
        await play.until(DUE)
        await play.quiet(60)
        assert await play.one("SELECT sum(amount_micros) FROM cost_ledger") == 11_800 * texts(play)[0].segments


async def test_a_text_that_twilio_could_not_pass_on_in_time_is_not_sent_late(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        play.world.vendors.sms.manners.seconds_in_queue = 4000
        await is_to_be_reminded(play)
        await play.until(DUE)
        assert texts(play)[0].validity_seconds == 900
        await play.quiet(6 * 3600)
        assert len(texts(play)) == 1
        assert play.world.vendors.sms.messages(ANA) == []
        assert (await play.outbox())[-1]["state"] == "failed"
        assert (await play.outbox())[-1]["reason"]


# --- mail --------------------------------------------------------------------------------------------


async def test_one_click_ends_the_mails_and_nothing_else(lives: Lives, autojump_clock: MockClock) -> None:
    config = Config(mail=MailSection(enabled=True), retry=RetrySection(pause_seconds=60))
    async with lives(config=config) as play:
        await play.knows()
        await has_a_mailbox(play)
        for minutes in (0, 60):
            await is_to_be_reminded(play, at=DUE + timedelta(minutes=minutes))
        await play.until(DUE)
        (letter,) = mails(play)
        link = re.search(r"<(https?://[^>]+)>", str(letter.message["List-Unsubscribe"]))
        assert link is not None
        opened = await play.world.http.get(link[1])
        assert opened.status_code == 200
        assert await play.one("SELECT count(*) FROM blocked_addresses") == 0  # to open it changes nothing
        for _twice in range(2):
            clicked = await play.world.http.post(link[1], data={"List-Unsubscribe": "One-Click"})
            assert clicked.status_code == 200
        await play.until(DUE + timedelta(hours=1))
        assert len(mails(play)) == 1
        await play.says(SPENT)
        await play.quiet(60)
        assert play.heard()[0] == f"⏰ {WORDS}"  # it waited for that
        assert "50.00" in play.heard()[1]
        await is_to_be_reminded(play, "stand up", at=play.now + timedelta(minutes=2))
        await play.quiet(200)
        assert play.heard()[-1] == "⏰ stand up"


async def test_a_mail_server_that_is_busy_is_tried_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=Config(mail=MailSection(enabled=True))) as play:
        await play.knows()
        await has_a_mailbox(play)
        play.world.vendors.mail.faults.add(Answers(451, "4.3.0 Try again"), times=2)
        await is_to_be_reminded(play)
        await play.until(DUE)
        await play.quiet(600)
        assert len(mails(play)) == 1
        assert await play.dead() == []

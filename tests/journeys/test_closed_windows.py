"""Outside the 24 hours: templates, held answers and the knock that lets them out, by the second and by the price."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pytest
import trio
from trio.testing import MockClock

from ivy.agent import checkins
from ivy.config import Config, SmsSection
from ivy.domain.sentences import ENGLISH, Say, say
from ivy.domain.windows import MARGIN, WINDOW
from ivy.emulators.faults import Refuse, Slow
from ivy.emulators.whatsapp_payloads import Accepted
from ivy.emulators.whatsapp_templates import Approve, Reject, Wait
from ivy.store import alerts, allowance, people, reminders, templates
from ivy.store.reminders import Timing
from ivy.store.scope import Scope
from tests.journeys.play import ANA, BEN, MONDAY, Lives, Play, after, template_actions, template_values

PLANTS = "remind me tomorrow at 7pm to water the plants"
DUE = after(minutes=60)
"""Ten in the morning in New York."""
WITH_SMS = Config(sms=SmsSection(enabled=True))
SPENT = "I spent $50 on lunch"
DOOR = "[answer_ready]"


def sent_as_templates(play: Play, name: str, who: str = ANA) -> list[Accepted]:
    return [each for each in play.messages(who) if each.text == f"[{name}]"]


async def is_to_be_reminded(play: Play, text: str = "water the plants", *, at: datetime = DUE) -> None:
    """Keep a reminder of somebody who has not written for long."""
    once = Timing(play.world.daemon.context.new_id(), "UTC", wall=at.replace(tzinfo=None))
    await play.rows_of().write(reminders.add, play.world.daemon.context.new_id(), text, once, now=play.now)


async def asks_a_day_ago(
    play: Play, text: str = SPENT, *, ago: timedelta = timedelta(hours=25), who: str = ANA
) -> None:
    """Let a webhook arrive whose message is older than the window, as after an outage."""
    await play.says(text, who, at=play.now - ago)


async def states(play: Play) -> list[tuple[str, str]]:
    return [(row["body"], row["state"]) for row in await play.outbox()]


# --- check-ins ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("locale", "template", "button"), [
    ("en-US", "week_due", "Plan the week"), ("es-CO", "week_due", "Planear la semana"),
    ("en-US", "month_due", "Note the month"), ("en-US", "evening_due", "Note the day"),
])  # fmt: skip
async def test_a_check_in_goes_as_a_template_whose_tap_asks_its_question(
    lives: Lives, locale: str, template: str, button: str, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows(locale=locale)
        await play.submits_templates()
        kind = {"week_due": "weekly", "month_due": "monthly", "evening_due": "evening"}[template]

        def begin(scope: Scope) -> bool:
            desk = play.world.daemon.context.desk_at("whatsapp", "trace")
            return checkins.begin(scope, people.load(scope), kind, desk, day=play.now.date())

        assert await play.rows_of().write(begin)
        await play.hears(1)
        (sent,) = sent_as_templates(play, template)
        assert sent.request["template"]["language"]["code"] == locale[:2]
        await play.taps_template(button)
        await play.hears(2)
        questions = {
            "week_due": Say.WEEK_SESSIONS, "month_due": Say.LIFE_QUESTION, "evening_due": Say.CHECKIN_EVENING_FREE,
        }  # fmt: skip
        assert play.heard()[1].startswith(say(questions[template], locale))
        assert await play.dead() == []


# --- a reminder ---------------------------------------------------------------------------------------


async def test_a_reminder_goes_as_a_template_with_its_buttons_and_a_tap_opens_the_window(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await play.talk(PLANTS)
        due = after(hours=34)
        await play.until(due)
        (_answer, sent) = play.messages()
        assert sent.request["template"]["name"] == "reminder_due"
        assert template_values(sent) == {"time": "19:00", "task": "water the plants"}
        assert timedelta() <= sent.at - due < timedelta(seconds=5)
        assert len(set(template_actions(sent))) == 2
        await play.taps_template("Later")
        await play.hears(3)
        assert play.heard()[2] == "Okay, I'll remind you again at 8:00 pm."
        await play.until(due + timedelta(hours=1))
        assert play.messages()[3].type == "interactive"  # the tap opened the window: no second template is paid
        assert play.heard()[3] == "⏰ water the plants"
        assert await play.dead() == []


async def test_a_template_costs_what_the_category_costs_that_meta_assigned(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await is_to_be_reminded(play)
        await play.until(DUE)
        rates = play.world.daemon.context.rates
        utility = rates.price(ANA, "utility", date(2026, 11, 23)).micros
        assert utility > 0
        charged = await play.rows(
            "SELECT m.kind, m.price_category, l.amount_micros FROM cost_ledger l JOIN messages_v2 m ON m.id = l.id ORDER BY l.at_ms"
        )
        assert [(row["kind"], row["amount_micros"]) for row in charged] == [("template", utility)]
        assert charged[0]["price_category"] == "utility"


def leave(_play: Play) -> None:
    """Do nothing more to a template."""


def pause(play: Play) -> None:
    play.whatsapp.templates.change_quality("reminder_due", "en", "RED")


def pause_silently(play: Play) -> None:
    """The template is paused and the webhook that says so is lost: only the refused send tells."""
    play.whatsapp.templates.kept["reminder_due", "en"].status = "PAUSED"


def recategorise(play: Play) -> None:
    play.whatsapp.templates.change_category("reminder_due", "en", "MARKETING")


def reword(play: Play) -> None:
    play.whatsapp.templates.change_words("reminder_due", "en", "Something else {{time}} {{task}} entirely.")


UNUSABLE: dict[str, tuple[Approve | Reject | Wait, Callable[[Play], None]]] = {
    "pending": (Wait(), leave),
    "rejected": (Reject(), leave),
    "approved as marketing": (Approve("MARKETING"), leave),
    "made marketing in the answer": (Approve("MARKETING", at_once=True), leave),
    "paused": (Approve(), pause),
    "paused, and nobody said so": (Approve(), pause_silently),
    "made marketing later": (Approve(), recategorise),
    "with other words": (Approve(), reword),
}


async def wait_with_template(play: Play, name: str) -> None:
    """Ask for a reminder, and let its template be unusable a minute before it is due."""
    verdict, spoil = UNUSABLE[name]
    play.whatsapp.templates.verdicts.add(verdict, path="reminder_due/en")
    await play.submits_templates()
    await is_to_be_reminded(play)
    await play.until(DUE - timedelta(minutes=1))
    spoil(play)
    await play.until(DUE)


@pytest.mark.parametrize("name", [name for name in UNUSABLE if name != "paused"])  # a pause ends in time
async def test_without_a_usable_template_a_reminder_is_held_shown_and_lapses(
    lives: Lives, autojump_clock: MockClock, name: str
) -> None:
    async with lives() as play:
        await play.knows()
        await wait_with_template(play, name)
        (held,) = (await play.overview()).held
        assert held.rule.startswith("window closed")
        assert (held.messages, held.people) == (1, 1)
        assert play.heard() == []
        await play.until(DUE + timedelta(hours=3, minutes=1))
        assert (await play.overview()).held == ()
        assert (await play.outbox())[-1]["state"] == "lapsed"
        await play.talk("hello")
        await play.quiet(600)
        assert len(play.heard()) == 1
        assert await play.dead() == []


@pytest.mark.parametrize("name", UNUSABLE)
async def test_without_a_usable_template_a_reminder_goes_by_sms_where_there_is_one(
    lives: Lives, autojump_clock: MockClock, name: str
) -> None:
    async with lives(config=WITH_SMS) as play:
        await play.knows()
        await wait_with_template(play, name)
        (text,) = play.world.vendors.sms.messages(ANA)
        assert text.body.splitlines()[0].endswith("water the plants")
        assert text.body.splitlines()[1:] == ["1. Done", "2. In an hour", "3. Tomorrow"]
        assert timedelta() <= text.at - DUE < timedelta(seconds=10)
        await play.talk("hello")  # opens the window: it was said already
        await play.quiet(600)
        assert len(play.heard()) == 1
        assert len(play.world.vendors.sms.messages(ANA)) == 1
        assert await play.dead() == []


async def test_a_reminder_that_waits_for_a_review_goes_out_when_it_is_approved(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await is_to_be_reminded(play)
        await play.until(DUE - timedelta(minutes=10))
        await play.submits_templates(review=1800)
        (sent,) = play.messages()
        assert sent.text == "[reminder_due]"
        assert timedelta(minutes=15) < sent.at - DUE < timedelta(minutes=25)


async def test_a_pause_is_an_alert_and_its_end_lets_the_reminder_out(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await is_to_be_reminded(play)
        pause(play)
        paused = play.now
        await play.quiet(10)
        (alert,) = [each for each in await play.world.store.read(alerts.open_alerts) if "is paused" in each.title]
        assert "reminder_due" in alert.title
        await play.until(DUE)
        assert play.heard() == []
        await play.until(paused + timedelta(hours=3))  # Meta's first pause
        assert play.heard() == ["[reminder_due]"]
        assert alert.id not in {each.id for each in await play.world.store.read(alerts.open_alerts)}


async def test_a_change_of_category_that_is_announced_is_an_alert_and_counts_from_its_hour(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        for days in (0, 1):
            await is_to_be_reminded(play, at=DUE + timedelta(days=days))
        play.whatsapp.templates.announce_category("reminder_due", "en", "MARKETING")
        await play.until(DUE)
        assert play.heard() == ["[reminder_due]"]  # still what it was: a utility template
        (before,) = await play.world.store.read(alerts.open_alerts)
        assert "reminder_due" in before.title
        assert "marketing" in f"{before.title} {before.advice}".lower()
        await play.until(DUE + timedelta(days=1))
        assert play.heard() == ["[reminder_due]"]
        (held,) = (await play.overview()).held
        assert "became marketing" in held.rule
        (now,) = await play.world.store.read(alerts.open_alerts)
        assert now.severity.rank >= before.severity.rank
        assert "reminder_due" in now.title
        kept = await play.world.store.read(templates.load, "whatsapp", "reminder_due", "en")
        assert kept is not None
        assert kept.category_on(play.now) == "MARKETING"


WORDS = {
    "line breaks": ("buy:\n- milk\n\n- bread\tand    butter", "buy: - milk - bread and butter"),
    "a thousand letters": ("call " * 200, "call " * 79 + "ca…"),
    "emoji": ("water the 🌱🌵, call 👵🏽 🇨🇴", "water the 🌱🌵, call 👵🏽 🇨🇴"),
    "braces": ("pay {{time}} the {{task}} and {{1}}", "pay {{time}} the {{task}} and {{1}}"),
    "marks": ("*bold* _it_ ~no~ ```code```", "*bold* _it_ ~no~ ```code```"),
}


@pytest.mark.parametrize("name", WORDS)
async def test_whatever_a_reminder_says_its_template_takes_it(
    lives: Lives, autojump_clock: MockClock, name: str
) -> None:
    said, shown = WORDS[name]
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await is_to_be_reminded(play, said)
        await play.until(DUE)
        sent = play.messages()[-1]
        assert sent.text == "[reminder_due]"
        task = template_values(sent)["task"]
        assert len(task) <= 400
        assert task.startswith(shown[:20])
        if len(said) < 400:
            assert task == shown
        else:
            assert task.endswith("…")
        assert await play.dead() == []
        await play.taps_template("Done")
        await play.quiet(10)
        assert play.reactions() == ["✅"]


# --- an answer that is finished too late --------------------------------------------------------------


async def test_answers_wait_behind_one_template_and_a_tap_lets_them_out_in_order(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        for number in (7, 8, 9):
            await asks_a_day_ago(play, f"I spent ${number} on coffee", ago=timedelta(hours=33 - number))
            await play.quiet(30)
        assert play.heard() == [DOOR]
        assert len(template_actions(play.messages()[0])) == 1
        (held,) = (await play.overview()).held
        assert (held.messages, held.lifts_at) == (3, None)
        await play.quiet(5 * 3600)
        assert play.heard() == [DOOR]  # it is said once
        asked = play.asked_models()
        await play.taps_template("Read it")
        await play.quiet(600)
        assert len(play.heard()) == 4
        assert [f"{number}.00" in text for number, text in zip((7, 8, 9), play.heard()[1:], strict=True)] == [True] * 3
        assert play.asked_models() == asked
        assert {state for _body, state in await states(play)} == {"delivered"}
        await play.taps_template("Read it")  # again, and nothing more comes
        await play.quiet(60)
        assert len(play.heard()) == 4


async def test_to_type_opens_the_window_as_well(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await asks_a_day_ago(play)
        await play.quiet(60)
        assert play.heard() == [DOOR]
        await play.says("I spent $7 on coffee")
        await play.quiet(60)
        assert "50.00" in play.heard()[1]
        assert "7.00" in play.heard()[2]
        assert len(play.heard()) == 3
        # A day later the next answer knocks again.
        await play.quiet(3600)
        await asks_a_day_ago(play, "I spent $8 on tea", ago=timedelta(minutes=30))
        await play.quiet(60)
        assert "8.00" in play.heard()[3]


async def test_a_tap_days_later_still_finds_the_answer(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await asks_a_day_ago(play)
        await play.quiet(60)
        await play.quiet(6 * 24 * 3600)
        assert play.heard() == [DOOR]
        await play.taps_template("Read it")
        await play.quiet(60)
        assert len(play.heard()) == 2
        assert "50.00" in play.heard()[1]


async def test_a_tap_that_comes_too_late_is_answered_honestly(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await asks_a_day_ago(play)
        await play.quiet(60)
        await play.quiet(8 * 24 * 3600)
        assert (await play.overview()).held == ()
        await play.taps_template("Read it")
        await play.quiet(60)
        assert play.heard() == [DOOR, ENGLISH[Say.TAP_EXPIRED]]


@pytest.mark.parametrize("verdict", [Wait(), Reject(), Approve("MARKETING")], ids=["pending", "rejected", "marketing"])
async def test_without_a_door_an_answer_is_held_until_they_write_or_lapses(
    lives: Lives, autojump_clock: MockClock, verdict: Approve | Reject | Wait
) -> None:
    async with lives() as play:
        await play.knows()
        play.whatsapp.templates.verdicts.add(verdict, path="answer_ready/en")
        await play.submits_templates()
        for text in ("I spent $7 on coffee", "I spent $8 on tea"):
            await asks_a_day_ago(play, text)
            await play.quiet(60)
        assert play.heard() == []
        (held,) = (await play.overview()).held
        assert held.messages == 2
        await play.quiet(22 * 3600)
        await play.says("hello")
        await play.quiet(60)
        assert len(play.heard()) == 3
        assert "7.00" in play.heard()[0]
        assert "8.00" in play.heard()[1]
    async with lives(after(days=4)) as play:
        await asks_a_day_ago(play)
        await play.quiet(25 * 3600)
        assert (await play.overview()).held == ()
        assert (await play.outbox())[-1]["state"] == "lapsed"
        assert play.heard() == []


async def test_nobody_is_knocked_for_at_night(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(after(hours=15, minutes=30)) as play:  # midnight in New York
        await play.knows()
        await play.submits_templates()
        await asks_a_day_ago(play)
        await play.until(after(hours=23) - timedelta(minutes=1))
        assert play.heard() == []
        await play.until(after(hours=23, minutes=1))  # quiet hours end at eight
        assert play.heard() == [DOOR]


async def test_nobody_is_knocked_for_who_has_said_stop(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await asks_a_day_ago(play, "STOP")
        await play.quiet(3600)
        await asks_a_day_ago(play, SPENT)
        await play.quiet(3600)
        assert play.heard() == []
        assert await play.one("SELECT status FROM users") == "stopped"


async def test_a_door_that_has_not_left_when_they_write_is_not_paid_for(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await asks_a_day_ago(play)
        await trio.sleep(1)
        play.fail("whatsapp", Refuse(), times=3)  # the knock is decided, and cannot leave
        await play.quiet(20)
        assert play.heard() == []
        await play.says("hello?")
        await play.quiet(600)
        assert sent_as_templates(play, "answer_ready") == []
        assert len(play.heard()) == 2
        assert "50.00" in play.heard()[0]


async def test_days_of_stale_messages_are_answered_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        began = play.now
        for number in range(20):  # what Meta kept for three days comes all at once
            await play.says(f"I spent ${number + 1} on coffee", at=began - timedelta(hours=72 - number))
        await play.quiet(600)
        assert play.heard() == [DOOR]
        replies = await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'out' AND state = 'held'")
        assert 1 <= replies <= 3
        await play.quiet(3600)
        await play.taps_template("Read it")
        await play.quiet(600)
        assert len(play.heard()) == 1 + replies
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE needs_answer = 1 AND turn_id IS NULL") == 0
        assert sent_as_templates(play, "answer_ready") == play.messages()[:1]


async def test_a_stale_message_does_not_open_what_it_cannot(lives: Lives, autojump_clock: MockClock) -> None:
    """One webhook of a message from before the knock comes late: the door stays shut, and is not knocked on twice."""
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await asks_a_day_ago(play, ago=timedelta(hours=26))
        await play.quiet(60)
        assert play.heard() == [DOOR]
        await asks_a_day_ago(play, "I spent $7 on coffee", ago=timedelta(hours=25))
        await play.quiet(600)
        assert play.heard() == [DOOR]
        await play.taps_template("Read it")
        await play.quiet(600)
        assert len(play.heard()) == 3


# --- by the second ------------------------------------------------------------------------------------

SECOND = timedelta(seconds=1)
AGES = [
    (WINDOW - MARGIN - SECOND, True),
    (WINDOW - MARGIN, False),
    (WINDOW - MARGIN + SECOND, False),
    (WINDOW - SECOND, False),
    (WINDOW, False),
    (WINDOW + SECOND, False),
]


@pytest.mark.parametrize(("age", "free"), AGES)
@pytest.mark.parametrize("approved", [True, False])
async def test_the_window_closes_by_the_second_and_never_meets_metas_refusal(
    lives: Lives, autojump_clock: MockClock, age: timedelta, free: bool, approved: bool
) -> None:
    async with lives() as play:
        await play.knows()
        if approved:
            await play.submits_templates()
        wrote_at = play.now.replace(microsecond=0)
        await play.says("hello", at=wrote_at)
        await trio.sleep((wrote_at + age - play.now).total_seconds())
        before = len(play.heard())
        assert play.now - wrote_at == age
        await play.queues("the answer")
        await play.quiet(5)
        assert play.heard()[before:] == (["the answer"] if free else [DOOR] if approved else [])
        row = (await play.outbox())[-2 if approved and not free else -1]
        assert (row["body"], row["state"]) == ("the answer", "delivered" if free else "held")
        assert "131047" not in row["reason"]


@pytest.mark.parametrize("offset", [-1.0, -0.1, -0.001, 0.0, 0.001, 0.1, 1.0])
async def test_who_writes_at_the_very_moment_gets_the_reminder_once(
    lives: Lives, autojump_clock: MockClock, offset: float
) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await is_to_be_reminded(play)
        await trio.sleep((DUE - play.now).total_seconds() + offset)
        await play.says("hello")
        await play.quiet(300)
        came = [text for text in play.heard() if text in ("[reminder_due]", "⏰ water the plants")]
        assert len(came) == 1
        assert len(play.heard()) == 2
        assert {state for _body, state in await states(play)} == {"delivered"}


async def test_who_writes_while_a_template_waits_to_leave_gets_the_text_instead(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await is_to_be_reminded(play)
        await play.until(DUE - timedelta(minutes=1))
        play.fail("whatsapp", Refuse(), times=5)  # it waits for its next try
        await trio.sleep((DUE - play.now).total_seconds() + 1)
        await play.says("hello")
        await play.quiet(600)
        assert "⏰ water the plants" in play.heard()
        assert sent_as_templates(play, "reminder_due") == []
        assert len(play.heard()) == 2


# --- Meta's view counts ------------------------------------------------------------------------------


@pytest.mark.parametrize("told", ["at once", "later"])
async def test_when_meta_says_closed_a_reminder_goes_as_a_template_once(
    lives: Lives, autojump_clock: MockClock, told: str
) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await play.talk("remind me in 20 minutes to check the oven")
        (play.whatsapp.refuse if told == "at once" else play.whatsapp.fail)(131047)
        await play.quiet(1500)
        assert len(sent_as_templates(play, "reminder_due")) == 1
        assert [text for text in play.heard()[1:] if text != "[reminder_due]"] == (
            [] if told == "at once" else ["⏰ check the oven"]  # taken, and never delivered
        )
        assert {state for _body, state in await states(play)} == {"delivered"}
        expires = await play.one("SELECT expires_at_ms FROM conversation_windows")
        assert expires <= play.now_ms
        assert await play.dead() == []


@pytest.mark.parametrize("told", ["at once", "later"])
async def test_when_meta_says_closed_an_answer_waits_behind_the_door(
    lives: Lives, autojump_clock: MockClock, told: str
) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        (play.whatsapp.refuse if told == "at once" else play.whatsapp.fail)(131047)
        await play.says(SPENT)
        await play.quiet(600)
        lost = [] if told == "at once" else play.heard()[:1]
        assert play.heard() == [*lost, DOOR]
        await play.taps_template("Read it")
        await play.quiet(600)
        assert len(play.heard()) == len(lost) + 2
        assert "50.00" in play.heard()[-1]
        assert await play.dead() == []


async def test_three_bubbles_that_were_lost_come_again_in_order(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await play.talk("hello")
        play.whatsapp.manners.status_gap = 5.0  # all three were taken when the first is known to be lost
        play.whatsapp.fail(131047, times=3)
        await play.queues("one", "two", "three")
        await play.quiet(600)
        assert play.heard()[1:] == ["one", "two", "three", DOOR]
        await play.taps_template("Read it")
        await play.quiet(600)
        assert play.heard()[5:] == ["one", "two", "three"]


async def test_no_bubble_overtakes_one_that_is_tried_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("hello")
        play.fail("whatsapp", Refuse(), times=2)
        await play.queues("one", "two", "three")
        await play.quiet(600)
        assert play.heard()[1:] == ["one", "two", "three"]


# --- the number's limit, and money --------------------------------------------------------------------


async def test_at_the_numbers_limit_an_answer_waits_and_knocks_when_there_is_room(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await play.submits_templates()
        await play.world.store.write(allowance.remember_limit, "whatsapp", allowance.TIER, 1, at=play.now)
        await asks_a_day_ago(play, who=BEN)
        await play.quiet(60)
        assert play.heard(BEN) == [DOOR]
        reached: datetime = play.messages(BEN)[0].at
        await play.quiet(3600)
        await asks_a_day_ago(play)
        await play.quiet(60)
        assert play.heard() == []
        (held,) = [each for each in (await play.overview()).held if "limit of 1" in each.rule]
        assert held.lifts_at is not None and abs(held.lifts_at - reached - timedelta(hours=24)) < timedelta(seconds=1)
        await play.until(reached + timedelta(hours=24, seconds=5))
        assert play.heard() == [DOOR]
        assert await play.dead() == []


async def test_at_the_numbers_limit_a_reminder_never_comes_hours_late(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await play.submits_templates()
        await play.world.store.write(allowance.remember_limit, "whatsapp", allowance.TIER, 1, at=play.now)
        await asks_a_day_ago(play, who=BEN)
        await is_to_be_reminded(play)
        await play.until(DUE)
        assert play.heard() == []
        (held,) = [each for each in (await play.overview()).held if "limit of 1" in each.rule]
        assert held.messages == 1
        await play.until(DUE + timedelta(days=1))  # there is room since half an hour: too late for a reminder
        assert play.heard() == []
        assert ("lapsed", 1) in {
            (row["state"], row["count"])
            for row in await play.rows(
                "SELECT state, count(*) AS count FROM messages_v2 WHERE direction = 'out' GROUP BY 1"
            )
        }


async def test_a_limit_that_is_raised_lets_out_what_waited_for_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await play.submits_templates()
        await play.world.store.write(allowance.remember_limit, "whatsapp", allowance.TIER, 1, at=play.now)
        for who in (BEN, ANA):
            await asks_a_day_ago(play, who=who)
            await play.quiet(60)
        assert (play.heard(BEN), play.heard()) == ([DOOR], [])
        value = {"max_daily_conversations_per_business": "TIER_250"}
        play.whatsapp.post(play.whatsapp.account.change("business_capability_update", value, at=play.now))
        await play.quiet(60)
        assert play.heard() == [DOOR]


async def test_a_second_template_to_the_same_person_needs_no_room(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await play.world.store.write(allowance.remember_limit, "whatsapp", allowance.TIER, 1, at=play.now)
        await play.says("hello", at=play.now - timedelta(hours=30))
        await play.quiet(60)
        for number in range(2):
            once = Timing(f"s-{number}", "UTC", wall=(play.now + timedelta(minutes=1)).replace(tzinfo=None))
            await play.rows_of().write(reminders.add, f"r-{number}", "stand up", once, now=play.now)
            await play.quiet(120)
        assert sorted(play.heard()) == [DOOR, "[reminder_due]", "[reminder_due]"]


async def test_two_at_the_same_moment_do_not_pass_the_last_place(lives: Lives, autojump_clock: MockClock) -> None:
    people: Sequence[str] = [f"+1202555{number:04}" for number in range(20)]
    async with lives() as play:
        for number, who in enumerate(people):
            await play.knows(who, name=f"P{number}")
        await play.submits_templates()
        await play.world.store.write(allowance.remember_limit, "whatsapp", allowance.TIER, 3, at=play.now)
        play.fail("whatsapp", Slow(2), times=20)  # requests overlap
        for who in people:
            await play.queues("your answer", who=who)
        await play.quiet(600)
        assert sum(len(sent_as_templates(play, "answer_ready", who)) for who in people) == 3
        assert play.now > MONDAY


async def test_a_template_that_is_taken_and_then_dropped_is_not_tried_again_and_the_reminder_goes_by_sms(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=WITH_SMS) as play:
        await play.knows()
        await play.submits_templates()
        await is_to_be_reminded(play)
        play.whatsapp.manners.holds_templates = True  # taken with a 200, dropped with a status
        await play.until(DUE)
        (text,) = play.world.vendors.sms.messages(ANA)
        assert text.body.splitlines()[0].endswith("water the plants")
        assert play.heard() == ["[reminder_due]"]  # which never reached the phone
        assert await play.dead() == []
        assert (
            await play.one("SELECT status FROM templates WHERE name = 'reminder_due' AND language = 'en'") == "PAUSED"
        )

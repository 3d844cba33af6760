"""Forms, from the wish to the event: pushed to Meta, opened by a phone, asked as they go, sent, and acted on once."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.flow_crypto import generate_key
from ivy.adapters.whatsapp.flows import FlowLibrary
from ivy.agent import forms
from ivy.cli import world
from ivy.cli.flow_pushing import Push, endpoint_of
from ivy.config import Config, Secret, ServerSection, ToolsSection, WhatsAppSection
from ivy.domain import actions
from ivy.domain.actions import Bound
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.brain import Brain, BrainCall, BrainInput, BrainOutput
from ivy.emulators.faults import Duplicate
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_flow_client import FlowClient, FormOver, OpenForm
from ivy.emulators.whatsapp_payloads import Accepted, Json
from ivy.store import calendar, flows, pending_actions, switches
from ivy.store.calendar import NewEvent
from ivy.store.scope import as_operator
from ivy.tools.registry import Registry, families
from tests.journeys.play import ANA, BEN, Lives, Play

PRIVATE, PUBLIC = generate_key()
LIVE = Config(
    whatsapp=WhatsAppSection(flow_key=Secret(PRIVATE)), server=ServerSection(public_url="https://ivy.example.org")
)
"""With a key and an address: the booking form asks Ivy as it goes."""
SECRET = actions.secrets_of("00" * 32)[0]
INTRO = "Here is the form."
TUESDAY = "2026-11-24"
PASSED = "That time has passed. Please choose a later one."
BOOKED = "Booked: dentist, Tue 24 Nov, 2:00 pm to 3:00 pm."
FILLED = {"title": "dentist", "date": TUESDAY, "time": "14:00", "minutes": "60"}


def mind(name: str = "booking", **more: str) -> tuple[Brain, list[str]]:
    """Return a mind that opens a form when greeted, and the words that it was given to answer after that."""
    given: list[str] = []

    def think(seen: BrainInput) -> BrainOutput | None:
        if seen.results and not given:
            return BrainOutput(INTRO)
        if seen.words == "hello":
            return BrainOutput(calls=(BrainCall("open_form", {"form": name, **more}),))
        if not seen.results:
            given.append(seen.words.rpartition(") ")[2] if seen.words.startswith("(quoting") else seen.words)
        return None

    return Brain(Registry(families()).examples(), scripted=think), given


def phone(play: Play) -> FlowClient:
    async def post(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        response = await play.world.http.post(world.FLOWS, content=body, headers=headers)
        return response.status_code, response.content

    return FlowClient(play.whatsapp.flows, app_secret=world.APP_SECRET, post=post, chance=Random(3))


async def push(play: Play, config: Config | None = None) -> None:
    """Do what `ivy whatsapp flows key` and `ivy whatsapp flows push` do."""
    async with open_client(transport=in_process(play.whatsapp.app)) as http:
        library = FlowLibrary(
            http,
            base_url=world.ORIGIN,
            version="v26.0",
            waba_id=world.WABA,
            phone_number_id=world.PNID,
            token=world.TOKEN,
            app_secrets=(world.APP_SECRET,),
        )
        await library.upload_key(PUBLIC)
        operator = await as_operator(play.world.store, actor="test", reason="a test", action="push", at_ms=play.now_ms)
        lines = await Push(library, operator, play.world.clock, endpoint_of(config or Config())).run()
    assert [line.result for line in lines] == ["PUBLISHED"] * len(lines)


async def sent_form(play: Play, who: str = ANA) -> Accepted:
    """Let somebody be given a form; return the message that it stands under."""
    before = len(play.messages(who))
    await play.says("hello", who)
    await play.hears(before + 1, who)
    (sent,) = play.messages(who)[before:]
    assert sent.text == INTRO
    assert sent.request["interactive"]["type"] == "flow"
    return sent


async def send_back(play: Play, sent: Accepted, content: Json | None, who: str = ANA, **more: Any) -> str:
    assert content is not None
    return await play.whatsapp.person_sends(who, content, quoted=sent.wamid, **more)


def reply(answers: Json) -> Json:
    """Return the message that a finished form becomes, with any answers."""
    nfm = {"name": "flow", "body": "Sent", "response_json": json.dumps(answers)}
    return {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": nfm}}


def token_of(sent: Accepted) -> str:
    return sent.request["interactive"]["action"]["parameters"]["flow_token"]


async def filled_in(play: Play, sent: Accepted, **answers: Any) -> OpenForm:
    """Fill in the booking form that asks nothing, and send it off."""
    client = phone(play)
    form = await client.open(sent.request)
    form.fill(**{**FILLED, **answers})
    await client.tap(form)
    return form


def meeting(hour: int) -> NewEvent:
    starts = datetime.fromisoformat(f"{TUESDAY}T{hour}:00")
    return NewEvent("e-1", "meeting", starts, starts + timedelta(hours=1), "America/New_York")


async def events(play: Play) -> list[tuple[str, str]]:
    rows = await play.rows(
        "SELECT title, starts_wall FROM calendar_events WHERE state = 'booked' ORDER BY starts_at_ms"
    )
    return [(row["title"], row["starts_wall"]) for row in rows]


# --- a booking ---------------------------------------------------------------------------------------


async def test_a_form_that_asks_nothing_books_one_event_without_a_model(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, given = mind(title="dentist")
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        parameters = sent.request["interactive"]["action"]["parameters"]
        assert parameters["flow_action"] == "navigate"
        assert parameters["flow_action_payload"]["data"]["title"] == "dentist"
        asked, used = play.asked_models(), await play.usage()
        form = await filled_in(play, sent)
        await send_back(play, sent, form.finished)
        assert (await play.hears(2))[-1] == BOOKED
        assert await events(play) == [("dentist", f"{TUESDAY}T14:00:00")]
        assert (play.asked_models(), await play.usage(), given) == (asked, used, [])
        await send_back(play, sent, form.finished)  # sent off once more, from the same message
        assert (await play.hears(3))[-1] == ENGLISH[Say.FORM_OVER]
        await send_back(play, sent, form.finished)
        await play.quiet()
        assert len(play.heard()) == 3  # and that is said once
        assert len(await events(play)) == 1
        assert play.asked_models() == asked
        assert await play.dead() == []


async def test_the_form_that_asks_as_it_goes_books_what_is_free(lives: Lives, autojump_clock: MockClock) -> None:
    brain, given = mind(title="dentist")
    async with lives(brain=brain, config=LIVE) as play:
        await play.knows()
        await push(play, LIVE)
        busy = meeting(13)
        await play.rows_of().write(calendar.book, busy, now=play.now)
        sent = await sent_form(play)
        asked = play.asked_models()
        assert sent.request["interactive"]["action"]["parameters"]["flow_action"] == "data_exchange"
        client = phone(play)
        form = await client.open(sent.request)
        assert form.screen == "DAY" and form.answers["title"] == "dentist"
        form.fill(date=TUESDAY, minutes="60")
        await client.tap(form)
        offered = [str(each["id"]) for each in form.options("time")]
        assert "14:00" in offered and "13:00" not in offered and "13:30" not in offered
        form.fill(time="14:00")
        await client.tap(form)
        assert form.data["summary"] == "dentist\nTue 24 Nov, 2:00 pm, 60 min"
        assert len(await events(play)) == 1  # nothing is booked before it is sent
        form.fill(note="bring the X-rays")
        await client.tap(form)
        await send_back(play, sent, form.finished)
        assert (await play.hears(2))[-1] == "Booked: dentist (bring the X-rays), Tue 24 Nov, 2:00 pm to 3:00 pm."
        assert len(await events(play)) == 2
        assert (play.asked_models(), given) == (asked, [])
        with pytest.raises(FormOver, match="already"):
            await client.open(sent.request)


async def test_a_form_that_meta_delivers_again_acts_and_speaks_once(lives: Lives, autojump_clock: MockClock) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        form = await filled_in(play, sent)
        play.whatsapp.deliveries.faults.add(Duplicate(times=3))
        wamid = await send_back(play, sent, form.finished)
        await play.quiet(60)
        await send_back(play, sent, form.finished, external_id=wamid)
        await play.quiet()
        assert play.heard() == [INTRO, BOOKED]
        assert len(await events(play)) == 1


async def test_phones_that_leave_the_token_out_are_known_by_the_message_it_stood_under(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        await send_back(play, sent, reply(FILLED))
        assert (await play.hears(2))[-1] == BOOKED
        await send_back(play, sent, reply(FILLED))
        assert (await play.hears(3))[-1] == ENGLISH[Say.FORM_OVER]
        assert len(await events(play)) == 1


# --- tokens that are none ----------------------------------------------------------------------------

WRONG_TOKENS: dict[str, Callable[[Bound, str], Any]] = {
    "another secret": lambda bound, _token: actions.token(b"guessed", bound),
    "cut": lambda _bound, token: token[:-1],
    "another purpose": lambda bound, _token: actions.token(
        SECRET, Bound(bound.user_id, "reminder", bound.action_id, bound.expires_at)
    ),
    "a later end": lambda bound, _token: actions.token(
        SECRET, Bound(bound.user_id, "form", bound.action_id, bound.expires_at + timedelta(days=1))
    ),
    "a form of nobody": lambda bound, _token: actions.token(
        SECRET, Bound(bound.user_id, "form", "x-1", bound.expires_at)
    ),
    "words": lambda _bound, _token: "unused",
    "long": lambda _bound, token: token * 500,
    "a number": lambda _bound, _token: 7,
    "a list": lambda _bound, token: [token],
    "nothing": lambda _bound, _token: None,
}


@pytest.mark.parametrize("wrong", WRONG_TOKENS)
async def test_a_forged_token_books_nothing_and_is_answered_kindly(
    lives: Lives, autojump_clock: MockClock, wrong: str
) -> None:
    brain, given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        named = actions.named(token_of(sent))
        assert named is not None
        pending = await play.rows_of().read(pending_actions.load, named.action_id)
        assert pending is not None
        token = WRONG_TOKENS[wrong](pending.bound, token_of(sent))
        # Without the message it stood under: nothing else says whose form it is.
        await play.whatsapp.person_sends(ANA, reply({**FILLED, "flow_token": token}))
        assert (await play.hears(2))[-1] == ENGLISH[Say.FORM_FOREIGN]
        await play.quiet()
        assert (await events(play), given, len(play.heard())) == ([], [], 2)
        await send_back(play, sent, (await filled_in(play, sent)).finished)  # the real one is as good as before
        assert (await play.hears(3))[-1] == BOOKED


async def test_a_form_without_token_or_message_books_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        await sent_form(play)
        await play.whatsapp.person_sends(ANA, reply(FILLED))
        assert (await play.hears(2))[-1] == ENGLISH[Say.FORM_FOREIGN]
        await play.whatsapp.person_sends(ANA, reply(FILLED), quoted="wamid.nobodys")
        await play.quiet()
        assert await events(play) == []


async def test_anothers_form_books_for_neither(lives: Lives, autojump_clock: MockClock) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await push(play)
        sent = await sent_form(play, BEN)
        form = await filled_in(play, sent)
        await send_back(play, sent, form.finished, ANA)
        assert await play.hears(1) == [ENGLISH[Say.FORM_FOREIGN]]
        without = reply(FILLED)
        await play.quiet(61)
        await send_back(play, sent, without, ANA)
        assert await play.hears(2) == [ENGLISH[Say.FORM_FOREIGN]] * 2
        assert await events(play) == []
        await send_back(play, sent, form.finished, BEN)
        assert (await play.hears(2, BEN))[-1] == BOOKED
        assert await play.one("SELECT user_id FROM calendar_events") == play.ids[BEN]


async def test_a_form_of_yesterday_has_had_its_time(lives: Lives, autojump_clock: MockClock) -> None:
    brain, given = mind()
    async with lives(brain=brain, config=LIVE) as play:
        await play.knows()
        await push(play, LIVE)
        sent = await sent_form(play)
        await play.quiet(25 * 3600)
        with pytest.raises(FormOver, match="expired"):
            await phone(play).open(sent.request)
        await send_back(play, sent, reply({**FILLED, "date": "2026-11-26", "flow_token": token_of(sent)}))
        assert (await play.hears(2))[-1] == ENGLISH[Say.FORM_FOREIGN]
        assert (await events(play), given) == ([], [])


# --- wrong answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"date": "2026-11-22"}, "“Day” needs a day from today on, at most 365 days ahead."),
        ({"date": "2026-11-23", "time": "08:45"}, PASSED),
        ({"date": "2026-11-23", "time": "09:00"}, PASSED),
        ({"date": "2031-01-01"}, "“Day” needs a day from today on, at most 365 days ahead."),
        ({"date": "tomorrow"}, "“Day” needs a date such as 2026-11-24."),
        ({"date": 20261124}, "“Day” needs a date such as 2026-11-24."),
        ({"date": {"$ne": 1}}, "“Day” needs a date such as 2026-11-24."),
        ({"date": None}, "“Day” is missing."),
        ({"time": "14:07"}, "“Time” needs one of the times offered."),
        ({"time": "25:00"}, "“Time” needs one of the times offered."),
        ({"time": ["14:00"]}, "“Time” needs one of the times offered."),
        ({"minutes": "-60"}, "“How long” needs one of its options."),
        ({"minutes": 1e308}, "“How long” needs one of its options."),
        ({"title": ""}, "“What is it?” is missing."),
        ({"title": "\u200b\u200b"}, "“What is it?” is missing."),
        ({"title": ["dentist"]}, "“What is it?” needs words."),
        ({"title": "x" * 100_000}, "“What is it?” is too long: at most "),
        ({"note": {"a": 1}}, "“Note” needs words."),
    ],
    ids=lambda given: str(given)[:30],
)
async def test_a_wrong_answer_is_one_plain_sentence_and_the_form_can_be_sent_again(
    lives: Lives, autojump_clock: MockClock, changed: Json, said: str
) -> None:
    brain, given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        await send_back(play, sent, reply({**FILLED, **changed, "flow_token": token_of(sent)}))
        assert (await play.hears(2))[-1].startswith(said)
        await play.quiet()
        assert (await events(play), given, len(play.heard())) == ([], [], 2)
        await send_back(play, sent, reply({**FILLED, "flow_token": token_of(sent)}))
        assert (await play.hears(3))[-1] == BOOKED
        assert len(await events(play)) == 1
        assert await play.dead() == []


@pytest.mark.parametrize("content", ["", "[]", "null", "{", "7", '{"flow_token": {"a": [1]}}', "{}"])
async def test_what_is_no_form_at_all_loses_nothing(lives: Lives, autojump_clock: MockClock, content: str) -> None:
    async with lives() as play:
        await play.knows()
        nfm = {"name": "flow", "body": "Sent", "response_json": content}
        await play.whatsapp.person_sends(
            ANA, {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": nfm}}
        )
        await play.says("I spent $7 on coffee")
        await play.quiet()
        assert "7.00" in play.heard()[-1]
        assert await events(play) == []
        kept = await play.one("SELECT count(*) FROM messages_v2 WHERE kind = 'form' AND direction = 'in'")
        assert kept + len(await play.dead()) == 1


async def test_a_time_that_was_taken_meanwhile_is_said_by_the_form_and_can_be_chosen_anew(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, _given = mind(title="dentist")
    async with lives(brain=brain, config=LIVE) as play:
        await play.knows()
        await push(play, LIVE)
        sent = await sent_form(play)
        client = phone(play)
        form = await client.open(sent.request)
        form.fill(date=TUESDAY, minutes="60")
        await client.tap(form)
        form.fill(time="14:00")
        await client.tap(form)
        busy = meeting(14)
        await play.rows_of().write(calendar.book, busy, now=play.now)
        await client.tap(form)
        assert form.said == forms.TAKEN.en
        await client.back(form)  # their phone shows the times as they were
        form.fill(time="14:00")
        await client.tap(form)
        assert form.said == forms.GONE.en
        assert "14:00" not in [each["id"] for each in form.options("time")]
        form.fill(time="15:00")
        await client.tap(form)
        await client.tap(form)
        await send_back(play, sent, form.finished)
        assert (await play.hears(2))[-1] == "Booked: dentist, Tue 24 Nov, 3:00 pm to 4:00 pm."
        assert await events(play) == [("meeting", f"{TUESDAY}T14:00:00"), ("dentist", f"{TUESDAY}T15:00:00")]


async def test_a_time_that_was_taken_while_the_form_was_on_its_way_is_talked_about(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        busy = meeting(14)
        await play.rows_of().write(calendar.book, busy, now=play.now)
        await send_back(play, sent, (await filled_in(play, sent)).finished)
        said = (await play.hears(2))[-1]
        assert given == ["Book dentist on 2026-11-24 at 14:00 for 60 minutes"]
        assert "meeting" in said and "all the same" in said
        await play.quiet()
        assert len(play.heard()) == 2
        assert await events(play) == [("meeting", f"{TUESDAY}T14:00:00")]


@pytest.mark.parametrize(("answer", "count"), [("Yes", 2), ("No", 1)])
async def test_the_same_booking_by_a_form_a_moment_later_asks_again(
    lives: Lives, autojump_clock: MockClock, answer: str, count: int
) -> None:
    brain, given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        first, second = await sent_form(play), await sent_form(play)
        await send_back(play, first, (await filled_in(play, first)).finished)
        assert (await play.hears(3))[-1] == BOOKED
        asked = play.asked_models()
        await send_back(play, second, (await filled_in(play, second)).finished)
        assert (await play.hears(4))[-1] == f"{ENGLISH[Say.CONFIRM_AGAIN]}\n• {BOOKED}"
        assert len(await events(play)) == 1
        await play.taps(answer)
        await play.quiet(30)
        assert play.heard()[-1] == {"Yes": BOOKED, "No": ENGLISH[Say.CONFIRM_NO]}[answer]
        assert len(await events(play)) == count
        assert (play.asked_models(), given) == (asked, [])
        await play.taps(answer)
        await play.quiet(30)
        assert len(await events(play)) == count
        assert await play.dead() == []


async def test_what_was_booked_in_words_is_asked_about_when_a_form_books_it_again(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        assert await play.talk("book dentist tomorrow 2pm") == BOOKED
        wamid = await send_back(play, sent, (await filled_in(play, sent)).finished)
        assert (await play.hears(3))[-1].startswith(ENGLISH[Say.CONFIRM_AGAIN])
        await play.taps("Yes")
        await play.quiet(30)
        assert len(await events(play)) == 2
        assert ENGLISH[Say.CONFIRM_AGAIN] in await play.story(wamid)


async def test_a_note_as_long_as_a_form_has_room_for_is_kept(lives: Lives, autojump_clock: MockClock) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        note = "bring the x-rays " * 17
        form = await filled_in(play, sent, title="d" * 80, note=note)
        await send_back(play, sent, form.finished)
        assert (await play.hears(2))[-1].startswith("Booked: ")
        (title, _starts) = (await events(play))[0]
        assert title == f"{'d' * 80} ({note.strip()})"


async def test_with_the_calendar_switched_off_a_form_books_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    brain, _given = mind()
    async with lives(brain=brain, config=Config(tools=ToolsSection(disabled=("book_event",)))) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        await send_back(play, sent, (await filled_in(play, sent)).finished)
        await play.hears(2)
        assert await events(play) == []
        assert await play.dead() == []


# --- switched off, blocked, without a form -----------------------------------------------------------


async def switch_off(play: Play) -> None:
    await play.world.store.write(switches.set_value, "flows", "off", by="test", now=play.now)


async def test_with_forms_switched_off_it_is_asked_in_the_chat(lives: Lives, autojump_clock: MockClock) -> None:
    brain, _given = mind()
    async with lives(brain=brain, config=LIVE) as play:
        await play.knows()
        await push(play, LIVE)
        await switch_off(play)
        await play.says("hello")
        assert await play.hears(1) == [f"{INTRO}\n\n{ENGLISH[Say.FORM_IN_CHAT]}"]
        assert play.messages()[0].type == "text"
        assert "Booked" in await play.talk("book dentist on friday at 10am")


async def test_without_any_form_at_meta_it_is_asked_in_the_chat(lives: Lives, autojump_clock: MockClock) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await play.says("hello")
        assert await play.hears(1) == [f"{INTRO}\n\n{ENGLISH[Say.FORM_IN_CHAT]}"]


async def test_a_form_that_meta_blocks_is_asked_in_the_chat_and_comes_back(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        known = await play.world.store.read(flows.load, "booking", "en")
        assert known is not None
        await play.quiet(5)
        play.whatsapp.flows.set_status(known.vendor_id, "BLOCKED")
        await play.quiet(5)
        assert (await play.talk("hello")).endswith(ENGLISH[Say.FORM_IN_CHAT])
        play.whatsapp.flows.set_status(known.vendor_id, "PUBLISHED")
        await play.quiet(5)
        await sent_form(play)


async def test_a_form_that_is_switched_off_while_it_waits_to_be_sent_goes_as_words(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        play.whatsapp.refuse(130429)  # the vendor is busy: it is sent a moment later
        await play.says("hello")
        await play.quiet(2.5)
        await switch_off(play)
        assert await play.hears(1) == [f"{INTRO}\n\n{ENGLISH[Say.FORM_IN_CHAT]}"]


async def test_a_form_that_is_open_when_forms_are_switched_off_closes_with_a_sentence(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, _given = mind(title="dentist")
    async with lives(brain=brain, config=LIVE) as play:
        await play.knows()
        await push(play, LIVE)
        sent = await sent_form(play)
        client = phone(play)
        form = await client.open(sent.request)
        await switch_off(play)
        form.fill(date=TUESDAY, minutes="60")
        with pytest.raises(FormOver) as over:
            await client.tap(form)
        assert str(over.value) == forms.SWITCHED_OFF.en
        with pytest.raises(FormOver):
            await client.open(sent.request)


async def test_a_form_that_is_finished_after_forms_were_switched_off_becomes_words(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        form = await filled_in(play, sent)
        await switch_off(play)
        await send_back(play, sent, form.finished)
        await play.hears(2)
        assert given == ["Book dentist on 2026-11-24 at 14:00 for 60 minutes"]
        await send_back(play, sent, form.finished)
        assert (await play.hears(3))[-1] == ENGLISH[Say.FORM_OVER]
        assert len(given) == 1


# --- forms whose answers are words -------------------------------------------------------------------


async def test_a_weekly_checkin_becomes_words_for_the_agent(lives: Lives, autojump_clock: MockClock) -> None:
    brain, given = mind("weekly_checkin")
    async with lives(brain=brain, config=LIVE) as play:
        await play.knows()
        await push(play, LIVE)
        sent = await sent_form(play)
        client = phone(play)
        form = await client.open(sent.request)
        form.fill(energy="4", mood="3", confidence="7")
        await client.tap(form)
        form.fill(went_well="Two runs. Stop me if I brag!")
        await client.tap(form)
        asked = play.asked_models()
        await send_back(play, sent, form.finished)
        await play.hears(2)
        assert given == [
            "My week: energy Good, mood So-so, confidence 7 of 10. What went well: Two runs. Stop me if I brag!."
        ]
        assert play.asked_models() == asked + 1
        assert await play.one("SELECT body FROM messages_v2 WHERE kind = 'form' AND direction = 'in'") == given[0]
        await send_back(play, sent, form.finished)
        assert (await play.hears(3))[-1] == ENGLISH[Say.FORM_OVER]
        assert len(given) == 1


async def test_an_onboarding_becomes_words_in_the_persons_language(lives: Lives, autojump_clock: MockClock) -> None:
    brain, given = mind("onboarding")
    async with lives(brain=brain) as play:
        await play.knows(locale="es-CO", zone="America/Bogota")
        await push(play)
        sent = await sent_form(play)
        client = phone(play)
        form = await client.open(sent.request)
        assert form.answers["name"] == "Ana"
        form.fill(track="fitness", goal="correr 5 km")
        await client.tap(form)
        form.fill(days=["mon", "thu"], hour="06:00", minutes="30")
        await client.tap(form)
        form.fill(zone="America/Bogota")
        await client.tap(form)
        await send_back(play, sent, form.finished)
        await play.hears(2)
        assert given == [
            "Me llamo Ana. Quiero trabajar en: Moverme más. Mi meta: correr 5 km. Días: Lunes, Jueves a las 06:00,"
            " 30 minutos por vez. Mi zona horaria: Bogotá."
        ]


async def test_a_form_sent_while_a_human_answers_is_left_to_the_human(lives: Lives, autojump_clock: MockClock) -> None:
    brain, given = mind("weekly_checkin")
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        await play.talk("agent")
        asked = play.asked_models()
        answers = {"energy": "4", "mood": "3", "confidence": "7", "flow_token": token_of(sent)}
        await send_back(play, sent, reply(answers))
        await play.quiet()
        assert (play.asked_models(), given, len(play.heard())) == (asked, [], 2)
        assert await play.one("SELECT body FROM messages_v2 WHERE kind = 'form' AND direction = 'in'") == (
            "My week: energy Good, mood So-so, confidence 7 of 10."
        )


async def test_why_tells_the_story_of_a_form(lives: Lives, autojump_clock: MockClock) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        wamid = await send_back(play, sent, (await filled_in(play, sent)).finished)
        await play.hears(2)
        told = await play.story(wamid)
        assert "message in: Ana sent a form on whatsapp: “Book dentist on 2026-11-24 at 14:00 for 60 minutes”" in told
        assert "question: Ivy asked something (form)." in told
        assert "question: It was answered: sent, by message" in told
        assert BOOKED in told
        forged = await play.whatsapp.person_sends(ANA, reply({**FILLED, "flow_token": "ivy1.x..y"}))
        await play.quiet(30)
        assert "Its token is not one of theirs." in await play.story(forged)

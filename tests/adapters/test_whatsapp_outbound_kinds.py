"""Every kind of message that Ivy can build, at its extremes, against the strict emulator: a table, and a property."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, get_args

import httpx2
import msgspec
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from ivy.adapters.whatsapp.bodies import WITHOUT_LABEL
from ivy.adapters.whatsapp.messages import body_of
from ivy.clock import VirtualClock
from ivy.domain.contents import (
    AnyContent,
    AskContact,
    AskLocation,
    Buttons,
    Card,
    Choices,
    Emoji,
    File,
    Form,
    Link,
    Option,
    Section,
    Template,
    Unbuildable,
    Words,
)
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.emulators.whatsapp_flows import ShelvedFlow
from ivy.emulators.whatsapp_rules import check_message, check_product
from ivy.errors import VendorRefused
from ivy.ports import Address, Outbound

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ANA = "+573001112233"
HEARD = "wamid.FIRST"
FLOW = "7700000000000001"


def options(count: int, title: int, action: int, description: int = 0) -> tuple[Option, ...]:
    """Distinct options, each as long as it may be."""
    return tuple(
        Option(f"{number:x<{action}}", f"{number:ñ<{title}}", "d" * description) for number in range(1, count + 1)
    )


ROWS = options(10, 24, 200, 72)
ONE_SECTION = (Section(ROWS),)
TEN_SECTIONS = tuple(Section((row,), f"{number:s<24}") for number, row in enumerate(ROWS))
DIGEST = "ab" * 32

EXTREMES: dict[str, AnyContent] = {
    "text of one letter": Words("x"),
    "text of 4,096": Words("ñ" * 4096),
    "one button": Buttons("?", options(1, 1, 1)),
    "three buttons, all as long as they may be": Buttons("b" * 1024, options(3, 20, 256), "h" * 60, "f" * 60),
    "blank header and footer": Buttons("?", options(2, 5, 5), " ", "\n"),
    "a list of one row": Choices("?", "b", (Section(options(1, 1, 1)),)),
    "a list of ten rows": Choices("b" * 4096, "b" * 20, ONE_SECTION, "h" * 60, "f" * 60),
    "a list of ten sections": Choices("?", "b", TEN_SECTIONS),
    "a link": Link("b" * 1024, "l" * 20, "https://ivy.example.org/" + "a" * 1976),
    "a request for a place": AskLocation("b" * 1024),
    "a request for a number": AskContact("b" * 1024),
    "a card": Card("I" * 60, "+15550102030"),
    "a form that opens by itself": Form("b" * 1024, "l" * 20, "booking", "t" * 1000, "chat", "DAY", {"days": ["1"]}),
    "a form without data": Form("?", "Go", "booking", "t", "chat", "DAY"),
    "a form that our endpoint opens": Form("?", "Go", "booking", "t", "chat"),
    "a form with emoji on its button": Form("?", "📅 Book 1️⃣", "booking", "t", "chat"),
    "a form with nothing but emoji": Form("?", "📅❤️", "booking", "t", "chat"),
    "an image": File("image", DIGEST, "image/jpeg", "c" * 1024, "ignored.jpg"),
    "a video": File("video", DIGEST, "video/mp4", "c" * 1024),
    "an audio file": File("audio", DIGEST, "audio/mpeg"),
    "a voice note": File("audio", DIGEST, "audio/ogg; codecs=opus"),
    "a document": File("document", DIGEST, "application/pdf", "c" * 1024, "f" * 240),
    "a sticker": File("sticker", DIGEST, "image/webp"),
    "a template without values": Template("t" * 512, "en", {}, "Hi"),
    "a template": Template(
        "checkin", "es_CO", {"name": "a" * 512, "goal": "b" * 512}, "Hi", tuple(f"{n:x<256}" for n in range(10))
    ),
    "a reaction": Emoji(HEARD, "👩🏽‍🚀"),
}


def outbound(content: AnyContent, **change: Any) -> Outbound:
    known: dict[str, Any] = {"our_id": "m" * 512, "to": Address(phone=ANA), "quoted_id": HEARD}
    return Outbound(content=content, **(known | change))


def built(content: AnyContent, **change: Any) -> dict[str, Any]:
    """Return a request as Meta reads it, off the wire."""
    request = body_of(outbound(content, **change), flow_id=FLOW, media_id="987654321")
    return msgspec.json.decode(msgspec.json.encode(request))


@pytest.fixture
async def emulator(autojump_clock: MockClock) -> WhatsAppEmulator:
    clock = VirtualClock(NOW)

    async def lost(body: bytes, headers: dict[str, str]) -> int:
        await trio.lowlevel.checkpoint()
        return 200

    made = WhatsAppEmulator(
        app_secret="app", token="token", phone_number_id="106", verify_token="v", deliver=lost, now=clock.now
    )
    templates = [content for content in EXTREMES.values() if isinstance(content, Template)]
    made.manners.templates = frozenset((template.name, template.language) for template in templates)
    made.flows.flows[FLOW] = ShelvedFlow(FLOW, "booking", ["OTHER"], status="PUBLISHED", live={"version": "7.3"})
    await made.person_says(ANA, "hi", external_id=HEARD)
    return made


@pytest.fixture
async def http(emulator: WhatsAppEmulator) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": "Bearer token"}
    async with httpx2.AsyncClient(
        transport=in_process(emulator.app), base_url="http://meta", headers=headers
    ) as client:
        yield client


def test_the_table_lists_every_kind() -> None:
    assert {type(content) for content in EXTREMES.values()} == set(get_args(AnyContent))
    media = {content.media for content in EXTREMES.values() if isinstance(content, File)}
    assert media == {"image", "video", "audio", "document", "sticker"}


@pytest.mark.parametrize("name", EXTREMES)
async def test_every_kind_is_accepted_at_its_extremes(
    autojump_clock: MockClock, emulator: WhatsAppEmulator, http: httpx2.AsyncClient, name: str
) -> None:
    response = await http.post("/v26.0/106/messages", json=built(EXTREMES[name]))
    assert response.status_code == 200, response.text
    assert emulator.sent[0].our_id == "m" * 512


# --- shapes, as the reference shows them ----------------------------------------------------------------


def part(content: AnyContent, kind: str = "interactive") -> Any:
    request = built(content)
    assert request["type"] == kind
    return request[kind]


def test_the_frame_of_a_message() -> None:
    assert built(Words("Hola"), our_id="msg-1", to=Address("CO.1349", ANA)) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": ANA,
        "recipient": "CO.1349",
        "type": "text",
        "text": {"body": "Hola", "preview_url": False},
        "context": {"message_id": HEARD},
        "biz_opaque_callback_data": "msg-1",
    }


def test_buttons() -> None:
    content = Buttons("Done with the run?", (Option("a:1", "Done"), Option("a:2", "Later")), footer="Ivy")
    assert part(content) == {
        "type": "button",
        "body": {"text": "Done with the run?"},
        "footer": {"text": "Ivy"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "a:1", "title": "Done"}},
                {"type": "reply", "reply": {"id": "a:2", "title": "Later"}},
            ]
        },
    }


def test_a_list() -> None:
    row = Option("g:1", "Run 5k", "3x a week")
    content = Choices("Pick a goal", "Goals", (Section((row,), "Active"),), header="Goals of Ana")
    assert part(content) == {
        "type": "list",
        "header": {"type": "text", "text": "Goals of Ana"},
        "body": {"text": "Pick a goal"},
        "action": {
            "button": "Goals",
            "sections": [
                {"title": "Active", "rows": [{"id": "g:1", "title": "Run 5k", "description": "3x a week"}]},
            ],
        },
    }


def test_a_link_and_two_requests() -> None:
    assert part(Link("Your plan", "Open", "https://ivy.example.org/p")) == {
        "type": "cta_url",
        "body": {"text": "Your plan"},
        "action": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://ivy.example.org/p"}},
    }
    assert part(AskLocation("Where?"))["action"] == {"name": "send_location"}
    assert part(AskContact("Which number?")) == {
        "type": "request_contact_info",
        "body": {"text": "Which number?"},
        "action": {"name": "request_contact_info"},
    }


def test_a_form_that_opens_by_itself_and_one_that_asks_us() -> None:
    content = Form("2 questions", "Check in", "checkin", "token", "…", "CHECKIN", {"goal": "Run 5k"})
    common = {"flow_message_version": "3", "flow_id": FLOW, "flow_cta": "Check in", "mode": "published"}
    opened = {"screen": "CHECKIN", "data": {"goal": "Run 5k"}}
    assert part(content)["action"] == {
        "name": "flow",
        "parameters": {
            **common,
            "flow_token": "token",
            "flow_action": "navigate",
            "flow_action_payload": opened,
        },
    }
    asking = part(msgspec.structs.replace(content, screen=""))["action"]["parameters"]
    assert asking == {**common, "flow_token": "token", "flow_action": "data_exchange"}


def test_a_forms_button_has_no_emoji() -> None:
    cta = part(EXTREMES["a form with emoji on its button"])["action"]["parameters"]["flow_cta"]
    assert cta == "Book"
    assert part(EXTREMES["a form with nothing but emoji"])["action"]["parameters"]["flow_cta"] == WITHOUT_LABEL


def test_files() -> None:
    assert part(EXTREMES["a voice note"], "audio") == {"id": "987654321", "voice": True}
    assert part(EXTREMES["an audio file"], "audio") == {"id": "987654321"}
    assert part(File("document", DIGEST, "application/pdf", "Yours", "plan.pdf"), "document") == {
        "id": "987654321",
        "caption": "Yours",
        "filename": "plan.pdf",
    }
    assert part(File("image", DIGEST, "image/png", "", "plan.png"), "image") == {"id": "987654321"}


def test_a_template() -> None:
    content = Template("weekly_plan", "en", {"first_name": "Ana", "goal": "run\r5k"}, "Hi Ana", ("a:1", "a:2"))
    assert part(content, "template") == {
        "name": "weekly_plan",
        "language": {"code": "en"},
        "components": [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "first_name", "text": "Ana"},
                    {"type": "text", "parameter_name": "goal", "text": "run 5k"},
                ],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "0",
                "parameters": [{"type": "payload", "payload": "a:1"}],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "1",
                "parameters": [{"type": "payload", "payload": "a:2"}],
            },
        ],
    }


def test_a_reaction_never_has_a_context() -> None:
    request = built(Emoji(HEARD, "✅"))
    assert request["reaction"] == {"message_id": HEARD, "emoji": "✅"}
    assert "context" not in request


# --- what is refused before it leaves --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (Form("?", "Go", "booking", "t", "chat"), "publish it first"),
        (File("image", DIGEST, "image/png"), "upload it first"),
    ],
)
def test_what_lacks_its_vendors_id_is_refused_here(content: AnyContent, named: str) -> None:
    with pytest.raises(VendorRefused, match=named):
        body_of(outbound(content))


@pytest.mark.parametrize(
    "change",
    [{"our_id": ""}, {"our_id": "m" * 513}, {"to": Address()}, {"to": Address(phone="573001112233")}],
)
def test_a_message_without_id_or_address_is_refused_here(change: dict[str, Any]) -> None:
    with pytest.raises(VendorRefused):
        built(Words("hi"), **change)


# --- whatever can be built --------------------------------------------------------------------------------

LETTERS = st.characters(exclude_categories=("Cs",))


def texts(longest: int, *, shortest: int = 0, letters: st.SearchStrategy[str] = LETTERS) -> st.SearchStrategy[str]:
    """Texts of any letters, many of them as long as they may be."""
    short = st.text(letters, min_size=shortest, max_size=min(longest, 8))
    return short | short.map(lambda text: (text or "x") * longest).map(lambda text: text[:longest])


def option_lists(most: int, title: int, action: int) -> st.SearchStrategy[tuple[Option, ...]]:
    one = st.builds(Option, texts(action, shortest=1), texts(title, shortest=1), texts(72))
    return st.lists(one, min_size=1, max_size=most).map(tuple)


def sections() -> st.SearchStrategy[tuple[Section, ...]]:
    one = st.builds(Section, option_lists(5, 24, 200), texts(24))
    return st.lists(one, min_size=1, max_size=4).map(tuple)


NAMES = st.from_regex(r"\A[a-z0-9_]{1,12}\Z") | st.text(max_size=4)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
CONTENTS: st.SearchStrategy[AnyContent] = st.one_of(
    st.builds(Words, texts(4096)),
    st.builds(Buttons, texts(1024), option_lists(3, 20, 256), texts(60), texts(60)),
    st.builds(Choices, texts(4096), texts(20), sections(), texts(60), texts(60)),
    st.builds(Link, texts(1024), texts(20), st.text(max_size=20).map("https://{}".format)),
    st.builds(AskLocation, texts(1024)),
    st.builds(AskContact, texts(1024)),
    st.builds(Card, texts(60), st.just("+15550102030")),
    st.builds(
        Form,
        texts(1024),
        texts(20),
        st.just("booking"),
        texts(200, shortest=1),
        st.just("chat"),
        st.sampled_from(["", "DAY", "day_b", "1", "SUCCESS"]),
        st.dictionaries(st.text(max_size=3), ANYTHING, max_size=2),
    ),
    st.builds(
        File,
        st.sampled_from(["image", "video", "audio", "document", "sticker"]),
        st.just(DIGEST),
        st.sampled_from(["image/png", "audio/ogg", "audio/ogg; codecs=opus", "x"]),
        texts(1024),
        texts(240),
    ),
    st.builds(
        Template,
        NAMES,
        st.sampled_from(["en", "es", "es_CO", "zh_Hant", "fil", "xx-yy"]),
        st.dictionaries(NAMES, texts(400, shortest=1), max_size=4),
        texts(1024, shortest=1),
        st.lists(texts(256, shortest=1), max_size=11).map(tuple),
    ),
    st.builds(Emoji, texts(100, shortest=1), st.text(max_size=3) | st.sampled_from("👍✅❤")),
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_can_be_built_is_accepted(data: st.DataObject) -> None:
    try:
        content = data.draw(CONTENTS)
    except Unbuildable:
        return
    request = built(content)
    check_product(request)
    assert check_message(request) == request["type"]

"""What a message can hold: every limit at its edge and one beyond, and the same said in words."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.contents import (
    BUTTONS,
    LONGEST_BODY,
    LONGEST_LIST_BODY,
    MEDIA,
    MORE,
    ROWS,
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
    decode,
    encode,
    offer,
    short,
)

RUN, YOGA = Option("a:run", "Run"), Option("a:yoga", "Yoga")
DIGEST = "ab" * 32


def x(count: int) -> str:
    return "x" * count


def rows(count: int) -> tuple[Option, ...]:
    return tuple(Option(f"a:{number}", f"Row {number}") for number in range(1, count + 1))


def link(length: int) -> Link:
    start = "https://ivy.example.org/"
    return Link("Your plan", "Open", start + x(length - len(start)))


# --- every limit ---------------------------------------------------------------------------------------

LIMITS: dict[str, tuple[int, Callable[[int], Any]]] = {
    "Words.body": (4096, lambda n: Words(x(n))),
    "Option.action": (256, lambda n: Option(x(n), "Run")),
    "Option.title": (24, lambda n: Option("a", x(n))),
    "Option.description": (72, lambda n: Option("a", "Run", x(n))),
    "Buttons.body": (1024, lambda n: Buttons(x(n), (RUN,))),
    "Buttons.header": (60, lambda n: Buttons("?", (RUN,), header=x(n))),
    "Buttons.footer": (60, lambda n: Buttons("?", (RUN,), footer=x(n))),
    "buttons": (3, lambda n: Buttons("?", rows(n))),
    "the button": (20, lambda n: Buttons("?", (Option("a", x(n)),))),
    "Section.title": (24, lambda n: Section((RUN,), x(n))),
    "the action of the row": (200, lambda n: Section((Option(x(n), "Run"),))),
    "Choices.body": (4096, lambda n: Choices(x(n), "Pick", (Section((RUN,)),))),
    "Choices.label": (20, lambda n: Choices("?", x(n), (Section((RUN,)),))),
    "Choices.header": (60, lambda n: Choices("?", "Pick", (Section((RUN,)),), header=x(n))),
    "Choices.footer": (60, lambda n: Choices("?", "Pick", (Section((RUN,)),), footer=x(n))),
    "rows over all its sections": (10, lambda n: Choices("?", "Pick", (Section(rows(n)),))),
    "sections": (10, lambda n: Choices("?", "Pick", tuple(Section((row,), row.title) for row in rows(n)))),
    "Link.body": (1024, lambda n: Link(x(n), "Open", "https://ivy.example.org")),
    "Link.label": (20, lambda n: Link("?", x(n), "https://ivy.example.org")),
    "Link.url": (2000, link),
    "AskLocation.body": (1024, lambda n: AskLocation(x(n))),
    "Card.name": (60, lambda n: Card(x(n), "+15550102030")),
    "AskContact.body": (1024, lambda n: AskContact(x(n))),
    "Form.body": (1024, lambda n: Form(x(n), "Go", "booking", "t", "chat")),
    "Form.label": (20, lambda n: Form("?", x(n), "booking", "t", "chat")),
    "Form.chat": (4096, lambda n: Form("?", "Go", "booking", "t", x(n))),
    "File.caption": (1024, lambda n: File("image", DIGEST, "image/png", x(n))),
    "File.filename": (240, lambda n: File("document", DIGEST, "application/pdf", filename=x(n))),
    "Template.name": (512, lambda n: Template(x(n), "en", {}, "Hi")),
    "Template.text": (1024, lambda n: Template("t", "en", {}, x(n))),
    "no value by the name": (512, lambda n: Template("t", "en", {x(n): "Ana"}, "Hi")),
    "longer than a template": (1024, lambda n: Template("t", "en", {"a": x(n - 8), "b": x(8)}, "Hi")),
    "a template has at most 10 buttons": (10, lambda n: Template("t", "en", {}, "Hi", ("a",) * n)),
    "action is empty or too long": (256, lambda n: Template("t", "en", {}, "Hi", (x(n),))),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_holds_up_to_its_edge_and_names_itself_one_beyond(name: str) -> None:
    most, build = LIMITS[name]
    build(most)
    build(most - 1)
    with pytest.raises(Unbuildable, match=name):
        build(most + 1)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Words(" \n"), "Words.body is empty"),
        (lambda: Option("", "Run"), "Option.action is empty"),
        (lambda: Option("a", "\t"), "Option.title is empty"),
        (lambda: Buttons("", (RUN,)), "Buttons.body is empty"),
        (lambda: Buttons("?", ()), "1 to 3 buttons, not 0"),
        (lambda: Buttons("?", (RUN, Option("a:run", "Jog"))), "the same action"),
        (lambda: Buttons("?", (RUN, Option("a:jog", "Run"))), "the same title"),
        (lambda: Section(()), "no row"),
        (lambda: Choices(" ", "Pick", (Section((RUN,)),)), "Choices.body is empty"),
        (lambda: Choices("?", "", (Section((RUN,)),)), "Choices.label is empty"),
        (lambda: Choices("?", "Pick", ()), "1 to 10 sections, not 0"),
        (lambda: Choices("?", "Pick", (Section((RUN,), "Sport"), Section((YOGA,), " "))), "needs a title"),
        (lambda: Choices("?", "Pick", (Section((RUN,), "A"), Section((RUN,), "B"))), "the same action"),
        (lambda: Link("?", " ", "https://ivy.example.org"), "Link.label is empty"),
        (lambda: Link("?", "Open", "ivy.example.org"), "no web address"),
        (lambda: Link("?", "Open", "javascript:alert(1)"), "no web address"),
        (lambda: Link("?", "Open", "https://ivy.example.org/a b"), "no web address"),
        (lambda: Link("?", "Open", "https://"), "names no host"),
        (lambda: Link("?", "Open", "https://:443/plan"), "names no host"),
        (lambda: Link("?", "Open", "https://["), "names no host"),
        (lambda: AskLocation(""), "AskLocation.body is empty"),
        (lambda: AskContact(""), "AskContact.body is empty"),
        (lambda: Card(" ", "+15550102030"), "Card.name is empty"),
        (lambda: Card("Ivy", "555 0102"), "a card needs a number"),
        (lambda: Form("?", "Go", "booking", "", "chat"), "Form.token is empty"),
        (lambda: Form("?", "Go", "", "t", "chat"), "Form.form is empty"),
        (lambda: Form("?", "Go", "booking", "t", " "), "Form.chat is empty"),
        (lambda: Form("?", "Go", "booking", "t", "chat", "screen 1"), "no name of a screen"),
        (lambda: Form("?", "Go", "booking", "t", "chat", "SUCCESS"), "no name of a screen"),
        (lambda: File("gif", DIGEST, "image/gif"), "no kind of file"),
        (lambda: File("image", "", "image/gif"), "File.sha256 is empty"),
        (lambda: File("image", DIGEST, ""), "File.mime is empty"),
        (lambda: File("audio", DIGEST, "audio/ogg", "listen"), "audio takes no caption"),
        (lambda: File("sticker", DIGEST, "image/webp", "ha"), "sticker takes no caption"),
        (lambda: Template("", "en", {}, "Hi"), "Template.name is empty"),
        (lambda: Template("Weekly Plan", "en", {}, "Hi"), "no name of a template"),
        (lambda: Template("weekly_plán", "en", {}, "Hi"), "no name of a template"),
        (lambda: Template("t", "English", {}, "Hi"), "no language code"),
        (lambda: Template("t", "es-CO", {}, "Hi"), "no language code"),
        (lambda: Template("t", "en", {"First Name": "Ana"}, "Hi"), "by the name of 'First Name'"),
        (lambda: Template("t", "en", {"a": " "}, "Hi"), "the template's a is empty"),
        (lambda: Template("t", "en", {"a": "one\ntwo"}, "Hi"), "a line break"),
        (lambda: Template("t", "en", {"a": "one\ttwo"}, "Hi"), "a tab"),
        (lambda: Template("t", "en", {"a": "one    two"}, "Hi"), "four spaces"),
        (lambda: Template("t", "en", {}, " "), "Template.text is empty"),
        (lambda: Template("t", "en", {}, "Hi", (" ",)), "action is empty"),
        (lambda: Emoji("", "👍"), "Emoji.target_id is empty"),
        (lambda: Emoji("wamid.1", ""), "Emoji.emoji is empty"),
        (lambda: Emoji("wamid.1", "yes"), "one emoji"),
        (lambda: Emoji("wamid.1", "👍👍"), "one emoji"),
    ],
)
def test_what_a_channel_would_refuse_cannot_be_built(build: Callable[[], AnyContent], said: str) -> None:
    with pytest.raises(Unbuildable, match=said):
        build()


def test_a_list_of_one_section_needs_no_title() -> None:
    assert Choices("?", "Pick", (Section((RUN, YOGA)),)).options == (RUN, YOGA)


# --- the same in words ---------------------------------------------------------------------------------

EVERY: dict[str, tuple[AnyContent, str]] = {
    "text": (Words("*Hi* Ana"), "*Hi* Ana"),
    "buttons": (Buttons("Which?", (RUN, YOGA)), "Which?\n1. Run\n2. Yoga"),
    "buttons with all": (Buttons("Which?", (RUN,), "Today", "Ivy"), "Today\nWhich?\n1. Run\nIvy"),
    "list": (
        Choices("Which?", "Pick", (Section((RUN,), "Now"), Section((Option("a:y", "Yoga", "at 7"),), "Later"))),
        "Which?\n1. Run\n2. Yoga (at 7)",
    ),
    "list with all": (Choices("Which?", "Pick", (Section((RUN,)),), "Today", " "), "Today\nWhich?\n1. Run"),
    "link": (Link("Your plan", "Open", "https://ivy.example.org"), "Your plan\nOpen: https://ivy.example.org"),
    "location": (AskLocation("Where are you?"), "Where are you?"),
    "card": (Card("Ivy", "+15550102030"), "Ivy: +15550102030"),
    "contact": (AskContact("Which number?"), "Which number?"),
    "form": (Form("Two questions", "Go", "booking", "t", "When, and what for?"), "When, and what for?"),
    "image": (File("image", DIGEST, "image/png", "Your week"), "Your week"),
    "document": (File("document", DIGEST, "application/pdf", filename="plan.pdf"), "plan.pdf"),
    "sticker": (File("sticker", DIGEST, "image/webp"), ""),
    "template": (Template("t", "es_CO", {"a": "Ana"}, "Hola Ana", ("x", "y")), "Hola Ana"),
    "reaction": (Emoji("wamid.1", "✅"), "✅"),
}


@pytest.mark.parametrize("name", EVERY)
def test_everything_can_be_said_in_words_and_kept(name: str) -> None:
    content, words = EVERY[name]
    assert content.in_words() == words
    assert decode(encode(content)) == content


def test_these_examples_are_of_every_kind() -> None:
    assert {type(content) for content, _words in EVERY.values()} == set(get_args(AnyContent))
    assert {content.media for content, _words in EVERY.values() if isinstance(content, File)} <= set(MEDIA)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"type":"fax","body":"x"}', '{"type":"text"}', '{"type":"text","body":""}', '{"type":"buttons"}'],
)
def test_what_cannot_be_read_is_an_error_and_no_half_message(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(text)


def test_what_was_kept_by_a_laxer_version_is_an_error_that_says_why() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"Words\.body has 5000 characters"):
        decode('{"type":"text","body":"' + x(5000) + '"}')


# --- offering ------------------------------------------------------------------------------------------

REST = Option(MORE, "More…")


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ((), Words),
        (rows(1), Buttons),
        (rows(3), Buttons),
        (rows(4), Choices),
        (rows(10), Choices),
        (rows(11), Choices),
        ((Option("a", x(20)),), Buttons),
        ((Option("a", x(21)),), Choices),
        ((Option("a", "Run", "5 km"),), Choices),
    ],
)
def test_options_are_shown_as_what_they_fit_in(options: Sequence[Option], kind: type) -> None:
    shown = offer("Which?", options, label="Pick", more=REST)
    assert type(shown) is kind


def test_a_long_text_takes_a_list_and_a_text_that_is_longer_still_is_named() -> None:
    assert isinstance(offer(x(LONGEST_BODY), rows(2), label="Pick"), Buttons)
    assert isinstance(offer(x(LONGEST_BODY + 1), rows(2), label="Pick"), Choices)
    with pytest.raises(Unbuildable, match=r"Choices\.body"):
        offer(x(LONGEST_LIST_BODY + 1), rows(2), label="Pick")


def test_a_list_that_is_too_long_needs_a_way_to_the_rest() -> None:
    with pytest.raises(Unbuildable, match="11 options do not fit"):
        offer("Which?", rows(11), label="Pick")
    shown = offer("Which?", rows(11), label="Pick", more=REST)
    assert isinstance(shown, Choices)
    assert shown.options == (*rows(9), REST)


@given(st.integers(0, 25), st.integers(0, 30), st.booleans())
def test_whatever_is_offered_holds_every_option_or_leads_to_the_rest(
    count: int, title: int, has_description: bool
) -> None:
    options = tuple(
        Option(f"a:{number}", f"{number:-<{title}}"[:24] or "?", "d" if has_description else "")
        for number in range(10, 10 + count)
    )
    shown = offer("Which?", options, label="Pick", more=REST)
    seen = () if isinstance(shown, Words) else shown.options
    assert len(seen) <= (BUTTONS if isinstance(shown, Buttons) else ROWS)
    assert seen == (options if len(options) <= ROWS else (*options[: ROWS - 1], REST))
    said = shown.in_words().split("\n")
    assert said[0] == "Which?"
    assert [line.split(". ")[0] for line in said[1:]] == [str(number) for number in range(1, len(seen) + 1)]
    assert decode(encode(shown)) == shown


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_shortened_text_is_one_line_within_its_limit(text: str, longest: int) -> None:
    line = short(text, longest)
    assert len(line) <= longest
    assert line == " ".join(line.split())
    whole = " ".join(text.split())
    assert line == whole if len(whole) <= longest else line.endswith("…")


# --- whatever comes from outside -----------------------------------------------------------------------

_texts = st.text(max_size=30)
_ANY = st.one_of(
    st.builds(Words, _texts),
    st.builds(Link, _texts, _texts, _texts.map("https://{}".format)),
    st.builds(Emoji, _texts, _texts | st.sampled_from("👍✅")),
    st.builds(Template, _texts, st.just("en"), st.dictionaries(_texts, _texts, max_size=2), _texts),
    st.builds(Buttons, _texts, st.tuples(st.builds(Option, _texts, _texts), st.just(RUN)), _texts, _texts),
    st.builds(Form, _texts, _texts, _texts, _texts, _texts, _texts),
)


@given(st.data())
def test_any_texts_make_a_message_that_can_be_kept_or_none_at_all(data: st.DataObject) -> None:
    try:
        content = data.draw(_ANY)
    except Unbuildable as error:
        assert str(error)
        return
    assert decode(encode(content)) == content
    assert isinstance(content.in_words(), str)

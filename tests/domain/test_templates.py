"""Templates of ours: what may be put into them always fits, and what is submitted is known by its digest."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain import contents
from ivy.domain.contents import LONGEST_BODY, Unbuildable
from ivy.domain.templates import (
    LONGEST_VALUE,
    Definition,
    LinkButton,
    Listed,
    digest,
    fill,
    find,
    language_code,
    languages_for,
    same_words,
)

REMINDER = Definition(
    name="reminder_due",
    language="en",
    purpose="asked to be reminded",
    body="This is the reminder you asked Ivy to send at {{time}}: {{task}}. Tap a button to mark it as done or later.",
    examples={"time": "7:00", "task": "laundry"},
    footer="Reply STOP to receive no more messages",
    buttons=("Done", "Later"),
    ttl_seconds=3600,
)

anything = st.text(st.characters(), min_size=0, max_size=1500)
bodies = st.integers(20, 1000).map(
    lambda size: "You asked for {{time}} and " + "word " * (size // 5) + "{{task}} so it is."
)


def test_values_stand_in_the_text_and_by_their_names() -> None:
    made = fill(REMINDER, {"time": "7:00", "task": "laundry"}, actions=("a", "b"))
    assert made.text.startswith("This is the reminder you asked Ivy to send at 7:00: laundry. Tap")
    assert (made.name, made.language, made.values) == ("reminder_due", "en", {"time": "7:00", "task": "laundry"})
    assert made.actions == ("a", "b")


@settings(max_examples=60, deadline=None)
@given(body=bodies, time=anything, task=anything)
def test_whatever_is_put_in_passes_the_contents_own_checks_or_is_refused_as_empty(
    body: str, time: str, task: str
) -> None:
    definition = msgspec.structs.replace(REMINDER, body=body)
    try:
        made = fill(definition, {"time": time, "task": task})
    except Unbuildable as error:
        assert "is empty" in str(error) or "no room" in str(error)
        return
    assert len(made.text) <= LONGEST_BODY
    assert all(0 < len(value) <= LONGEST_VALUE and len(value.splitlines()) == 1 for value in made.values.values())
    made.text.encode()  # no half characters
    assert contents.decode(contents.encode(made)) == made


@settings(max_examples=40)
@given(st.text(st.sampled_from("ab \n\t\r\u2028\u00a0\x00"), min_size=1, max_size=60))
def test_line_breaks_tabs_and_runs_of_blanks_become_one_blank(value: str) -> None:
    try:
        cleaned = fill(REMINDER, {"time": "7:00", "task": value}).values["task"]
    except Unbuildable:
        assert not value.replace("\x00", " ").strip()
        return
    assert cleaned == " ".join(cleaned.split())


@pytest.mark.parametrize(
    ("values", "actions", "said"),
    [
        ({"time": "7:00"}, (), "lacks a value for 'task'"),
        ({"time": "7:00", "task": "x", "mood": "y"}, (), "has no variable 'mood'"),
        ({"time": "7:00", "task": " \n "}, (), "'task' of reminder_due is empty"),
        ({"time": "7:00", "task": "\u200b\u200d"}, (), "is empty"),
        ({"time": "7:00", "task": "x"}, ("one",), "has 2 buttons, and 1 actions came"),
        ({"time": "7:00", "task": "x"}, ("one", ""), "action"),
        ({"time": "7:00", "task": "x"}, ("one", "y" * 257), "action"),
    ],
)
def test_what_does_not_belong_in_is_refused(values: dict[str, str], actions: tuple[str, ...], said: str) -> None:
    with pytest.raises(Unbuildable, match=said):
        fill(REMINDER, values, actions=actions)


def test_the_longest_value_gives_way_and_the_short_one_stays_whole() -> None:
    definition = msgspec.structs.replace(REMINDER, body="You asked " + "x" * 700 + " {{time}} for {{task}} now.")
    made = fill(definition, {"time": "7:00", "task": "word " * 300})
    assert made.values["time"] == "7:00" and made.values["task"].endswith("…")
    assert LONGEST_BODY - 5 <= len(made.text) <= LONGEST_BODY


def test_a_value_that_looks_like_a_variable_stays_what_it_is() -> None:
    assert "at {{task}}: laundry." in fill(REMINDER, {"time": "{{task}}", "task": "laundry"}).text


def test_the_digest_changes_with_everything_that_is_submitted_and_with_nothing_else() -> None:
    changes = (
        {"body": REMINDER.body + " Really."},
        {"footer": ""},
        {"buttons": ("Done",)},
        {"ttl_seconds": 60},
        {"language": "es"},
        {"category": "MARKETING"},
        {"link": LinkButton("Open", "https://ivy.example/r")},
        {"examples": {"time": "8:00", "task": "laundry"}},
    )
    digests = {digest(msgspec.structs.replace(REMINDER, **change)) for change in changes}
    assert len(digests | {digest(REMINDER)}) == len(changes) + 1
    assert digest(msgspec.structs.replace(REMINDER, purpose="another")) == digest(REMINDER)
    turned = msgspec.structs.replace(REMINDER, examples=dict(reversed(REMINDER.examples.items())))
    assert digest(turned) == digest(REMINDER)


@pytest.mark.parametrize(
    ("given_as", "code"), [("es-CO", "es_CO"), ("es_co", "es_CO"), ("ES", "es"), ("en_US", "en_US"), (" en ", "en")]
)
def test_languages_have_one_spelling(given_as: str, code: str) -> None:
    assert language_code(given_as) == code


def test_a_language_falls_back_to_its_base_and_then_to_english() -> None:
    assert languages_for("es-CO") == ("es_CO", "es", "en")
    assert languages_for("en-US") == ("en_US", "en")
    assert languages_for("") == ("en",)
    spanish = msgspec.structs.replace(REMINDER, language="es")
    assert find((REMINDER, spanish), "reminder_due", "es-CO") is spanish
    assert find((REMINDER, spanish), "reminder_due", "pt-BR") is REMINDER
    assert find((REMINDER, spanish), "nothing", "es") is None


def test_what_meta_lists_is_compared_word_by_word() -> None:
    listed = Listed(
        "1", "reminder_due", "en", "APPROVED", "UTILITY",
        body=REMINDER.body, footer=REMINDER.footer, buttons=REMINDER.buttons,
    )  # fmt: skip
    assert same_words(REMINDER, listed)
    assert same_words(REMINDER, msgspec.structs.replace(listed, ttl_seconds=3600))
    for change in (
        {"body": "x"},
        {"footer": ""},
        {"buttons": ("Done",)},
        {"ttl_seconds": 60},
        {"other_parts": ("HEADER",)},
    ):
        assert not same_words(REMINDER, msgspec.structs.replace(listed, **change))

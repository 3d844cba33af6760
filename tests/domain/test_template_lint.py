"""What Meta would refuse, or turn into marketing, is said before it is submitted: each case by its name."""

from typing import Any

import msgspec
import pytest

from ivy.domain.marketing_words import REASONS, marketing_in
from ivy.domain.plain_words import words_of
from ivy.domain.template_lint import lint, lint_pack
from ivy.domain.templates import Definition, LinkButton

GOOD = Definition(
    name="reminder_due",
    language="en",
    purpose="asked to be reminded",
    body="This is the reminder you asked Ivy to send at {{time}}: {{task}}. Tap a button to mark it as done or later.",
    examples={"time": "7:00", "task": "laundry"},
    footer="Reply STOP to receive no more messages",
    buttons=("Done", "Later"),
    ttl_seconds=3600,
)
ASKED = "This is what you asked Ivy to tell you at {{time}} today, as it stands in your list of things to do."
ONE = {"time": "7:00"}

BAD: dict[str, tuple[dict[str, Any], str]] = {
    # what Meta refuses
    "upper-case name": ({"name": "Reminder"}, "lower-case letters"),
    "name with a hyphen": ({"name": "reminder-due"}, "lower-case letters"),
    "name too long": ({"name": "x" * 513}, "longer than 512"),
    "language with a hyphen": ({"language": "es-CO"}, "no language code"),
    "no language": ({"language": ""}, "no language code"),
    "no purpose": ({"purpose": " "}, "purpose is empty"),
    "empty body": ({"body": " "}, "body is empty"),
    "body too long": ({"body": ASKED + " word" * 200}, "more than 1024"),
    "no room for values": ({"body": ASKED + " word" * 180}, "too little room"),
    "blank around the body": ({"body": f"{ASKED} "}, "begins or ends with a blank"),
    "tab in the body": ({"body": ASKED.replace(" today", "\ttoday")}, "tab or four spaces"),
    "four spaces": ({"body": ASKED.replace(" today", "    today")}, "tab or four spaces"),
    "two empty lines": ({"body": ASKED.replace(" today", "\n\n\ntoday")}, "empty line"),
    "variable at the start": ({"body": "{{time}} is when you asked Ivy to tell you about your list of the day."}, "beginning"),
    "only a mark before it": ({"body": "*{{time}}* is when you asked Ivy to tell you about your list today."}, "beginning"),
    "variable at the end": ({"body": "This is what you asked Ivy to tell you about your list at {{time}}"}, "at the end"),
    "only a full stop after it": ({"body": "This is what you asked Ivy to tell you today at {{time}}."}, "at the end"),
    "adjacent variables": (
        {"body": GOOD.body.replace("{{time}}: {{task}}", "{{time}} {{task}}")},
        "next to each other",
    ),
    "too many variables": ({"body": "You asked at {{time}} for {{task}} today."}, "Too many variables"),
    "numbered variable": ({"body": ASKED.replace("{{time}}", "{{1}}")}, "is numbered"),
    "upper-case variable": ({"body": ASKED.replace("{{time}}", "{{Time}}")}, "is no variable"),
    "blank in a variable": ({"body": ASKED.replace("{{time}}", "{{ time }}")}, "is no variable"),
    "single brace": ({"body": ASKED.replace("{{time}}", "{time}")}, "stands alone"),
    "unclosed brace": ({"body": ASKED.replace("{{time}}", "{{time}} or {{task")}, "stands alone"),
    "variable twice": ({"body": f"{ASKED} You asked for it at {{{{time}}}} and not at another hour."}, "there twice"),
    "missing example": ({"examples": ONE}, "{{task}} has no example"),
    "foreign example": ({"examples": {**GOOD.examples, "mood": "x"}}, "belongs to no variable"),
    "empty example": ({"examples": {**GOOD.examples, "task": ""}}, "example of task is empty"),
    "newline in an example": ({"examples": {**GOOD.examples, "task": "a\nb"}}, "line breaks"),
    "example with a real number": ({"examples": {**GOOD.examples, "task": "call +573001112233"}}, "made-up"),
    "footer too long": ({"footer": "x" * 61}, "more than 60"),
    "variable in the footer": ({"footer": "At {{time}}"}, "footer has a variable"),
    "newline in the footer": ({"footer": "a\nb"}, "footer has a line break"),
    "eleven buttons": ({"buttons": tuple(f"Button {number}" for number in range(11))}, "more than 10"),
    "long button": ({"buttons": ("x" * 26,)}, "longer than 25"),
    "same button twice": ({"buttons": ("Done", "done")}, "Two buttons"),
    "emoji on a button": ({"buttons": ("Done ✅",)}, "line break or an emoji"),
    "variable on a button": ({"buttons": ("Do {{task}}",)}, "has a variable"),
    "empty button": ({"buttons": ("",)}, "is empty"),
    "http link": ({"link": LinkButton("Open", "http://ivy.example")}, "no https address"),
    "variable in a link": ({"link": LinkButton("Open", "https://ivy.example/{{1}}")}, "address has a variable"),
    "short link": ({"link": LinkButton("Open", "https://bit.ly/x")}, "hides where"),
    "link into WhatsApp": ({"link": LinkButton("Open", "https://wa.me/15550100")}, "hides where"),
    "lifetime too short": ({"ttl_seconds": 29}, "ttl_seconds must be"),
    "lifetime too long": ({"ttl_seconds": 43201}, "ttl_seconds must be"),
    "a category that there is not": ({"category": "SERVICE"}, "no category of templates"),
    "a one-time code": ({"category": "AUTHENTICATION"}, "one-time codes"),
    # what costs more, or comes too late
    "no lifetime": ({"ttl_seconds": 0}, "30 days late"),
    "no quick reply": ({"buttons": ()}, "opens the window"),
    "marketing on purpose": ({"category": "MARKETING"}, "15 times"),
    "promotion": ({"body": ASKED + " There is a 20% discount on it."}, "promotes something"),
    "promotion in Spanish": ({"body": ASKED + " Hay un descuento."}, "promotes something"),
    "renewal": ({"body": ASKED + " Renew now to go on."}, "purchase, an upgrade or a renewal"),
    "renewal in Spanish": ({"body": ASKED + " Renueva ya tu plan."}, "purchase, an upgrade or a renewal"),
    "urgency": ({"body": ASKED + " Last chance."}, "hurries"),
    "urgency in Spanish": ({"body": ASKED + " ¡Última oportunidad!"}, "hurries"),
    "we miss you": ({"body": ASKED + " We miss you."}, "gone quiet"),
    "te extrañamos": ({"body": ASKED + " Te extrañamos."}, "gone quiet"),
    "motivation": ({"body": ASKED + " You got this."}, "encourages"),
    "motivation in Spanish": ({"body": ASKED + " Tú puedes."}, "encourages"),
    "the streak": ({"body": ASKED + " Keep your streak."}, "encourages"),
    "good morning": ({"body": f"Good morning. {ASKED}"}, "greetings"),
    "bienvenida": ({"body": f"Te damos la bienvenida. {ASKED}"}, "greetings"),
    "a survey": ({"body": ASKED + " Rate us."}, "rating"),
    "learn more on a button": ({"buttons": ("Learn more",)}, "invites"),
    "a discount in the footer": ({"footer": "Free this week"}, "promotes"),
    "only a greeting": ({"body": "Hi there, good morning, how are you?", "examples": {}}, "only greets"),
    "nothing they asked for": ({"body": "The list for {{time}} has three things on it for the whole day."}, "does not say"),
    "exclamation marks": ({"body": ASKED + " Yes! Done!"}, "exclamation"),
    "emoji in the body": ({"body": ASKED + " 🎉"}, "emoji"),
    "shouting": ({"body": ASKED + " TODAY it is."}, "shouted"),
}  # fmt: skip


def test_a_good_template_has_nothing_against_it() -> None:
    assert lint(GOOD) == []
    assert lint(msgspec.structs.replace(GOOD, body=ASKED, examples=ONE)) == []
    assert (
        lint(msgspec.structs.replace(GOOD, link=LinkButton("Open it", "https://ivy.example/r"), ttl_seconds=-1)) == []
    )


@pytest.mark.parametrize("name", BAD)
def test_a_bad_one_is_told_what_is_wrong(name: str) -> None:
    change, said = BAD[name]
    examples = {"examples": ONE} if "body" in change and "{{task}}" not in change["body"] else {}
    complaints = lint(msgspec.structs.replace(GOOD, **{**examples, **change}))
    assert any(said in complaint for complaint in complaints), complaints


def test_every_phrase_on_the_list_is_written_as_it_is_looked_for_and_is_found() -> None:
    for phrases in REASONS.values():
        for phrase in phrases.split("|"):
            assert " ".join(words_of(phrase)) == phrase
            assert any(phrase in found.phrase for found in marketing_in(f"x {phrase} y")), phrase


def test_no_phrase_has_two_reasons() -> None:
    every = [phrase for phrases in REASONS.values() for phrase in phrases.split("|")]
    assert len(every) == len(set(every))


def test_words_inside_other_words_are_left_alone() -> None:
    assert list(marketing_in("The freezer and the seashore are wholesalers' offerings")) == []


BESIDE: list[tuple[tuple[dict[str, Any], ...], str]] = [
    (({}, {}), "2 times"),
    (({}, {"name": "another"}), "same words"),
    (({"language": "es"},), "no English version"),
    (({}, {"language": "es", "body": ASKED}), "other variables"),
    (({}, {"language": "es", "body": GOOD.body + " Sí.", "buttons": ("Hecho",)}), "other buttons"),
    (({}, {"language": "es", "body": GOOD.body + " Sí.", "category": "MARKETING"}), "another category"),
    (tuple({"name": f"n{number}", "body": f"{GOOD.body} {number}"} for number in range(251)), "may have 250"),
]


@pytest.mark.parametrize(("changes", "said"), BESIDE, ids=[said for _changes, said in BESIDE])
def test_templates_beside_each_other(changes: tuple[dict[str, Any], ...], said: str) -> None:
    pack = [msgspec.structs.replace(GOOD, **change) for change in changes]
    assert any(said in complaint for complaint in lint_pack(pack))

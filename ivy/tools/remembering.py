"""What Ivy knows of the person: told, asked for, corrected, forgotten. May import: the store and below.

What they told before is never overwritten: what contradicts it takes its place, with a link. Forgetting takes it out of
every place that a model is shown.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated, Literal

import msgspec

from ivy.clock import unstamp
from ivy.domain import birthdays, facts_said
from ivy.domain.contents import LONGEST_ROW, short
from ivy.domain.facts import LONGEST_SUBJECT, LONGEST_TEXT, Claim, Fact, Kind, Taken, Way, beginning
from ivy.domain.facts_said import BIRTHDAY, Reading
from ivy.domain.plain_words import words_of
from ivy.domain.schedule import local_date
from ivy.domain.taint import Touch
from ivy.store import facts, pending_actions
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.knowing import MOST_SHOWN, NOT_THAT, Which, last_shown, matching
from ivy.tools.registry import Asked, Effect, ScopedWrite, TurnContext, tool

WHICH = "which_fact"
"""The question which of several is to be forgotten."""
ALL = "all"
LASTS = timedelta(hours=12)
MOST = 300
"""Facts that hold at once."""


class Remember(msgspec.Struct, frozen=True):
    text: Annotated[
        str, msgspec.Meta(description="What to remember, in the person's own words: 'I prefer morning calls'.")
    ]
    kind: Annotated[
        Literal["preference", "fact", "goal", "constraint", "relation", "schedule", "birthday"],
        msgspec.Meta(
            description=(
                "constraint: an allergy, an injury; relation: who somebody is; schedule: a regular time; birthday: their"
                " own, the text is then its day and month."
            )
        ),
    ] = "fact"
    subject: Annotated[
        str,
        msgspec.Meta(description="One or two words that later words on the same would have too: 'home', 'pain knee'."),
    ] = ""


@tool(
    effect=Effect.LOCAL,
    undo="forget",
    touch=Touch.NOTES,
    examples={
        "remember that I prefer morning calls": {"text": "I prefer morning calls"},
        "remember that I'm allergic to nuts": {"text": "I'm allergic to nuts"},
        "keep in mind that my knee hurts": {"text": "my knee hurts"},
        "don't forget that my sister is called Ana": {"text": "my sister is called Ana"},
        "my birthday is May 4": {"text": "May 4", "kind": "birthday"},
        "recuerda que prefiero nadar": {"text": "prefiero nadar"},
        "ten en cuenta que mi hermana se llama Ana": {"text": "mi hermana se llama Ana"},
        "no olvides que mañana empieza mi dieta": {"text": "mañana empieza mi dieta"},
        "cumplo años el 4 de mayo": {"text": "4 de mayo", "kind": "birthday"},
        "mi cumpleaños es el 4 de mayo": {"text": "4 de mayo", "kind": "birthday"},
    },
)
def remember(args: Remember, turn: TurnContext) -> ScopedWrite:
    """Keep something about the person for good, when they ask you to or name their birthday. Not for appointments,
    reminders or expenses."""

    def write(scope: Scope) -> str:
        text = said.text(
            turn, args.text, missing=("What should I remember?", "¿Qué debo recordar?"), longest=LONGEST_TEXT
        )
        if len(facts.holding(scope)) >= MOST:
            raise said.refuse(
                turn,
                f"I hold {MOST} things about you already; let me forget some first.",
                f"Ya guardo {MOST} cosas; primero habría que olvidar alguna.",
            )
        told = [
            facts.say(scope, claim, new_id=turn.new_id(), now=turn.now) for claim in _claims(scope, turn, text, args)
        ]
        return " ".join(_noted(turn, each) for each in told)

    return write


def _claims(scope: Scope, turn: TurnContext, text: str, args: Remember | None) -> list[Claim]:
    """Return what a text says of the person, with the message it is from: all of it is kept, understood or not.

    Raises: ToolFailed for a birthday without its day.
    """
    source = facts.source_of(scope, turn.turn_id) if turn.turn_id else None
    at = unstamp(source["at_ms"]) if source else turn.now
    quote = beginning(source["body"]) if source else ""
    message_id = source["id"] if source else ""
    claims = [
        Claim(each.kind, each.subject, each.value, each.text, quote or each.text, message_id, Way.TOLD, 1.0, at)
        for each in _readings(text, args)
    ]
    today = local_date(at, turn.person.zone)
    plain = [birthdays.plain(claim, turn.person.locale, today) for claim in claims]
    if all(each is None for each in plain):
        raise said.refuse(
            turn,
            "Which day and which month? Say it such as 'my birthday is 4 May'.",
            "¿Qué día y qué mes? Por ejemplo «mi cumpleaños es el 4 de mayo».",
        )
    return [claim for claim in plain if claim is not None]


def _readings(text: str, args: Remember | None) -> list[Reading]:
    if args is not None and args.kind == "birthday":
        return [Reading(Kind.FACT, BIRTHDAY, "", text)]
    kind = Kind(args.kind) if args else Kind.FACT
    subject = " ".join(words_of(args.subject))[:LONGEST_SUBJECT] if args else ""
    return facts_said.read(text) or [Reading(kind, subject, "", text)]


def _noted(turn: TurnContext, taken: Taken) -> str:
    text = taken.fact.text
    if taken.replaced is not None:
        return said.tell(
            turn,
            f"Noted: “{text}”. That takes the place of “{taken.replaced.text}”.",
            f"Anotado: «{text}». Sustituye a «{taken.replaced.text}».",
        )
    return said.tell(turn, f"Noted: “{text}”.", f"Anotado: «{text}».")


class Correct(msgspec.Struct, frozen=True):
    text: Annotated[str, msgspec.Meta(description="What is right, in their words: 'my sister is called Eva'.")]
    which: Which = ""


@tool(
    effect=Effect.LOCAL,
    undo="correct",
    touch=Touch.NOTES,
    examples={
        "that's wrong, correct it to: my sister is called Eva": {"text": "my sister is called Eva"},
        "correct what you know: my knee is fine now": {"text": "my knee is fine now"},
        "corrige lo que sabes: mi hermana se llama Eva": {"text": "mi hermana se llama Eva"},
        "corrige eso que sabes: ya no me duele la rodilla": {"text": "ya no me duele la rodilla"},
    },
)
def correct(args: Correct, turn: TurnContext) -> ScopedWrite:
    """Put something right that you know about the person. What was known before stays as their earlier word."""

    def write(scope: Scope) -> str:
        text = said.text(turn, args.text, missing=("What is right?", "¿Qué es lo correcto?"), longest=LONGEST_TEXT)
        claims = _claims(scope, turn, text, None)
        taken = [facts.say(scope, claim, new_id=turn.new_id(), now=turn.now) for claim in claims]
        if any(each.replaced for each in taken):
            return " ".join(_noted(turn, each) for each in taken)
        new = {each.fact.id for each in taken}
        others = [fact for fact in facts.holding(scope) if fact.id not in new]
        wrong = (
            matching(args.which, others)
            if args.which.strip()
            else _alike(text, last_shown(scope, turn, others) or others)
        )
        if len(wrong) == 1:
            facts.supersede(scope, wrong[0], taken[0].fact.id, now=turn.now)
            return _noted(turn, Taken(taken[0].fact, (), wrong[0]))
        return " ".join(_noted(turn, each) for each in taken)

    return write


class Forget(msgspec.Struct, frozen=True):
    which: Which = ""


def _asked_as(args: Forget, turn: TurnContext) -> Callable[[Scope], Asked | None]:
    """Name what would be forgotten, and hold its id alone: no question keeps words for longer than it is asked."""

    def read(scope: Scope) -> Asked | None:
        found = _meant(scope, turn, args)
        if len(found) != 1:
            return None
        text = found[0].text
        line = said.tell(turn, f"Forgotten for good: “{text}”", f"Olvidado para siempre: «{text}»")
        return Asked(line, msgspec.json.encode(Forget(found[0].id)).decode())

    return read


@tool(
    effect=Effect.FINAL,
    touch=Touch.DELETES,
    asked_by=("forget", "olvida", "olvide"),
    asks_as=_asked_as,
    examples={
        "forget that": {},
        "forget that my sister is called Ana": {"which": "my sister is called Ana"},
        "forget what you know about my sister": {"which": "my sister"},
        "olvida eso": {},
        "olvida que mi hermana se llama Ana": {"which": "mi hermana se llama Ana"},
        "olvida lo que sabes sobre mi hermana": {"which": "mi hermana"},
    },
)
def forget(args: Forget, turn: TurnContext) -> ScopedWrite:
    """Forget something that you know about the person, for good. Not for reminders, appointments or expenses."""

    def write(scope: Scope) -> str:
        found = _meant(scope, turn, args)
        if not found:
            raise said.refuse(turn, *NOT_THAT)
        if len(found) == 1:
            facts.forget(scope, found[0], now=turn.now)
            return forgotten(turn)
        if turn.source != "text" or not turn.turn_id:
            names = said.say_list(turn, [f"“{fact.text}”" for fact in found[: said.MOST_NAMED]], ("or", "o"))
            raise said.refuse(turn, f"Which one: {names}?", f"¿Cuál: {names}?")
        _ask_which(scope, turn, found[:MOST_SHOWN])
        return _which(turn)

    return write


def _meant(scope: Scope, turn: TurnContext, args: Forget) -> list[Fact]:
    """Return what is to be forgotten: by its words or id, or what was shown last."""
    known = facts.holding(scope)
    if not known or not args.which.strip():
        return last_shown(scope, turn, known)
    named = [fact for fact in known if fact.id == args.which]
    return named or matching(args.which, known)


def forgotten(turn: TurnContext) -> str:
    """Return what is said then: without the words that are gone."""
    return said.tell(
        turn,
        "Forgotten. I no longer know it, and I won't look at those messages again.",
        "Olvidado. Ya no lo sé, y no volveré a mirar esos mensajes.",
    )


def _which(turn: TurnContext) -> str:
    return said.tell(turn, "Which of these shall I forget?", "¿Cuál de estas cosas olvido?")


def _ask_which(scope: Scope, turn: TurnContext, found: Sequence[Fact]) -> None:
    """Let the choices stand under the reply."""
    titles = {fact.id: short(fact.text, LONGEST_ROW) for fact in found}
    if len(set(titles.values())) < len(titles):
        titles = {fact_id: short(f"{n}. {title}", LONGEST_ROW) for n, (fact_id, title) in enumerate(titles.items(), 1)}
    options = [*titles.items(), (ALL, said.tell(turn, "All of these", "Todas"))]
    payload = {"turn": turn.turn_id, "facts": list(titles), "asks": _which(turn)}
    pending_actions.ask(scope, turn.new_id(), WHICH, payload, until=turn.now + LASTS, now=turn.now, options=options)


def _alike(text: str, known: Sequence[Fact]) -> list[Fact]:
    """Return the one fact that shares more words than any other with its correction."""
    found = matching(text, known)
    return found if len(found) == 1 else []


TOOLS = (remember, correct, forget)

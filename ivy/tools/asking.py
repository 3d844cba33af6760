"""Tools with which the model lets the person tap instead of type: a few options, or a form. May import: the store and below."""

from datetime import timedelta
from typing import Annotated, Literal

import msgspec

from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.contents import LONGEST_ROW
from ivy.domain.links import links_in, without_unknown
from ivy.domain.sentences import Say, say
from ivy.domain.taint import Touch
from ivy.errors import ToolFailed
from ivy.store import pending_actions
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool

CHOICE, FORM, SHARE = "choice", "form", "share"
LASTS = timedelta(days=1)
MOST = 30
"""Options of one question: a list shows ten, and the rest behind its last row."""


class OfferChoices(msgspec.Struct, frozen=True):
    options: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Two to thirty short answers, each up to 24 characters (20 if there are at most three), all different."
        ),
    ]


@tool(
    effect=Effect.LOCAL,
    touch=Touch.SHOWS,
    voice=False,
    examples={
        "ask me with buttons whether I want to run, swim or rest": {"options": ["run", "swim", "rest"]},
        "give me buttons: yes or no": {"options": ["yes", "no"]},
        "pregúntame con botones si quiero correr o nadar": {"options": ["correr", "nadar"]},
        "dame botones: té o café": {"options": ["té", "café"]},
    },
)
def offer_choices(args: OfferChoices, turn: TurnContext) -> ScopedWrite:
    """Put buttons under your next reply, so that the person can tap an answer. Then ask the question in words."""

    def write(scope: Scope) -> str:
        shown = [said.shown(option) for option in args.options]
        titles = [f"{title[0].upper()}{title[1:]}" for title in shown if title]
        if not 2 <= len(titles) <= MOST:
            raise ToolFailed(f"Offer two to {MOST} options, not {len(titles)}.")
        if long := [title for title in titles if len(title) > LONGEST_ROW]:
            raise ToolFailed(f"Too long for a button ({LONGEST_ROW} characters): {long[0]}")
        if linked := [title for title in titles if links_in(title)]:
            raise ToolFailed(f"A button holds no link: {linked[0]}")  # a tap would make it words of theirs
        if len({title.casefold() for title in titles}) < len(titles):
            raise ToolFailed("Two options are the same.")
        if stops := [title for title in titles if stop_meaning(title) is StopMeaning.STOP]:
            raise ToolFailed(f'"{stops[0]}" would end every message and call for good. Word that option otherwise.')
        options = [(str(number), title) for number, title in enumerate(titles)]
        pending_actions.ask(
            scope,
            turn.new_id(),
            CHOICE,
            {"turn": turn.turn_id},
            until=turn.now + LASTS,
            now=turn.now,
            options=options,
        )
        return "The buttons will stand under your reply. Ask the question now, in one or two sentences."

    return write


class OpenForm(msgspec.Struct, frozen=True):
    form: Annotated[
        Literal["booking", "onboarding", "weekly_checkin"],
        msgspec.Meta(
            description="booking: an appointment; onboarding: goal and week; weekly_checkin: how the week was."
        ),
    ]
    title: Annotated[str, msgspec.Meta(description="booking: what it is, if the person said so.")] = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.SHOWS,
    voice=False,
    examples={
        "open the booking form": {"form": "booking"},
        "send me the form for the weekly check-in": {"form": "weekly_checkin"},
        "ábreme el formulario de citas": {"form": "booking"},
        "mándame el formulario de la semana": {"form": "weekly_checkin"},
    },
)
def open_form(args: OpenForm, turn: TurnContext) -> ScopedWrite:
    """Put a form under your next reply, when the person asks for one or many details are missing. Then say what it is for."""

    def write(scope: Scope) -> str:
        title = said.optional_text(turn, args.title)
        pending_actions.ask(
            scope,
            turn.new_id(),
            FORM,
            {"turn": turn.turn_id, "form": args.form, "title": without_unknown(title, _never, "").strip()},
            until=turn.now + LASTS,
            now=turn.now,
            beside_others=True,
        )
        return "The form will stand under your reply, where it can be shown. Say in one sentence what it is for."

    return write


def _never(_link: str) -> bool:
    return False


_KNOWN = "You know their number already."
_IN_WORDS = "Ask where they are in words."


class AskToShare(msgspec.Struct, frozen=True):
    what: Annotated[
        Literal["location", "phone"],
        msgspec.Meta(description="location: where they are now; phone: their own number, if you do not know it."),
    ]


@tool(
    effect=Effect.LOCAL,
    touch=Touch.SHOWS,
    voice=False,
    examples={
        "ask me for my location with a button": {"what": "location"},
        "ask me for my phone number with a button": {"what": "phone"},
        "pídeme mi ubicación con un botón": {"what": "location"},
        "pídeme mi número con un botón": {"what": "phone"},
    },
)
def ask_to_share(args: AskToShare, turn: TurnContext) -> ScopedWrite:
    """Put a button under your next reply with which the person shares their location or number. Then say what it is for."""

    def write(scope: Scope) -> str:
        if turn.hides_number and args.what == "phone" and not turn.person.phone:
            raise ToolFailed(say(Say.CALLS_NEED_NUMBER, turn.person.speech))
        if turn.hides_number:
            return f"This chat has no such button. {_KNOWN if args.what == 'phone' else _IN_WORDS}"
        pending_actions.ask(
            scope,
            turn.new_id(),
            SHARE,
            {"turn": turn.turn_id, "what": args.what},
            until=turn.now + LASTS,
            now=turn.now,
        )
        return "The button will stand under your reply. Say in one sentence what you need it for."

    return write


TOOLS = (offer_choices, open_form, ask_to_share)

"""Options and forms that the model put with its reply: composed here, and answered as words. May import: the store and below."""

from datetime import timedelta

from ivy.agent import questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain import actions
from ivy.domain.contents import LONGEST_BODY, AnyContent, AskContact, AskLocation, Form
from ivy.domain.form_definitions import BOOKING, FORMS, LIVE_BOOKING
from ivy.domain.forms import opening
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say, say
from ivy.domain.splitting import split_text
from ivy.store import flows, pending_actions, switches
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.asking import CHOICE, FORM, SHARE
from ivy.tools.easing import QUESTION as EASING
from ivy.tools.remembering import WHICH

QUESTION = CHOICE
LASTS = timedelta(days=1)


def compose(scope: Scope, person: Person, turn_id: str, text: str, desk: Desk) -> tuple[list[str | AnyContent], str]:
    """Return a reply in parts, the last with this turn's options or form under it, and the question they are of."""
    pending = pending_actions.of_turn(scope, turn_id, CHOICE, FORM, SHARE, WHICH, EASING, now=desk.now)
    if pending is None:
        return [*split_text(text)], ""
    asks = str(pending.payload.get("asks", ""))
    if asks and asks != text.strip():  # what a tap does is told in our words, never in a model's
        return [*split_text(text), questions.content_of(pending, asks, person, desk)], pending.id
    *before, last = split_text(text, LONGEST_BODY) or [say(Say.CHOOSE, person.speech)]
    if pending.kind in (CHOICE, WHICH, EASING):
        return [*before, questions.content_of(pending, last, person, desk)], pending.id
    if pending.kind == SHARE:
        if desk.channel != questions.TAPPED_ON:
            return [*before, _in_chat(last, person)], ""
        asks = AskLocation if pending.payload["what"] == "location" else AskContact
        return [*before, asks(last)], pending.id
    form = _form(scope, person, pending, last, desk)
    return ([*before, _in_chat(last, person)], "") if form is None else ([*before, form], pending.id)


def _form(scope: Scope, person: Person, pending: Pending, text: str, desk: Desk) -> Form | None:
    """Return the form under a text; None where it cannot be shown, and the text must do."""
    name, title = str(pending.payload["form"]), str(pending.payload.get("title", ""))
    if desk.channel != "whatsapp" or switches.value(scope.connection, "flows") == "off":
        return None
    asks_us = name == BOOKING.name and bool(desk.config.whatsapp.flow_key)  # the only one that has something to ask
    if asks_us and flows.sendable(scope.connection, LIVE_BOOKING, person.language):
        screen, data, name = "", {}, LIVE_BOOKING
    elif flows.sendable(scope.connection, name, person.language):
        opened = opening(
            FORMS[name], today=local_date(desk.now, person.zone), filled={"title": title, "name": person.name}
        )
        screen, data = opened.screen, opened.data
    else:
        return None
    return Form(
        body=text,
        label=say(Say.OPEN_FORM, person.speech),
        form=name,
        token=actions.token(desk.action_secrets[0], pending.bound),
        chat=_in_chat(text, person),
        screen=screen,
        data=data,
    )


def _in_chat(text: str, person: Person) -> str:
    """Return what is said where the form cannot be shown."""
    return f"{text}\n\n{say(Say.FORM_IN_CHAT, person.speech)}"


def answered(_scope: Scope, _person: Person, _pending: Pending, _option: str, _heard: Heard, _desk: Desk) -> bool:
    """The words of the option are answered by a turn."""
    return False

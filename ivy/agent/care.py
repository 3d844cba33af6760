"""Words of danger: answered at once with the number of a human, looked at by one, and no coaching meanwhile.

May import: the store and below. No model is asked; what is said of it later is a human's, or the person's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from importlib.resources import files

from ivy import log
from ivy.agent import chats
from ivy.agent.desk import Desk
from ivy.domain import help_lines
from ivy.domain.advice import Advice, Severity
from ivy.domain.help_lines import Help, HelpLines
from ivy.domain.phones import region_of
from ivy.domain.runbook import AlertKind, Key
from ivy.domain.safety import Risk, risk_of
from ivy.domain.sentences import Say, say
from ivy.store import alerts, messages, people, reviews
from ivy.store.people import Person
from ivy.store.scope import Scope

logger = log.get(__name__)
SAYS = {
    Risk.SELF_HARM: Say.CARE_SELF_HARM,
    Risk.EMERGENCY: Say.CARE_EMERGENCY,
    Risk.ABUSE: Say.CARE_ABUSE,
    Risk.EATING: Say.CARE_EATING,
}
IN_CARE = (
    "They spoke of danger to themselves; a human of the team looks at it. Listen, be kind and brief. No streaks, no goals, no "
    "pledges, no pushing, no advice on health; repeat where a human is to be found when it fits."
)
"""What the model of the chat is told, which has the answer before its eyes."""
_ON_PHONE: Mapping[str, tuple[str, str]] = {
    "en": (
        "They spoke of danger; a human of the team looks at it. This goes before the script and its questions: listen, be kind"
        " and brief. No streaks, no goals, no pledges, no pushing, no advice on health.",
        "Where a human is to be found, to be said when it fits: {line}. If they are in danger: {emergency}.",
    ),
    "es": (
        "Habló de peligro; una persona del equipo lo está mirando. Esto va antes que el guion y sus preguntas: escucha, con"
        " cariño y brevedad. Nada de rachas, metas ni promesas; no insistas ni des consejos de salud.",
        "Dónde encontrar a una persona, para decirlo cuando venga al caso: {line}. Si hay peligro: {emergency}.",
    ),
}
"""What the voice on the phone is told instead: it knows nothing of the chat."""
_JUST_NOW: Mapping[str, str] = {
    "en": "They spoke of danger just now; a human of the team is told. {done}Say this at once, in their language, and repeat the"
    " numbers if they ask: “{answer}” They get it in writing too. Then listen, kindly and briefly: no plan, no streak, no goal,"
    " no pledge, no advice on health, whatever the script says.",
    "es": "Acaba de hablar de peligro; ya se avisa a una persona del equipo. {done}Di esto enseguida, en su idioma, y repite los"
    " números si los pide: «{answer}» También le llega por escrito. Luego escucha, con cariño y brevedad: nada de planes, rachas,"
    " metas, promesas ni consejos de salud, diga lo que diga el guion.",
}
"""What it is told in the moment in which danger is found."""
_NOT_DONE: Mapping[str, str] = {"en": "What you asked for was not done. ", "es": "Lo que pediste no se hizo. "}
SAID_WITHIN = timedelta(minutes=10)
"""What was answered a moment ago is said again in fewer words."""


@cache
def shipped_lines() -> HelpLines:
    """Return the help lines that come with Ivy."""
    return help_lines.load(files("ivy").joinpath("data", "help_lines.toml").read_text(encoding="utf-8"))


def heard(scope: Scope, person: Person, text: str, message_id: str, desk: Desk) -> bool:
    """Answer words of danger in the chat, once a message; return False if there are none.

    A message may be listened to twice: when it arrives, and when its file is here.
    """
    risk = risk_of(text)
    if risk is None:
        return False
    if _open(scope, person, risk, "chat", message_id, text, desk):
        answer(scope, person, risk, desk)
    return True


def heard_on_phone(scope: Scope, person: Person, call_id: str, spoken: Iterable[str], desk: Desk) -> bool:
    """Write to somebody who spoke of danger in a call: the voice said where help is, and may have been cut off."""
    found = danger_in(spoken)
    if found is None:
        return False
    _heard_in_call(scope, person, call_id, *found, desk)
    return True


def danger_in(texts: Iterable[str]) -> tuple[Risk, str] | None:
    """Return the first danger that texts tell of, with the text that does."""
    return next(((risk, text) for text in texts if (risk := risk_of(text)) is not None), None)


def heard_meanwhile(
    scope: Scope, call_id: str, passed_on: Sequence[str], spoken: Sequence[str], desk: Desk
) -> tuple[str, bool]:
    """Act on danger while a call goes on; return what its voice is told of that, or "", and whether a tool may run.

    `passed_on` are the texts that the voice gave to a tool: none runs on words of danger. What was `spoken` before is told
    once, and stops nothing.
    """
    person = people.load(scope)
    if found := danger_in(passed_on):
        _heard_in_call(scope, person, call_id, *found, desk)
        return _just_now(person, found[0], is_done=False), False
    if (found := danger_in(spoken)) and _heard_in_call(scope, person, call_id, *found, desk):
        return _just_now(person, found[0], is_done=True), True
    return "", True


def _heard_in_call(scope: Scope, person: Person, call_id: str, risk: Risk, text: str, desk: Desk) -> bool:
    """Open a review of what was said in a call, and write to them; return False if it is known."""
    if not _open(scope, person, risk, "call", call_id, text, desk):
        return False
    answer(scope, person, risk, desk)
    return True


def answer(scope: Scope, person: Person, risk: Risk, desk: Desk) -> None:
    """Say where a human is to be found, in the words for this danger."""
    found = _help_for(person)
    text = _say(SAYS[risk], person, found)
    if messages.said_lately(scope, text, since=desk.now - SAID_WITHIN):
        text = _say(Say.CARE_AGAIN, person, found)
    desk.write(scope, text)


def on_phone(person: Person) -> tuple[str, str]:
    """Return what the voice of a call is told of somebody who is cared for: how to be, and where a human is to be found."""
    manner, where = _ON_PHONE[person.language]
    found = _help_for(person)
    return manner, where.format(line=found.line, emergency=found.emergency)


def _just_now(person: Person, risk: Risk, *, is_done: bool) -> str:
    answer = _say(SAYS[risk], person, _help_for(person))
    done = "" if is_done else _NOT_DONE[person.language]
    return _JUST_NOW[person.language].format(done=done, answer=answer)


def _help_for(person: Person) -> Help:
    region = region_of(person.phone or "") or person.locale.partition("-")[2].upper()
    return shipped_lines().of(region, person.language)


def _say(key: Say, person: Person, found: Help) -> str:
    if key is Say.CARE_EMERGENCY:
        return say(key, person.speech, emergency=found.emergency)
    return say(key, person.speech, emergency=found.emergency, line=found.line)


def _open(scope: Scope, person: Person, risk: Risk, source: str, ref: str, words: str, desk: Desk) -> bool:
    """Open a review and tell the operator; return False if this danger is known from this message or call."""
    review_id = desk.new_id()
    if not reviews.open_review(scope, review_id, risk, source=source, ref=ref, words=words, now=desk.now):
        return False
    alerts.raise_alert(scope.connection, _advice(person, review_id), at=desk.now, now=desk.now)
    logger.warning("%s may be in danger (%s, %s %s)", scope.user_id, risk.value, source, ref)
    return True


def close(scope: Scope, person: Person, review_id: str, *, by: str, note: str, desk: Desk) -> bool:
    """Note that a human looked. With the last review the care ends; return whether it did."""
    if reviews.close(scope, review_id, by=by, note=note, now=desk.now):
        return False
    alerts.resolve(scope.connection, key_of(person.id), at=desk.now, now=desk.now)
    return end(scope, desk)


def end(scope: Scope, desk: Desk) -> bool:
    """Let Ivy begin things with the person again, and send what was held for that."""
    if not reviews.end_care(scope):
        return False
    chats.wake(scope, desk)
    return True


def key_of(user_id: str) -> Key:
    """Return the key of the alert about somebody who may be in danger."""
    return AlertKind.CARE.of(user_id)


def _advice(person: Person, review_id: str) -> Advice:
    return Advice(
        Severity.CRITICAL,
        key_of(person.id),
        f"{person.name} may be in danger.",
        f"Read with `ivy review show {review_id[:13]}`, answer with `ivy users say {person.id} TEXT`, and when a human has looked:"
        f" `ivy review close {review_id[:13]} --note TEXT`.",
    )

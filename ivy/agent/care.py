"""Words of danger: answered at once with the number of a human, looked at by one, and no coaching meanwhile.

May import: the store and below. No model is asked; what is said of it later is a human's, or the person's own.
"""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from importlib.resources import files

from ivy import log
from ivy.agent.desk import Desk
from ivy.domain import help_lines
from ivy.domain.advice import Advice, Severity
from ivy.domain.help_lines import Help, HelpLines
from ivy.domain.jobs import send_lane
from ivy.domain.phones import region_of
from ivy.domain.safety import Risk, risk_of
from ivy.domain.sentences import Say, say
from ivy.store import alerts, jobs, messages, reviews
from ivy.store.people import Person
from ivy.store.scope import Scope

logger = log.get(__name__)
SAYS = {
    Risk.SELF_HARM: Say.CARE_SELF_HARM,
    Risk.EMERGENCY: Say.CARE_EMERGENCY,
    Risk.ABUSE: Say.CARE_ABUSE,
    Risk.EATING: Say.CARE_EATING,
}
SAID_WITHIN = timedelta(minutes=10)
"""What was answered a moment ago is said again in fewer words."""


@cache
def shipped_lines() -> HelpLines:
    """Return the help lines that come with Ivy."""
    return help_lines.load(files("ivy").joinpath("data", "help_lines.toml").read_text(encoding="utf-8"))


def heard(scope: Scope, person: Person, text: str, message_id: str, desk: Desk) -> bool:
    """Answer words of danger in the chat; return False if there are none."""
    risk = risk_of(text)
    if risk is None:
        return False
    _open(scope, person, risk, "chat", message_id, text, desk)
    answer(scope, person, risk, desk)
    return True


def heard_on_phone(scope: Scope, person: Person, call_id: str, spoken: Iterable[str], desk: Desk) -> bool:
    """Write to somebody who spoke of danger in a call: the voice said where help is, and may have been cut off."""
    said = [(risk, text) for text in spoken if (risk := risk_of(text)) is not None]
    if not said:
        return False
    risk, text = said[0]
    if _open(scope, person, risk, "call", call_id, text, desk):
        answer(scope, person, risk, desk)
    return True


def answer(scope: Scope, person: Person, risk: Risk, desk: Desk) -> None:
    """Say where a human is to be found, in the words for this danger."""
    region = region_of(person.phone or "") or person.locale.partition("-")[2].upper()
    found = shipped_lines().of(region, person.language)
    text = _say(SAYS[risk], person, found)
    if messages.said_lately(scope, text, since=desk.now - SAID_WITHIN):
        text = _say(Say.CARE_AGAIN, person, found)
    desk.write(scope, text)


def _say(key: Say, person: Person, found: Help) -> str:
    if key is Say.CARE_EMERGENCY:
        return say(key, person.speech, emergency=found.emergency)
    return say(key, person.speech, emergency=found.emergency, line=found.line)


def _open(scope: Scope, person: Person, risk: Risk, source: str, ref: str, words: str, desk: Desk) -> bool:
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
    jobs.wake_lane(scope.connection, send_lane(scope.user_id, desk.channel), now=desk.now)
    return True


def key_of(user_id: str) -> str:
    """Return the key of the alert about somebody who may be in danger."""
    return f"care:{user_id}"


def _advice(person: Person, review_id: str) -> Advice:
    return Advice(
        Severity.CRITICAL,
        key_of(person.id),
        f"{person.name} may be in danger.",
        f"Read with `ivy review show {review_id[:13]}`, answer with `ivy users say {person.id} TEXT`, and when a human has looked:"
        f" `ivy review close {review_id[:13]} --note TEXT`.",
    )

"""Somebody nobody knows yet: let in, told once a day how to get in, or left alone. May import: the store and below."""

from ivy.agent import onboarding
from ivy.agent.desk import Desk
from ivy.agent.onboarding import SPANISH_SPEAKING
from ivy.domain import own_currency
from ivy.domain.admission import Admission, StrangerAnswer, answer_to_stranger, find_invite
from ivy.domain.consent import Purpose
from ivy.domain.contents import Words
from ivy.domain.inbound import PersonMessage, Sender, Text
from ivy.domain.onboarding import is_greeting
from ivy.domain.sentences import Say, say
from ivy.ports import Address
from ivy.store import consents, counting, outbox, people
from ivy.store.binding import Connection
from ivy.store.outbox import NewMessage
from ivy.store.people import NewPerson
from ivy.store.scope import within

CHAT = "whatsapp"


def meet(connection: Connection, event: PersonMessage, invited: str | None, desk: Desk) -> str | None:
    """Let a stranger in, or tell them once a day how to get in; return their new user id, or None."""
    sender, settings = event.sender, desk.config.admission
    name = sender.external_id or sender.phone
    makers_own = desk.channel == people.SOLO  # the vendor lets nobody else write there
    # A text back costs, and may be what a spammer wants.
    if not name or (desk.channel != CHAT and invited is None and not makers_own):
        return None
    day = desk.now.date().isoformat()
    decision = answer_to_stranger(
        Admission(settings.policy),
        people.note_stranger(connection, desk.channel, name, day),
        people.strangers_answered(connection, day),
        settings.answers_per_day,
        listed=makers_own or (bool(sender.phone) and sender.phone in settings.phones),
        invite_ok=invited is not None,
    )
    match decision:
        case StrangerAnswer.ADMIT:
            return _admit(connection, event, invited, desk)
        case StrangerAnswer.ANSWER:
            _tell_stranger(connection, sender, name, day, desk)
        case StrangerAnswer.SILENT:
            pass
    return None


def invited_by(connection: Connection, text: str) -> str | None:
    code = find_invite(text)
    return people.of_invite(connection, code) if code else None


def is_bare_invite(text: str) -> bool:
    """Say whether a message is a code and nothing else: the welcome answers it."""
    code = find_invite(text)
    return code is not None and "".join(filter(str.isalnum, text.upper())) == code.replace("-", "")


def needs_no_more(text: str) -> bool:
    """Say whether a first message is a code, a greeting or a keyword and nothing else: the welcome answers it."""
    return is_bare_invite(text) or (bool(text.strip()) and find_invite(text) is None and is_greeting(text))


def _admit(connection: Connection, event: PersonMessage, invited: str | None, desk: Desk) -> str:
    """Let somebody in, welcome them, and begin to get to know them."""
    sender, words = event.sender, event.body if isinstance(event, Text) else ""
    if invited is not None:
        scope = within(connection, invited)
        people.bind(connection, invited, sender, now=desk.now)
        people.use_invite(scope)
        onboarding.begin(scope, people.load(scope), words, desk, invited=True)
        return invited
    defaults = desk.config.people
    phone = desk.config.solo.phone if desk.channel == people.SOLO else ""  # nobody's yet, or they were recognised by it
    user_id = desk.new_id()
    told = defaults.currency or own_currency.of_number(sender.phone or phone, sender.external_id)
    currency = told or own_currency.assumed("", zone=defaults.zone)
    new = NewPerson(user_id, sender.name or "friend", "active", defaults.locale, defaults.zone, currency, phone or None)
    people.add(connection, new, now=desk.now)
    people.bind(connection, user_id, sender, now=desk.now)
    scope = within(connection, user_id)
    if not told:
        counting.assume(scope, now=desk.now)
    proof = f"wrote first, on {desk.channel} (trace {desk.trace_id})"
    consents.record(scope, Purpose.MESSAGES, granted=True, proof=proof, now=desk.now)
    onboarding.begin(scope, people.load(scope), words, desk, invited=False)
    return user_id


def _tell_stranger(connection: Connection, sender: Sender, name: str, day: str, desk: Desk) -> None:
    people.mark_answered(connection, desk.channel, name, day)
    key = Say.STRANGER_LIST if desk.config.admission.policy == "list" else Say.STRANGER_INVITE
    language = "es" if sender.phone.startswith(SPANISH_SPEAKING) else "en"
    message = NewMessage(
        id=desk.new_id(),
        job_id=desk.new_id(),
        user_id=None,
        channel=desk.channel,
        content=Words(say(key, language)),
        recipient=Address(sender.external_id, sender.phone),
        trace_id=desk.trace_id,
    )
    outbox.queue(connection, message, now=desk.now)

"""Reads what decides about a message at this moment, and asks the rule. May import: the agent and below."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from ivy.agent import doors, notice_calls
from ivy.daemon import calling, message_prices
from ivy.daemon.context import Context
from ivy.daemon.deciding import Deciding
from ivy.domain import dialing, spend_caps
from ivy.domain.consent import Consent, PersonStatus, Purpose, may_contact
from ivy.domain.contents import AnyContent, Emoji, File, Form, Template, Words
from ivy.domain.pacing import PACE, next_allowed
from ivy.domain.routing import CALL, PACING, Decision, For, Hold, Refuse, Situation, TemplateChoice, decide
from ivy.domain.windows import QuietHours, window_open
from ivy.ports import Address
from ivy.store import (
    allowance,
    blocked,
    breakers,
    calls,
    consents,
    flows,
    outbox,
    people,
    spending,
    switches,
    templates,
    unasked,
    windows,
)
from ivy.store.binding import Connection
from ivy.store.outbox import Outgoing
from ivy.store.people import Person
from ivy.store.scope import Scope, within

WHATSAPP = "whatsapp"
"""The one channel with a conversation window."""
DOOR = doors.TEMPLATE
ON_THE_PHONE = timedelta(minutes=1)
"""How soon it is looked again at whether another call with the same person is over."""


@dataclass(frozen=True)
class Route:
    """How a message leaves, to where, and as what: a form that cannot be shown is said in words."""

    decision: Decision
    to: Address
    content: AnyContent
    vendor_id: str = ""
    window_open: bool | None = None
    """None on channels without one."""
    waits_behind_door: bool = False
    """A template told them, or tells them now, that something waits."""


def route(connection: Connection, message: Outgoing, context: Deciding) -> Route:
    """Decide about one message by what the file says now."""
    if message.user_id is None:  # a stranger wrote a moment ago, and hears one sentence
        rests = breakers.standing(connection, message.channel, context.clock.now()).until
        situation = _stranger(message, context.clock.now(), rests)
        return Route(decide(situation), message.recipient, message.content)
    scope = within(connection, message.user_id)
    person = people.load(scope)
    situation = _situation(scope, person, message, context)
    is_open = window_open(situation.window_expires_at, situation.now) if situation.has_window else None
    decision = _not_worth_waiting(message, is_open) or decide(situation)
    behind_door = isinstance(decision, Hold) and (decision.door is not None or situation.door_was_sent)
    to = _address(scope, person, message.channel)
    return Route(decision, to, *_shown(scope, person, message), is_open, behind_door)


def _address(scope: Scope, person: Person, channel: str) -> Address:
    return Address(phone=person.phone or "") if channel == CALL else people.address(scope, channel)


def _not_worth_waiting(message: Outgoing, is_open: bool | None) -> Refuse | None:
    """A reaction says nothing later, and a door needs no knock when it is open."""
    if isinstance(message.content, Emoji) and is_open is False:
        return Refuse("window closed: a reaction does not wait")
    if isinstance(message.content, Template) and message.content.name == DOOR and is_open:
        return Refuse("the window is open: what waited goes by itself")
    return None


def _shown(scope: Scope, person: Person, message: Outgoing) -> tuple[AnyContent, str]:
    """Return what is sent now and, for a form, the vendor's id of it; its words if forms are off meanwhile."""
    if not isinstance(message.content, Form):
        return message.content, ""
    form_id = flows.sendable(scope.connection, message.content.form, person.language)
    if form_id is None or switches.value(scope.connection, "flows") == "off":
        return Words(message.content.chat), ""
    return message.content, form_id


def _stranger(message: Outgoing, now: datetime, rests_until: datetime | None) -> Situation:
    answering = may_contact(PersonStatus.ACTIVE, Consent(), None, Purpose.MESSAGES, asked_for=True, now=now)
    return Situation(
        now=now,
        channel=message.channel,
        asked_for=True,
        consent=answering,
        zone="UTC",
        pacing_free_at=now,
        rests_until=rests_until,
        has_window=False,
    )


def _situation(scope: Scope, person: Person, message: Outgoing, context: Deciding) -> Situation:
    now, connection, channel = context.clock.now(), scope.connection, message.channel
    settings = context.config.routing
    breaker = breakers.standing(connection, _vendor(channel, context), now)
    permission = may_contact(
        PersonStatus(person.status),
        Consent(consents.current(scope)),
        person.suspended_until,
        Purpose.MESSAGES,
        asked_for=message.asked_for,
        now=now,
    )
    expires_at = windows.expires_at(scope, channel) if channel == WHATSAPP else None
    own, door, closed = None, None, channel == WHATSAPP and not window_open(expires_at, now)
    if closed:
        own = _own_template(scope, person, message, context)
        may_knock = message.purpose is For.REPLY and settings.template_replies and person.status == "active"
        if own is None and may_knock:
            door = _choice(scope, person, DOOR, context)
    has_window = channel == WHATSAPP
    next_channels = _rest_of_ladder(scope, message, context)
    return Situation(
        now=now,
        channel=channel,
        asked_for=message.asked_for,
        consent=permission,
        zone=person.zone,
        pacing_free_at=_pacing_free_at(scope, message, now) if has_window else now,
        quiet=QuietHours(time.fromisoformat(person.quiet_from), time.fromisoformat(person.quiet_to)),
        replayed=bool(message.replayed_by),
        handed_over=person.coach_is_quiet,
        can_reach=reachable(scope, channel, context),
        rests_until=breaker.until,
        failing_since=breaker.opened_at,
        next_channels=next_channels,
        open_chat=_open_chat(scope, next_channels, now) if closed else "",
        patience=timedelta(seconds=settings.wait_seconds),
        dialling=_dialling(scope, person, message, context)
        if channel == CALL and isinstance(context, Context)
        else None,
        has_window=has_window,
        window_expires_at=expires_at,
        **_what_is_free(connection, channel, context),
        own_template=own,
        door_template=door,
        door_was_sent=doors.is_knocked(scope, now=now) if door is not None else False,
        unasked_is_off=_unasked_is_off(connection, message),
        unasked_today=0 if message.asked_for else unasked.today(scope, person.zone, now, apart_from=message.id),
        unasked_per_day=settings.unasked_per_day,
        people_outside=allowance.people_outside(connection, channel, now=now) if closed else 0,
        tier=allowance.limit(connection, channel) if closed else None,
        tier_free_at=allowance.tier_free_at(connection, channel, now=now) if closed else None,
        is_new_outside=not allowance.was_reached_outside(scope, channel, now=now) if closed else True,
        spend_is_blocked=_spend_is_blocked(connection, message),
        **_budget(connection, message, people.address(scope, channel), context),
    )


def _pacing_free_at(scope: Scope, message: Outgoing, now: datetime) -> datetime:
    """Return when a message may go by the pace: after those that wait for theirs, so that each is looked at once."""
    free_at = next_allowed(outbox.sent_lately(scope, message.channel, now=now), now)
    if free_at <= now:
        return now
    ahead = outbox.held_ahead(scope, message, PACING)
    return free_at if ahead is None else max(free_at, ahead + PACE)


def reachable(scope: Scope, channel: str, context: Deciding) -> bool:
    """Say whether the person has an address on a channel that is in use and may be written to, or agreed to be phoned."""
    if channel == CALL:
        return _may_be_phoned(scope, context)
    if channel not in context.channels:
        return False
    to = people.address(scope, channel)
    value = to.external_id or to.phone
    return bool(value) and not blocked.is_blocked(scope.connection, channel, value)


def _may_be_phoned(scope: Scope, context: Deciding) -> bool:
    is_on = context.voice is not None and switches.value(scope.connection, "voice") == "on"
    return is_on and bool(people.load(scope).phone) and Purpose.CALLS in consents.current(scope)


def _vendor(channel: str, context: Deciding) -> str:
    """Return whose breaker guards a channel."""
    return context.voice.name if channel == CALL and context.voice is not None else channel


def _dialling(scope: Scope, person: Person, message: Outgoing, context: Context) -> dialing.Decision:
    """Return what the rule of phone calls says of one that would read a message out now; one at a time."""
    now = context.clock.now()
    call = notice_calls.call_for(person, message, "", now)
    today = calls.of_day(scope, call.day)
    if any(each.state in calls.UNDER_WAY or (each.state in calls.NOT_YET and each.due_at <= now) for each in today):
        return dialing.Wait(now + ON_THE_PHONE, "another call with them is under way")
    return calling.decide(scope.connection, call, context)


def way_on(connection: Connection, message: Outgoing, context: Context) -> str | None:
    """Return the next channel for what this one will never deliver; None if there is none, or they said stop meanwhile."""
    if message.user_id is None:
        return None
    scope = within(connection, message.user_id)
    if people.load(scope).status != PersonStatus.ACTIVE.value:
        return None
    return next(iter(_rest_of_ladder(scope, message, context)), None)


def _rest_of_ladder(scope: Scope, message: Outgoing, context: Deciding) -> tuple[str, ...]:
    ladder: tuple[str, ...] = getattr(context.config.routing, message.purpose.value)
    # A reaction means nothing elsewhere, nor does a template that opens this door, nor a file without words.
    if message.channel not in ladder or isinstance(message.content, Emoji | Template) or not message.body.strip():
        return ()
    if isinstance(message.content, File) and message.purpose is For.REPLY:  # they asked for the file, not for its words
        return ()
    rest = ladder[ladder.index(message.channel) + 1 :]
    return tuple(
        channel
        for channel in rest
        if reachable(scope, channel, context)
        and (channel != CALL or (not message.replayed_by and notice_calls.text_of(scope, message)))
    )


def _open_chat(scope: Scope, next_channels: tuple[str, ...], now: datetime) -> str:
    """Return the agent's chat if it is one of these, they wrote there, and it works: there nothing needs a template."""
    is_open = people.SOLO in next_channels and window_open(windows.expires_at(scope, people.SOLO), now)
    return people.SOLO if is_open and breakers.standing(scope.connection, people.SOLO, now).until is None else ""


def _own_template(scope: Scope, person: Person, message: Outgoing, context: Deciding) -> TemplateChoice | None:
    if isinstance(message.content, Template):
        return _choice(scope, person, message.content.name, context, language=message.content.language)
    return None if message.template is None else _choice(scope, person, message.template.name, context)


def _choice(scope: Scope, person: Person, name: str, context: Deciding, *, language: str = "") -> TemplateChoice | None:
    now = context.clock.now()
    usable = templates.usable(
        scope.connection, WHATSAPP, name, language or person.locale, now=now, digests=context.pack.digests
    )
    if usable is None or (language and usable.language != language):
        return None
    to = people.address(scope, WHATSAPP)
    price = context.rates.price(to.phone or to.external_id, usable.category, now.date())
    return TemplateChoice(name, usable.language, usable.category, price.micros)


def _what_is_free(connection: Connection, channel: str, context: Deciding) -> dict[str, Any]:
    """Return what an account without a payment method may still send this month."""
    if context.config.whatsapp.pays or channel != WHATSAPP:
        return {}
    now = context.clock.now()
    granted = context.rates.allowance(now.date())
    used = allowance.free_replies(connection, channel, now=now, up_to=granted)
    next_month = (allowance.month_of(now) + timedelta(days=32)).replace(day=1)
    return {"pays": False, "free_replies_left": granted - used, "free_again_at": next_month}


def _unasked_is_off(connection: Connection, message: Outgoing) -> bool:
    """Say whether such messages are switched off; one that opens the door to an answer was asked for a day ago."""
    return message.purpose is not For.NOTICE and switches.value(connection, "proactive") == "off"


def _always_goes(message: Outgoing) -> bool:
    """Say whether a message goes whatever it costs: neither the caps nor the switch hold it."""
    knocks = isinstance(message.content, Template) and message.content.name == DOOR
    return spend_caps.is_exempt(message.purpose.value, asked_for=message.asked_for, knocks=knocks)


def _spend_is_blocked(connection: Connection, message: Outgoing) -> bool:
    return not _always_goes(message) and switches.value(connection, "spend") == "block"


def _budget(connection: Connection, message: Outgoing, to: Address, context: Deciding) -> dict[str, Any]:
    """Return what may be spent on a message and what it costs; nothing for what the caps never hold."""
    if _always_goes(message):
        return {}
    spent = spending.spent(connection, message.user_id, now=context.clock.now())
    desk = context.desk_at(message.channel, message.trace_id)
    return {
        "budget_left_micros": spend_caps.left(spending.caps_of(context.config.spend), spent),
        "price_micros": message_prices.likely(connection, message, to, desk),
    }

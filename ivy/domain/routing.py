"""How a message may leave at this moment: free text, a template, later, another channel, or never. May import: the domain.

Asked again at every attempt, since what held a message an hour ago may not hold it now. The strictest rule speaks first,
and every answer but "send it" names the rule and, where it can be known, when it lifts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from ivy.domain import dialing
from ivy.domain.consent import UNTIL_ANSWERED, Permission
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.windows import QuietHours, quiet_until, window_open
from ivy.errors import ConfigError


class For(Enum):
    """What a message is for; the ladder of channels is chosen by it."""

    REPLY = "reply"
    REMINDER = "reminder"
    CHECKIN = "checkin"
    NOTICE = "notice"
    DIGEST = "digest"


CALL = "call"
"""The channel that reads a message out on the phone."""
CHANNELS = ("whatsapp", "solo", "sms", CALL, "mail")
"""What may stand in a ladder."""
UTILITY = "UTILITY"
SPEND_BLOCKED = "the switch spend is block: nothing that costs is begun"
LOOK_AGAIN = timedelta(minutes=15)
"""How soon what an operator's switch holds is asked about again."""
PACING = "pacing: one message in 6 seconds"
"""The rule by which messages to one person queue up."""
QUIET = "quiet hours"
"""The rule by which a message waits for the person's morning."""


@dataclass(frozen=True)
class TemplateChoice:
    """A template the vendor approved: `category` is the one it assigned, which sets the price."""

    name: str
    language: str
    category: str = UTILITY
    price_micros: int = 0


@dataclass(frozen=True)
class Situation:
    """All that decides about one message. `zone` is the person's IANA zone; `asked_for` is false for what Ivy begins."""

    now: datetime
    channel: str
    asked_for: bool
    consent: Permission
    zone: str
    pacing_free_at: datetime
    quiet: QuietHours | None = None
    replayed: bool = False
    """It comes late, by an operator's plan: nobody is woken for it, asked for or not."""
    handed_over: bool = False
    """A human of the operator's is talking with this person, or has to look first at what they said."""
    # --- the channel
    can_reach: bool = True
    """Whether the person has an address on it that may be written to."""
    rests_until: datetime | None = None
    """The channel fails, and is left alone until then."""
    failing_since: datetime | None = None
    next_channels: tuple[str, ...] = ()
    """The rest of the ladder on which this person can be reached, best first."""
    open_chat: str = ""
    """The one of them that is another chat of theirs, in which they may be written to freely now."""
    patience: timedelta = timedelta(minutes=5)
    """How long a channel may fail before the next one is tried."""
    dialling: dialing.Decision | None = None
    """What the rule of phone calls says of one that begins now; None on channels that are written to."""
    # --- the conversation window
    has_window: bool = True
    """False for channels without one, such as SMS and mail."""
    window_expires_at: datetime | None = None
    own_template: TemplateChoice | None = None
    """Says the same as the message, outside the window."""
    door_template: TemplateChoice | None = None
    """Says that a message waits, for one that no template can carry; its button opens the window."""
    door_was_sent: bool = False
    pays: bool = True
    """Whether the account has a payment method: without one Meta takes what it will not deliver."""
    free_replies_left: int = 0
    """Of this month; counts only for an account that does not pay."""
    free_again_at: datetime | None = None
    # --- caps
    unasked_is_off: bool = False
    """The operator wants nobody to hear of anything they did not ask for."""
    unasked_today: int = 0
    unasked_per_day: int = 2
    people_outside: int = 0
    """Different people reached outside a window in the last 24 h, by this number."""
    tier: int | None = None
    """The vendor's limit on them; None while it is not known, or without a limit."""
    tier_free_at: datetime | None = None
    """When one more person may be reached; None while there is room."""
    is_new_outside: bool = True
    """Whether this person is not among them yet."""
    spend_is_blocked: bool = False
    """The operator lets nothing be begun that costs; False for what is never stopped."""
    budget_left_micros: int | None = None
    """What may still be spent today, by UTC; None where that does not stop this message."""
    price_micros: int = 0
    """What it costs as it is: free text in the window, or a text by SMS."""


@dataclass(frozen=True)
class Free:
    """Send it now, as it is."""


@dataclass(frozen=True)
class UseTemplate:
    """Send it now, as this template."""

    template: TemplateChoice


@dataclass(frozen=True)
class Hold:
    """Ask again at `until`, or, if that is None, when the person writes. `door` tells them that something waits."""

    until: datetime | None
    rule: str
    door: TemplateChoice | None = None


@dataclass(frozen=True)
class Divert:
    """Let another channel carry it."""

    channel: str
    rule: str


@dataclass(frozen=True)
class Refuse:
    """Never send it. `lifts` says in words what would have to change."""

    rule: str
    lifts: str = ""

    @property
    def reason(self) -> str:
        """The rule and when it lifts, for whoever asks what became of the message."""
        return f"{self.rule}; lifts {self.lifts}" if self.lifts else self.rule


Decision = Free | UseTemplate | Hold | Divert | Refuse


def check(ladders: Mapping[str, Sequence[str]]) -> None:
    """Raise ConfigError for a ladder with a channel that does not exist, or that stands in it twice; keys are purposes."""
    for purpose, ladder in ladders.items():
        for name in ladder:
            if name not in CHANNELS:
                raise ConfigError(f'routing.{purpose}: "{name}" is no channel; possible are {", ".join(CHANNELS)}.')
        if len(set(ladder)) < len(ladder):
            raise ConfigError(f"routing.{purpose} names a channel twice.")


def decide(situation: Situation) -> Decision:
    """Decide about one message now. `Hold.until` is always after `now`, and a `Divert` names another channel."""
    if stop := _person_says_no(situation) or _channel_is_down(situation):
        return stop
    way = _way_through(situation)
    if situation.spend_is_blocked and _costs(way, situation):
        return Hold(situation.now + LOOK_AGAIN, SPEND_BLOCKED)
    if isinstance(way, Free | UseTemplate) and situation.now < situation.pacing_free_at:
        return Hold(situation.pacing_free_at, PACING)
    return way


def _person_says_no(situation: Situation) -> Decision | None:
    """What a person may be told, whatever the channel: none of it is mended by another one."""
    now, consent = situation.now, situation.consent
    if not consent.allowed:
        if consent.until is None:
            return Refuse(consent.rule, "when they write START, or agree to it")
        return Hold(None if consent.until >= UNTIL_ANSWERED else consent.until, consent.rule)
    quiet_end = quiet_until(situation.quiet, situation.zone, now)
    if situation.replayed and quiet_end is not None:
        return Hold(quiet_end, QUIET)
    if situation.asked_for:
        return None
    if situation.unasked_is_off:
        return Refuse(
            "the switch proactive is off", "when the operator sets it on: what was left out is not said later"
        )
    if situation.handed_over:
        return Hold(None, "a human talks with them, or looks first: Ivy is quiet")
    if quiet_end is not None:
        return Hold(quiet_end, QUIET)
    if situation.unasked_today >= situation.unasked_per_day:
        rule = f"{situation.unasked_per_day} unasked contacts today already"
        return Hold(next_day(now, situation.zone), rule)
    return None


def _channel_is_down(situation: Situation) -> Decision | None:
    now, rests_until, since = situation.now, situation.rests_until, situation.failing_since
    if not situation.can_reach:
        rule, lifts = _UNREACHED if situation.channel == CALL else _no_address(situation.channel)
        return _next(situation, rule) or Refuse(rule, lifts)
    if rests_until is None or now >= rests_until:
        return None
    rule = f"{situation.channel} fails and is left alone"
    if since is None or not situation.next_channels:
        return Hold(rests_until, rule)
    if now >= since + situation.patience:
        return _next(situation, rule)
    return Hold(min(rests_until, since + situation.patience), rule)


def _way_through(situation: Situation) -> Decision:
    if situation.dialling is not None:
        return _by_phone(situation, situation.dialling)
    if not situation.has_window:
        return _too_dear(situation, situation.price_micros) or Free()
    if window_open(situation.window_expires_at, situation.now):
        may_go = situation.pays or situation.free_replies_left > 0
        return (_too_dear(situation, situation.price_micros) or Free()) if may_go else _no_free_reply(situation)
    if situation.open_chat:
        return Divert(situation.open_chat, "window closed, and another chat of theirs is open")
    own, door = situation.own_template, situation.door_template
    barred = None if own is None else _bar(situation, own)
    if own is not None and barred is None:
        return UseTemplate(own)
    if aside := _next(situation, barred.rule if barred else "window closed, and no template may be sent"):
        return aside
    if door is not None and not situation.door_was_sent:
        return _bar(situation, door) or Hold(None, "window closed: a template tells them that this waits", door)
    return barred or Hold(None, "window closed: waits until they write")


def _by_phone(situation: Situation, dialling: dialing.Decision) -> Decision:
    """A message is read out only while a call may be dialled; what may not be, waits, unless another channel can carry it."""
    if isinstance(dialling, dialing.Dial):
        return Free()
    if isinstance(dialling, dialing.Wait):
        return Hold(dialling.until, dialling.rule)
    return _next(situation, dialling.rule) or Hold(_coming(dialling.until, situation.now), dialling.rule)


def _no_free_reply(situation: Situation) -> Decision:
    rule = "this month's free replies are used up, and the account has no payment method"
    return _next(situation, rule) or Hold(_coming(situation.free_again_at, situation.now), rule)


def _bar(situation: Situation, template: TemplateChoice) -> Hold | None:
    """Return what keeps a template from being sent now, and until when; None if nothing does."""
    if not situation.pays:
        return Hold(None, "window closed: templates need a payment method, and the account has none")
    if template.category != UTILITY:
        category = template.category.lower()
        return Hold(
            None, f"window closed: the template {template.name} became {category}, which costs many times as much"
        )
    if situation.is_new_outside and situation.tier is not None and situation.people_outside >= situation.tier:
        rule = f"window closed: the number's limit of {situation.tier} people a day outside a window is reached"
        return Hold(_coming(situation.tier_free_at, situation.now), rule)
    dear = _too_dear(situation, template.price_micros)
    return dear and Hold(dear.until, f"window closed: {dear.rule}")


def _costs(way: Decision, situation: Situation) -> bool:
    """Say whether money is spent by going this way: what only waits, or is free in the window, costs nothing."""
    return isinstance(way, UseTemplate) or (isinstance(way, Free) and situation.price_micros > 0)


def _too_dear(situation: Situation, price_micros: int) -> Hold | None:
    """Return until when what costs so much waits for money; None where it may go."""
    if situation.budget_left_micros is None or price_micros <= situation.budget_left_micros:
        return None
    return Hold(next_day(situation.now, "UTC"), "today's money is spent")


_UNREACHED = ("they are not to be phoned", "when they agree to calls, and calls are switched on")


def _no_address(channel: str) -> tuple[str, str]:
    return f"no address on {channel} that may be written to", "when they write there, or `ivy onboard` adds one"


def _coming(instant: datetime | None, now: datetime) -> datetime | None:
    return instant if instant is not None and instant > now else None


def _next(situation: Situation, rule: str) -> Divert | None:
    return Divert(situation.next_channels[0], rule) if situation.next_channels else None


def next_day(now: datetime, zone: str) -> datetime:
    """Return the first instant of tomorrow, as a zone counts its days."""
    tomorrow = to_wall(now, zone).date() + timedelta(days=1)
    return to_instant(datetime.combine(tomorrow, time(0)), zone)

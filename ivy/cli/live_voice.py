"""Retell's rows of `ivy init --live`: key, agents, what is in the way of calls, and one test call from dialling to analysis.

May import: the probe's hops, live_list, frame, the store, the adapters. Only `ivy call`'s own way places the call.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy.adapters.retell import reports
from ivy.adapters.retell.api import Api
from ivy.cli import voice_hops, voice_price
from ivy.cli.doctor_calls import VOICE_TAKES
from ivy.cli.findings import Finding, State
from ivy.cli.frame import Setup
from ivy.cli.live_list import Item, Mark, done, first_wrong, item_of, not_needed, note, plain, waits, wrong
from ivy.cli.moments import dollars
from ivy.cli.voice_hops import BADGE, Walk, fields, within
from ivy.clock import unstamp
from ivy.domain.breaker import waits_until
from ivy.domain.calls import CallKind, CallState
from ivy.domain.schedule import to_wall
from ivy.domain.turned_away import signature_of
from ivy.errors import StoreError, Unreadable, VendorError
from ivy.store import arrivals, breakers, calls, inbox, people
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.people import Person
from ivy.store.sealing import Sealer

NAME = "Retell"
SECONDS = 20
"""How long a test call lasts, about."""
ASKED_SINCE = timedelta(hours=24)
LATEST = 200
WEBHOOK_WITHIN = timedelta(seconds=15)
"""A webhook is tried for the first time within a second or two of what it tells of."""
IDENTITY = re.compile(
    r"\bkyc\b|know your customer|verif\w* (your )?(identity|account)|identity verification", re.IGNORECASE
)
"""How a refusal sounds while an account is not verified. Retell documents the rule ("KYC Verification") and no error."""
VERIFY = (
    "Retell's dashboard > Phone Numbers > your number: verify your identity there, then `ivy switch channel.retell on`"
)
REACHES = ("agent ", "key", "webhook key")
"""Beginnings of what the hops find that is told in words of its own here."""


# --- what Retell says ----------------------------------------------------------------------------------


def lacking(where: Setup) -> list[Item] | None:
    """Return the items of a configuration with which Retell cannot be asked; None when it can."""
    section = where.config.voice
    if not section.enabled and not section.api_key:
        return [not_needed("voice.enabled is false: people are written to, and nobody is phoned")]
    found = [each for each in fields(where) if each.what != "server.public_url"]
    return [item_of(each) for each in found if each.state is State.MISSING] or None


async def at_retell(walk: Walk) -> list[Finding]:
    """Ask Retell hop by hop; the way back to us is the public address's."""
    found: list[Finding] = [each for each in fields(walk.where) if each.what == "voice.enabled"]
    for name, hop in voice_hops.HOPS.items():
        if name == "way back":
            continue
        told = await within(hop, name, walk)
        found += told
        if name == "key" and first_wrong(told):
            break
    return found


def items(found: Sequence[Finding], in_the_way: str, *, proved: bool, mute: str) -> list[Item]:
    """Return Retell's line. `proved`: a webhook of its own was believed; `mute`: why none can have been."""
    named = {each.what: each for each in found}
    key, line = named.get("key"), list[Item]()
    if key is None or key.state is not State.OK:
        return [item_of(each) for each in found]
    line.append(_key(proved, mute))
    agents = [each for each in found if each.what.startswith("agent ")]
    if agents and all(each.state is State.OK for each in agents):
        names = ", ".join(each.what.rpartition("-")[2] for each in agents)
        line.append(done(f"agents {names} published"))
    else:
        line += [wrong(f"{each.what}: {each.found}", each.mend) for each in agents if each.state is not State.OK]
    if in_the_way:
        line.append(_barrier(in_the_way))
    return [
        *line,
        *(item_of(each) for each in found if each.state is not State.OK and not each.what.startswith(REACHES)),
    ]


def _key(proved: bool, mute: str) -> Item:
    if mute:
        return wrong(f"key: {mute}", BADGE)
    return done("key (webhook badge)") if proved else done("key")


def _barrier(reason: str) -> Item:
    if IDENTITY.search(reason):
        return wrong("KYC pending: no outbound calls yet", VERIFY, takes=VOICE_TAKES)
    return wrong(reason, "mend what Retell names, in its dashboard")


def in_the_way(connection: Connection, now: datetime) -> str:
    """Return why Retell places no calls for us, by its last answers; "" while nothing says so."""
    latest = newest_test(connection, now)
    told = [breakers.load(connection, reports.VENDOR).reason if rests(connection, now) else ""]
    if latest is not None and latest.state not in (CallState.ENDED, CallState.ANALYSED):
        told.append(latest.reason.removeprefix(f"{reports.VENDOR}: ") if reports.VENDOR in latest.reason else "")
    return next((each for each in told if IDENTITY.search(each)), next(filter(None, told), ""))


def rests(connection: Connection, now: datetime) -> bool:
    """Say whether Retell is left alone for now: a call that is asked for would not be dialled."""
    return waits_until(breakers.load(connection, reports.VENDOR), now) is not None


# --- webhooks of calls ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What webhooks said of one call: the events, and how long after its end that was known."""

    events: frozenset[str] = frozenset()
    lag: timedelta | None = None


NOTHING_TOLD = Told()


class Ear:
    """Looks through what Retell sent; each webhook is opened once."""

    def __init__(self, where: Setup) -> None:
        self._sealer = Sealer(where.config.store.seal_key.reveal().split())
        self._position: int | None = None
        self.told: dict[str, Told] = {}
        """By the provider's id of a call."""

    def listen(self, connection: Connection) -> None:
        if self._position is None:
            self._position = max(arrivals.last_position(connection) - LATEST, 0)
        for kept in arrivals.after(connection, reports.VENDOR, self._position):
            self._position = kept.position
            self._read(kept)

    def _read(self, kept: arrivals.Kept) -> None:
        if not kept.sealed:
            return
        try:
            found = reports.parse(self._sealer.open(kept.sealed, inbox.place(kept.id)))
        except (StoreError, Unreadable):
            return
        for report in found:
            before, lag = self.told.get(report.provider_call_id, NOTHING_TOLD), None
            if reports.ENDED in report.seen and report.ended_at is not None:
                lag = max(timedelta(0), unstamp(kept.received_at_ms) - report.ended_at)
            self.told[report.provider_call_id] = Told(before.events | set(report.seen), before.lag or lag)


async def mute(api: Api, call: Call | None, ear: Ear, turned_away: Mapping[str, int], now: datetime) -> str:
    """Return why Retell's webhooks cannot be signed with our key; "" while nothing shows that."""
    if ear.told:
        return ""
    if forged := turned_away.get(signature_of(reports.VENDOR), 0):
        return f"webhooks of Retell's are signed with another key ({forged} refused since the daemon's start)"
    if call is None or not call.provider_call_id or call.placed_at is None:
        return ""
    try:
        report = reports.report_of(await api.get(f"/v2/get-call/{call.provider_call_id}"))
    except (VendorError, Unreadable):
        return ""
    if report.ended_at is not None and now - report.ended_at > WEBHOOK_WITHIN:
        return f"the call ended {(now - report.ended_at).total_seconds():.0f} s ago, and no webhook of it has come"
    return ""


# --- the test call -------------------------------------------------------------------------------------


def newest_test(connection: Connection, now: datetime) -> Call | None:
    """Return the last test call of the last day."""
    found = calls.everyones(connection, since=now - ASKED_SINCE)
    tests = [call for call in found if call.kind is CallKind.TEST]
    return max(tests, key=lambda call: call.due_at, default=None)


def to_phone(where: Setup, connection: Connection) -> Person | None:
    """Return who gets the test call: whoever has the operator's number, else the first who was let in with one."""
    reached = [each for each in people.everyone(connection) if each.phone and each.status == "active"]
    own = where.config.operator.phone
    return next((each for each in reached if each.phone == own), next(iter(reached), None))


def price(where: Setup, phone: str, now: datetime, zone: str) -> str:
    """Return what a test call costs, about."""
    minute = voice_price.minute_micros(phone, where.config, where.folder, to_wall(now, zone).date())
    return dollars(minute * SECONDS // 60)


def question(where: Setup, person: Person, now: datetime, *, alone: bool) -> str:
    """Return what is asked before anybody is phoned; whoever is alone here is the one who types."""
    own = where.config.operator.phone
    whom = "you" if person.phone == own or (alone and not own) else person.name
    return f"phone {whom} now, {SECONDS} s, about {price(where, person.phone or '', now, person.zone)}?"


def stages(call: Call, told: Told) -> list[Item]:
    """Return the line of one call: each stage as the database and Retell's webhooks have it."""
    asked = plain("test call:")
    if call.state in (CallState.FAILED, CallState.ABANDONED) and not call.provider_call_id:
        return [asked, wrong(f"not dialled: {call.reason}", f"ivy why {call.id}")]
    if not call.provider_call_id:  # `placed_at` is when it was asked for: Retell may have said no
        return [asked, waits(f"{call.state.value}{f': {call.reason}' if call.reason else ''}")]
    report, line = call.report, [asked, _stage("dialling")]
    if report.is_over and report.started_at is None and "started" not in report.seen:
        return [*line, wrong(f"not answered ({report.reason or call.reason})", "let it ring again: ivy init --live")]
    seen = {*report.seen, *told.events}
    steps: list[tuple[str, bool]] = [
        ("answered", "started" in seen or report.started_at is not None),
        ("ended", report.is_over),
        (f"webhook {told.lag.total_seconds():.1f} s" if told.lag is not None else "webhook", told.lag is not None),
        ("analysed", "analysed" in seen or call.state is CallState.ANALYSED),
    ]
    for words, is_so in steps:
        line.append(_stage(words) if is_so else Item(Mark.WAITS, words, after=True))
    return line


def _stage(words: str) -> Item:
    return Item(Mark.DONE, words, after=True)


def nobody_yet() -> list[Item]:
    return [waits("a test call, once somebody is let in with a number", "ivy onboard")]


def failed(call: Call) -> bool:
    """Say whether a test call proved nothing, so that another may be offered."""
    return call.state in (CallState.FAILED, CallState.ABANDONED) or (
        call.report.is_over and call.report.started_at is None
    )


def offer(where: Setup, person: Person, now: datetime) -> list[Item]:
    """Return the line of a call that nobody was asked about: what to type."""
    asked = f"phone {person.name}, {SECONDS} s, about {price(where, person.phone or '', now, person.zone)}"
    return [waits(asked, f"ivy call {person.name} --kind test")]


def declined() -> list[Item]:
    return [note("no test call for now", "ivy init --live asks again")]

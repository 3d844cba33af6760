"""What `ivy doctor` looks at about phone calls and gifts: fields, hours, minutes, numbers out of reach. Nobody is asked.

May import: findings, config, the store and below.
"""

from datetime import date, datetime, timedelta
from pathlib import Path

from ivy.agent import routes
from ivy.cli.findings import Finding, look, missing, not_needed, ok
from ivy.config import Config
from ivy.domain import call_minutes, giving, reach, voicemail
from ivy.domain.call_minutes import Slot
from ivy.domain.calls import CallKind
from ivy.domain.slots import By
from ivy.domain.voice_quality import Summary
from ivy.errors import ConfigError
from ivy.store import call_slots, people, voice_quality
from ivy.store.binding import Connection
from ivy.store.people import Person

VOICE_TAKES = "Retell's check of your identity takes hours to days; a new number 1 to 2 days"
MOST_NAMED = 5
HOLIDAYS_AHEAD = timedelta(days=90)
"""So long before the last known year of holidays is over, an operator is told: time to take a newer Ivy, or to write a file."""


def fields(config: Config) -> list[Finding]:
    """Judge what `ivy.toml` says of calls, without asking anybody."""
    section = config.voice
    if not section.enabled:
        return [not_needed("calls", "voice.enabled is false: people are written to, and nobody is phoned")]
    findings = [
        ok(f"voice.{name}", shown) if value else missing(f"voice.{name}", "not set", mend, takes=VOICE_TAKES)
        for name, value, shown, mend in (
            (
                "api_key_file",
                section.api_key,
                "set",
                "Retell's dashboard, Settings, API keys: the key with the webhook badge",
            ),
            ("number", section.number, section.number, "Retell's dashboard, Phone Numbers: as +15550102030"),
        )
    ]
    try:
        voicemail.check(config.calls.voicemail)
    except ConfigError as error:
        findings.append(missing("calls.voicemail", str(error), "mend it in ivy.toml"))
    if config.calls.per_second <= 0:
        findings.append(
            missing("calls.per_second", f"{config.calls.per_second}", "a number above 0: 1.0 is a call a second")
        )
    return findings


def hours(config: Config, folder: Path, today: date) -> list[Finding]:
    """Judge the file of calling hours, and whether it knows the holidays that come."""
    from ivy.daemon import hours as card

    if not config.voice.enabled:
        return []
    try:
        loaded = card.load(config.calls.hours_file, folder)
    except ConfigError as error:
        return [missing("calls.hours_file", str(error), "mend the file, or leave the key empty")]
    soon = today + HOLIDAYS_AHEAD
    ends = {country: end for country in loaded.weeks if (end := loaded.holidays_end(country)) is not None}
    old = sorted(country for country, end in ends.items() if country and date(end, 12, 31) < soon)
    if old:
        first = min(ends[country] for country in old) + 1
        told = f"no holidays of {first} for {', '.join(old)}"
        return [look("calls.hours_file", told, "a newer Ivy brings them, or a file of your own")]
    return [ok("calls.hours_file", f"{len(loaded.weeks)} rules")]


def gifts(config: Config) -> list[Finding]:
    """Judge amounts and charities."""
    if not config.giving.charities:
        return [not_needed("giving", "no charity under [giving.charities]: a kept workout moves the streak alone")]
    try:
        giving.check(config.giving)
    except ConfigError as error:
        return [missing("giving", str(error), "mend it in ivy.toml")]
    return [ok("giving", f"{len(config.giving.charities)} charities; pledges are paid by hand: ivy giving payouts")]


def schedules(config: Config, connection: Connection, today: date) -> list[Finding]:
    """Judge whether all slots by phone fit the minutes, and whether everybody's number can be reached from ours."""
    if not config.voice.enabled:
        return []
    found: dict[str, list[Slot]] = {}
    for slot in call_slots.everyone(connection):
        if slot.by is By.VOICE:
            found.setdefault(slot.user_id, []).append(Slot(CallKind(slot.kind.value), slot.days))
    forecasts = {user_id: call_minutes.forecast(slots, today) for user_id, slots in found.items()}
    caps, warnings = config.calls, list[str]()
    if told := call_minutes.day_exceeds(call_minutes.together(forecasts.values()), caps.minutes_per_day):
        warnings.append(told)
    names = {person.id: person for person in people.everyone(connection)}
    for user_id, needed in forecasts.items():
        if told := call_minutes.exceeds(needed, caps.minutes_per_person_month):
            warnings.append(f"{names[user_id].name}: {told}")
    findings = [
        look("minutes of calls", each, "raise calls.minutes_per_day or calls.minutes_per_person_month, or phone less")
        for each in warnings[:MOST_NAMED]
    ]
    return [
        *(findings or [ok("minutes of calls", f"{len(found)} people are phoned, within the caps")]),
        *_reach(config, names),
    ]


def quality(config: Config, connection: Connection, now: datetime) -> list[Finding]:
    """Judge how the calls of the last days sounded."""
    found = voice_quality.of_last_days(connection, now=now)
    if not config.voice.enabled or not found.calls:
        return []
    told = said(found)
    if found.complaints:
        return [look("sound of calls", told, "a faster model, another voice or provider: docs/runbook/calls-fail.md")]
    return [ok("sound of calls", told)]


def said(found: Summary) -> str:
    """Say how many calls there were, how many of them ended early, and how long answers took."""
    waits = (
        "" if found.p50_ms is None or found.p95_ms is None
        else f", answers after {found.p50_ms / 1000:.1f} s (half) and {found.p95_ms / 1000:.1f} s (19 of 20)"
    )  # fmt: skip
    return f"{found.calls} calls in 7 days, {found.early_share:.0%} hung up early{waits}"


def _reach(config: Config, everybody: dict[str, Person]) -> list[Finding]:
    if not config.voice.number:
        return []
    section = config.voice
    out = [
        f"{person.name} ({told.country or '?'})"
        for person in everybody.values()
        if person.phone
        and person.mode != "text"
        and not (told := reach.reaches(routes.shipped(), section.number, section.number_is_imported, person.phone)).ok
    ]
    if not out:
        return [ok("reach of voice.number", "every number of those who want calls")]
    more = f" and {len(out) - MOST_NAMED} more" if len(out) > MOST_NAMED else ""
    mend = "import a number of your own carrier (voice.number_is_imported), or let them be written to"
    return [look("reach of voice.number", f"not {', '.join(out[:MOST_NAMED])}{more}", mend, takes=VOICE_TAKES)]

"""Reads what an operator types about a person: zone, locale, currency, hours. May import: the domain, errors.

Each function returns the value in the one spelling that is kept, and raises UsageError with the mend.
"""

import re
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import available_timezones

from ivy.domain import currencies, mail, phones, schedule
from ivy.domain.phones import NotAPhone
from ivy.domain.schedule import UnknownZone
from ivy.errors import UsageError

_LOCALE = re.compile(r"([a-zA-Z]{2,3})[-_]([a-zA-Z]{2})")
_HOUR = re.compile(r"([01]?[0-9]|2[0-3])(?:[:.h]([0-5][0-9]))?")
LONGEST_NAME = 80


def name(text: str) -> str:
    found = " ".join(text.split())
    if not found or len(found) > LONGEST_NAME or not found.isprintable():
        raise UsageError(f"A name is 1 to {LONGEST_NAME} letters; this is none: {text[:LONGEST_NAME]!r}.")
    return found


def phone(text: str) -> str:
    """Return a number as E.164, or "" for none: somebody whom WhatsApp knows by a username."""
    try:
        return phones.e164(text) if text.strip() else ""
    except NotAPhone as error:
        raise UsageError(f"{str(error).capitalize()}. Example: +573001234567.") from None


def email(text: str) -> str:
    """Return an address as it is written to, or "" for none."""
    try:
        return mail.address(text) if text.strip() else ""
    except mail.NotAnAddress as error:
        raise UsageError(f"{str(error).capitalize()}. Example: ana@example.org.") from None


def zone(text: str) -> str:
    """Return the zone's IANA name; a place's name alone will do where only one zone has it."""
    typed = text.strip().replace(" ", "_")
    try:
        schedule.zone(typed)
        return typed
    except UnknownZone:
        names = sorted(available_timezones())
    same = [each for each in names if each.lower() == typed.lower() or each.lower().endswith(f"/{typed.lower()}")]
    if len(same) == 1:
        return same[0]
    near = same or get_close_matches(typed, names, n=3) or _places_like(typed, names)
    meant = f"; did you mean {', '.join(near)}?" if near else ", such as America/Bogota."
    raise UsageError(f"{text!r} is no time zone{meant}")


def _places_like(typed: str, names: list[str]) -> list[str]:
    places = {name.rpartition("/")[2].lower(): name for name in names}
    return [places[place] for place in get_close_matches(typed.lower(), places)]


def local_time(now: datetime, zone_name: str) -> str:
    """Return what a clock there shows now, to be confirmed by somebody who is there."""
    wall = schedule.to_wall(now, zone_name)
    return f"{wall.hour % 12 or 12}:{wall:%M} {'am' if wall.hour < 12 else 'pm'}"


def locale(text: str) -> str:
    found = _LOCALE.fullmatch(text.strip())
    if not found:
        raise UsageError(f"{text!r} is no locale; write language and country, such as es-CO or en-US.")
    return f"{found[1].lower()}-{found[2].upper()}"


def currency(text: str) -> str:
    code = text.strip().upper()
    if code not in currencies.CODES:
        raise UsageError(f"{text!r} is no currency; write its three letters, such as COP or USD.")
    return code


def hour(text: str) -> str:
    """Return HH:MM."""
    found = _HOUR.fullmatch(text.strip())
    if not found:
        raise UsageError(f"{text!r} is no time of day; write it as HH:MM, such as 21:00.")
    return f"{int(found[1]):02}:{found[2] or '00'}"


def words(text: str) -> str:
    """Return the words of a consent; they are its proof, so there must be some."""
    said = " ".join(text.split())
    if text and not said:
        raise UsageError("A consent without words proves nothing; write what the person said.")
    return said

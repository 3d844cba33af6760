"""Who an SMS is from, and what the operator should know about that sender and these people. May import: phones.

Countries differ in which senders they let through, and a border costs more than a text. Source: Twilio's guidelines for
SMS by country, as of 2026-11.
"""

import re
from collections import Counter
from collections.abc import Iterable
from enum import Enum

from ivy.domain.phones import region_of


class SenderKind(Enum):
    NUMBER = "number"
    SHORT_CODE = "short code"
    NAME = "name"
    """Letters instead of a number: nobody can answer it, not even with STOP."""
    SERVICE = "messaging service"


_SHAPES = (
    (SenderKind.SERVICE, re.compile(r"MG[0-9a-f]{32}", re.ASCII)),
    (SenderKind.NUMBER, re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)),
    (SenderKind.SHORT_CODE, re.compile(r"[0-9]{3,8}", re.ASCII)),
    (SenderKind.NAME, re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +&_-]{1,11}", re.ASCII)),
)
NO_NAMES = frozenset({"US", "CA", "PR"})
"""Where a name as sender is refused."""
REGISTERED = frozenset({"US", "PR"})
"""Where a number must be registered (10DLC brand and campaign, or verified toll-free) before carriers let it through."""
SHORT_CODES_AT_HOME = "a short code works in its own country only"


def kind_of(sender: str) -> SenderKind | None:
    """Return what a sender is, or None if Twilio would not take it as one."""
    return next((kind for kind, shape in _SHAPES if shape.fullmatch(sender)), None)


def warnings(sender: str, phones: Iterable[str]) -> list[str]:
    """Return what the operator should know before people with these phones (E.164) are sent SMS, in plain sentences."""
    kind = kind_of(sender)
    regions = Counter(region for phone in phones if (region := region_of(phone)))
    found: list[str] = []
    if kind is SenderKind.NAME:
        found.append(f"nobody can answer {sender}, not even with STOP: say in your texts how to stop them")
        refused = sorted(NO_NAMES & regions.keys())
        if refused:
            found.append(f"a name as sender is refused in {', '.join(refused)}: get a number there")
    if kind is SenderKind.SHORT_CODE and regions:
        found.append(f"{SHORT_CODES_AT_HOME}: check it against where people are ({_listed(regions)})")
    if kind is SenderKind.NUMBER:
        found += _of_number(sender, region_of(sender), regions)
    return found


def _of_number(sender: str, home: str, regions: Counter[str]) -> list[str]:
    found: list[str] = []
    if home in REGISTERED:
        found.append(
            f"{sender} is a {home} number: register it (10DLC, or verify it if toll-free), or carriers drop it"
        )
    abroad = Counter({region: number for region, number in regions.items() if region != home})
    if abroad:
        found.append(
            f"{sender} is from {home or 'nowhere known'} and people are in {_listed(abroad)}: texts over a border cost more,"
            " may show another sender, and answers to them may not arrive"
        )
    return found


def _listed(regions: Counter[str]) -> str:
    return ", ".join(f"{region} ({number})" for region, number in sorted(regions.items()))

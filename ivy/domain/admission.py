"""Who may talk to Ivy, and what a stranger hears. May import: the standard library."""

import random
import re
from enum import Enum

ANSWERS_A_DAY = 50
ALPHABET = "234679CDFGHJKMNPQRTWXY"
"""No letter that looks like a digit or like another, and no vowel, so that no code is a word."""

_CODE = re.compile(rf"(?<![^\W_])IVY[\W_]*([{ALPHABET}]{{4}})[\W_]*([{ALPHABET}]{{2}})(?![^\W_])")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Admission(Enum):
    """Who is let in: holders of an invite, everybody, or listed numbers only."""

    INVITE = "invite"
    OPEN = "open"
    LIST = "list"


class StrangerAnswer(Enum):
    ADMIT = "admit"
    ANSWER = "answer"
    """Say once how to get in."""
    SILENT = "silent"


def answer_to_stranger(
    policy: Admission,
    sender_answered_today: bool,
    answered_today_total: int,
    cap: int = ANSWERS_A_DAY,
    *,
    listed: bool,
    invite_ok: bool,
) -> StrangerAnswer:
    """Decide about somebody Ivy does not know; a stranger is answered once a day, all strangers `cap` times."""
    if policy is Admission.OPEN or listed or (policy is Admission.INVITE and invite_ok):
        return StrangerAnswer.ADMIT
    if sender_answered_today or answered_today_total >= cap:
        return StrangerAnswer.SILENT
    return StrangerAnswer.ANSWER


def invite_code(chance: random.Random) -> str:
    """Return a code such as IVY-7K3M-Q2, one of 113 million; pass a `SystemRandom` where it must not be guessed."""
    letters = "".join(chance.choices(ALPHABET, k=6))
    return f"IVY-{letters[:4]}-{letters[4:]}"


def find_invite(text: str) -> str | None:
    """Return the first invite code in a text, as `invite_code` writes it, however it was typed."""
    found = _CODE.search(_INVISIBLE.sub("", text).upper())
    return f"IVY-{found[1]}-{found[2]}" if found else None

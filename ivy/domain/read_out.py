"""A message as it is read out on the phone, and whether it was. May import: contents, emoji, sms, plain_words, tokens, calls.

What can only be seen or tapped is left out: the person answers in the chat. A text that takes more than a minute to hear is
not read out at all.
"""

import re

from ivy.domain.calls import Report
from ivy.domain.contents import AnyContent, Buttons, Choices, Link, Words
from ivy.domain.emoji import without_emoji
from ivy.domain.plain_words import words_of
from ivy.domain.sms import plain
from ivy.domain.tokens import estimate

LONGEST = 600
"""Characters: three quarters of a minute of speech."""
MOST_TOKENS = 300
"""What the prompt of a call has room for: some scripts take many tokens for few characters."""
MOST_OF_IT = 0.5
"""The share of a text's words that must be found in what the agent said: a transcript is never exact."""
_ADDRESS = re.compile(
    r"(?:https?://(?:www\.)?|www\.)(?P<host>[^\s/?#]*[^\s/?#.,;:!)])\S*?(?=[.,;:!?)]*(?:\s|$))", re.IGNORECASE
)
_ENDS = (".", "!", "?", ":", ",", ";", "…")


def read_out(content: AnyContent) -> str:
    """Return what is read out of a content, on one line: no buttons, no marks, of an address its host; "" for what has no words."""
    match content:
        case Buttons() | Choices():
            said = f"{content.header}\n{content.body}"
        case Link() | Words():
            said = content.body
        case _:
            return ""
    lines = (without_emoji(_ADDRESS.sub(r"\g<host>", line)) for line in plain(said).split("\n"))
    return " ".join(_ended(line) for line in lines if any(map(str.isalnum, line)))


def can_be_read_out(text: str) -> bool:
    """Say whether a text from `read_out` is one that a call may carry."""
    return bool(text) and len(text) <= LONGEST and estimate(text) <= MOST_TOKENS


def was_read_out(text: str, report: Report) -> bool:
    """Say whether the agent said most of a text before the person's last words; True where nobody kept what was said.

    Who picks up, says hello and is gone has heard nothing of it.
    """
    if not any(turn.text.strip(" …") for turn in report.spoken):
        return True
    last = max((at for at, turn in enumerate(report.spoken) if turn.by == "person" and turn.text.strip()), default=0)
    said = {word for turn in report.spoken[:last] if turn.by == "agent" for word in words_of(turn.text)}
    wanted = set(words_of(text))
    return not wanted or len(wanted & said) >= MOST_OF_IT * len(wanted)


def _ended(line: str) -> str:
    return line if line.endswith(_ENDS) else f"{line}."

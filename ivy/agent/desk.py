"""What deciding without a model needs: the moment, names for rows, a way to say a sentence. May import: the store and below."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ivy.agent import price_cards
from ivy.config import Config
from ivy.domain.actions import secrets_of
from ivy.domain.contents import LONGEST_TEXT, AnyContent, Emoji
from ivy.domain.rates import Rates
from ivy.domain.sentences import Say, say
from ivy.domain.sms import plain, split_sms, utf16_units
from ivy.domain.splitting import split_text
from ivy.domain.tariffs import Tariffs
from ivy.store import outbox
from ivy.store.people import SOLO, Person
from ivy.store.scope import Scope

REACTS = "whatsapp"
"""The one channel with reactions."""
REACTION_PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Desk:
    """One commit: when, on which channel, and under which trace."""

    now: datetime
    new_id: Callable[[], str]
    config: Config
    channel: str
    trace_id: str
    rates: Rates
    tariffs: Tariffs = field(default_factory=price_cards.shipped)
    """What texts and calls cost."""
    replayed: bool = False
    """What is taken in was lost for a while by a fault of ours: its answer wakes nobody."""

    @property
    def action_secrets(self) -> tuple[bytes, ...]:
        """What buttons are signed with, the newest first."""
        return secrets_of(self.config.store.seal_key.reveal())

    def tell(self, scope: Scope, person: Person, key: Say, *, turn_id: str | None = None, **facts: str | int) -> None:
        """Queue a fixed sentence in the person's language: an answer to what they just did."""
        self.write(scope, say(key, person.speech, **facts), turn_id=turn_id)

    def write(self, scope: Scope, text: str, *, turn_id: str | None = None) -> None:
        """Queue a text for the person, in as many messages as it needs."""
        self.send(scope, *split_text(text), turn_id=turn_id)

    def send(self, scope: Scope, *parts: str | AnyContent, **more: Any) -> list[str]:
        """Queue messages for the person on this channel; return their ids. `more` is what `outbox.NewMessage` takes."""
        channel = more.pop("channel", self.channel)
        if channel == "sms":
            parts = tuple(text for part in parts for text in split_sms(plain(_in_words(part))))
        elif channel == SOLO:
            parts = tuple(each for part in parts for each in _fitting(part))
        return outbox.say(
            scope, parts, channel=channel, new_id=self.new_id, trace_id=self.trace_id, now=self.now, **more
        )

    def react(self, scope: Scope, external_id: str, emoji: str) -> None:
        """Put one reaction on a message of theirs, where the channel has reactions and nothing stands there yet."""
        if not external_id or self.channel != REACTS or not self.config.whatsapp.reactions:
            return
        if not outbox.has_reacted(scope, self.channel, external_id):
            self.send(scope, Emoji(external_id, emoji), quoted_id=external_id, patience=REACTION_PATIENCE)

    def proof(self, words: str) -> str:
        """Return what is kept beside a consent: who said it, where, when, and in which words."""
        at = self.now.isoformat(timespec="seconds")
        return f"the person, on {self.channel}, {at}: {words[:200]!r} (trace {self.trace_id})"


def _fitting(part: str | AnyContent) -> tuple[str | AnyContent, ...]:
    """Return what is said in words, in parts that the agent platform takes: a list with its rows may be longer."""
    words = _in_words(part)
    return (part,) if utf16_units(words) <= LONGEST_TEXT else tuple(split_text(words, LONGEST_TEXT // 2))


def _in_words(part: str | AnyContent) -> str:
    return part if isinstance(part, str) else part.in_words()

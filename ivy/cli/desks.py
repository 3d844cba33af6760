"""The moment of a command that writes to a person, as a handler has it in the daemon. May import: everything."""

from dataclasses import dataclass
from random import SystemRandom

from ivy.agent import price_cards
from ivy.agent.desk import Desk
from ivy.cli import frame
from ivy.clock import SystemClock
from ivy.daemon import rate_card
from ivy.daemon.deciding import Beforehand
from ivy.domain.ids import uuid7

CHANNEL = "whatsapp"
"""The one with templates."""


def desk_of(where: frame.Setup) -> Desk:
    """Return a desk at this moment, with a trace of its own. Raises: ConfigError if the rate card cannot be read."""
    rates = rate_card.load(where.config.whatsapp.rates_file, where.folder)
    now, chance = SystemClock().now(), SystemRandom()
    return Desk(now, lambda: uuid7(now, chance), where.config, where.config.chat, uuid7(now, chance), rates)


@dataclass(frozen=True)
class _Provider:
    """Who carries phone calls, by the name of its breaker."""

    name: str = "retell"


def deciding_of(where: frame.Setup) -> Beforehand:
    """Return what decides about messages as the daemon would, and sends none. Raises: ConfigError."""
    from ivy.adapters.whatsapp.pack import Pack, pack

    config = where.config
    in_use = {name: getattr(config, name).enabled for name in ("whatsapp", "solo", "sms", "mail")}
    return Beforehand(
        SystemClock(),
        config,
        frozenset(name for name, is_on in in_use.items() if is_on),
        rate_card.load(config.whatsapp.rates_file, where.folder),
        Pack(pack()),
        price_cards.load(config, where.folder),
        _Provider() if config.voice.enabled else None,
    )

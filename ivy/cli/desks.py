"""The moment of a command that writes to a person, as a handler has it in the daemon. May import: everything."""

from random import SystemRandom

from ivy.agent.desk import Desk
from ivy.cli import frame
from ivy.clock import SystemClock
from ivy.daemon import rate_card
from ivy.domain.ids import uuid7

CHANNEL = "whatsapp"


def desk_of(where: frame.Setup) -> Desk:
    """Return a desk at this moment, with a trace of its own. Raises: ConfigError if the rate card cannot be read."""
    rates = rate_card.load(where.config.whatsapp.rates_file, where.folder)
    now, chance = SystemClock().now(), SystemRandom()
    return Desk(now, lambda: uuid7(now, chance), where.config, CHANNEL, uuid7(now, chance), rates)

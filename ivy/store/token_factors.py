"""How many tokens each model really makes of what was estimated, as its answers have taught. May import: binding, the ground."""

from datetime import datetime

from ivy.clock import stamp
from ivy.store.binding import Connection


def known(connection: Connection) -> dict[str, float]:
    """Return the learnt factor of each model."""
    return {row["model"]: row["factor"] for row in connection.execute("SELECT model, factor FROM token_factors")}


def learn(connection: Connection, model: str, factor: float, *, answers: int, now: datetime) -> None:
    """Keep a model's factor, after so many more answers."""
    connection.execute(
        "INSERT INTO token_factors (model, factor, answers, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (model) DO UPDATE"
        " SET factor = excluded.factor, answers = answers + excluded.answers, at_ms = excluded.at_ms",
        (model, factor, answers, stamp(now)),
    )

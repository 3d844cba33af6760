"""What people think of Ivy, as `ivy status` prints it, against the plan's targets. May import: the store, moments."""

from ivy.cli.moments import shown
from ivy.domain.rating import TARGETS
from ivy.store.ratings import Satisfaction

_TARGETS = " / ".join(f"{target:.1f}" for target in TARGETS)


def words(found: Satisfaction) -> str:
    mean = "no answer yet" if found.mean is None else f"{found.mean:.2f} of 5"
    return (
        f"Ratings since {shown(found.since)} UTC: {mean} (targets {_TARGETS}); {found.given} of {found.asked} answered."
    )

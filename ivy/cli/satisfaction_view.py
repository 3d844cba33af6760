"""What people think of Ivy, as `ivy status` prints it, against the plan's targets. May import: the store, frame, moments."""

from ivy.cli import frame
from ivy.cli.moments import shown
from ivy.domain.rating import TARGETS
from ivy.store.ratings import Satisfaction

_TARGETS = " / ".join(f"{target:.1f}" for target in TARGETS)


def show(found: Satisfaction | None, complaints: int) -> None:
    """Print the mean rating, if anybody was asked, and how many complaints wait."""
    if found is not None and found.asked:
        frame.say(words(found))
    if complaints:
        frame.say(f"Feedback that nobody has read: {complaints}. `ivy feedback list` shows it.")


def words(found: Satisfaction) -> str:
    mean = "no answer yet" if found.mean is None else f"{found.mean:.2f} of 5"
    return (
        f"Ratings since {shown(found.since)} UTC: {mean} (targets {_TARGETS}); {found.given} of {found.asked} answered."
    )

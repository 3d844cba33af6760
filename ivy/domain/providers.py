"""In which order models are asked: by their roles, and by what an operator wants. May import: the standard library."""

from collections.abc import Sequence

ROLES = ("primary", "fallback", "cheap")
"""As they take over from each other."""
SWITCH = "providers"
AUTO = "auto"
CHOICES = (AUTO, *(f"{role}-only" for role in ROLES))


def order(choice: str, first: str = ROLES[0], roles: Sequence[str] = ROLES) -> tuple[str, ...]:
    """Return the roles that may be asked, in order; `first` is the one that a turn stuck to, or that money allows.

    A choice of one role alone wins over everything: who is held to one provider is never asked of another.
    """
    if choice != AUTO:
        return tuple(role for role in roles if choice == f"{role}-only")
    return (first, *(role for role in roles if role != first))

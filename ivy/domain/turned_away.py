"""Why a request to a public route was turned away, as the daemon counts it and `ivy init --live` reads it. May import: nothing."""

HANDSHAKE = "handshake"
"""Somebody greeted with another verify token than ours."""

UNSIGNED = "unsigned"
"""A webhook without any signature: no vendor's, or the doctor's own look at the proxy."""


def signature_of(channel: str) -> str:
    """Return the reason of webhooks whose signature is not of a key we know."""
    return f"signature {channel}"

"""Counters of a channel as a line of `ivy status`. May import: the store, the domain, moments."""

from ivy.cli.moments import dollars
from ivy.domain import messaging_limit
from ivy.store.overview import ChannelUse


def use(used: ChannelUse, free_replies: int) -> list[str]:
    """Return what is used of what the channel allows, and what its messages cost this month."""
    if free_replies:
        replies = f"{used.replies_this_month:,} of {free_replies:,} free replies"
    else:
        replies = f"{used.replies_this_month:,} replies"
    if used.people_limit is None:
        people = f"{used.people_reached:,} people outside a window (24 h), limit not known"
    elif used.people_limit >= messaging_limit.UNLIMITED:
        people = f"{used.people_reached:,} people outside a window (24 h), no limit"
    else:
        people = f"{used.people_reached:,} of {used.people_limit:,} people outside a window (24 h)"
    cost = dollars(sum(each.micros for each in used.month), 4)
    return [f"{used.channel}: {replies} · {people} · {cost} this month"]

"""A delivery's parts, each read by itself: what cannot be read costs itself only. May import: ports and below."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from ivy.adapters.lenient import Malformed, Object
from ivy.domain.inbound import Broken, InboundEvent

Found = tuple[str, InboundEvent]
"""An event, and the path of the part it was read from."""


def each(
    channel: str, holder: Object, key: str, path: str, read: Callable[[Any, str], Iterable[Found]]
) -> Iterator[Found]:
    """Yield what `read` makes of each element of a list, and a `Broken` for each that it cannot read."""
    elements = holder.get(key)
    where = f"{path}.{key}" if path else key
    if elements is None:
        return
    if not isinstance(elements, list):
        yield where, Broken(channel=channel, path=where, error=f"{key} is not a list")
        return
    for number, element in enumerate(cast(list[Any], elements)):
        at = f"{where}[{number}]"
        try:
            yield from read(element, at)
        except Exception as error:  # a mistake of ours too: it costs this part, which waits as a dead letter
            reason = str(error) if isinstance(error, Malformed) else repr(error)
            yield at, Broken(channel=channel, path=at, error=reason)


def at_and_below(found: Iterable[Found], path: str) -> tuple[InboundEvent, ...]:
    """Return the events of the part at `path`: a replay acts on that part alone."""
    below = (f"{path}.", f"{path}[")
    return tuple(event for at, event in found if at == path or at.startswith(below))

"""The one door to all that costs: nothing is asked of a model, channel, voice, ear or embedder without money set aside for it.

May import: the store and below. A `Reserved` comes only from the store, in the commit that writes the row of `cost_ledger`;
a test sees to it that no other file calls these methods of the ports. Settling is the caller's: it knows what became of it.
"""

from collections.abc import Sequence
from pathlib import Path

from ivy.domain.heard import Heard
from ivy.ports import Channel, Dial, Embedded, Embedder, Model, ModelAnswer, ModelRequest, Outbound, Transcriber, Voice
from ivy.store.spending import Reserved


async def complete(model: Model, request: ModelRequest, reserved: Reserved) -> ModelAnswer:
    """Ask a model. Raises: as `Model` does; TypeError where no money was set aside."""
    _check(reserved)
    return await model.complete(request)


async def send(channel: Channel, message: Outbound, reserved: Reserved) -> str:
    """Send a message whose own row of the ledger is `reserved`; return the vendor's id. Raises: as `Channel` does."""
    _check(reserved, message.our_id)
    return await channel.send(message)


async def dial(voice: Voice, call: Dial, reserved: Reserved) -> str:
    """Place a call whose own row of the ledger is `reserved`; return the provider's id. Raises: as `Voice` does."""
    _check(reserved, call.our_id)
    return await voice.dial(call)


async def transcribe(
    transcriber: Transcriber, audio: Path, reserved: Reserved, *, mime: str, languages: tuple[str, ...] = ()
) -> Heard:
    """Have a recording heard. Raises: as `Transcriber` does."""
    _check(reserved)
    return await transcriber.transcribe(audio, mime=mime, languages=languages)


async def embed(embedder: Embedder, texts: Sequence[str], reserved: Reserved) -> Embedded:
    """Turn texts into vectors. Raises: as `Embedder` does."""
    _check(reserved)
    return await embedder.embed(texts)


def _check(reserved: object, its_id: str | None = None) -> None:
    """Raise TypeError for what is no reservation, or one of something else: a fault of ours, seen before anything is spent."""
    if not isinstance(reserved, Reserved) or (its_id is not None and reserved.entry_id != its_id):
        raise TypeError("No money was set aside for this request.")

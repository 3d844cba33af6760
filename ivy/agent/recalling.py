"""What memory asks of an embedder: vectors for what is new, the meaning of what is looked for.

May import: the store and below.
"""

from collections.abc import Callable, Sequence

from ivy import log
from ivy.agent.embedding import PaidEmbedder
from ivy.agent.guard import Guard
from ivy.errors import ConfigError, VendorError, VendorRefused
from ivy.store import memory_vectors, switches
from ivy.store.memory_vectors import Meaning, Space, packed
from ivy.store.scope import PersonStore, Scope
from ivy.store.spending import CapReached

logger = log.get(__name__)
ROLE_SECONDS = 30.0
"""For texts that nobody waits for."""
QUERY_SECONDS = 4.0
"""For a question somebody waits on; without an answer by then, words alone are searched."""

ByModel = Callable[[str, int, float], PaidEmbedder | None]
"""Makes an embedder of a model's name, its dimension and its seconds; None for one that cannot be asked any more."""


class Recaller:
    """The embedder of the whole daemon, as memory uses it: behind its breaker, and never in the way of an answer."""

    def __init__(self, by_model: ByModel, guard: Guard, new_id: Callable[[], str], *, threshold: float = 0.0) -> None:
        self._by_model = by_model
        self._guard = guard
        self._new_id = new_id
        self._threshold = threshold

    async def vectors(
        self, space: Space, texts: Sequence[str], *, user_id: str, trace_id: str
    ) -> dict[str, bytes | None]:
        """Return the vector of each text, None for one that the embedder refuses.

        Raises: CapReached, VendorBusy, VendorMisconfigured; ConfigError for a model that is not there any more.
        """
        embedder = self._by_model(space.model, space.dimension, ROLE_SECONDS)
        if embedder is None:
            raise ConfigError(f"{space.model} cannot be asked any more")
        try:
            async with self._guard.call(ROLE_SECONDS):
                found = await embedder.embed(texts, user_id=user_id, trace_id=trace_id, call_id=self._new_id())
        except VendorRefused as error:
            if len(texts) > 1:  # one of them is at fault: the others must not wait for it
                half = len(texts) // 2
                first = await self.vectors(space, texts[:half], user_id=user_id, trace_id=trace_id)
                return first | await self.vectors(space, texts[half:], user_id=user_id, trace_id=trace_id)
            logger.warning("a text of %s is not embedded: %s", user_id, error)
            return dict.fromkeys(texts)
        return {text: packed(vector) for text, vector in zip(texts, found.vectors, strict=True)}

    async def meaning(self, person: PersonStore, text: str, *, trace_id: str) -> Meaning | None:
        """Return what a text means in the space where this person's memories are; None: words must do."""
        space = await person.read(self._space)
        embedder = space and self._by_model(space.model, space.dimension, QUERY_SECONDS)
        if space is None or embedder is None or not text.strip():
            return None
        try:
            async with self._guard.call(QUERY_SECONDS):
                found = await embedder.embed([text], user_id=person.user_id, trace_id=trace_id, call_id=self._new_id())
            return Meaning(space, packed(found.vectors[0]), self._threshold)
        except (VendorError, CapReached, ConfigError, ValueError) as error:
            logger.warning("memory is searched by words alone: %s", error)
            return None

    def _space(self, scope: Scope) -> Space | None:
        """Return where to look: the wanted space, or an older one while this person's memories are not all in it."""
        if switches.value(scope.connection, "memory") != "semantic":
            return None
        found = [
            space
            for space in memory_vectors.spaces(scope.connection)
            if self._by_model(space.model, space.dimension, QUERY_SECONDS) is not None
        ]
        if len(found) > 1 and not memory_vectors.is_complete(scope, found[0]):
            return max(found, key=lambda space: memory_vectors.embedded(scope, space))
        return found[0] if found else None

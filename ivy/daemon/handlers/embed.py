"""Gives vectors to what a person's memory holds without one, some texts at a time. May import: the agent and below."""

from datetime import datetime, timedelta

from ivy import log
from ivy.daemon.context import Context, Dropped, Later, Outcome
from ivy.errors import ConfigError, VendorMisconfigured
from ivy.store import memories, memory_vectors, switches
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.memory_vectors import Space, Unembedded
from ivy.store.scope import PersonStore, Scope, for_user, within
from ivy.store.spending import CapReached

logger = log.get(__name__)
AT_ONCE = 64
"""Texts in one request."""
LOOK_AGAIN = timedelta(minutes=30)
"""When what an operator must mend, or money, is asked about again."""


async def handle(job: Job, context: Context) -> Outcome:
    """Embed a person's newest texts; what is left after them is another job."""
    if job.user_id is None or context.memory is None:
        return Dropped("Nobody embeds.")
    person = for_user(context.store, job.user_id)
    space, left = await person.read(_left)
    if space is None or not left:
        return Dropped("There is nothing to embed.")
    try:
        vectors = await _vectors(person, space, left, job, context)
    except (
        CapReached,
        VendorMisconfigured,
        ConfigError,
    ) as error:  # none of them is this queue's, or this job's, fault
        logger.warning("nothing is embedded for now: %s", error)
        return Later(context.clock.now() + LOOK_AGAIN)

    def write(connection: Connection) -> None:
        _keep(within(connection, person.user_id), space, left, vectors, context.clock.now())

    return write


def _left(scope: Scope) -> tuple[Space | None, list[Unembedded]]:
    spaces = memory_vectors.spaces(scope.connection)
    if not spaces or not spaces[0].is_wanted or switches.value(scope.connection, "memory") != "semantic":
        return None, []
    return spaces[0], memory_vectors.missing(scope, spaces[0], limit=AT_ONCE)


async def _vectors(
    person: PersonStore, space: Space, left: list[Unembedded], job: Job, context: Context
) -> dict[str, bytes | None]:
    """Return vectors by digest: those of texts that were said before are there already."""
    found: dict[str, bytes | None] = dict(
        await person.read(memory_vectors.known, space, [each.digest for each in left])
    )
    new = {memories.embedded_as(each.kind, each.text): each.digest for each in left if each.digest not in found}
    if new and context.memory is not None:
        made = await context.memory.vectors(space, list(new), user_id=person.user_id, trace_id=job.trace_id)
        found |= {new[text]: vector for text, vector in made.items()}
    return found


def _keep(scope: Scope, space: Space, left: list[Unembedded], vectors: dict[str, bytes | None], now: datetime) -> None:
    if space not in memory_vectors.spaces(scope.connection):
        return  # another model is wanted meanwhile
    found = {
        memory_id: (each.digest, vectors[each.digest])
        for each in left
        if each.digest in vectors
        for memory_id in each.memory_ids
    }
    memory_vectors.put(scope, space, found, now=now)
    if not memory_vectors.is_complete(scope, space):
        memory_vectors.ask(scope, now=now)
    elif retired := memory_vectors.retire(scope.connection):
        logger.info("all memories are embedded with %s; gone: %s", space.model, ", ".join(retired))

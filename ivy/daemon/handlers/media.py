"""Brings a person's file here, proves it, listens to it, and lets their turn go on. May import: the agent and below.

Each finished step is a row before the next begins: a file is not fetched twice, and nobody listens to it twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import trio

from ivy import log
from ivy.agent import paid
from ivy.agent.desk import Desk
from ivy.agent.guard import Guard
from ivy.daemon import failing
from ivy.daemon.context import Context, Dropped, Later, Outcome, Write
from ivy.domain.heard import Certainty, Heard, certainty, cost_micros, seconds_of
from ivy.domain.media import CAPS, Kind, Reason, Refused, Type, judge
from ivy.errors import VendorBusy, VendorError, VendorMisconfigured, VendorRefused
from ivy.ports import Fetcher, Transcriber
from ivy.store import hearing_costs, media, people, spending
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.files import Files, NoRoom, TooLarge
from ivy.store.jobs import Job
from ivy.store.media import Item
from ivy.store.scope import PersonStore, Scope, for_user, within
from ivy.store.spending import CapReached, Reserved

logger = log.get(__name__)
NO_ROOM_PAUSE = timedelta(minutes=10)
TELL_AFTER = timedelta(minutes=1)
"""Who waits longer than this for a file to be fetched or heard is told so, once; it is tried on all the same."""
LATE_AFTER = timedelta(minutes=10)
"""What is heard longer than this after it came is not acted on without asking."""
ORPHANED_AFTER = timedelta(days=1)
"""A file that no row names is removed after this: a crash came between the two."""


class Answers(Protocol):
    """What becomes of a message once its file is known. All run in the commit that ends the job."""

    def heard(self, scope: Scope, message_id: str, text: str, sure: Certainty, desk: Desk) -> None:
        """Take a transcript as the message's own words; `sure` is SURE, UNSURE or LATE."""
        ...

    def kept(self, scope: Scope, message_id: str, item: Item, desk: Desk) -> None:
        """Go on with a picture, a film or a document that is here now."""
        ...

    def waits(self, scope: Scope, message_id: str, item: Item, desk: Desk) -> None:
        """Say one plain sentence about a file that takes long to be fetched, or heard."""
        ...

    def refused(self, scope: Scope, message_id: str, reason: Reason, desk: Desk) -> None:
        """Say one plain sentence, `reason.sentence`, about a file that is not here, or was not understood."""
        ...


@dataclass(frozen=True)
class MediaSettings:
    """Spans in seconds; `unsure_below` is 0 to 1; `micros_per_minute` is what listening costs, in micro-dollars."""

    largest_bytes: int = max(CAPS.values())
    fetch_seconds: float = 90.0
    hear_seconds: float = 60.0
    longest_recording_seconds: float = 900.0
    unsure_below: float = 0.5
    micros_per_minute: int = 0


@dataclass(frozen=True)
class MediaRoom:
    """All that files need: where they lie, who fetches them (by channel), who listens, and what is said then."""

    files: Files
    answers: Answers
    fetchers: Mapping[str, Fetcher] = field(default_factory=dict[str, Fetcher])
    transcriber: Transcriber | None = None
    settings: MediaSettings = MediaSettings()


def room_of(context: Context, answers: Answers) -> MediaRoom:
    """Return the room of a daemon, as it is configured."""
    files, listening = context.config.media, context.config.transcription
    settings = MediaSettings(
        fetch_seconds=files.seconds,
        hear_seconds=listening.timeout_seconds,
        unsure_below=listening.unsure_below,
        micros_per_minute=round(listening.usd_per_minute * 1_000_000),
    )
    return MediaRoom(context.files, answers, context.fetchers, context.transcriber, settings)


async def take(job: Job, context: Context, room: MediaRoom) -> Outcome:
    """Bring the file of one message (`payload.message`) to its end: kept, heard, or refused with a reason."""
    if job.user_id is None:
        return Dropped("It is nobody's file.")
    person = for_user(context.store, job.user_id)
    message_id, desk = str(job.payload["message"]), context.desk(job)
    try:
        item = await person.read(media.of_message, message_id)
        if item is not None and item.state in ("wanted", "refused"):
            if (refused := await _bring(item, person, room)) is not None:
                return _refusal(job, message_id, refused, room, desk)
            item = await person.read(media.of_message, message_id)
        if item is None or item.state != "kept":
            return Dropped("The message or its file is gone.")
        if item.type is not Type.AUDIO:
            kept = item
            return lambda connection: room.answers.kept(_scope(connection, job), message_id, kept, desk)
        heard = item.heard or await _hear(item, job, person, context, room)
    except NoRoom as error:
        logger.error("a file waits: %s", error)
        return Later(context.clock.now() + NO_ROOM_PAUSE, _tell_of_the_wait(job, message_id, room, desk))
    except VendorBusy:
        await context.store.write(_tell_of_the_wait(job, message_id, room, context.desk(job)))
        raise
    return _said(job, message_id, heard, room, context.desk(job))


def _tell_of_the_wait(job: Job, message_id: str, room: MediaRoom, desk: Desk) -> Write:
    def write(connection: Connection) -> None:
        scope = _scope(connection, job)
        item = media.of_message(scope, message_id)
        if item is not None and desk.now - job.due_at >= TELL_AFTER and media.note_wait(scope, message_id):
            room.answers.waits(scope, message_id, item, desk)

    return write


def buried(connection: Connection, job: Job, reason: str, desk: Desk, answers: Answers) -> None:
    """A file that could not be had in all the time there was, or not be listened to, is owned up to."""
    if job.user_id is None:
        return
    scope, message_id = _scope(connection, job), str(job.payload["message"])
    item = media.of_message(scope, message_id)
    if item is None:
        return
    if media.refuse(scope, message_id, Refused(Reason.UNREACHABLE, reason)):
        answers.refused(scope, message_id, Reason.UNREACHABLE, desk)
    elif item.state == "kept" and item.type is Type.AUDIO and item.heard is None:
        media.not_heard(scope, message_id, Refused(Reason.UNHEARABLE, reason))
        answers.refused(scope, message_id, Reason.UNHEARABLE, desk)


async def tidy(store: Store, files: Files, *, now: datetime) -> int:
    """Remove the files whose time is over, and those that no row names; return how many went."""
    async with files.lock:
        there = await files.digests(before=now - ORPHANED_AFTER)
        is_over, forgotten = await store.read(media.untidy, there, now=now)
        over = await store.write(media.expire, now=now) if is_over else []
        removed = [await files.remove(digest) for digest in {*over, *forgotten}]
    return sum(removed)


async def forget(store: Store, files: Files, digests: list[str]) -> int:
    """After an erasure: remove those of a person's files that nobody else holds; return how many went."""
    async with files.lock:
        removed = [await files.remove(digest) for digest in await store.read(media.unheld, digests)]
    return sum(removed)


# --- to fetch ----------------------------------------------------------------------------------------


async def _bring(item: Item, person: PersonStore, room: MediaRoom) -> Refused | None:
    """Fetch a file and keep it, or say why it is not kept. Raises: VendorBusy, VendorMisconfigured, NoRoom."""
    cap = min(CAPS[item.type], room.settings.largest_bytes)
    fetcher = room.fetchers[item.channel]
    try:
        async with room.files.incoming(cap) as sink:
            told = await fetcher.fetch(
                item.vendor_id, sink, cap=cap, seconds=room.settings.fetch_seconds, sha256=item.claimed
            )
            kind = _judged(item, told, sink.head, sink.size)
            if isinstance(kind, Refused):
                return kind
            async with room.files.lock:
                digest = await sink.keep()
                if not await person.write(media.keep, item.message_id, kind, digest, sink.size):
                    await _drop(digest, person, room.files)  # the person was erased meanwhile
    except TooLarge as error:
        return Refused(Reason.TOO_LARGE, str(error))
    except VendorRefused as error:
        if error.code not in set(Reason):
            raise
        return Refused(Reason(error.code), error.reason)
    return None


def _judged(item: Item, told: str, head: bytes, size: int) -> Kind | Refused:
    """Hold a file against what the message and what the look-up say it is: both must be true."""
    verdicts = [judge(item.type, declared, head, size) for declared in (item.declared or told, told or item.declared)]
    return next((verdict for verdict in verdicts if isinstance(verdict, Refused)), verdicts[0])


async def _drop(digest: str, person: PersonStore, files: Files) -> None:
    for each in await person.store.read(media.unheld, [digest]):
        await files.remove(each)


def _refusal(job: Job, message_id: str, refused: Refused, room: MediaRoom, desk: Desk) -> Outcome:
    logger.info("a file is refused: %s (%s)", refused.words, refused.reason.value)

    def write(connection: Connection) -> None:
        scope = _scope(connection, job)
        if media.refuse(scope, message_id, refused):
            room.answers.refused(scope, message_id, refused.reason, desk)

    return write


# --- to listen ---------------------------------------------------------------------------------------


async def _hear(item: Item, job: Job, person: PersonStore, context: Context, room: MediaRoom) -> Heard | Refused:
    """Listen to a recording, within the day's money. Raises: VendorBusy."""
    transcriber, settings = room.transcriber, room.settings
    try:
        seconds = seconds_of(*await room.files.ends(item.sha256))
    except FileNotFoundError:
        return Refused(Reason.GONE, "its file is gone from the folder")
    if seconds > settings.longest_recording_seconds:
        return Refused(Reason.TOO_LONG, f"about {seconds:.0f} s long")
    if transcriber is None:
        return Refused(Reason.UNHEARABLE, "no transcriber is configured")
    guard = Guard(context.store, context.clock, failing.TRANSCRIPTION, failing.policy_of(context.config))
    try:
        await guard.enter(settings.hear_seconds)  # before any money is set aside
    except VendorMisconfigured as error:
        return Refused(Reason.UNHEARABLE, error.reason)
    entry = f"heard:{item.id}:{job.claim_no}"
    try:
        reserved = await context.store.write(
            hearing_costs.reserve,
            entry,
            vendor=transcriber.vendor,
            model=transcriber.name,
            user_id=person.user_id,
            micros=cost_micros(seconds, settings.micros_per_minute),
            caps=spending.caps_of(context.config.spend),
            now=context.clock.now(),
        )
    except CapReached as error:
        return Refused(Reason.UNHEARABLE, str(error))
    heard = await _listened(transcriber, guard, item, person, context, room, reserved)
    if isinstance(heard, Heard):
        # Whoever bills by the second has its own count; where it tells none, the recording's own is what was heard.
        billed = cost_micros(seconds if heard.seconds is None else heard.seconds, settings.micros_per_minute)
        heard = Heard(heard.text, heard.confidence, seconds if heard.seconds is None else heard.seconds)
        await person.write(_keep_heard, item.message_id, heard, entry, billed)
    return heard


async def _listened(
    transcriber: Transcriber,
    guard: Guard,
    item: Item,
    person: PersonStore,
    context: Context,
    room: MediaRoom,
    reserved: Reserved,
) -> Heard | Refused:
    language = (await person.read(people.load)).language
    try:
        async with guard.watching():
            with trio.fail_after(room.settings.hear_seconds):
                path = room.files.path(item.sha256)
                return await paid.transcribe(transcriber, path, reserved, mime=item.kind.mime, languages=(language,))
    except trio.TooSlowError:  # somebody may have listened all the same: it stays billed at its estimate
        await context.store.write(hearing_costs.settle, reserved.entry_id, micros=None)
        raise VendorBusy(transcriber.vendor, "nobody had listened in time") from None
    except VendorError as error:
        unheard = isinstance(error, VendorBusy) and error.unheard
        await context.store.write(hearing_costs.settle, reserved.entry_id, micros=None if unheard else 0)
        if isinstance(error, VendorRefused):
            return Refused(Reason.UNHEARD, error.reason)
        if isinstance(error, VendorMisconfigured):
            logger.error("the transcriber is misconfigured: %s", error)
            return Refused(Reason.UNHEARABLE, error.reason)
        raise


def _keep_heard(scope: Scope, message_id: str, heard: Heard, entry: str, micros: int) -> None:
    hearing_costs.settle(scope.connection, entry, micros=micros)
    media.hear(scope, message_id, heard)


def _said(job: Job, message_id: str, heard: Heard | Refused, room: MediaRoom, desk: Desk) -> Outcome:
    """Return the write that lets the turn go on with what was heard, or owns up."""

    def write(connection: Connection) -> None:
        scope = _scope(connection, job)
        refused = heard if isinstance(heard, Refused) else Refused(Reason.UNHEARD, "nothing was understood")
        sure = Certainty.NOTHING if isinstance(heard, Refused) else certainty(heard, room.settings.unsure_below)
        if sure is Certainty.SURE and desk.now - job.due_at >= LATE_AFTER:
            sure = Certainty.LATE
        if isinstance(heard, Heard) and sure is not Certainty.NOTHING:
            room.answers.heard(scope, message_id, heard.text, sure, desk)
        else:
            media.not_heard(scope, message_id, refused)
            room.answers.refused(scope, message_id, refused.reason, desk)

    return write


def _scope(connection: Connection, job: Job) -> Scope:
    return within(connection, str(job.user_id))

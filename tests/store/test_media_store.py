"""Whose a file is, what became of it, and when it may go: only when its last row lets go."""

from datetime import UTC, datetime, timedelta

import pytest

from ivy.domain.heard import Heard
from ivy.domain.inbound import Media, Sender
from ivy.domain.media import Kind, Reason, Refused, Type
from ivy.domain.spend_caps import Sums
from ivy.ports import Image
from ivy.store import hearing_costs, media, people_data, spending, switches
from ivy.store.binding import Connection, Error
from ivy.store.database import Store
from ivy.store.scope import PersonStore, Scope
from tests.models import LISTENER

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
PHOTO = Kind(Type.IMAGE, "image/jpeg", 640, 480)
DIGEST, OTHER = "a" * 64, "b" * 64


def photo(number: int = 1) -> Media:
    return Media(Sender("whatsapp", "CO.1"), f"wamid.{number}", NOW, "image", f"77{number}", "image/jpeg", sha256="x")


async def kept(person: PersonStore, message: str, digest: str = DIGEST, *, days: float = 30) -> None:
    await person.write(media.want, f"media-{message}", message, photo(), keep_days=days, now=NOW)
    assert await person.write(media.keep, message, PHOTO, digest, 5)


async def test_a_file_is_wanted_once_and_then_kept(ana: PersonStore, ben: PersonStore) -> None:
    assert await ana.write(media.want, "f1", "m1", photo(), keep_days=30, now=NOW)
    assert not await ana.write(media.want, "f2", "m1", photo(), keep_days=30, now=NOW)
    assert await ana.read(media.image_of, "m1") is None
    assert await ana.write(media.keep, "m1", PHOTO, DIGEST, 5)
    assert not await ana.write(media.keep, "m1", PHOTO, OTHER, 5)
    item = await ana.read(media.of_message, "m1")
    assert item is not None
    assert (item.state, item.sha256, item.kind, item.vendor_id, item.claimed) == ("kept", DIGEST, PHOTO, "771", "x")
    assert await ana.read(media.image_of, "m1") == Image(DIGEST, "image/jpeg", 640, 480)
    assert await ben.read(media.of_message, "m1") is None


async def test_a_refusal_is_said_once_and_a_replay_may_still_keep_it(ana: PersonStore) -> None:
    await ana.write(media.want, "f1", "m1", photo(), keep_days=30, now=NOW)
    refused = Refused(Reason.UNREACHABLE, "nobody answered")
    assert await ana.write(media.refuse, "m1", refused)
    assert not await ana.write(media.refuse, "m1", refused)
    assert await ana.write(media.keep, "m1", PHOTO, DIGEST, 5)
    assert not await ana.write(media.refuse, "m1", refused)


async def test_what_was_heard_stays_as_it_was_heard_first(ana: PersonStore) -> None:
    await kept(ana, "m1")
    await ana.write(media.hear, "m1", Heard("hello", 0.5, 2.0))
    await ana.write(media.hear, "m1", Heard("something else", 0.9, 2.0))
    item = await ana.read(media.of_message, "m1")
    assert item is not None
    assert item.heard == Heard("hello", 0.5, 2.0)


async def test_a_file_goes_with_its_last_row(ana: PersonStore, ben: PersonStore, diary_store: Store) -> None:
    await kept(ana, "m1", days=30)
    await kept(ben, "m2", days=31)
    await kept(ana, "m3", OTHER, days=30)
    assert await diary_store.write(media.expire, now=NOW + timedelta(days=29)) == []
    assert await diary_store.write(media.expire, now=NOW + timedelta(days=30)) == [OTHER]
    item = await ana.read(media.of_message, "m1")
    assert item is not None
    assert (item.state, item.sha256) == ("expired", "")
    assert await diary_store.write(media.expire, now=NOW + timedelta(days=31)) == [DIGEST]


async def test_a_person_is_erased_with_their_rows_and_told_which_files_are_theirs(
    ana: PersonStore, ben: PersonStore, diary_store: Store
) -> None:
    await kept(ana, "m1")
    await kept(ana, "m2", OTHER)
    await kept(ben, "m3")
    mine = await ana.read(media.held)
    assert mine == [DIGEST, OTHER]

    def exported(scope: Scope) -> int:
        return people_data.counts(scope)["media"]

    assert await ana.read(exported) == 2
    erased = await ana.write(people_data.erase)
    assert (erased.deleted["media"], erased.left) == (2, {})
    assert await diary_store.read(media.unheld, mine) == [OTHER]


async def test_an_upload_is_known_as_long_as_its_channel_knows_it(ana: PersonStore, ben: PersonStore) -> None:
    assert await ana.write(media.add_own, "f1", "m1", "whatsapp", PHOTO, DIGEST, 5, keep_days=30, now=NOW)
    assert await ana.read(media.uploaded, "whatsapp", DIGEST, now=NOW) == ""
    await ana.write(media.note_upload, "m1", "7799", until=NOW + timedelta(days=30))
    assert await ana.read(media.uploaded, "whatsapp", DIGEST, now=NOW) == "7799"
    assert await ana.read(media.uploaded, "whatsapp", DIGEST, now=NOW + timedelta(days=30)) == ""
    assert await ben.read(media.uploaded, "whatsapp", DIGEST, now=NOW) == ""


@pytest.mark.parametrize(
    "change",
    [
        "sha256 = ''", "sha256 = 'nope'", "sha256 = upper(sha256)", "state = 'expired'", "type = 'gif'",
        "state = 'refused', sha256 = ''", "confidence = 2", "expires_at_ms = 0",
    ],
)  # fmt: skip
async def test_the_database_refuses_what_must_not_be(ana: PersonStore, diary_store: Store, change: str) -> None:
    await kept(ana, "m1")

    def meddle(connection: Connection) -> None:
        connection.execute(f"UPDATE media SET {change}")

    with pytest.raises(Error):
        await diary_store.write(meddle)


async def test_listening_stays_within_the_days_money(ana: PersonStore, diary_store: Store) -> None:
    async def reserve(entry: str, micros: int) -> None:
        await diary_store.write(
            hearing_costs.reserve,
            entry,
            vendor="openai",
            model=LISTENER,
            user_id="ana",
            micros=micros,
            caps=Sums(day=1_000),
            now=NOW,
        )

    await reserve("heard:f1:1", 900)
    with pytest.raises(spending.CapReached):
        await reserve("heard:f2:1", 200)
    await diary_store.write(hearing_costs.settle, "heard:f1:1", micros=75)
    assert await diary_store.read(spending.spent_on, "2026-11-23") == 75
    await reserve("heard:f2:1", 200)
    await diary_store.write(hearing_costs.settle, "heard:f2:1", micros=None)
    assert await diary_store.read(spending.spent_on, "2026-11-23") == 275

    def block(connection: Connection) -> None:
        switches.set_value(connection, "spend", "block", by="test", now=NOW)

    await diary_store.write(block)
    with pytest.raises(spending.CapReached, match="blocked"):
        await reserve("heard:f3:1", 1)

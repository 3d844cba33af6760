"""Forms as they stand at the vendor: kept, found by language, changed by webhooks in any order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ivy.store import flows
from ivy.store.binding import IntegrityError
from ivy.store.database import Store

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


async def keep(store: Store, state: str = "PUBLISHED", *, vendor_id: str = "7", language: str = "en") -> None:
    await store.write(flows.record, "booking", language, vendor_id=vendor_id, digest="d", state=state, now=NOW)


def change(state: Any, flow_id: Any = "7", event: str = flows.STATUS_CHANGE) -> dict[str, Any]:
    return {"event": event, "flow_id": flow_id, "old_status": "PUBLISHED", "new_status": state, "message": "…"}


async def test_only_a_published_form_is_sendable_and_only_in_its_language(store: Store) -> None:
    assert await store.read(flows.sendable, "booking", "en") is None
    for state, expected in {
        "DRAFT": None,
        "PUBLISHED": "7",
        "THROTTLED": "7",
        "BLOCKED": None,
        "DEPRECATED": None,
    }.items():
        await keep(store, state)
        assert await store.read(flows.sendable, "booking", "en") == expected
    assert await store.read(flows.sendable, "booking", "es") is None


async def test_what_is_recorded_again_replaces_what_was_known(store: Store) -> None:
    await keep(store, vendor_id="7")
    await keep(store, "FROM_NEXT_YEAR", vendor_id="8")
    (only,) = await store.read(flows.all_flows)
    assert (only.vendor_id, only.state, only.updated_at) == ("8", "DRAFT", NOW)


async def test_one_form_at_the_vendor_cannot_be_two_of_ours(store: Store) -> None:
    await keep(store)
    with pytest.raises(IntegrityError):
        await keep(store, language="es")


async def test_a_webhook_changes_the_state(store: Store) -> None:
    await keep(store)
    changed = await store.write(flows.hear, change("THROTTLED"), at=NOW + SECOND)
    assert changed is not None and (changed.name, changed.state) == ("booking", "THROTTLED")
    again = await store.write(flows.hear, change("THROTTLED"), at=NOW + SECOND)
    assert again is None


async def test_a_webhook_of_the_same_second_counts_and_an_older_one_does_not(store: Store) -> None:
    await store.write(
        flows.record, "booking", "en", vendor_id="7", digest="d", state="DRAFT", now=NOW + timedelta(milliseconds=700)
    )
    assert await store.write(flows.hear, change("PUBLISHED"), at=NOW) is not None
    assert await store.write(flows.hear, change("DRAFT"), at=NOW - SECOND) is None
    assert await store.read(flows.sendable, "booking", "en") == "7"


@pytest.mark.parametrize(
    "details",
    [
        {},
        change("PUBLISHED", "8"),
        change("FROM_NEXT_YEAR"),
        change(None),
        change(["BLOCKED"]),
        change("BLOCKED", None),
        change("BLOCKED", event="ENDPOINT_ERROR_RATE"),
    ],
)
async def test_a_webhook_without_meaning_changes_nothing(store: Store, details: dict[str, Any]) -> None:
    await keep(store)
    assert await store.write(flows.hear, details, at=NOW + SECOND) is None
    assert await store.read(flows.sendable, "booking", "en") == "7"

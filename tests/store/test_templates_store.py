"""The registry of templates: what is not approved is never found, and older news never overwrites newer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from ivy.adapters.whatsapp import webhook
from ivy.domain.inbound import AccountNotice
from ivy.domain.templates import Definition, Listed, digest, digests
from ivy.store import templates
from ivy.store.binding import IntegrityError
from ivy.store.database import Store
from ivy.store.templates import Change, Usable

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
PAYLOADS = Path(__file__).parents[1] / "adapters" / "whatsapp_payloads"
STATUS = "message_template_status_update"
OURS = Definition(
    "reminder_due", "en", "asked for", "You asked for this at {{time}}, and here it is.", {"time": "7:00"},
    buttons=("Done",), ttl_seconds=3600,
)  # fmt: skip
SPANISH = msgspec.structs.replace(OURS, language="es", body="Pediste esto para las {{time}}, y aquí está.")
DIGESTS = digests((OURS, SPANISH))


ABOUT: Mapping[str, Any] = {"message_template_name": "reminder_due", "message_template_language": "en"}


def listed(definition: Definition, vendor_id: str, **change: Any) -> Listed:
    made = Listed(
        vendor_id, definition.name, definition.language, "APPROVED", "UTILITY",
        body=definition.body, footer=definition.footer, buttons=definition.buttons,
    )  # fmt: skip
    return msgspec.structs.replace(made, **change)


async def submit(store: Store, definition: Definition, vendor_id: str, *, at: datetime = NOW) -> None:
    before = await store.read(templates.load, "whatsapp", definition.name, definition.language)
    await store.write(
        templates.submitted, "whatsapp", definition, before=before,
        vendor_id=vendor_id, status="PENDING", category="UTILITY", now=at,
    )  # fmt: skip


async def tell(
    store: Store, event: str, vendor_id: str = "1", *, minutes: float = 1, field: str = STATUS, **more: Any
) -> Change | None:
    about = {**ABOUT, "message_template_id": int(vendor_id), "event": event}
    at = NOW + timedelta(minutes=minutes)
    return await store.write(templates.apply_notice, "whatsapp", field, event, {**about, **more}, at=at)


async def look(store: Store, language: str = "en", *, now: datetime = NOW, known: bool = True) -> Usable | None:
    digests = DIGESTS if known else None
    return await store.read(templates.usable, "whatsapp", "reminder_due", language, now=now, digests=digests)


async def test_only_the_approval_makes_it_usable(store: Store) -> None:
    assert await look(store) is None
    await submit(store, OURS, "1")
    assert await look(store) is None
    await tell(store, "APPROVED")
    assert await look(store) == Usable("reminder_due", "en", "UTILITY", "", digest(OURS))


@pytest.mark.parametrize(
    "event", ["PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "ARCHIVED", "DELETED", "PENDING_DELETION"]
)
async def test_whatever_ends_the_approval_ends_the_use(store: Store, event: str) -> None:
    await submit(store, OURS, "1")
    await tell(store, "APPROVED")
    await tell(store, event, minutes=2)
    assert await look(store) is None and await look(store, known=False) is None
    await tell(store, "APPROVED", minutes=3)
    assert await look(store) is not None


async def test_an_older_notice_that_comes_late_changes_nothing(store: Store) -> None:
    await submit(store, OURS, "1")
    await tell(store, "PAUSED", minutes=5)
    assert await tell(store, "APPROVED", minutes=4) is None
    assert await tell(store, "PAUSED", minutes=5) is None
    assert await look(store) is None


async def test_notices_shuffled_and_doubled_end_as_in_order(store: Store, chance: Random) -> None:
    events = ["PENDING", "APPROVED", "PAUSED", "REINSTATED", "DISABLED", "APPROVED"]
    await submit(store, OURS, "1")
    mixed = [(minute, event) for minute, event in enumerate(events, start=1)] * 2
    chance.shuffle(mixed)
    for minute, event in mixed:
        await tell(store, event, minutes=minute)
    known = await store.read(templates.load, "whatsapp", "reminder_due", "en")
    assert known is not None
    assert (known.status, known.status_at) == ("APPROVED", NOW + timedelta(minutes=6))


async def test_the_nearest_language_that_may_be_sent_is_found(store: Store) -> None:
    await submit(store, OURS, "1")
    await submit(store, SPANISH, "2")
    await tell(store, "APPROVED")
    found = await look(store, "es-CO")
    assert found is not None and found.language == "en"
    await tell(store, "APPROVED", "2")
    assert [each.language for each in [await look(store, "es-CO"), await look(store, "pt")] if each] == ["es", "en"]


async def test_words_that_are_not_ours_are_not_usable_though_they_are_approved(store: Store) -> None:
    await tell(store, "APPROVED")  # somebody made it in WhatsApp Manager
    assert await look(store) is None
    assert await look(store, known=False) is not None
    await store.write(templates.record, "whatsapp", listed(OURS, "1"), at=NOW + timedelta(hours=1), definition=OURS)
    assert await look(store) is not None
    words = {"message_template_element": "Buy this"}
    await tell(store, "", field="message_template_components_update", minutes=90, **words)
    assert await look(store) is None


async def test_the_category_is_the_one_that_meta_assigned(store: Store) -> None:
    await submit(store, OURS, "1")
    await tell(store, "APPROVED", message_template_category="MARKETING")
    found = await look(store)
    assert found is not None and found.category == "MARKETING"


async def test_an_announced_category_is_charged_from_its_hour(store: Store) -> None:
    await submit(store, OURS, "1")
    await tell(store, "APPROVED")
    at = NOW + timedelta(hours=24)
    change = await tell(
        store, "UTILITY", field="template_category_update", minutes=2,
        new_category="UTILITY", correct_category="MARKETING", category_update_timestamp=int(at.timestamp()),
    )  # fmt: skip
    assert change is not None and change.after.coming_at == at
    categories = [found.category for now in (NOW, at) if (found := await look(store, now=now))]
    assert categories == ["UTILITY", "MARKETING"]


async def test_a_notice_for_the_same_name_in_another_account_is_not_about_ours(store: Store) -> None:
    await submit(store, OURS, "1")
    await tell(store, "APPROVED")
    assert await tell(store, "DISABLED", "777", minutes=9) is None
    assert await look(store) is not None


async def test_a_notice_about_an_unknown_template_is_kept_without_harm(store: Store) -> None:
    change = await tell(store, "REJECTED", "5", reason="SCAM")
    assert change is not None and change.before is None and change.after.reason == "SCAM"
    await tell(store, "GREEN", "5", field="message_template_quality_update", new_quality_score="GREEN")
    [known] = await store.read(templates.all_known, "whatsapp")
    assert (known.status, known.quality, known.digest) == ("REJECTED", "GREEN", "")


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"message_template_id": None, "message_template_name": ["x"]},
        {"message_template_id": True, "message_template_name": "n", "event": 7},
        {"message_template_name": "n"},
        {"message_template_id": "9" * 40, "message_template_language": "en"},
    ],
)
async def test_a_notice_that_names_nothing_is_passed_over(store: Store, details: dict[str, Any]) -> None:
    assert await store.write(templates.apply_notice, "whatsapp", STATUS, "APPROVED", details, at=NOW) is None
    assert await store.read(templates.all_known, "whatsapp") == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("template_status", ("REJECTED", "", "", "")),
        ("template_quality", ("UNKNOWN", "", "YELLOW", "")),
        ("template_quality_misfiled", ("UNKNOWN", "", "RED", "")),
        ("template_category_now", ("UNKNOWN", "MARKETING", "", "")),
        ("template_category_soon", ("UNKNOWN", "", "", "MARKETING")),
        ("template_components", ("UNKNOWN", "", "", "")),
    ],
)
async def test_metas_own_payloads_are_understood_as_the_adapter_reads_them(
    store: Store, name: str, expected: tuple[str, ...]
) -> None:
    payload = msgspec.json.decode((PAYLOADS / f"{name}.json").read_bytes())["payload"]
    [notice] = webhook.parse(msgspec.json.encode(payload), phone_number_id="106")
    assert isinstance(notice, AccountNotice) and notice.field in templates.NOTICES
    await store.write(templates.apply_notice, "whatsapp", notice.field, notice.event, notice.details, at=notice.at)
    [known] = await store.read(templates.all_known, "whatsapp")
    assert (known.name, known.language, known.vendor_id) == ("weekly_plan", "en_US", "594425479261596")
    assert (known.status, known.category, known.quality, known.coming_category) == expected


async def test_the_list_of_meta_is_believed_and_what_it_lacks_is_gone(store: Store) -> None:
    await submit(store, OURS, "1")
    await submit(store, SPANISH, "2")
    await tell(store, "APPROVED")
    await tell(store, "APPROVED", "2")
    at = NOW + timedelta(hours=1)
    paused = listed(OURS, "1", status="PAUSED", category="MARKETING", quality="RED", rejected_reason="NONE")
    await store.write(templates.record_all, "whatsapp", [(paused, OURS)], at=at)
    by_language = {each.language: each for each in await store.read(templates.all_known, "whatsapp")}
    ours = by_language["en"]
    assert (ours.status, ours.category, ours.quality, ours.category_asked) == ("PAUSED", "MARKETING", "RED", "UTILITY")
    assert by_language["es"].status == "DELETED"
    await tell(store, "APPROVED", minutes=30)  # told before the list was read, and late
    assert await look(store) is None


async def test_a_list_says_nothing_of_what_is_younger_than_it(store: Store) -> None:
    """Somebody submits while `ivy init --live` reads Meta's list, which then lacks what it could not yet hold."""
    asked = NOW - timedelta(milliseconds=300)
    await submit(store, OURS, "1")
    await store.write(templates.record_all, "whatsapp", [], at=asked)
    await tell(store, "APPROVED", minutes=0)
    assert await look(store)
    told = {**ABOUT, "message_template_language": "es", "message_template_id": 2, "event": "APPROVED"}
    await store.write(templates.apply_notice, "whatsapp", STATUS, "APPROVED", told, at=NOW)
    await store.write(templates.record_all, "whatsapp", [], at=asked)
    assert await look(store, "es", known=False)
    await store.write(templates.record_all, "whatsapp", [], at=NOW + timedelta(seconds=1))
    assert {each.status for each in await store.read(templates.all_known, "whatsapp")} == {"DELETED"}


@pytest.mark.parametrize("answer", ["PENDING", ""])
async def test_an_approval_that_overtakes_the_answer_to_its_submission_stands(store: Store, answer: str) -> None:
    await tell(store, "APPROVED")
    await store.write(
        templates.submitted, "whatsapp", OURS, before=None, vendor_id="1", status=answer, category="UTILITY", now=NOW
    )
    assert await look(store), "heard of before its submission was kept"
    edited = await store.read(templates.load, "whatsapp", "reminder_due", "en")
    await tell(store, "REJECTED", minutes=2)
    await store.write(
        templates.submitted, "whatsapp", OURS, before=edited, vendor_id="1", status=answer, category="", now=NOW
    )
    [known] = await store.read(templates.all_known, "whatsapp")
    assert (known.status, known.category) == ("REJECTED", "UTILITY"), "an edit, judged while it was under way"


async def test_a_name_made_again_is_another_template(store: Store) -> None:
    await submit(store, OURS, "1")
    await tell(store, "DELETED")
    await submit(store, OURS, "2", at=NOW + timedelta(days=40))
    await tell(store, "APPROVED", "2", minutes=60 * 24 * 40 + 1)
    assert await look(store) is not None
    assert await tell(store, "DELETED", "1", minutes=60 * 24 * 41) is None
    known = await store.read(templates.load, "whatsapp", "reminder_due", "en")
    assert known is not None and known.vendor_id == "2"


async def test_a_send_that_meta_refused_is_not_tried_again_until_meta_approves(store: Store) -> None:
    await submit(store, OURS, "1")
    await tell(store, "APPROVED")
    at = NOW + timedelta(minutes=5)
    assert await store.write(templates.refused, "whatsapp", "reminder_due", "en", 131047, at=at) is None
    assert await store.write(templates.refused, "whatsapp", "nothing", "en", 132015, at=at) is None
    kept = await store.write(templates.refused, "whatsapp", "reminder_due", "en", 132015, at=at)
    assert kept is not None and kept.status == "PAUSED"
    assert await look(store) is None
    await tell(store, "APPROVED", minutes=6)
    assert await look(store) is not None


@pytest.mark.parametrize(
    "change",
    [
        "language = 'es-CO'",
        "status = ''",
        "vendor_id = ''",
        "paused_until_ms = 1",
        "coming_at_ms = 1",
        "coming_category = 'MARKETING'",
    ],
)
async def test_the_database_refuses_what_must_not_be(store: Store, change: str) -> None:
    await submit(store, OURS, "1")
    with pytest.raises(IntegrityError):
        await store.write(lambda connection: connection.execute(f"UPDATE templates SET {change}"))

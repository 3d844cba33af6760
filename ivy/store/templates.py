"""The registry of templates: how each stands with its vendor, and which may be sent. May import: binding, outbox, the domain.

Only what Meta calls APPROVED is ever found usable. A notice is applied in the commit that keeps it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ivy.clock import stamp, unstamp
from ivy.domain import template_states
from ivy.domain.template_states import APPROVED, DELETED, LONG_AGO, News, Registered
from ivy.domain.templates import Definition, Listed, language_code, languages_for
from ivy.domain.templates import digest as digest_of
from ivy.store import outbox
from ivy.store.binding import Connection

NOTICES = frozenset(
    {
        "message_template_status_update",
        "message_template_quality_update",
        "template_category_update",
        "message_template_components_update",
    }
)
"""The fields of account notices that are about a template."""


@dataclass(frozen=True)
class Usable:
    """A template that may be sent now: by its own language, in the category that it will be charged as."""

    name: str
    language: str
    category: str
    quality: str
    digest: str


@dataclass(frozen=True)
class Change:
    """What a notice changed; `before` is None for a template that was not known."""

    before: Registered | None
    after: Registered


def usable(
    connection: Connection,
    channel: str,
    name: str,
    language: str,
    *,
    now: datetime,
    digests: Mapping[tuple[str, str], str] | None = None,
) -> Usable | None:
    """Return a template that may be sent in a language, or in the nearest one (es-CO: es_CO, es, en), or None.

    `digests` holds, by name and language, the hash of the words we have now: approved words that are others would not
    take our values. The category is the one that Meta assigned, or announced for a time that has come.
    """
    for code in languages_for(language):
        known = load(connection, channel, name, code)
        if known is None or known.status != APPROVED:
            continue
        if digests is not None and (not known.digest or known.digest != digests.get((name, code))):
            continue
        return Usable(name, code, known.category_on(now), known.quality, known.digest)
    return None


def load(connection: Connection, channel: str, name: str, language: str) -> Registered | None:
    """Return one template in exactly this language."""
    row = connection.execute(
        "SELECT * FROM templates WHERE channel = ? AND name = ? AND language = ?",
        (channel, name, language_code(language)),
    ).fetchone()
    return None if row is None else _registered(row)


def all_known(connection: Connection, channel: str) -> list[Registered]:
    """Return every template of a channel, by name and language; also those that are not of ours."""
    rows = connection.execute("SELECT * FROM templates WHERE channel = ? ORDER BY name, language", (channel,))
    return [_registered(row) for row in rows]


# --- what we did, what Meta lists --------------------------------------------------------------------


def submitted(
    connection: Connection,
    channel: str,
    definition: Definition,
    *,
    before: Registered | None,
    vendor_id: str,
    status: str,
    category: str,
    now: datetime,
) -> Registered:
    """Keep that Meta took our words under this id, with the status and the category of its answer.

    `before` is how the template stood when they were sent; None: nothing was known of it.
    """
    language = language_code(definition.language)
    known = load(connection, channel, definition.name, language) or Registered(channel, definition.name, language)
    after = template_states.after_submission(
        known,
        definition,
        digest_of(definition),
        before=before,
        vendor_id=vendor_id,
        status=status.upper(),
        category=category.upper(),
        now=now,
    )
    _keep_news(connection, known, after, now)
    return after


def record(
    connection: Connection, channel: str, listed: Listed, *, at: datetime, definition: Definition | None = None
) -> Registered:
    """Keep how Meta lists a template at `at`; `definition` is the one of ours whose very words it has, if any."""
    language = language_code(listed.language)
    known = load(connection, channel, listed.name, language) or Registered(channel, listed.name, language)
    if known.vendor_id not in ("", listed.vendor_id):  # deleted and made again elsewhere: another template
        known = Registered(channel, listed.name, language)
    second = at.replace(microsecond=0)
    after = template_states.after(
        replace(known, vendor_id=listed.vendor_id), template_states.of_listing(listed), second
    )
    if definition is not None:
        asked = after.category_asked or definition.category
        after = replace(after, digest=digest_of(definition), body=definition.body, category_asked=asked)
    _keep_news(connection, known, after, at)
    return after


def record_all(
    connection: Connection, channel: str, listed: Sequence[tuple[Listed, Definition | None]], *, at: datetime
) -> list[Registered]:
    """Keep Meta's whole list, asked for at `at`; what was known then by an id and is not in it was deleted.

    What was submitted or told of since may be younger than the list. Return what is known now.
    """
    for each, definition in listed:
        record(connection, channel, each, at=at, definition=definition)
    here = {each.vendor_id for each, _definition in listed}
    for known in all_known(connection, channel):
        older = max(known.submitted_at or LONG_AGO, known.status_at) < at
        if known.vendor_id and known.vendor_id not in here and older and known.status != DELETED:
            _keep(connection, template_states.after(known, News(status=DELETED), at.replace(microsecond=0)))
    return all_known(connection, channel)


# --- what Meta tells ---------------------------------------------------------------------------------


def apply_notice(
    connection: Connection, channel: str, field: str, event: str, details: Mapping[str, Any], *, at: datetime
) -> Change | None:
    """Apply a notice about a template, and return what changed; None if nothing did.

    One about a template that we never made is kept too: it is then known, and not of ours.
    """
    news = template_states.read_notice(field, event, details)
    name, vendor_id = _text(details, "message_template_name"), _text(details, "message_template_id")
    language = language_code(_text(details, "message_template_language"))
    before = _of_vendor(connection, channel, vendor_id)
    if news is None or (before is None and not (name and language)):
        return None
    if before is None:
        before = load(connection, channel, name, language)
        # The same name with another id is in another account, or older than ours: not about this one.
        if before is not None and before.vendor_id and vendor_id:
            return None
    known = before or Registered(channel, name, language)
    after = template_states.after(replace(known, vendor_id=known.vendor_id or vendor_id), news, at)
    if after == before:
        return None
    _keep_news(connection, known, after, at)
    return Change(before, after)


def refused(
    connection: Connection, channel: str, name: str, language: str, code: int, *, at: datetime
) -> Registered | None:
    """Keep that a send of a template was refused with Meta's `code`, so that it is not tried again until Meta approves.

    Return how it stands now, or None if the code says nothing about templates or the template is not known.
    """
    known, news = load(connection, channel, name, language), template_states.of_send_error(code)
    if known is None or news is None:
        return None
    after = template_states.after(known, news, at.replace(microsecond=0))
    _keep(connection, after)
    return after


def _of_vendor(connection: Connection, channel: str, vendor_id: str) -> Registered | None:
    row = connection.execute(
        "SELECT * FROM templates WHERE channel = ? AND vendor_id = ?", (channel, vendor_id)
    ).fetchone()
    return None if row is None else _registered(row)


def _text(details: Mapping[str, Any], key: str) -> str:
    value = details.get(key)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


# --- rows --------------------------------------------------------------------------------------------

_TEXTS = (
    "channel", "name", "language", "digest", "body", "category_asked", "category", "status", "quality", "reason",
    "coming_category",
)  # fmt: skip
_INSTANTS = ("status_at", "category_at", "coming_told_at", "quality_at", "words_at")
_MAYBE = ("paused_until", "coming_at", "submitted_at")
_COLUMNS = (*_TEXTS, "vendor_id", *(f"{name}_ms" for name in (*_INSTANTS, *_MAYBE)))
_KEEP = f"INSERT OR REPLACE INTO templates ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"


def _keep_news(connection: Connection, before: Registered, after: Registered, at: datetime) -> None:
    """Keep how a template stands now; what waits for one that may be sent at last is decided anew."""
    _keep(connection, after)
    if after.status == APPROVED and (before.status, before.category, before.digest) != (
        after.status,
        after.category,
        after.digest,
    ):
        outbox.look_again(connection, after.channel, now=at)


def _keep(connection: Connection, template: Registered) -> None:
    # REPLACE also drops another row with the same vendor's id: it is one template, and this is its name.
    maybe = [getattr(template, name) for name in _MAYBE]
    connection.execute(
        _KEEP,
        (
            *(getattr(template, name) for name in _TEXTS),
            template.vendor_id or None,
            *(stamp(getattr(template, name)) for name in _INSTANTS),
            *(None if each is None else stamp(each) for each in maybe),
        ),
    )


def _registered(row: Any) -> Registered:
    values: dict[str, Any] = {name: row[name] for name in _TEXTS}
    values |= {name: unstamp(row[f"{name}_ms"]) for name in _INSTANTS}
    values |= {name: None if row[f"{name}_ms"] is None else unstamp(row[f"{name}_ms"]) for name in _MAYBE}
    return Registered(vendor_id=row["vendor_id"] or "", **values)

"""What `ivy doctor` looks at of WhatsApp: its fields by their shape, templates and forms as the registry knows them, the rate card.

May import: findings, shapes, frame, the store, the adapters' pack. Nobody is asked; what Meta says comes with --live.
"""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivy.cli import shapes
from ivy.cli.findings import Finding, look, missing, not_needed, ok
from ivy.cli.first_configuration import ITEMS, LEAD_TIME, Item
from ivy.config import Config, Secret, getattr_path
from ivy.errors import ConfigError

if TYPE_CHECKING:
    from ivy.store.binding import Connection

CHANNEL = "whatsapp"
ACCOUNT = "whatsapp.waba_id"
REVIEW_TAKES = "Meta's review takes minutes to 24 hours"
SUBMIT = "ivy whatsapp templates submit"


def fields(config: Config) -> list[Finding]:
    """Judge each field by its shape; an emulator's are not judged."""
    if not config.whatsapp.enabled:
        return [not_needed("WhatsApp", "whatsapp.enabled is false")]
    judged = is_official(config)
    findings = [_field(config, item, judged=judged) for item in ITEMS if item.section == CHANNEL]
    if not config.whatsapp.pays:
        told = "whatsapp.pays is false: no template is sent, and no reply beyond the month's free ones"
        findings.append(
            look("payment method", told, "add one in Meta's billing settings, then set whatsapp.pays = true")
        )
    if any(finding.mend for finding in findings):
        findings.append(look("WhatsApp's lead time", "approval is not Ivy's to give", LEAD_TIME))
    return findings


def is_official(config: Config) -> bool:
    """Say whether this is the real WhatsApp."""
    return config.whatsapp.enabled and shapes.OFFICIAL_WHATSAPP in config.whatsapp.base_url


def _field(config: Config, item: Item, *, judged: bool) -> Finding:
    value: Any = getattr_path(config, item.value_key)
    text = value.reveal() if isinstance(value, Secret) else str(value)
    if not text and item.key == ACCOUNT:
        return look(ACCOUNT, "not set: no template and no form can be sent", item.found_at)
    if not text:
        return missing(item.key, "not set", item.found_at)
    if item.key == ACCOUNT and text == config.whatsapp.phone_number_id:
        return missing(ACCOUNT, "the same as whatsapp.phone_number_id; they are two ids", item.found_at)
    if judged and (wrong := item.judge(text)):
        return missing(item.key, "not what it should be", wrong)
    return ok(item.key, "set" if isinstance(value, Secret) else text)


# --- templates and forms ---------------------------------------------------------------------------


def templates(config: Config, connection: "Connection", now: datetime) -> list[Finding]:
    """Say how many templates of the pack can be sent: they alone reach people outside the 24-hour window."""
    if not config.whatsapp.enabled or not config.whatsapp.waba_id:
        return [not_needed("templates", "without an account none can be sent")]
    from ivy.cli.whatsapp_templates import rows
    from ivy.domain.templates import MARKETING
    from ivy.store import templates as registry

    pack = [row for row in rows(registry.all_known(connection, CHANNEL), now) if row.in_pack]
    ready = sum(row.can_be_sent for row in pack)
    found = f"{ready} of {len(pack)} can be sent"
    dearer = [row for row in pack if row.category == MARKETING]
    if dearer:
        found += f"; {len(dearer)} counted as marketing, which is never sent: {dearer[0].name} ({dearer[0].language})"
    if ready == len(pack) and not dearer:
        return [ok("templates", found)]
    waiting = sum(row.status in ("PENDING", "IN_APPEAL") for row in pack)
    if any(SUBMIT in row.advice for row in pack):
        return [look("templates", found, SUBMIT, takes=REVIEW_TAKES)]
    if waiting and ready + waiting == len(pack) and not dearer:
        return [look("templates", f"{found}, {waiting} under review", "wait", takes=REVIEW_TAKES)]
    return [look("templates", found, "ivy whatsapp templates list says of each what to do", takes=REVIEW_TAKES)]


def forms(config: Config, connection: "Connection") -> list[Finding]:
    """Say whether forms are published, and whether those that ask Ivy as they are filled in have their key."""
    if not config.whatsapp.enabled:
        return []
    from ivy.store import flows as registry

    known = registry.all_flows(connection)
    published = sum(each.state in registry.SENDABLE for each in known)
    if published:
        found = ok("forms", f"{published} published")
    else:
        found = not_needed("forms", "none is published: Ivy asks in the chat; `ivy whatsapp flows push` publishes them")
    return [found, _flow_key(config)]


def _flow_key(config: Config) -> Finding:
    what, text = "whatsapp.flow_key_file", config.whatsapp.flow_key.reveal()
    if not text:
        return not_needed(what, "no form asks Ivy as it is filled in; `ivy whatsapp flows key` makes the key")
    from ivy.adapters.whatsapp.flow_crypto import FlowKeys

    try:
        FlowKeys.parse(text)
    except ConfigError as error:
        return missing(what, str(error), "put the key back from your copy, or: ivy whatsapp flows key --rotate")
    return ok(what, "set")


# --- what it costs -----------------------------------------------------------------------------------


def rates(config: Config, folder: Path, today: date) -> list[Finding]:
    """Say whether the rate card can be read, is young, and of this quarter: Meta changes prices four times a year."""
    if not config.whatsapp.enabled:
        return []
    from ivy.daemon import rate_card
    from ivy.domain.rates import quarter_of
    from ivy.domain.tariffs import STALE_AFTER, is_stale

    name = config.whatsapp.rates_file
    try:
        newest = rate_card.load(name, folder).newest
    except ConfigError as error:
        return [missing("rate card", str(error), "mend the file, or leave whatsapp.rates_file empty")]
    found = f"{name or 'the one that comes with Ivy'}, newest prices of {newest}"
    doubts = [f"older than {STALE_AFTER.days} days"] if is_stale(newest, today) else []
    if newest < quarter_of(today):
        doubts.append(f"Meta may have changed them on {quarter_of(today)}")
    if doubts:
        mend = "put today's prices into the file that whatsapp.rates_file names, or upgrade Ivy"
        return [look("rate card", f"{found}: {'; '.join(doubts)}", mend)]
    return [ok("rate card", found)]

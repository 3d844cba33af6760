"""What `ivy doctor` says of the ways to the operator beside mail. May import: findings, config, the domain, the store."""

from datetime import datetime
from typing import TYPE_CHECKING

from ivy.cli.findings import Finding, look, not_needed, ok
from ivy.config import Config

if TYPE_CHECKING:
    from ivy.store.binding import Connection

REVIEW_TAKES = "minutes to a day"


def ways(config: Config) -> list[Finding]:
    """Say where alerts go, when they wait, and who notices that Ivy is dead. What is wrong stops the daemon's start."""
    section = config.operator
    found: list[Finding] = []
    if not (section.mail or section.whatsapp or section.webhook_url):
        told = "nobody is told of them; operator.mail, operator.whatsapp and operator.webhook_url name who is"
        found.append(not_needed("alerts", told))
    if section.webhook_url:
        found.append(ok("operator.webhook_url", "set, and signed; `ivy alerts test` tries it"))
    if section.whatsapp and not config.whatsapp.enabled:
        found.append(
            look("operator.whatsapp", "set, and WhatsApp is off", "set whatsapp.enabled = true, or another way")
        )
    if section.heartbeat_url:
        found.append(ok("operator.heartbeat_url", "set: what waits there notices when Ivy is dead"))
    else:
        told = "not set: a dead daemon tells nobody; `ivy alerts check` in cron, or an address that waits, does"
        found.append(not_needed("operator.heartbeat_url", told))
    return found


def template(config: Config, connection: "Connection", now: datetime) -> list[Finding]:
    """Say whether the operator's phone can be written to."""
    from ivy.adapters.whatsapp.pack import Pack, pack
    from ivy.agent import operator_line
    from ivy.store import templates

    what, phone = "operator.whatsapp", config.operator.whatsapp
    if not phone or not config.whatsapp.enabled:
        return []
    usable = templates.usable(
        connection, operator_line.CHANNEL, operator_line.TEMPLATE, config.people.locale, now=now,
        digests=Pack(pack()).digests,
    )  # fmt: skip
    if usable is not None:
        return [
            ok(what, f"{phone} gets alerts as the template {usable.name} ({usable.language}), freely once it wrote")
        ]
    if operator_line.may_write_freely(connection, now):
        told = f"{phone} wrote in the last 24 hours and is told freely; then not, without the template"
    else:
        told = f"{phone} cannot be told: the template {operator_line.TEMPLATE} is not approved; mail and webhook go on"
    return [look(what, told, "ivy whatsapp templates submit", takes=REVIEW_TAKES)]

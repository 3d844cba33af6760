"""What `ivy doctor` says of /privacy and /terms: Meta asks for both before an app is live.

May import: findings, config, the pages, the domain.
"""

from pathlib import Path

from ivy.cli import doctor_whatsapp
from ivy.cli.findings import Finding, look, missing, not_needed, ok
from ivy.config import Config
from ivy.daemon.pages.site import is_told, own_texts
from ivy.domain import mail, public_paths
from ivy.errors import ConfigError


def pages(config: Config, folder: Path) -> list[Finding]:
    """Say whether people, and Meta, can read who runs this Ivy; `folder` is the configuration's."""
    what, site = "privacy page", config.site
    if not is_told(site):
        if not doctor_whatsapp.is_official(config):
            return [not_needed(what, "[site] names nobody: only a live app of Meta's needs /privacy and /terms")]
        lacks = " and ".join(key for key, value in (("site.name", site.name), ("site.mail", site.mail)) if not value)
        found = f"{lacks} not set: /privacy and /terms are not there, and Meta wants them before an app is live"
        return [look(what, found, "set name, address, mail and country under [site]")]
    try:
        mail.address(site.mail)
        own = own_texts(site, folder)
    except (mail.NotAnAddress, ConfigError) as error:
        return [missing(what, str(error), "put it right under [site]")]
    base = config.server.public_url.rstrip("/")
    words = f"in your words: {', '.join(own)}" if own else "in Ivy's words, English and Spanish"
    found = f"{base}{public_paths.PRIVACY} and {base}{public_paths.TERMS} name {site.name}, {words}"
    if not site.address or not site.country:
        return [look(what, found, "set address and country under [site] too: people may ask where you are")]
    return [ok(what, found)]

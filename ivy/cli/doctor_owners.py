"""What `ivy doctor` looks at of owners and doors: whose files those beside the database are, and who can knock at the daemon.

May import: findings, config. Nothing is changed.
"""

import ipaddress
import os
import pwd
from pathlib import Path

from ivy.cli.findings import Finding, look, missing, ok
from ivy.config import Config

MOST_NAMED = 5


def owners(database: Path) -> list[Finding]:
    """Say whether everything beside the database is its owner's: one file of root's there, and the daemon cannot start."""
    if not database.exists():
        return []
    owner, what = database.stat().st_uid, "owner of the files"
    places = [database.parent, *sorted(database.parent.iterdir())]
    foreign = [each for each in places if each.lstat().st_uid != owner]
    name = name_of(owner)
    if foreign:
        shown = ", ".join(f"{each.name} ({name_of(each.lstat().st_uid)})" for each in foreign[:MOST_NAMED])
        return [missing(what, f"not all {name}'s: {shown}", f"chown -R {name}: {database.parent}")]
    me = os.geteuid()
    if me not in (owner, 0):
        told = f"they are {name}'s, and you are {name_of(me)}"
        return [look(what, told, f"sudo -u {name} ivy …, or the wrapper of `ivy init --service`")]
    if me == 0 and owner != 0:
        told = f"{name}; typed as root, a command may leave a file there that {name} cannot open"
        return [look(what, told, "`ivy init --service` writes a wrapper that runs ivy as its own user")]
    return [ok(what, name)]


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a user id without a name, as in many containers
        return f"uid {uid}"


def secrets_folder(folder: Path) -> list[Finding]:
    """Say whether each file of a secret is closed to others: also those that the configuration does not name yet."""
    place = folder / "secrets"
    if not place.is_dir():
        return []
    if not os.access(place, os.R_OK | os.X_OK):
        return [ok("secrets' files", f"{place} is closed to {name_of(os.geteuid())}: each is handed over at the start")]
    open_files = [each for each in sorted(place.iterdir()) if each.is_file() and each.stat().st_mode & 0o077]
    if open_files:
        names = ", ".join(each.name for each in open_files[:MOST_NAMED])
        return [look("secrets' files", f"others can read {names}", f"chmod 600 {place}/*")]
    return [ok("secrets' files", f"{sum(each.is_file() for each in place.iterdir())}, each its owner's alone")]


def binding(config: Config) -> list[Finding]:
    """Say who can knock at the daemon's two doors: the public one is for a proxy, the other for this machine's monitoring."""
    server = config.server
    findings: list[Finding] = []
    if is_open(server.ops_host):
        told = f"{server.ops_host}:{server.ops_port} is open to the network, and tells how Ivy is doing"
        findings.append(missing("binding of the probes", told, 'server.ops_host = "127.0.0.1"'))
    if is_open(server.host):
        told = f"{server.host}:{server.port} is open to the network without TLS"
        findings.append(look("binding", told, 'server.host = "127.0.0.1", with a TLS proxy on this machine'))
    return findings or [ok("binding", f"{server.host}, for this machine's proxy only")]


def is_open(host: str) -> bool:
    """Say whether others than this machine reach an address that is listened on."""
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return True

"""`ivy init --service`: writes what a machine needs to run Ivy as a service. May import: service_files, frame, config.

What is there already stays as it is; where it differs, the difference is printed.
"""

import os
from difflib import unified_diff
from pathlib import Path

import typer

from ivy import config as configuration
from ivy.cli import frame, options, service_files
from ivy.cli.service_files import ServiceFile
from ivy.config import Config
from ivy.errors import UsageError

FOLDER = Path("ivy-service")
"""Where they go, to be looked at, if nobody says."""


def write_service(into: Path | None, *, solo: bool = False) -> None:
    """Write the files below a folder, `/` to install them; `solo`: for one person alone.

    Raises: ConfigError, UsageError, OSError.
    """
    into = into or _ask()
    installs = into.resolve() == Path("/")
    if installs and os.geteuid() != 0:
        raise UsageError("Only root installs a service: sudo ivy init --service --into /")
    path = _configuration(into, installs=installs)
    config = configuration.load(path, os.environ) if path.exists() else Config()
    for file in service_files.service_files(config):
        frame.say(put(into, file))
    alone = (solo or config.chat == "solo") and not config.voice.enabled  # nobody has to reach this machine
    if not config.server.public_url and not alone:
        frame.note(f"No Caddyfile yet: {path} has no server.public_url. Set it, and type this again.")
    _say_what_is_next(into, installs=installs, solo=solo, proxy=bool(config.server.public_url) or not alone)


def put(into: Path, file: ServiceFile) -> str:
    """Write a file that is not there; return what was found and done, with the difference where there is one."""
    path = into / file.place
    _make_folders(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
    except FileExistsError:
        there = path.read_text(errors="replace")
        if there == file.text:
            return f"{path} is there already."
        lines = unified_diff(
            there.splitlines(), file.text.splitlines(), str(path), "as it would be written", lineterm=""
        )
        return "\n".join([f"{path} is yours and stays as it is. This differs:", *lines])
    with os.fdopen(handle, "w") as to:
        to.write(file.text)
    path.chmod(file.mode)  # whatever the umask: others' programs read these
    return f"Wrote {path}."


def _make_folders(folder: Path) -> None:
    """Make what is missing of a path, open to all whatever the umask: systemd and others read there."""
    for each in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        each.mkdir(exist_ok=True)
        each.chmod(0o755)


def _ask() -> Path:
    if not frame.can_ask():
        return FOLDER
    return Path(typer.prompt("Folder to write them to (/ installs them)", default=str(FOLDER), err=True))


def _configuration(into: Path, *, installs: bool) -> Path:
    """Return the configuration that is meant: the one named, the service's own, or the one here."""
    installed = into / service_files.CONFIG.relative_to("/")
    if given := options.given_config.get():
        return Path(given)
    return installed if installs or installed.exists() else configuration.config_path()


def _say_what_is_next(into: Path, *, installs: bool, solo: bool, proxy: bool) -> None:
    begins = "ivy init --solo" if solo else "ivy init"
    if not installs:
        frame.note(f"\nLook at them below {into}; `{begins} --service --into /`, as root, installs them.")
        return
    frame.note("\nNext:")
    for line in (
        "systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload",
        f"{begins:<40}# writes /etc/ivy/ivy.toml and asks for the keys",
        f"systemctl enable --now ivy{' && systemctl reload caddy' if proxy else ''}",
    ):
        frame.note(f"  {line}")

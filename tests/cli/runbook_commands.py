"""The commands that the runbook has an operator type: read off its pages, from lines of their own and from sentences alike."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook"
PAGES = sorted(path.stem for path in RUNBOOK.glob("*.md"))
MACHINE = {
    "systemctl": r"(start|stop|restart) (ivy|systemd-timesyncd)",
    "journalctl": r"-u ivy|-k",
    "timedatectl": r"(set-ntp true)?",
}
"""The machine's own programs that a page may name, and with which words. Whatever else is to be typed is Ivy's."""
ASKS_OTHERS = (
    "alerts check",
    "alerts test",
    "call ",
    "doctor",
    "voice ",
    "whatsapp flows key",
    "whatsapp flows push",
    "whatsapp probe",
    "whatsapp templates s",
)
"""What asks a vendor or the daemon, or ends with 1 where something is missing: typed where there are all of these."""
PLAYED = {"upgrade --back": ("tests/reliability/test_upgrade.py", 'upgraded("--back")')}
"""What needs two releases: the test that types it, and how that stands there."""
PROGRAM = re.compile(rf"(?:ivy [a-z]|(?:{'|'.join(MACHINE)})(?: |$))")
OF_OTHERS = re.compile(
    r"(?:sudo|apt|apt-get|cat|chmod|chown|curl|date|df|dig|du|find|free|git|grep|hostnamectl|ip|kill|loginctl|ls|lsblk|mount|nslookup"
    r"|openssl|ping|ps|rm|service|sqlite3|ss|ssh|sysctl|systemd-[a-z]+|tail|top|umount|uname|uptime|watch|caddy)(?: .*)?"
)
"""What looks like a program that `MACHINE` does not have."""
SHOWN = "    284 dead letters ·"
"""How the one block begins that shows what a command says."""


@dataclass(frozen=True)
class Page:
    """What a page has typed, in its order; what it has written into ivy.toml; lines of blocks that are neither."""

    typed: list[str]
    toml: list[str]
    others: list[str]


def read(page: str) -> Page:
    found = Page([], [], [])
    for part in re.split(r"\n\s*\n", (RUNBOOK / f"{page}.md").read_text()):
        if part.startswith("    "):
            _block(part, found)
        else:
            spans = (" ".join(each.split()) for each in re.findall(r"`([^`]+)`", part))
            found.typed.extend(each for each in spans if PROGRAM.match(each))
            found.others.extend(each for each in re.findall(r"`([^`]+)`", part) if OF_OTHERS.fullmatch(each))
    return found


def _block(part: str, found: Page) -> None:
    """Sort the lines of a block; one that goes on with a step of a list is a sentence between blocks."""
    lines = [line.strip() for line in part.splitlines()]
    if part.startswith(SHOWN):
        return
    if all(PROGRAM.match(line) for line in lines):
        found.typed.extend(lines)
    elif _is_toml(part):
        found.toml.append(part)
    else:
        found.others.extend(lines)


def _is_toml(text: str) -> bool:
    try:
        return bool(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return False


def commands_of(page: str) -> list[str]:
    """Return what a page has typed of Ivy's, without `ivy`, in its order."""
    return [each.removeprefix("ivy ") for each in read(page).typed if each.startswith("ivy ")]


def machine_commands() -> list[str]:
    """Return what the pages have typed of the machine's own programs, each once; what stops the service comes first."""
    found = {each for page in PAGES for each in read(page).typed if not each.startswith("ivy ")}
    return sorted(found, key=lambda line: (" stop " not in line, line))


def asks_others(command: str) -> bool:
    return command.startswith(ASKS_OTHERS)

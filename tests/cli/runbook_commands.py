"""The commands that the runbook has an operator type: read off its pages, one a line."""

from pathlib import Path

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook"
PAGES = sorted(path.stem for path in RUNBOOK.glob("*.md"))
ASKS_OTHERS = (
    "alerts check",
    "alerts test",
    "call ",
    "doctor",
    "voice probe",
    "whatsapp flows key",
    "whatsapp flows push",
    "whatsapp probe",
    "whatsapp templates s",
)
"""What asks a vendor or the daemon, or ends with 1 where something is missing: typed where there are all of these."""


def commands_of(page: str) -> list[str]:
    """Return what a page has typed, without `ivy`, in its order."""
    lines = (RUNBOOK / f"{page}.md").read_text().splitlines()
    return [
        line.strip().removeprefix("ivy ")
        for line in lines
        if line.startswith("    ") and line.strip().startswith("ivy ")
    ]


def asks_others(command: str) -> bool:
    return command.startswith(ASKS_OTHERS)

"""Which release this program is, where it was installed as one. May import: the domain."""

from pathlib import Path

from ivy.domain import releases


def name_in(folder: Path) -> str:
    """Return the name of the whole release in a folder; empty for none: a checkout, or a release half made."""
    try:
        return (folder / releases.MARK).read_text().strip()
    except OSError:
        return ""

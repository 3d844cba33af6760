"""What root makes for the user that Ivy runs as must be that user's. May import: the standard library.

Beside the database no file may be root's: the daemon could not open it. SQLite gives its own side files the database's
owner; what is made anew is made as the owner of the folder.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def as_owner_of(folder: Path) -> Generator[None]:
    """Be the owner of a folder, or of the one it will be made in, for a while. Changes nothing unless root asks."""
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists()).stat()
    if os.geteuid() != 0 or there.st_uid == 0:
        yield
        return
    os.setegid(there.st_gid)
    os.seteuid(there.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def let_group_read(path: Path) -> None:
    """Let the group of its folder read a file that root made, where that is another group than root's."""
    group = path.absolute().parent.stat().st_gid
    if os.geteuid() == 0 and group != 0:
        os.chown(path, -1, group)
        path.chmod(0o640)

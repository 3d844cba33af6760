"""`ivy status --watch` on a real terminal: drawn in its place, and gone as it came."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ivy.cli import status_watch
from ivy.store.settings import open_reader

if TYPE_CHECKING:
    from tests.cli.conftest import Program, Terminal


def test_it_is_drawn_again_in_its_place_and_ctrl_c_gives_the_terminal_back(
    ready: "Program", terminal: "Callable[..., Terminal]"
) -> None:
    watched = terminal("status", "--watch", env={"COLUMNS": "100", "LINES": "40"})
    for _frame in range(2):
        watched.expect(status_watch.BEGIN)
        watched.expect("The daemon is not running")
        watched.expect(status_watch.FOOT)
        watched.expect(status_watch.END)
    assert watched.interrupt() == 0
    first, _, last = watched.shown.partition(status_watch.OTHER_SCREEN)
    assert first == "" and last.rstrip().endswith(status_watch.OLD_SCREEN)
    assert "Traceback" not in watched.shown and "Aborted" not in watched.shown


def test_watching_is_told_to_the_audit_log_once(ready: "Program", terminal: "Callable[..., Terminal]") -> None:
    watched = terminal("status", "--watch", env={"COLUMNS": "80", "LINES": "24"})
    for _frame in range(2):
        watched.expect(status_watch.END)
    watched.interrupt()
    connection = open_reader(ready.folder / "data" / "ivy.db")
    rows = connection.execute("SELECT count(*) FROM audit_log WHERE action = 'status --watch'").fetchone()
    connection.close()
    assert rows[0] == 1


def test_a_pipe_gets_one_plain_line_and_exit_code_two(ready: "Program") -> None:
    done = ready("status", "--watch")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ivy: --watch draws on a terminal: leave it out for a pipe or --json.\n"

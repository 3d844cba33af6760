"""How the program behaves whatever the command: one line for an error, its exit codes, nothing slow before it is needed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from ivy.cli import app
from ivy.errors import StoreError, UsageError, VendorBusy

SLOW = {
    "trio",
    "quart",
    "quart_trio",
    "hypercorn",
    "httpx2",
    "anthropic",
    "openai",
    "msgspec",
    "cryptography",
    "asyncio",
}


def test_help_lists_every_command_and_imports_nothing_slow(program: Any) -> None:
    code = (
        "import sys; from ivy.cli import app\ntry: app.main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert all(name in done.stdout for name in app.COMMANDS)
    assert not SLOW & set(done.stderr.split())


def test_no_line_of_the_list_of_commands_is_read_as_markup() -> None:
    assert not [line for _, line in app.COMMANDS.values() if "[" in line or "\\" in line]


@pytest.mark.parametrize("name", app.COMMANDS)
def test_every_command_has_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app.main([name, "--help"])
    assert ended.value.code == 0
    assert f"ivy {name}" in capsys.readouterr().out
    assert app.load(name).help


def test_an_unknown_command_is_typed_wrongly_and_the_near_one_is_named(program: Any) -> None:
    done = program("costz")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "ivy: No such command 'costz'. Did you mean 'costs'?; see `ivy --help`.\n"


def test_an_unknown_option_is_typed_wrongly(program: Any) -> None:
    done = program("migrate", "--dryrun")
    assert done.returncode == 2
    assert done.stderr.startswith("ivy: No such option: --dryrun")
    assert done.stderr.count("\n") == 1


def test_without_a_command_the_help_is_shown(program: Any) -> None:
    done = program()
    assert done.returncode == 2
    assert "onboard" in done.stdout + done.stderr


@pytest.mark.parametrize("words", [["daemon"], ["migrate"], ["users", "list"], ["onboard", "--name", "A"]])
def test_without_a_configuration_every_command_says_so_in_one_line(program: Any, words: list[str]) -> None:
    done = program(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "ivy: There is no ivy.toml; `ivy init` writes one.\n"


def test_the_configuration_may_be_named_by_option_or_environment(ready: Any, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    there = type(ready)(elsewhere)
    path = str(tmp_path / "ivy.toml")
    assert there("--config", path, "users", "list", "--json").stdout == "[]\n"
    assert there("users", "list", "--json", env={"IVY_CONFIG": path}).stdout == "[]\n"
    assert there("users", "list").returncode == 1


def test_the_option_wins_over_the_environment(ready: Any, tmp_path: Path) -> None:
    done = ready("--config", str(tmp_path / "ivy.toml"), "users", "list", "--json", env={"IVY_CONFIG": "/nowhere.toml"})
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (StoreError("No room."), 1, "ivy: No room.\n"),
        (UsageError("Not like this."), 2, "ivy: Not like this.\n"),
        (VendorBusy("whatsapp", "two\nlines\x1b[31m"), 1, "ivy: whatsapp: two lines[31m\n"),
        (ExceptionGroup("", [ExceptionGroup("", [StoreError("Deep.")])]), 1, "ivy: Deep.\n"),
        (KeyboardInterrupt(), 130, ""),
        (BaseExceptionGroup("", [KeyboardInterrupt()]), 130, ""),
        (BrokenPipeError(), 1, ""),
        (PermissionError(13, "Permission denied", "/root/ivy.toml"), 1, "ivy: Permission denied: /root/ivy.toml\n"),
    ],
)
def test_an_error_ends_as_one_plain_line(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.explain(error) == code
    assert capsys.readouterr().err == line


def test_a_bug_is_one_line_and_its_trace_is_in_a_file_of_our_own(tmp_path: Path) -> None:
    done = buggy(tmp_path, {})
    assert done.returncode == 1
    assert done.stderr.startswith("ivy: a bug: ZeroDivisionError: division by zero; please report it; details are in ")
    assert done.stderr.count("\n") == 1
    kept = Path(done.stderr.split("details are in ")[1].strip())
    text = kept.read_text()
    mode = kept.stat().st_mode & 0o777
    assert "Traceback" in text
    assert "+573001234567" not in text
    assert mode == 0o600


def test_a_bug_shows_its_trace_to_who_asks_for_it(tmp_path: Path) -> None:
    assert "Traceback" in buggy(tmp_path, {"IVY_DEBUG": "1"}).stderr


def buggy(folder: Path, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run the program with one command more, which has a bug."""
    (folder / "boom.py").write_text("def command() -> None:\n    '''Boom.'''\n    '+573001234567', 1 / 0\n")
    code = "from ivy.cli import app; app.COMMANDS['boom'] = ('boom', 'Boom.'); app.main(['boom'])"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{Path(__file__).parents[2]}:{folder}", "TMPDIR": str(folder), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_reader_that_goes_away_is_no_error(ready: Any, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "ivy", "tools", "list"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == ""


def test_a_pipe_gets_whole_lines_without_colour(ready: Any) -> None:
    ready("onboard", "--name", "Ana " + "María " * 10, "--phone", "+573001234567", "--zone", "America/Bogota")
    done = ready("users", "list", env={"COLUMNS": "40"})
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 3
    assert not any(line.endswith(" ") for line in done.stdout.splitlines())


def test_a_terminal_gets_colour_unless_it_asks_for_none(ready: Any, terminal: Callable[..., Any]) -> None:
    coloured = terminal("users", "list")
    assert coloured.end() == 0
    plain = terminal("users", "list", env={"NO_COLOR": "1"})
    assert plain.end() == 0
    assert "\x1b[" in coloured.shown
    assert "\x1b[3" not in plain.shown


def test_what_strangers_wrote_cannot_steer_the_terminal(ready: Any) -> None:
    import sqlite3

    ready("onboard", "--name", "Ana", "--phone", "+573001234567", "--zone", "America/Bogota")
    with closing(sqlite3.connect(ready.folder / "data/ivy.db")) as connection, connection:
        connection.execute("UPDATE users SET name = 'A\x1b[2J[red]na'")
    assert "A�[2J[red]na" in ready("users", "list").stdout


def test_ctrl_c_at_a_question_ends_without_a_trace(terminal: Callable[..., Any]) -> None:
    asked = terminal("init")
    asked.expect("Public address")
    assert asked.interrupt() == 130
    assert "Traceback" not in asked.shown


@pytest.mark.parametrize(
    ("typed", "offered"), [("ivy us", "users"), ("ivy users er", "erase"), ("ivy migrate --dr", "--dry-run")]
)
def test_the_shell_completes_commands_and_options(program: Any, typed: str, offered: str) -> None:
    words = {"_IVY_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    assert program(env=words).stdout.split() == [offered]


def test_json_is_one_document_and_nothing_else(ready: Any) -> None:
    for words in (["users", "list"], ["migrate"], ["migrate", "--dry-run"], ["doctor"]):
        done = ready(*words, "--json")
        json.loads(done.stdout)


def test_the_listing_and_each_command_come_from_one_table() -> None:
    group: Any = get_command(app.app)
    assert list(group.commands) == list(app.COMMANDS)

"""Every command in the runbook can be typed as it stands, in the order in which its page has them, sentences included.

- `ivy ...` is run here, on a database with some of everything in it. What asks a vendor, or the daemon, is run in
  `test_runbook_asks.py`, where there are both; what needs two releases is run by the test that `PLAYED` names.
- The machine's own programs (`systemctl` and the like) are run by `test_service_boots.py`, in a systemd that it boots.
  Where none can be booted that test is skipped, and only their form is checked, here: a closed list of words, each of
  them known to the program itself where it is installed.
"""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivy.domain.calls import CallKind
from ivy.domain.safety import Risk
from ivy.store import calls, people, reviews
from ivy.store.calls import Call
from tests.cli.runbook_commands import MACHINE, PAGES, PLAYED, RUNBOOK, asks_others, commands_of, machine_commands, read

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded

ROOT = RUNBOOK.parents[1]


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_a_page_works(ivy: "Ivy", seeded: "Seeded", folder: Path, page: str) -> None:
    hands = seeded.hands
    ana, review_id = hands.scope("ana-0001"), hands.new_id()
    people.hand_over(ana, hands.now)
    reviews.open_review(ana, review_id, Risk.ABUSE, source="chat", ref="m", words="help", now=hands.now)
    calls.ask(ana, Call("call-1", "ana-0001", CallKind.MORNING, hands.now.date(), hands.now), now=hands.now)
    ana.execute(
        "INSERT INTO streak_events (user_id, day, outcome, source, at_ms) VALUES (:user, '2026-11-23', 'missed', 'day_close', 1)"
    )
    _may_be_backed_up(folder)
    typed = [each for each in commands_of(page) if not asks_others(each) and each not in PLAYED]
    for line in typed:
        means = _means(line, seeded, review_id, folder)
        done = ivy(*(means.get(word, word) for word in shlex.split(line)))
        assert (done.code, done.error) == (0, None), line


def _may_be_backed_up(folder: Path) -> None:
    with (folder / "ivy.toml").open("a") as to:
        to.write('[backup]\nfolder = "backups"\nkey_file = "backup_key"\n')
    (folder / "backups").mkdir()
    (folder / "backup_key").write_text("00" * 32)
    (folder / "backup_key").chmod(0o600)


def _means(line: str, seeded: "Seeded", review_id: str, folder: Path) -> dict[str, str]:
    """Return what stands for the words in capitals: whose id is meant is said by the command."""
    ids = {"review": review_id, "calls": "call-1"}
    plan = seeded.connection.execute("SELECT max(id) AS id FROM replay_plans").fetchone()["id"]
    backups = sorted(map(str, (folder / "backups").glob("*")))
    return {
        "WHO": "Ana",
        "ID": ids.get(line.split()[0], seeded.poison),
        "PLAN": plan or "",
        "FILE": backups[-1] if backups else "",
    }


def test_every_page_has_something_to_type_and_nothing_is_left_out() -> None:
    assert all(commands_of(page) for page in PAGES)
    left_out = {each for page in PAGES for each in commands_of(page) if asks_others(each)}
    assert left_out and not any(each.startswith(("status", "switch", "dlq", "jobs", "users")) for each in left_out)
    for command, (test, words) in PLAYED.items():
        assert any(command in commands_of(page) for page in PAGES) and words in (ROOT / test).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_nothing_typed_that_is_not_run(page: str) -> None:
    found = read(page)
    assert found.others == [], "neither a command of MACHINE or Ivy, nor lines of ivy.toml"
    assert not any(re.search("[…{|<]", line) for line in found.typed), "a command that cannot be typed"
    for text in found.toml:
        assert text.strip().startswith("["), text


# --- the machine's own programs ----------------------------------------------------------------------


def test_what_is_typed_of_the_machines_programs_is_of_a_known_form() -> None:
    typed = machine_commands()
    assert {line.split()[0] for line in typed} == set(MACHINE)
    for line in typed:
        program, _, words = line.partition(" ")
        assert re.fullmatch(MACHINE[program], words), line


@pytest.mark.parametrize("line", machine_commands())
def test_a_program_of_the_machine_knows_its_words(line: str) -> None:
    program, *words = line.split()
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here")
    env = {**os.environ, "LC_ALL": "C", "SYSTEMD_PAGER": ""}
    told = subprocess.run([program, "--help"], env=env, capture_output=True, text=True, timeout=20, check=True).stdout
    for verb in words[:1]:  # what stands behind it is a name, or a value
        assert re.search(rf"^\s+{re.escape(verb)}\b", told, re.MULTILINE), line


def test_the_runbook_names_every_fate() -> None:
    from ivy.domain.replay import Fate, in_words

    page = (RUNBOOK / "dead-letters.md").read_text()
    for what in Fate:
        assert in_words(what, "send") in page or in_words(what, "turn") in page

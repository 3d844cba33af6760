"""One release takes another's place while people write: forward, failing and back, and cut off anywhere. Nobody is lost."""

import os
import signal
from pathlib import Path

import pytest

from ivy.domain.upgrading import Step
from tests.reliability.installed import installed

FULL = os.environ.get("IVY_FULL") == "1"
SHORT_HEALTH = 12.0
"""Seconds: a fourth of it is how long a release must be well before it is believed."""
FULL_ONLY = pytest.mark.skipif(not FULL, reason="half a minute for each way to fail: IVY_FULL=1")
ADDS = "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;\nALTER TABLE users ADD COLUMN more TEXT;\n"
CHANGES = "CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT;\nUPDATE users SET name = name;\n"
DIES = """
def die():
    import re, socket, time
    port = int(re.search("ops_port = ([0-9]+)", open(os.environ["IVY_CONFIG"]).read())[1])
    while socket.socket().connect_ex(("127.0.0.1", port)):
        time.sleep(0.1)
    time.sleep(2)
    os._exit(1)

if live and "daemon" in sys.argv:
    import threading
    threading.Thread(target=die, daemon=True).start()
"""
SLEEPS = "if live and 'daemon' in sys.argv:\n    import time\n    time.sleep(600)\n"
NEVER_MIGRATES = """
if live and "migrate" in sys.argv and "--dry-run" not in sys.argv:
    os.write(2, b"the disk is full")
    os._exit(1)
"""


DIES_ONCE_TOLD = DIES.replace(
    "if live and", "if os.path.exists(os.environ.get('IVY_CONFIG', '') + '.dies') and live and"
)


@pytest.mark.drill
async def test_cut_off_forward_refused_and_a_way_that_fails_with_traffic_on(tmp_path: Path) -> None:
    async with installed(tmp_path / "opt", quirk=DIES_ONCE_TOLD, health=SHORT_HEALTH) as server:
        first = server.current
        second = server.commit(migration=ADDS, changelog="- Look at `[service]`.")
        code, told, err = await server.upgraded(kill_at=(Step.STARTING.value, 2))
        assert (code, server.serving, server.current) == (-signal.SIGKILL, 0, second), (told, err)
        code, told, err = await server.upgraded()
        assert (code, told["outcome"], err) == (0, "nothing to do", ""), (told, err)
        assert [step["step"] for step in told["steps"]] == ["starting"]
        await server.serves(second)

        running = server.serving
        third = server.commit(migration="INSERT INTO nowhere VALUES (1);\n", changelog="- Look at `[service]`.\n- Now.")
        code, told, err = await server.upgraded()
        assert (code, told["outcome"], told["asked"]) == (1, "refused", ["Now."]), (told, err)
        assert f"{third} was not taken: migrating a copy: " in err and "nowhere" in err and err.count("\n") == 1
        assert (server.serving, server.current) == (running, second)
        assert not list(server.database.parent.glob("rehearsal*"))

        code, told, err = await server.upgraded("--back", "--rehearse")
        assert (code, told["outcome"], told["new"], err) == (0, "rehearsed", first, ""), (told, err)
        assert [step["step"] for step in told["steps"]] == ["rehearsing"]
        assert (server.serving, server.current) == (running, second)
        assert not list(server.database.parent.glob("rehearsal*"))

        (server.root / "ivy.toml.dies").touch()
        code, told, err = await server.upgraded("--back")
        assert (code, told["outcome"], told["new"], server.current) == (1, "went back", first, second), (told, err)
        assert (told["way_back"], told["migrations"]) == ("as it is", [])
        assert [step["step"] for step in told["steps"]] == [
            "rehearsing", "stopping", "snapshot", "switching", "migrating", "returning",
        ]  # fmt: skip
        assert "was not taken: it was well, and then it ended" in err and f"{second} runs again" in err, err

        (server.root / "ivy.toml.dies").unlink()
        code, told, err = await server.upgraded("--back")
        assert (code, told["outcome"], err, server.current) == (0, "upgraded", "", first), (told, err)
        await server.serves(first)
        await server.all_answered()
        server.check_nothing_was_lost()


@FULL_ONLY
@pytest.mark.drill
async def test_forward_cut_off_failing_and_back_with_traffic_on(tmp_path: Path) -> None:
    async with installed(tmp_path / "opt") as server:
        first = server.current
        second = server.commit(migration=ADDS, changelog="- Look at `[service]`.")
        code, told, err = await server.upgraded(kill_at=(Step.MIGRATING.value, 2))
        assert (code, server.serving, server.current) == (-signal.SIGKILL, 0, second), (told, err)
        code, told, err = await server.upgraded()
        assert (code, told["outcome"], err) == (0, "upgraded", ""), (told, err)
        assert server.current == second
        assert told["asked"] == ["Look at `[service]`."]
        assert told["way_back"] == "as it is"
        assert [each[5:] for each in told["migrations"]] == ["more"]
        assert [step["step"] for step in told["steps"]] == [
            "returning", "building", "rehearsing", "stopping", "snapshot", "switching", "migrating", "starting",
        ]  # fmt: skip
        assert not list(server.database.parent.glob("rehearsal*"))

        server.commit(quirk=DIES)
        code, told, err = await server.upgraded()
        assert (code, told["outcome"]) == (1, "went back"), (told, err)
        assert "was not taken: it was well, and then it ended" in err and f"{second} runs again" in err, err
        assert err.count("\n") == 1
        await server.serves(second)

        code, told, err = await server.upgraded("--back")
        assert (code, told["outcome"], server.current) == (0, "upgraded", first), (told, err)
        await server.all_answered()
        server.check_nothing_was_lost()


@FULL_ONLY
@pytest.mark.drill
async def test_each_way_to_fail_goes_back_by_itself(tmp_path: Path) -> None:
    async with installed(tmp_path / "opt", people=1000) as server:
        first = server.current
        for quirk, migration, why in (
            (NEVER_MIGRATES, ADDS, "migrating: the disk is full"),
            (SLEEPS, "", "it was not well"),
            (DIES, "", "it was well, and then it ended"),
        ):
            server.commit(quirk=quirk, migration=migration)
            code, told, err = await server.upgraded()
            assert (code, told["outcome"], server.current) == (1, "went back", first), (told, err)
            assert why in err and f"{first} runs again" in err, err
            await server.serves(first)
            server.forget_last()
        await server.all_answered()
        server.check_nothing_was_lost()


@FULL_ONLY
@pytest.mark.drill
async def test_without_the_promise_the_way_back_is_the_snapshot_and_what_came_since(tmp_path: Path) -> None:
    async with installed(tmp_path / "opt") as server:
        first, before = server.current, server.sums()["version"]
        server.commit(migration=CHANGES, quirk=DIES)
        code, told, err = await server.upgraded()
        assert (code, told["outcome"], told["way_back"]) == (1, "went back", "snapshot"), (told, err)
        assert "cannot go on with the migrated database" in told["steps"][1]["said"]
        assert "webhooks that came in since were taken over" in told["steps"][-1]["said"]
        assert (server.current, server.sums()["version"]) == (first, before)
        (aside,) = server.database.parent.glob("*.set-aside-*")
        assert aside.stat().st_mode & 0o777 == 0o600
        await server.all_answered()
        server.check_nothing_was_lost_but_what_is_set_aside()


@FULL_ONLY
@pytest.mark.drill
async def test_killed_at_any_step_the_next_one_ends_it(tmp_path: Path) -> None:
    async with installed(tmp_path / "opt", people=5000) as server:
        for number, step in enumerate(each for each in Step if each is not Step.RETURNING):
            for moment in (1, 2):  # before the step is noted, and before what it does
                new = server.commit(migration=ADDS.replace("more", f"more{number}") if moment == 1 else "")
                code, told, err = await server.upgraded(kill_at=(step.value, moment))
                assert code == -signal.SIGKILL, (step, told, err)
                code, told, err = await server.upgraded_once_free()
                assert (code, err) == (0, ""), (step, told, err)
                assert server.current == new, (step, told)
                await server.serves(new)
        await server.all_answered()
        server.check_nothing_was_lost()


@FULL_ONLY
@pytest.mark.drill
async def test_killed_on_the_way_back_the_next_one_goes_on_back(tmp_path: Path) -> None:
    async with installed(tmp_path / "opt", people=1000) as server:
        first = server.current
        for moment in range(1, 6):
            server.commit(quirk=DIES, migration=CHANGES if moment % 2 else "")
            code, told, err = await server.upgraded(kill_at=(Step.RETURNING.value, moment))
            assert code == -signal.SIGKILL, (moment, told, err)
            code, told, err = await server.upgraded_once_free()
            assert (code, told["outcome"], server.current) == (1, "went back", first), (moment, told, err)
            await server.serves(first)
            server.forget_last()
        await server.all_answered()
        server.check_nothing_was_lost_but_what_is_set_aside()

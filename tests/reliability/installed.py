"""An Ivy installed as on a server: a git clone, releases beside each other, `current`, and a daemon that a keeper runs.

Releases are made without a network: a virtual environment that sees the suite's own libraries, and a copy of `ivy/`.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import trio

from ivy.adapters.client import open_client
from ivy.cli.world import APP_SECRET, KEY, PNID, TOKEN, VERIFY, WABA, add_person, make_brain
from ivy.clock import SystemClock
from ivy.daemon.preparing import prepare
from ivy.daemon.server import bind, serve
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.deliveries import Deliveries, poster
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.store.database import open_store
from ivy.threads import InlineThreads
from tests.models import PRIMARY
from tests.reliability import keeper, what_is_due
from tests.reliability.what_is_due import ANSWER, phone_of

ROOT = Path(__file__).parents[2]
WORDS = "I spent $5 on taxi"
PEOPLE = 150
GAP = 0.5
"""Seconds between two people who write, and between two tries of a webhook that nobody took."""
HEALTH = 40.0
RELEASE = """\
#!/usr/bin/env bash
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
"$2" -m venv --without-pip "$1"
site=$(echo "$1"/lib/python*/site-packages)
cp -a {tree}/ivy "$site/ivy"
cp -R "$root/migrations" "$site/ivy/migrations"
cp "$root/quirk.py" "$site/quirk.py"
printf '%s\\nimport quirk\\n' {libraries} > "$site/ivy.pth"
printf '#!%s/bin/python\\nfrom ivy.cli.app import main\\nmain()\\n' "$1" > "$1/bin/ivy"
chmod +x "$1/bin/ivy"
cp "$root/CHANGELOG.md" "$1/CHANGELOG.md"
basename "$1" > "$1/.ivy-release"
"""
LIVE = "import os, sys\nlive = not os.environ.get('IVY_SERVER__PORT') and sys.argv[0].endswith('ivy')\n"
"""Begins a release's quirk: it shows only for real, not in a rehearsal."""
TYPED = """
import os, signal, sys
from ivy.cli import app
from ivy.cli.upgrade_hands import Hands
from ivy.cli.upgrade_place import Place

step, moment = sys.argv.pop(1), int(sys.argv.pop(1))

def counted(function):
    def call(self, what, *rest):
        global step, moment
        if getattr(what, "step", None) == step:
            step = ""
        moment -= not step
        if not step and not moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(self, what, *rest)
    return call

Hands._note, Place.remember, Place.point = counted(Hands._note), counted(Place.remember), counted(Place.point)
app.main()
"""
"""`ivy` as it is typed. From a step on its moments are counted, which are each note it takes and each program it runs; at one
of them SIGKILL comes."""
NEVER = ("never", 0)
CONFIGURATION = """\
[store]
path = "data/ivy.db"
seal_key_file = "secrets/seal_key"
[server]
port = {port}
ops_port = {ops_port}
drain_seconds = 3.0
[whatsapp]
base_url = "{whatsapp}"
phone_number_id = "{pnid}"
waba_id = "{waba}"
token_file = "secrets/token"
app_secrets_file = "secrets/app_secret"
verify_token_file = "secrets/verify"
reconcile_seconds = 20.0
[models.primary]
vendor = "anthropic"
model = "{primary}"
base_url = "{model}"
api_key_file = "secrets/key"
[memory]
embedder = "none"
[facts]
notice = false
[turns]
quiet_seconds = 0.3
[service]
root = "{root}"
start = "{python} {keeper} start {root}"
stop = "{python} {keeper} stop {root}"
health_seconds = {health}
[log]
level = "info"
"""
SECRETS = {"seal_key": "00" * 32, "token": TOKEN, "app_secret": APP_SECRET, "verify": VERIFY, "key": KEY}


@dataclass
class Installed:
    """The server. `wrote` is who has written so far; `street` stops writing when it is set."""

    root: Path
    whatsapp: WhatsAppEmulator
    ops_port: int
    wrote: list[str] = field(default_factory=list[str])
    quiet: trio.Event = field(default_factory=trio.Event)

    @property
    def database(self) -> Path:
        return self.root / "data/ivy.db"

    @property
    def current(self) -> str:
        return (self.root / "current").readlink().name

    @property
    def serving(self) -> int:
        """The daemon's process; 0 for none."""
        number = keeper.kept(self.root)
        return number if number and keeper.lives(number) else 0

    def commit(self, *, migration: str = "", quirk: str = "", changelog: str = "") -> str:
        """Put another version into the clone; return the name of its release."""
        source = self.root / "source"
        if migration:
            number = max(
                int(path.name[:4]) for path in [*(ROOT / "migrations").glob("*.sql"), *source.glob("migrations/*")]
            )
            (source / "migrations" / f"{number + 1:04}_more.sql").write_text(f"-- More.\n{migration}")
        (source / "quirk.py").write_text(LIVE + quirk)
        (source / "CHANGELOG.md").write_text(f"# Changelog\n\n## Now\n\nWhat you must do:\n\n{changelog}\n")
        git(source, "add", "-A")
        git(source, "commit", "-q", "--allow-empty", "-m", "more")
        commit = git(source, "rev-parse", "HEAD")
        return f"0.1.0-{commit[:12]}"

    def forget_last(self) -> None:
        """Take the newest version out of the clone again."""
        git(self.root / "source", "reset", "-q", "--hard", "HEAD~1")

    def upgrade(self, *words: str, kill_at: tuple[str, int] = NEVER) -> "subprocess.Popen[str]":
        """Type `ivy upgrade` as an administrator does: with the program that is current; SIGKILL comes at some moment."""
        return subprocess.Popen(
            [
                self.root / "current/bin/python",
                "-P",
                "-c",
                TYPED,
                kill_at[0],
                str(kill_at[1]),
                "upgrade",
                *words,
                "--yes",
                "--json",
            ],
            cwd=self.root,
            env=environment(self.root),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    async def upgraded(self, *words: str, kill_at: tuple[str, int] = NEVER) -> tuple[int, Any, str]:
        """Run it to its end; return its exit code, its document and its line on stderr."""
        process = self.upgrade(*words, kill_at=kill_at)
        out, err = await trio.to_thread.run_sync(process.communicate)
        return process.returncode, json.loads(out) if out else {}, err

    async def upgraded_once_free(self) -> tuple[int, Any, str]:
        """Run it again until what the killed one had started has ended, too."""
        while True:
            code, told, err = await self.upgraded()
            if "Another upgrade" not in err:
                return code, told, err
            await trio.sleep(0.5)

    async def serves(self, release: str) -> None:
        """Wait until a release answers its probe."""
        async with open_client() as http:
            with trio.fail_after(60):
                while True:
                    try:
                        answer = await http.get(f"http://127.0.0.1:{self.ops_port}/readyz")
                        if answer.status_code == 200 and answer.headers["ivy-release"] == release:
                            return
                    except OSError:
                        pass
                    except Exception as error:
                        assert "Connect" in type(error).__name__ or "Read" in type(error).__name__, error
                    await trio.sleep(0.1)

    async def all_answered(self) -> None:
        """Let nobody write any more, and wait until all who wrote were answered and nothing is left to do."""
        self.quiet.set()
        with trio.fail_after(240):
            while not self._is_over():
                await trio.sleep(0.1)

    def _is_over(self) -> bool:
        """Say whether all were answered, no webhook is under way and every job has ended: then nobody gets anything more."""
        answered = {each.person.phone for each in self.whatsapp.sent if each.text.startswith(ANSWER)}
        return (
            answered >= set(self.wrote)
            and not self.whatsapp.deliveries.waiting()
            and not what_is_due.jobs_left(self.database)
        )

    def sums(self) -> dict[str, int]:
        return what_is_due.sums(self.database)

    def check_nothing_was_lost(self) -> None:
        """Everybody who wrote is in the file once and got one message, the one that is due; nobody got anything else."""
        what_is_due.check(self.database, self.wrote, self.whatsapp.sent)

    def check_nothing_was_lost_but_what_is_set_aside(self) -> None:
        """The same after a way back by its snapshot: once more was told only what a file that was set aside told."""
        what_is_due.check_with_asides(self.database, self.wrote, self.whatsapp.sent)


def environment(root: Path) -> dict[str, str]:
    """The machine's, without what would configure Ivy or lead to the suite's own copy of it."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("IVY_", "PYTHON", "COVERAGE"))}
    return plain | {"IVY_CONFIG": str(root / "ivy.toml"), "COLUMNS": "200"}


async def keep(word: str, root: Path) -> None:
    await trio.run_process([sys.executable, keeper.__file__, word, str(root)], env=environment(root))


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", "-C", folder, *who, *words], check=True, capture_output=True, text=True
    ).stdout.strip()


@asynccontextmanager
async def installed(
    root: Path, *, people: int = PEOPLE, quirk: str = "", health: float = HEALTH
) -> AsyncGenerator[Installed]:
    """Install the tree as it is, start it, and let people write until the block ends. `quirk`: the first release's."""
    ports = {name: bind("127.0.0.1", 0) for name in ("whatsapp", "model", "ivy", "ops")}
    numbers = {name: listener.getsockname()[1] for name, listener in ports.items()}
    for ours in ("ivy", "ops"):
        ports.pop(ours).close()
    async with open_client() as http, trio.open_nursery() as nursery:
        deliver = poster(http, f"http://127.0.0.1:{numbers['ivy']}/api/whatsapp/webhook")
        whatsapp = WhatsAppEmulator(
            app_secret=APP_SECRET, token=TOKEN, phone_number_id=PNID, verify_token=VERIFY, waba_id=WABA,
            deliver=deliver, deliveries=Deliveries(deliver, gaps=(GAP,), lanes=4), now=SystemClock().now,
        )  # fmt: skip
        for name, app in (("whatsapp", whatsapp.app), ("model", AnthropicEmulator(make_brain()).app)):
            nursery.start_soon(partial(serve, app, ports[name], stop=trio.Event(), grace=1))
        nursery.start_soon(whatsapp.deliveries.run)
        server = Installed(root, whatsapp, numbers["ops"])
        phones = await _install(server, numbers, people, quirk, health)
        try:
            await keep("start", root)
            await server.serves(server.current)
            nursery.start_soon(_street, server, phones)
            yield server
        finally:
            with trio.CancelScope(shield=True):
                await keep("stop", root)
            nursery.cancel_scope.cancel()


async def _install(server: Installed, numbers: dict[str, int], people: int, quirk: str, health: float) -> list[str]:
    root = server.root
    for folder in ("secrets", "source/migrations", "source/scripts", "source/ivy", "releases"):
        (root / folder).mkdir(mode=0o700, parents=True)
    for name, value in SECRETS.items():
        (root / "secrets" / name).touch(mode=0o600)
        (root / "secrets" / name).write_text(value)
    (root / "ivy.toml").write_text(
        CONFIGURATION.format(
            root=root, port=numbers["ivy"], ops_port=numbers["ops"], pnid=PNID, waba=WABA, health=health,
            whatsapp=f"http://127.0.0.1:{numbers['whatsapp']}", model=f"http://127.0.0.1:{numbers['model']}",
            python=sys.executable, keeper=Path(keeper.__file__), primary=PRIMARY,
        )
    )  # fmt: skip
    source = root / "source"
    git(source, "init", "-q")
    shutil.copy(ROOT / "ivy/__init__.py", source / "ivy/__init__.py")
    shutil.copytree(ROOT / "migrations", source / "migrations", dirs_exist_ok=True)
    libraries, tree = sysconfig.get_paths()["purelib"], root / "tree"
    shutil.copytree(ROOT / "ivy", tree / "ivy")
    await trio.run_process([sys.executable, "-m", "compileall", "-q", tree / "ivy"])  # once for all releases
    (source / "scripts/release").write_text(RELEASE.format(tree=tree, libraries=libraries))
    name = server.commit(quirk=quirk)
    done = await trio.run_process(
        ["bash", source / "scripts/release", root / "releases" / name, os.path.realpath(sys.executable)]
    )
    assert done.returncode == 0
    (root / "current").symlink_to(Path("releases") / name)
    prepare(server.database)
    phones = [phone_of(number) for number in range(people)]
    async with open_store(server.database, threads=InlineThreads(), throwaway=True) as store:
        for number, phone in enumerate(phones):
            await add_person(store, f"person-{number}", phone, now=SystemClock().now())
    return phones


async def _street(server: Installed, phones: list[str]) -> None:
    for phone in phones:
        if server.quiet.is_set():
            return
        server.wrote.append(phone)
        await server.whatsapp.person_says(phone, WORDS)
        await trio.sleep(GAP)

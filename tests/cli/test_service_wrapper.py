"""`/usr/local/bin/ivy`: root's words run as the user ivy with the service's secrets; nobody else's run at all."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from ivy.cli import service_files
from ivy.config import Config, ServiceSection

PATIENCE = 20
ODD_WORDS = ["tools", "try", "two  words", "$HOME `id` \"quoted\" 'it'", "", "*", "-x", "ñ\nnew line"]


def wrapper(root: str) -> str:
    files = service_files.service_files(Config(service=ServiceSection(root=root)))
    return next(each.text for each in files if each.place == "usr/local/bin/ivy")


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


# --- who runs what, with programs on PATH that only say how they were called -------------------------

SAYS = '#!/bin/sh\nprintf "%s\\0" "{name}" "$@" > "$RECORD"\nexit 7\n'
ID = """#!/bin/sh
case "$*" in
    -un) echo "$WHO" ;;
    -u) [ "$WHO" = root ] && echo 0 || echo 1000 ;;
    "-u ivy") [ -z "$NO_IVY" ] && echo 994 ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    folder: Path

    def typed(self, who: str, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        env = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "WHO": who, "NO_IVY": "", **environment}
        env["RECORD"] = str(self.folder / "record")
        return subprocess.run(
            ["sh", self.folder / "wrapper", *words],
            env=env,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @property
    def called(self) -> list[str]:
        record = self.folder / "record"
        return record.read_text().split("\0")[:-1] if record.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "wrapper").write_text(wrapper(str(tmp_path / "opt")))
    executable(tmp_path / "opt/current/bin/ivy", SAYS.format(name="program"))
    executable(tmp_path / "bin/unshare", SAYS.format(name="unshare"))
    executable(tmp_path / "bin/mkdir", "#!/bin/sh\n")
    executable(tmp_path / "bin/id", ID)
    return Machine(tmp_path)


@pytest.mark.parametrize("who", ["ana", "nobody"])
def test_anybody_else_is_told_so_in_one_line(machine: Machine, who: str) -> None:
    done = machine.typed(who, "status")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "sudo ivy" in done.stderr and not machine.called


def test_the_user_ivy_runs_it_directly(machine: Machine) -> None:
    assert machine.typed("ivy", *ODD_WORDS).returncode == 7
    assert machine.called == ["program", *ODD_WORDS]


@pytest.mark.parametrize(
    "words", [["init", "--service"], ["upgrade"], ["--config", "status", "init"], ["--config=x", "upgrade"]]
)
def test_what_needs_root_is_run_by_root(machine: Machine, words: list[str]) -> None:
    assert machine.typed("root", *words).returncode == 7
    assert machine.called == ["program", *words]


@pytest.mark.parametrize(
    "words", [[], ["status"], ["--config", "init", "status"], ["--help"], ["users", "init"], ODD_WORDS]
)
def test_all_else_of_roots_is_handed_on_word_by_word(machine: Machine, words: list[str]) -> None:
    assert machine.typed("root", *words).returncode == 7
    assert machine.called[:2] == ["unshare", "--mount"]
    assert machine.called[-len(words) - 1 :] == [str(machine.folder / "opt/current/bin/ivy"), *words]


def test_without_the_user_ivy_the_line_that_makes_it_is_said(machine: Machine) -> None:
    done = machine.typed("root", "status", NO_IVY="yes")
    assert done.returncode == 1 and "systemd-sysusers" in done.stderr and not machine.called


# --- for real, in a mount namespace where there is a user ivy ------------------------------------------

ROOM = """
set -eu
mount --make-rprivate /
for folder in /run /opt; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
mkdir -p /run/etc /opt/ivy/current/bin
cp -a /etc/. /run/etc
mount --bind /run/etc /etc
echo 'ivy:x:64994:64994:Ivy:/var/lib/ivy:/usr/sbin/nologin' >> /etc/passwd
echo 'ivy:x:64994:' >> /etc/group
mkdir -m 0700 -p /etc/ivy/secrets
echo one > /etc/ivy/secrets/whatsapp_token
echo two > /etc/ivy/secrets/seal_key
ln -s /etc/shadow /etc/ivy/secrets/shadow
chmod 600 /etc/ivy/secrets/whatsapp_token /etc/ivy/secrets/seal_key
cp "$1" /opt/ivy/current/bin/ivy
chmod 755 /opt/ivy/current/bin/ivy
wrapper=$2
shift 2
"""
LOOKS = """#!/bin/sh
echo "ids $(id -u) $(id -g) $(id -G)"
echo "umask $(umask)"
grep -E '^(CapEff|CapBnd|NoNewPrivs):' /proc/self/status
(cd "$CREDENTIALS_DIRECTORY" && stat -c '%n %U %a' * && cat secrets_whatsapp_token)
cat /etc/ivy/secrets/seal_key 2> /dev/null || echo closed
echo "config $IVY_CONFIG $IVY_STORE__PATH $HOME $LOGNAME"
[ -t 0 ] && echo terminal
printf '<%s>' "$@"
exit 42
"""


def can_make_rooms() -> bool:
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "t", "/run"], capture_output=True, check=False
    )
    return os.geteuid() == 0 and tried.returncode == 0


needs_root = pytest.mark.skipif(not can_make_rooms(), reason="needs root, and leave to mount")


def in_room(folder: Path, program: str, then: str, *words: str) -> list[str]:
    """Return the command line of a shell in a room of its own: `then` begins where the wrapper is `$wrapper`."""
    executable(folder / "program", program)
    executable(folder / "wrapper", wrapper("/opt/ivy"))
    return [
        "unshare",
        "--mount",
        "sh",
        "-c",
        ROOM + then,
        "sh",
        str(folder / "program"),
        str(folder / "wrapper"),
        *words,
    ]


@needs_root
def test_roots_words_run_as_ivy_with_the_secrets_and_no_right(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    line = in_room(tmp_path, LOOKS, 'exec "$wrapper" "$@"', *ODD_WORDS)
    env = {"PATH": os.environ["PATH"], "SUDO_USER": "ana", "PYTHONPATH": "/tmp/elsewhere"}  # noqa: S108
    done = subprocess.run(line, stdin=theirs, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    os.close(ours)
    os.close(theirs)
    lines = done.stdout.split("\n", 12)
    assert lines[:2] == ["ids 64994 64994 64994", "umask 0077"], done.stderr
    assert [each.split()[-1] for each in lines[2:5]] == ["0" * 16, "0" * 16, "1"]
    assert lines[5:9] == ["secrets_seal_key ivy 400", "secrets_whatsapp_token ivy 400", "one", "closed"]
    assert lines[9] == "config /etc/ivy/ivy.toml /var/lib/ivy/ivy.db /var/lib/ivy ana"
    assert lines[10] == "terminal"
    assert "\n".join(lines[11:]) == "".join(f"<{word}>" for word in ODD_WORDS)
    assert done.returncode == 42


@needs_root
def test_the_copies_of_secrets_are_gone_with_the_command(tmp_path: Path) -> None:
    then = '"$wrapper" x > /dev/null || ls -A /run/ivy-command; mount | grep -c ivy-command || true'
    done = subprocess.run(in_room(tmp_path, LOOKS, then), capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout == "0\n"


@needs_root
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_program_itself(tmp_path: Path, number: signal.Signals) -> None:
    program = "#!/bin/sh\ntrap 'echo told; exit 9' INT TERM\necho ready\nwhile :; do sleep 0.05; done\n"
    line = in_room(tmp_path, program, 'exec "$wrapper" daemon')
    heeds_interrupts = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # who runs the tests may ignore them
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, preexec_fn=heeds_interrupts) as running:
        try:
            assert running.stdout is not None and running.stdout.readline() == "ready\n"
            running.send_signal(number)
            assert running.communicate(timeout=PATIENCE)[0] == "told\n" and running.returncode == 9
        finally:
            running.kill()


# --- whose terminal it is ------------------------------------------------------------------------------

ASKS = """#!/bin/sh
trap 'echo told; exit 9' INT
echo "own $(cut -d' ' -f7 /proc/$$/stat) of $(id -un) at $HOME for $LOGNAME"
read -r answer
echo "read $answer <$1>"
while :; do sleep 0.05; done
"""


def at_a_terminal(line: list[str], stdout: int | None) -> "tuple[subprocess.Popen[bytes], int, int]":
    """Start a command as a shell at a terminal does: it is the command's own; return also our end, and its number."""
    ours, theirs = pty.openpty()

    def take() -> None:
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    number = os.fstat(theirs).st_rdev
    running = subprocess.Popen(
        line,
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take,
    )
    os.close(theirs)
    return running, ours, number


def heard(handle: int, until: bytes) -> bytes:
    found, end = b"", time.monotonic() + PATIENCE
    while until not in found and time.monotonic() < end:
        if select.select([handle], [], [], 0.1)[0]:
            found += os.read(handle, 4096)
    assert until in found, found
    return found


@needs_root
@pytest.mark.parametrize("piped", [False, True])
def test_the_terminal_of_who_types_is_not_the_programs_own(tmp_path: Path, piped: bool) -> None:
    reads, writes = os.pipe()
    line = in_room(tmp_path, ASKS, 'exec "$wrapper" "$@"', "two  words")
    running, ours, number = at_a_terminal(line, writes if piped else None)
    os.close(writes)
    try:
        said = reads if piped else ours
        first = heard(said, b"for root").split()
        assert int(first[1]) != number and (first[1] == b"0") is piped
        assert first[2:] == [b"of", b"ivy", b"at", b"/var/lib/ivy", b"for", b"root"]
        os.write(ours, b"yes\n")
        assert b"read yes <two  words>" in heard(said, b">")
        os.write(ours, b"\x03")
        assert b"told" in heard(said, b"told")
        assert running.wait(PATIENCE) == 9
    finally:
        running.kill()
        os.close(ours)
        os.close(reads)

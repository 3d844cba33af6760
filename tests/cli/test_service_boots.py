"""The service as a real systemd runs it: ready, guarded, watched, stopped; and commands beside it that leave nothing of root's.

What the runbook has typed of the machine's own programs is typed there too, as it stands, and has to end with 0. Two things
are not as on a server: `systemd-timesyncd` is a stand-in that leaves the clock alone, and the service's log is a file of the
test, so that `journalctl` finds nothing of it. Without a D-Bus daemon the lines for `timedatectl` are left out.

A systemd of its own is booted in namespaces, which needs root and a kernel that lets them be made.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.runbook_commands import machine_commands

ROOT = Path(__file__).parents[2]
SYSTEMD = Path("/lib/systemd/systemd")
PATIENCE = 150.0
NAMESPACES = ("unshare", "--pid", "--fork", "--mount", "--uts", "--ipc", "--cgroup", "--mount-proc", "--kill-child")
ALONE = (*NAMESPACES, "--net")
"""With a network of its own too: the port of a fresh configuration may be taken on this machine."""

CHECK = """
say() { echo "== $1"; }
of() { systemctl show ivy.service -p "$1" --value; }
until_true() { for _ in $(seq 100); do if "$@"; then return 0; fi; sleep 0.2; done; return 1; }
is_anew() { [ "$(of NRestarts)" = 1 ] && [ "$(of ActiveState)" = active ]; }
ip link set lo up

say start; systemctl start ivy.service; echo $?
pid=$(of MainPID)
say rights; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' "/proc/$pid/status"; ps -o user= -p "$pid"
say writes; for place in / /etc /usr /opt/ivy /var/lib /var/log /srv; do
    nsenter -t "$pid" -m touch "$place/ivy-was-here" 2>&1; done
say beside; ivy jobs list --json; echo $?
say as_ivy; runuser -u ivy -- ivy jobs list --json; echo $?
say as_nobody; runuser -u nobody -- ivy status; echo $?
say code; ivy jobs show no-such-job > /dev/null 2>&1; echo $?
say alive; sleep 5; of NRestarts; [ "$(of MainPID)" = "$pid" ] && echo same
@RUNBOOK@
pid=$(of MainPID)
say hung; kill -STOP "$pid"; until_true is_anew && echo anew; [ "$(of MainPID)" != "$pid" ] && echo other
say stop; systemctl stop ivy.service; of ActiveState; of Result
say alone; ivy jobs list --json; echo $?
say roots; find /var/lib/ivy ! -user ivy
say open; find /var/lib/ivy -perm /077
say secrets; find /etc/ivy/secrets -perm /077; ls -A /run/ivy-command
say configuration; stat -c '%U %G %a' /etc/ivy/ivy.toml
say end
"""

BUS = Path("/usr/bin/dbus-daemon")
CLOCK = r"[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=try.target\n"


def typed_of_the_runbook() -> list[str]:
    return [each for each in machine_commands() if BUS.exists() or not each.startswith("timedatectl")]


def runbook_script() -> str:
    """Return what types those commands in the booted system, each in a section that ends with its exit code."""
    lines = [f"printf '{CLOCK}' > /etc/systemd/system/systemd-timesyncd.service", "systemctl daemon-reload"]
    if BUS.exists():
        lines.append("systemctl start dbus.socket dbus.service")
    lines.extend(f"say '{each}'; timeout 30 {each} > /dev/null; echo $?" for each in typed_of_the_runbook())
    return "\n".join(lines)


def cgroups() -> Path | None:
    """Return where control groups of version 2 are to be made, if anywhere."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return next((Path(each[1]) for each in mounts if each[2] == "cgroup2" and os.access(each[1], os.W_OK)), None)


def why_not() -> str:
    """Return why no systemd can be booted here, or nothing."""
    if os.geteuid() != 0 or not SYSTEMD.exists():
        return "needs root and systemd"
    if any(
        not shutil.which(name) for name in ("nsenter", "runuser", "ip", "ps", "systemd-sysusers", "systemd-tmpfiles")
    ):
        return "needs nsenter, runuser, ip, ps and systemd's programs"
    if cgroups() is None or ROOT.stat().st_mode & 0o005 != 0o005:
        return "needs control groups of version 2, and a checkout that others may read"
    tried = subprocess.run([*ALONE, "mount", "-t", "tmpfs", "tmpfs", "/run"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this kernel lets no namespaces be made"


pytestmark = [pytest.mark.shell, pytest.mark.skipif(bool(why := why_not()), reason=why)]


@pytest.fixture
def control_group() -> Iterator[Path]:
    found = cgroups()
    assert found is not None
    path = found / f"ivy-test-{os.getpid()}"
    path.mkdir()
    yield path
    for folder, _below, _files in os.walk(path, topdown=False):
        until(lambda folder=folder: remove(Path(folder)))


def remove(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:  # somebody in it has not quite ended
        return False
    return True


def until(true: Callable[[], bool], *, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not true() and time.monotonic() < end:
        time.sleep(0.05)


def test_systemd_starts_guards_watches_and_stops_it(control_group: Path, tmp_path: Path) -> None:
    (tmp_path / "check.sh").write_text(CHECK.replace("@RUNBOOK@", runbook_script()))
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    words = [tmp_path, ROOT, sysconfig.get_path("purelib"), sys.base_prefix, python]
    joined = f"echo $$ > {control_group}/cgroup.procs; exec {' '.join(ALONE)} sh {ROOT}/tests/cli/service_boot.sh"
    booted = subprocess.Popen(
        ["sh", "-c", " ".join([joined, *map(str, words)])],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    until(lambda: (tmp_path / "done").exists() or booted.poll() is not None)
    booted.kill()
    boot = booted.communicate()[0]
    said = (tmp_path / "check.log").read_text() if (tmp_path / "check.log").exists() else ""
    assert (tmp_path / "done").exists(), f"{boot}\n{said}\n{log_of(tmp_path)}"
    found = sections(said)
    told = f"{boot}\n{found}\n{log_of(tmp_path)}"
    assert found["start"] == ["0"], told
    rights = [line.split()[-1] for line in found["rights"]]
    assert rights == ["0" * 16, "0" * 16, "1", "2", "ivy"], told
    assert len(found["writes"]) == 7 and all("Read-only" in line for line in found["writes"]), told
    assert found["beside"] == found["as_ivy"] == ["[]", "0"], told
    assert found["as_nobody"] == ["ivy: here it runs for root and the user ivy only; type: sudo ivy ...", "1"]
    assert found["code"] == ["2"]
    assert found["alive"] == ["0", "same"] and found["hung"] == ["anew", "other"], told
    assert found["stop"] == ["inactive", "success"], told
    for line in typed_of_the_runbook():
        assert found[line][-1] == "0", f"{line}: {told}"
    assert found["alone"] == ["[]", "0"], told
    assert found["roots"] == found["open"] == found["secrets"] == [], told
    assert found["configuration"] == ["root ivy 640"]
    assert "Traceback" not in log_of(tmp_path)


def sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in text.split("== ")[1:]:
        name, *lines = part.splitlines()
        found[name] = lines
    assert "end" in found, text
    return found


def log_of(folder: Path) -> str:
    path = folder / "daemon.log"
    return path.read_text() if path.exists() else ""

"""`ivy upgrade` typed by root for a service of systemd's: the unit follows, and nothing of root's lies beside the database.

It boots a systemd of its own, as tests/cli/test_service_boots.py does, and takes minutes: IVY_FULL=1.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.cli.test_service_boots import NAMESPACES, ROOT, control_group, log_of, sections, until, why_not

__all__ = ["control_group"]

CHECK = """
say() { echo "== $1"; }
of() { systemctl show ivy.service -p "$1" --value; }
stands() {
    [ "$(readlink /opt/ivy/current)" = "releases/0.1.0-$(git rev-parse --short=12 "$1")" ] && echo current
    of ActiveState; of RestartUSec; grep ^RestartSec= /etc/systemd/system/ivy.service
    find /var/lib/ivy ! -user ivy; find /var/lib/ivy -perm /077
}
commit() { sed -i "s/^RestartSec=.*/RestartSec=$1/" unit; git add -A; git commit -qm more; }
export HOME=/root IVY_WHATSAPP__ENABLED=false IVY_MODELS__PRIMARY__API_KEY=sk-ant-never-used
ip link set lo up
cd /opt/ivy/source
systemctl start ivy.service

say forward
echo 'CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;' > migrations/0990_more.sql; commit 6s; git tag b
ivy upgrade --yes > "$WORK/forward.txt" 2>&1; echo $?; stands b

say dies
cat > quirk.py << 'END'
import os, sys
def die():
    import socket, time
    while socket.socket().connect_ex(("127.0.0.1", 8711)):
        time.sleep(0.1)
    time.sleep(2)
    os._exit(0)
if "daemon" in sys.argv and "--rehearse" not in sys.argv:
    import threading
    threading.Thread(target=die, daemon=True).start()
END
commit 7s
ivy upgrade --yes > "$WORK/dies.txt" 2>&1; echo $?; stands b

say killed
git reset -q --hard b; commit 8s; git tag c
ivy upgrade --yes > "$WORK/killed.txt" 2>&1 &
upgrade=$!
until grep -q '"step":"migrating"' /opt/ivy/upgrade.json 2> /dev/null; do sleep 0.01; done
kill -9 $upgrade
sleep 2
of ActiveState
ivy doctor --json | tr -d ' \\n' | grep -c '"what":"upgrade","state":"missing"'

say again
ivy upgrade --yes > "$WORK/again.txt" 2>&1; echo $?; stands c

say back
ivy upgrade --back --yes > "$WORK/back.txt" 2>&1; echo $?; stands b
say end
"""
PATIENCE = 900.0

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(os.environ.get("IVY_FULL") != "1", reason="minutes: IVY_FULL=1"),
    pytest.mark.skipif(bool(why := why_not()), reason=why),
]


def test_root_upgrades_a_service_that_is_not_roots(control_group: Path, tmp_path: Path) -> None:
    (tmp_path / "check.sh").write_text(f"WORK={tmp_path}\n{CHECK}")
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    here = Path(__file__).parent
    words = [tmp_path, ROOT, sysconfig.get_path("purelib"), sys.base_prefix, python, here / "service_releases.sh"]
    joined = f"echo $$ > {control_group}/cgroup.procs; exec {' '.join(NAMESPACES)} sh {ROOT}/tests/cli/service_boot.sh"
    with (tmp_path / "boot.txt").open("wb") as boot:
        booted = subprocess.Popen(
            ["sh", "-c", " ".join([joined, *map(str, words)])],
            stdout=boot,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"]},
        )
        until(lambda: (tmp_path / "done").exists() or booted.poll() is not None, patience=PATIENCE)
        booted.kill()
        booted.wait()
    said = "\n".join(path.read_text() for path in tmp_path.glob("*.txt")) + log_of(tmp_path)
    found = sections((tmp_path / "check.log").read_text())
    assert found["forward"] == ["0", "current", "active", "6s", "RestartSec=6s"], said
    assert "renewed etc/systemd/system/ivy.service" in (tmp_path / "forward.txt").read_text()
    assert found["dies"] == ["1", "current", "active", "6s", "RestartSec=6s"], said
    assert "it was well, and then it ended" in (tmp_path / "dies.txt").read_text()
    assert found["killed"] == ["inactive", "1"], said
    assert found["again"] == ["0", "current", "active", "8s", "RestartSec=8s"], said
    assert found["back"] == ["0", "current", "active", "6s", "RestartSec=6s"], said

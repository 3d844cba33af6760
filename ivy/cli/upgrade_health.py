"""Whether the daemon is well, and which release it is: asked of its probes, from outside. May import: config, the domain.

Nothing here touches the database.
"""

import http.client
import time
from dataclasses import dataclass

from ivy.cli.upgrade_hands import StepFailed
from ivy.config import ServerSection
from ivy.domain import releases, upgrading

LOOK_EVERY = 0.25
ASK_SECONDS = 5.0
NOBODY = "nobody answers"


@dataclass(frozen=True)
class Answer:
    """What the daemon says of itself; `release` is empty for one that was not installed as a release."""

    well: bool
    release: str
    said: str


def ask(server: ServerSection, path: str) -> Answer:
    """Ask a probe of the running daemon."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.ops_host, server.ops_host)  # noqa: S104 - read, not bound
    connection = http.client.HTTPConnection(host, server.ops_port, timeout=ASK_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace").strip().replace("\n", "; ")
        return Answer(answer.status == 200, answer.getheader(releases.HEADER) or "", said)
    except ConnectionRefusedError:
        return Answer(False, "", NOBODY)
    except (OSError, http.client.HTTPException) as error:
        return Answer(False, "", f"no answer ({type(error).__name__})")
    finally:
        connection.close()


def usual_probe(server: ServerSection) -> str:
    """Return the probe that a new release has to pass: the one that the old one does.

    A daemon that is alive and not ready (little disk, a long queue) would keep every release from being well.
    """
    overworked = not ask(server, "/readyz").well and ask(server, "/livez").well
    return "/livez" if overworked else "/readyz"


def wait_until_well(server: ServerSection, probe: str, release: str, *, seconds: float) -> float:
    """Wait until a release answers well for a while without a break; return how long its first good answer took.

    Raises: StepFailed after `seconds`, with its last answer; at once when it was well and is gone.
    """
    began, answers = time.monotonic(), list[tuple[float, bool]]()
    steady = upgrading.steady_seconds(seconds)
    said = NOBODY
    while (now := time.monotonic() - began) < seconds:
        answer = ask(server, probe)
        # A release from before this header says nothing; another's name is the one we stopped, or somebody else's.
        answers.append((now, answer.well and answer.release in ("", release)))
        said = f"{answer.release} answers" if answer.well and not answers[-1][1] else answer.said
        if said == NOBODY and any(good for _at, good in answers):
            raise StepFailed("it was well, and then it ended")
        if upgrading.is_steady(answers, steady=steady):
            return now - steady
        time.sleep(LOOK_EVERY)
    raise StepFailed(f"it was not well for {steady:.0f} s on end within {seconds:.0f} s: {said}")

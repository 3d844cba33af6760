"""Which agent speaks which language: looked up by name at Retell, which is the one place that knows. May import: ports and below.

Names are not unique there. Two agents of one name are never chosen between: that is for a person to mend.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import trio

from ivy.adapters.lenient import Object, ident, whole_number, word
from ivy.adapters.retell.api import Api
from ivy.adapters.retell.reports import VENDOR
from ivy.clock import Clock
from ivy.errors import VendorBusy, VendorMisconfigured, VendorRefused

LANGUAGES = ("en", "es")
FRESH = timedelta(minutes=30)
"""How long a look-up is trusted: a version published meanwhile speaks after this at the latest."""
MEND = "`ivy voice agents sync` makes it"


@dataclass(frozen=True)
class Pinned:
    """A published version of an agent, which nobody can edit any more."""

    agent_id: str
    version: int


@dataclass(frozen=True)
class Version:
    number: int
    is_published: bool


def name_of(prefix: str, language: str) -> str:
    return f"{prefix}-{language}"


class Directory:
    """The agents of one prefix. Methods raise what reading from `Api` does; VendorMisconfigured where no agent is fit."""

    def __init__(self, api: Api, prefix: str, clock: Clock) -> None:
        self._api = api
        self._prefix = prefix
        self._clock = clock
        self._kept: dict[str, tuple[Pinned, datetime]] = {}
        self._lock = trio.Lock()

    def known(self, language: str) -> Pinned | None:
        """Return the agent that was found last, however long ago."""
        found = self._kept.get(language)
        return found[0] if found else None

    async def pinned(self, language: str) -> Pinned:
        """Return the published agent of a language; an old answer serves while Retell cannot be asked."""
        async with self._lock:  # fifty calls due at once look it up once
            kept = self._kept.get(language)
            if kept and self._clock.now() - kept[1] < FRESH:
                return kept[0]
            try:
                found = await find_published(self._api, name_of(self._prefix, language))
            except VendorBusy:
                if kept is None:
                    raise
                found = kept[0]
            except VendorRefused as error:  # no call's fault, so no call is given up for it
                raise VendorMisconfigured(VENDOR, f"the agents cannot be looked up: {error.reason}") from error
            self._kept[language] = (found, self._clock.now())
            return found

    def forget(self, language: str) -> None:
        """Look the agent up again at the next call."""
        self._kept.pop(language, None)


async def find_published(api: Api, name: str) -> Pinned:
    """Return the newest published version of the agent of a name. Raises: as `Directory`."""
    agent_id = await find(api, name)
    if not agent_id:
        raise VendorMisconfigured(VENDOR, f"there is no agent {name}: {MEND}")
    newest = published(await versions(api, agent_id))
    if newest is None:
        raise VendorMisconfigured(VENDOR, f"the agent {name} was never published: {MEND}")
    return Pinned(agent_id, newest.number)


async def find(api: Api, name: str) -> str:
    """Return the id of the agent of a name, "" if there is none. Raises: VendorMisconfigured if there are two."""
    asked = {"filter_criteria": {"query": name}}
    found = {
        ident(each, "agent_id") for each in await api.list("POST", "/v2/list-agents", asked) if _is_named(each, name)
    }
    if len(found) > 1:
        listed = ", ".join(sorted(found))
        raise VendorMisconfigured(
            VENDOR, f"{len(found)} agents are called {name} ({listed}): delete or rename all but one"
        )
    return found.pop() if found else ""


def _is_named(agent: Object, name: str) -> bool:
    return word(agent, "agent_name") == name and bool(ident(agent, "agent_id"))


async def versions(api: Api, agent_id: str) -> list[Version]:
    """Return the versions of an agent, in no order."""
    listed = await api.list("GET", f"/list-agent-versions/{quote(agent_id, safe='')}")
    return [
        Version(whole_number(each, "version"), each.get("is_published") is True) for each in listed if "version" in each
    ]


def published(listed: Sequence[Version]) -> Version | None:
    return max((each for each in listed if each.is_published), key=lambda each: each.number, default=None)

"""Keeps the agents at Retell as the scripts have them: made, changed, published, and left alone when they are the same.

May import: ports and below. A published version is never edited, so a call in progress keeps the words it began with: a
change goes into a draft, which is published whole. Its digest is the version's description, and says what it holds.
Source: Retell, "Update agent", "Publish agent version"; reference voice.md 1.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, cast
from urllib.parse import quote

from ivy.adapters.lenient import Object, as_object, ident, objects, whole_number, word
from ivy.adapters.retell.api import Api
from ivy.adapters.retell.directory import find, published, versions
from ivy.adapters.retell.reports import VENDOR
from ivy.adapters.retell.script import MARK, Script
from ivy.domain.public_paths import RINGING
from ivy.errors import OutcomeUnknown, VendorError, VendorRefused


class Do(Enum):
    NOTHING = "nothing"
    MAKE = "make"
    PUBLISH = "publish"


@dataclass(frozen=True)
class Line:
    """One agent: what is to be done about it and why, and how it stands. `version` is the published one, None if none is."""

    name: str
    language: str
    do: Do
    why: str
    agent_id: str = ""
    version: int | None = None
    result: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Number:
    """Our telephone number as Retell has it. `kind` is retell-twilio, retell-telnyx or custom (imported)."""

    phone: str
    kind: str
    inbound_agents: tuple[str, ...]
    inbound_url: str
    countries: tuple[str, ...]
    """Where it may call, as ISO codes; none: wherever its carrier reaches."""


class Agents:
    """The agents of a workspace. Methods raise what `Api` does."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def plan(self, script: Script) -> Line:
        """Say what an agent lacks; nothing is changed."""
        agent_id = await find(self._api, script.name)
        line = Line(script.name, script.language, Do.MAKE, "there is none", agent_id)
        if not agent_id:
            return line
        newest = published(await versions(self._api, agent_id))
        if newest is None:
            return replace(line, do=Do.PUBLISH, why="it was never published")
        line = replace(line, version=newest.number)
        description = await self._description(agent_id, newest.number)
        if description == script.description:
            return replace(line, do=Do.NOTHING, why="", result="published")
        ours = description.startswith(MARK)
        return replace(line, do=Do.PUBLISH, why="its words or tools changed" if ours else "it was published by others")

    async def _description(self, agent_id: str, version: int) -> str:
        told = await self._api.get(f"/get-agent/{_path(agent_id)}", {"version": str(version)})
        return word(told, "version_description")

    async def behind(self, scripts: Sequence[Script]) -> list[Line]:
        """Return the agents that are older than their scripts, or missing."""
        return [line for each in scripts if (line := await self.plan(each)).do is not Do.NOTHING]

    async def sync(self, scripts: Sequence[Script], *, dry_run: bool = False) -> list[Line]:
        """Bring every agent to its script; doing it again changes nothing. `dry_run` only says what would be done.

        An agent that Retell refuses is one failed line. Raises: VendorError when it cannot even be asked.
        """
        lines: list[Line] = []
        for each in scripts:
            line = await self.plan(each)
            lines.append(line if dry_run or line.do is Do.NOTHING else await self._carry_out(each, line))
        return lines

    async def _carry_out(self, script: Script, line: Line) -> Line:
        try:
            agent_id, version = await (
                self._make(script) if line.do is Do.MAKE else self._change(script, line.agent_id)
            )
            await self._api.post(f"/publish-agent-version/{_path(agent_id)}", {"version": version})
        except VendorError as error:
            return replace(line, result=error.reason, failed=True)
        return replace(line, agent_id=agent_id, version=version, result="published")

    async def _make(self, script: Script) -> tuple[str, int]:
        """Make an agent; return its id and the number of its draft."""
        engine = await self._make_engine(script)
        made = await self._api.post("/create-agent", {**_agent_body(script), "response_engine": engine})
        if not ident(made, "agent_id"):
            raise OutcomeUnknown(VENDOR, "the answer names no agent: sync again, which looks first")
        return ident(made, "agent_id"), whole_number(made, "version")

    async def _change(self, script: Script, agent_id: str) -> tuple[str, int]:
        """Write a script into a draft of an agent; return its id and the number of the draft."""
        draft = await self._draft(agent_id)
        if "version" not in draft:
            raise OutcomeUnknown(VENDOR, "the draft has no number: sync again")
        number = whole_number(draft, "version")
        engine = await self._write_engine(script, as_object(draft.get("response_engine")))
        body = {**_agent_body(script), "response_engine": engine}
        await self._api.patch(f"/update-agent/{_path(agent_id)}", body, {"version": str(number)})
        return agent_id, number

    async def _draft(self, agent_id: str) -> Object:
        """Return the newest version, which must be a draft: one is made from it if it is published."""
        newest = max(await versions(self._api, agent_id), key=lambda each: each.number, default=None)
        if newest is not None and newest.is_published:
            asked = {"base_version": newest.number}
            return await self._api.post(f"/create-agent-version/{_path(agent_id)}", asked)
        asked_version = {"version": str(newest.number)} if newest else None
        return await self._api.get(f"/get-agent/{_path(agent_id)}", asked_version)

    async def _write_engine(self, script: Script, engine: Object) -> Object:
        """Write the words into the draft's own language model, or into a new one where that one cannot be changed."""
        llm_id = ident(engine, "llm_id")
        if llm_id and word(engine, "type") == "retell-llm":
            version = {"version": str(whole_number(engine, "version"))} if engine.get("version") is not None else None
            try:
                await self._api.patch(f"/update-retell-llm/{_path(llm_id)}", script.llm, version)
            except VendorRefused:
                return await self._make_engine(script)
            return engine
        return await self._make_engine(script)

    async def _make_engine(self, script: Script) -> Object:
        made = await self._api.post("/create-retell-llm", script.llm)
        if not ident(made, "llm_id"):
            raise OutcomeUnknown(VENDOR, "the answer names no language model")
        engine = {"type": "retell-llm", "llm_id": ident(made, "llm_id")}
        return {**engine, "version": whole_number(made, "version")} if made.get("version") is not None else engine

    # --- the number --------------------------------------------------------------------------------

    async def number(self, phone: str) -> Number:
        """Return our number as Retell has it. Raises: VendorRefused for one that is not in this workspace."""
        told = await self._api.get(f"/get-phone-number/{_path(phone)}")
        listed = told.get("allowed_outbound_country_list")
        return Number(
            phone=word(told, "phone_number"),
            kind=word(told, "phone_number_type"),
            inbound_agents=tuple(filter(None, (ident(each, "agent_id") for each in objects(told, "inbound_agents")))),
            inbound_url=word(told, "inbound_webhook_url"),
            countries=tuple(map(str, cast("list[Any]", listed))) if isinstance(listed, list) else (),
        )

    async def bind(self, phone: str, agent_id: str, public_url: str) -> None:
        """Let callers of our number reach an agent, and Retell ask us who they are first."""
        bound = [{"agent_id": agent_id, "agent_version": "latest_published", "weight": 1}]
        body = {
            "inbound_agents": bound,
            "outbound_agents": bound,
            "inbound_webhook_url": f"{public_url.rstrip('/')}{RINGING}",
        }
        await self._api.patch(f"/update-phone-number/{_path(phone)}", body)


def _agent_body(script: Script) -> dict[str, object]:
    return {**script.agent, "version_description": script.description}


def _path(part: str) -> str:
    return quote(part, safe="")

"""The agents, models and numbers of one emulated Retell account, with their versions. May import: the domain and below.

A published version is never changed: an edit needs a draft, and publishing freezes the model's version with the agent's.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from quart import request
from quart_trio import QuartTrio

from ivy.clock import stamp
from ivy.emulators.retell_agent_rules import check_agent, check_number
from ivy.emulators.retell_model_rules import check_llm, check_override
from ivy.emulators.retell_rules import Json, Refusal, as_object, as_text, as_version, as_whole, known_only

Answer = tuple[int, Any]
"""A status, and the JSON of the answer or None for an empty one."""
Take = Callable[..., Awaitable[Answer]]
AddRoute = Callable[[QuartTrio, str, str, Take], None]


@dataclass
class Versions:
    """One agent or model: its versions by number."""

    by_number: dict[int, Json] = field(default_factory=dict[int, Json])
    tags: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def latest(self) -> int:
        return max(self.by_number)

    def find(self, version: str | int | None) -> int:
        """Return the number of a version by its number, its tag, latest or latest_published. Raises: KeyError."""
        if version is None or version == "latest":
            return self.latest
        if version == "latest_published":
            return max((number for number, each in self.by_number.items() if each["is_published"]), default=self.latest)
        number = self.tags[version] if isinstance(version, str) else version
        if number not in self.by_number:
            raise KeyError(version)
        return number

    def draft(self, version: str | int | None) -> Json:
        """Return the version that an edit goes to: the one that is named, or the newest draft. Raises: Refusal, KeyError."""
        drafts = [number for number, each in self.by_number.items() if not each["is_published"]]
        number = max(drafts, default=self.latest) if version is None else self.find(version)
        if self.by_number[number]["is_published"]:
            raise Refusal(400, "Cannot update a published version: create a new version first")
        return self.by_number[number]


@dataclass(frozen=True)
class Engine:
    """What speaks on a call: an agent and its model as they were when it was asked for, whatever becomes of a draft."""

    agent: Json
    llm: Json

    @property
    def name(self) -> tuple[str, int, int]:
        """Two engines with the same name have the same tools."""
        return self.llm["llm_id"], self.llm["version"], self.llm["last_modification_timestamp"]


class Shelf:
    """What one account has. `unknown` is the status for an id that it does not have."""

    def __init__(self, number: str, *, imported: bool, now: Callable[[], datetime], chance: Random) -> None:
        self.unknown = 422
        self.agents: dict[str, Versions] = {}
        self.llms: dict[str, Versions] = {}
        self.numbers: dict[str, Json] = {}
        self._now = now
        self._chance = chance
        kind = "custom" if imported else "retell-twilio"
        self.numbers[number] = {"phone_number": number, "phone_number_type": kind, **self._touched()}

    # --- what calls ask ------------------------------------------------------------------------------

    def engine(self, agent_id: str, version: str | int | None = None, override: Json | None = None) -> Engine:
        """Return what speaks when an agent is asked for, changed for this call alone. Raises: Refusal."""
        agent = self._version(self.agents, "agent", agent_id, version)
        changed, llm_changed = check_override(override or {})
        agent = {**agent, **changed}
        engine = agent["response_engine"]
        llm = self._version(self.llms, "retell-llm", engine["llm_id"], engine.get("version"))
        return Engine(agent, {**llm, **llm_changed})

    def bound(self, number: str, direction: str) -> tuple[str, str | int | None] | None:
        """Return the agent and its version that a number is bound to: by weight, where there are several."""
        bound: list[Json] = self.numbers[number].get(f"{direction}_agents") or []
        if not bound:
            return None
        one = bound[0] if len(bound) == 1 else self._chance.choices(bound, [each["weight"] for each in bound])[0]
        return one["agent_id"], as_version(one.get("agent_version"), "agent_version")

    def _touched(self) -> Json:
        return {"last_modification_timestamp": stamp(self._now())}

    def _new_id(self, kind: str) -> str:
        return f"{kind}_{self._chance.getrandbits(104):026x}"

    def _kept(self, shelf: Mapping[str, Versions], kind: str, name: str) -> Versions:
        if name not in shelf:
            raise Refusal(self.unknown, f"Item {name} not found from {kind}")
        return shelf[name]

    def _version(self, shelf: Mapping[str, Versions], kind: str, name: str, version: str | int | None) -> Json:
        kept = self._kept(shelf, kind, name)
        try:
            return kept.by_number[kept.find(version)]
        except KeyError as error:
            raise Refusal(self.unknown, f"Item {name} version {version} not found from {kind}") from error

    def _draft(self, shelf: Mapping[str, Versions], kind: str, name: str) -> Json:
        version = _asked_version()
        try:
            return self._kept(shelf, kind, name).draft(version)
        except KeyError as error:
            raise Refusal(self.unknown, f"Item {name} version {version} not found from {kind}") from error

    # --- routes --------------------------------------------------------------------------------------

    def add_routes(self, app: QuartTrio, add: AddRoute) -> None:
        routes: tuple[tuple[str, str, Take], ...] = (
            ("POST", "/create-retell-llm", self._create_llm),
            ("PATCH", "/update-retell-llm/<name>", self._update_llm),
            ("GET", "/get-retell-llm/<name>", self._get_llm),
            ("GET", "/v2/list-retell-llms", self._list_llms),
            ("DELETE", "/delete-retell-llm/<name>", self._delete_llm),
            ("POST", "/create-agent", self._create_agent),
            ("PATCH", "/update-agent/<name>", self._update_agent),
            ("GET", "/get-agent/<name>", self._get_agent),
            ("POST", "/v2/list-agents", self._list_agents),
            ("DELETE", "/delete-agent/<name>", self._delete_agent),
            ("GET", "/list-agent-versions/<name>", self._list_versions),
            ("POST", "/create-agent-version/<name>", self._create_version),
            ("POST", "/publish-agent-version/<name>", self._publish),
            ("DELETE", "/delete-agent-version/<name>", self._delete_version),
            ("POST", "/import-phone-number", self._import_number),
            ("PATCH", "/update-phone-number/<name>", self._update_number),
            ("GET", "/get-phone-number/<name>", self._get_number),
            ("GET", "/v2/list-phone-numbers", self._list_numbers),
            ("DELETE", "/delete-phone-number/<name>", self._delete_number),
        )
        for method, path, take in routes:
            add(app, method, path, take)

    async def _create_llm(self, asked: Json) -> Answer:
        check_llm(asked, new=True)
        name = self._new_id("llm")
        llm = {**asked, "llm_id": name, "version": 0, "is_published": False, **self._touched()}
        self.llms[name] = Versions({0: llm})
        return 201, llm

    async def _update_llm(self, asked: Json, name: str) -> Answer:
        check_llm(asked)
        draft = self._draft(self.llms, "retell-llm", name)
        draft.update({**asked, **self._touched()})
        return 200, draft

    async def _get_llm(self, _asked: Json, name: str) -> Answer:
        return 200, self._version(self.llms, "retell-llm", name, _asked_version())

    async def _list_llms(self, _asked: Json) -> Answer:
        return 200, page([each.by_number[each.latest] for each in self.llms.values()])

    async def _delete_llm(self, _asked: Json, name: str) -> Answer:
        self._kept(self.llms, "retell-llm", name)
        del self.llms[name]
        return 204, None

    async def _create_agent(self, asked: Json) -> Answer:
        check_agent(asked, new=True)
        self._check_engine(asked)
        name = self._new_id("agent")
        agent = {**asked, "agent_id": name, "version": 0, "is_published": False, **self._touched()}
        self.agents[name] = Versions({0: agent})
        return 201, agent

    async def _update_agent(self, asked: Json, name: str) -> Answer:
        check_agent(asked)
        if "response_engine" in asked:
            self._check_engine(asked)
        draft = self._draft(self.agents, "agent", name)
        draft.update({**asked, **self._touched()})
        return 200, draft

    def _check_engine(self, asked: Json) -> None:
        engine = asked["response_engine"]
        self._version(self.llms, "retell-llm", engine["llm_id"], engine.get("version"))

    async def _get_agent(self, _asked: Json, name: str) -> Answer:
        return 200, self._version(self.agents, "agent", name, _asked_version())

    async def _list_agents(self, asked: Json) -> Answer:
        known_only(asked, ("filter_criteria",))
        filters = as_object(asked.get("filter_criteria", {}), "filter_criteria")
        known_only(filters, ("query", "channel", "is_transfer_agent"), "filter_criteria")
        query = as_text(filters.get("query", ""), "filter_criteria/query").lower()
        shown = [self._shown(name, kept) for name, kept in self.agents.items()]
        return 200, page([one for one in shown if query in one["agent_name"].lower() or query in one["agent_id"]])

    def _shown(self, name: str, kept: Versions) -> Json:
        latest = kept.by_number[kept.latest]
        return {
            "agent_id": name,
            "agent_name": latest.get("agent_name") or "",
            "channel": "voice",
            "is_suspended": False,
            "is_transfer_agent": bool(latest.get("is_transfer_agent")),
            "tags": {tag: {"version": version} for tag, version in kept.tags.items()},
            "user_modified_timestamp": latest["last_modification_timestamp"],
        }

    async def _delete_agent(self, _asked: Json, name: str) -> Answer:
        self._kept(self.agents, "agent", name)
        del self.agents[name]
        return 204, None

    async def _list_versions(self, _asked: Json, name: str) -> Answer:
        kept = self._kept(self.agents, "agent", name)
        told = ("version", "is_published", "last_modification_timestamp", "base_version")
        newest_first = sorted(kept.by_number.values(), key=lambda each: -each["version"])
        return 200, page([{key: each[key] for key in told if key in each} for each in newest_first])

    async def _create_version(self, asked: Json, name: str) -> Answer:
        """Make a draft of an agent from a version of it. A model that was published with that one gets a draft too."""
        known_only(asked, ("base_version",))
        base = as_whole(asked.get("base_version"), "base_version", 0, 1_000_000)
        agent = self._version(self.agents, "agent", name, base)
        kept = self.agents[name]
        fresh = {"version": kept.latest + 1, "is_published": False, "base_version": base, **self._touched()}
        draft = {**agent, **fresh}
        engine = agent["response_engine"]
        llm = self._version(self.llms, "retell-llm", engine["llm_id"], engine.get("version"))
        if llm["is_published"]:
            models = self.llms[engine["llm_id"]]
            number = models.latest + 1
            models.by_number[number] = {**llm, "version": number, "is_published": False, **self._touched()}
            draft["response_engine"] = {**engine, "version": number}
        kept.by_number[fresh["version"]] = draft
        return 201, draft

    async def _publish(self, asked: Json, name: str) -> Answer:
        """Freeze a draft, and its model as it is now, in place."""
        known_only(asked, ("version", "version_description", "version_title"))
        version = as_whole(asked.get("version"), "version", 0, 1_000_000)
        agent = self._version(self.agents, "agent", name, version)
        if agent["is_published"]:
            raise Refusal(400, f"Version {version} is already published")
        engine = agent["response_engine"]
        llm = self._version(self.llms, "retell-llm", engine["llm_id"], engine.get("version"))
        llm["is_published"] = True
        agent |= {"is_published": True, "response_engine": {**engine, "version": llm["version"]}, **self._touched()}
        return 200, None

    async def _delete_version(self, _asked: Json, name: str) -> Answer:
        version = _asked_version()
        agent = self._version(self.agents, "agent", name, version)
        if version is None or len(self.agents[name].by_number) == 1:
            raise Refusal(400, "The only version cannot be deleted")
        del self.agents[name].by_number[agent["version"]]
        return 204, None

    async def _import_number(self, asked: Json) -> Answer:
        check_number(asked, new=True)
        number = asked["phone_number"]
        if number in self.numbers:
            raise Refusal(400, f"{number} is imported already")
        self._check_bound(asked)
        secret = ("sip_trunk_auth_password", "ignore_e164_validation")
        kept = {key: value for key, value in asked.items() if key not in secret}
        self.numbers[number] = {**kept, "phone_number_type": "custom", **self._touched()}
        return 201, self.numbers[number]

    async def _update_number(self, asked: Json, name: str) -> Answer:
        number = self._number(name)
        check_number(asked)
        self._check_bound(asked)
        number.update({**{key: value for key, value in asked.items() if key != "auth_password"}, **self._touched()})
        return 200, number

    def _check_bound(self, asked: Json) -> None:
        for name in ("inbound_agents", "outbound_agents"):
            bound: list[Json] = asked.get(name) or []
            for each in bound:
                version = as_version(each.get("agent_version"), "agent_version")
                self._version(self.agents, "agent", each["agent_id"], version)

    def _number(self, name: str) -> Json:
        if name not in self.numbers:
            raise Refusal(self.unknown, f"Item {name} not found from phone-number")
        return self.numbers[name]

    async def _get_number(self, _asked: Json, name: str) -> Answer:
        return 200, self._number(name)

    async def _list_numbers(self, _asked: Json) -> Answer:
        return 200, page(list(self.numbers.values()))

    async def _delete_number(self, _asked: Json, name: str) -> Answer:
        self._number(name)
        del self.numbers[name]
        return 204, None


def page(items: list[Json]) -> Json:
    """Return the part of a list that the query asks for, in Retell's envelope."""
    spelled, start = request.args.get("limit", "50"), request.args.get("pagination_key", "0")
    if not (spelled.isdecimal() and start.isdecimal()):
        raise Refusal(400, "limit must be integer, and pagination_key one of ours")
    limit, first = as_whole(int(spelled), "limit", 1, 1000), int(start)
    more = len(items) > first + limit
    following = {"pagination_key": str(first + limit)} if more else {}
    return {"items": items[first : first + limit], "has_more": more, **following}


def _asked_version() -> str | int | None:
    return as_version(request.args.get("version"), "version")

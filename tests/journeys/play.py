"""A person's side of Ivy: what they write, what they get, and what the file says afterwards. Used by the journeys."""

import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trio

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.pack import pack
from ivy.adapters.whatsapp.templates import TemplateLibrary
from ivy.cli import template_submission
from ivy.cli.world import APP_SECRET, ORIGIN, TOKEN, WABA, World, open_world
from ivy.clock import VirtualClock, stamp
from ivy.config import Config
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.brain import Brain
from ivy.emulators.faults import Answer, Fault, Refuse, ResetBefore
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_payloads import Accepted, Person
from ivy.store import outbox, overview, stories
from ivy.store.binding import Connection
from ivy.store.overview import Overview
from ivy.store.scope import OperatorStore, PersonStore, for_user
from ivy.threads import InlineThreads

ANA = "+12025550143"
BEN = "+12025550144"
MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
"""Nine in the morning in New York."""
A_WHILE = 120.0
"""Seconds in which any answer has come, or none will."""
SETTLED = 2.0
"""Seconds in which what was sent is known to be."""


@dataclass
class Play:
    """One life of the daemon, with the people around it."""

    world: World
    ids: dict[str, str] = field(default_factory=dict[str, str])
    unheard: int = 0
    """Calls to models that were scripted to fail before anybody heard of them."""

    @property
    def whatsapp(self) -> Any:
        return self.world.vendors.whatsapp

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    @property
    def now_ms(self) -> int:
        return stamp(self.now)

    async def knows(self, who: str = ANA, **values: Any) -> str:
        """Let somebody in; return their user id. `phone=None`: their invite is all that is known of them."""
        self.ids[who] = await self.world.add_person(values.pop("phone", who), **values)
        return self.ids[who]

    def rows_of(self, who: str = ANA) -> PersonStore:
        return for_user(self.world.store, self.ids[who])

    async def says(self, text: str, who: str = ANA, **more: Any) -> str:
        """Let somebody write, and go on; return the vendor's id of it."""
        return await self.world.vendors.whatsapp.person_says(who, text, **more)

    def messages(self, who: str = ANA) -> list[Accepted]:
        """Return what somebody got in this life; reactions stand on messages of theirs, and are none."""
        person = self.world.vendors.whatsapp.person(who)
        return [each for each in self.world.vendors.whatsapp.sent if each.person is person and each.type != "reaction"]

    def reactions(self, who: str = ANA) -> list[str]:
        person = self.world.vendors.whatsapp.person(who)
        return [
            each.text for each in self.world.vendors.whatsapp.sent if each.person is person and each.type == "reaction"
        ]

    def heard(self, who: str = ANA) -> list[str]:
        return [sent.text for sent in self.messages(who)]

    async def hears(self, count: int, who: str = ANA, *, within: float = A_WHILE) -> list[str]:
        """Wait until somebody got `count` messages in this life; return them all."""
        with trio.fail_after(within):
            await self.world.vendors.whatsapp.wait_for_reply(who, count)
        return self.heard(who)

    def offers(self, who: str = ANA) -> dict[str, str]:
        """Return what the newest message with something to tap offers: each title's action."""
        return dict(_tappable(self._newest_offer(who)))

    async def taps(self, title: str, who: str = ANA, *, external_id: str = "") -> str:
        """Let somebody tap a button, or a row, of the newest message that has any; return the vendor's id of it."""
        sent = self._newest_offer(who)
        action = dict(_tappable(sent))[title]
        is_list = sent.type == "interactive" and sent.request["interactive"]["type"] == "list"
        content = payloads.list_tap(action, title) if is_list else payloads.tap(action, title)
        return await self.whatsapp.person_sends(who, content, quoted=sent.wamid, external_id=external_id)

    def _newest_offer(self, who: str) -> Accepted:
        return [sent for sent in self.messages(who) if _tappable(sent)][-1]

    async def submits_templates(self, *, review: float = 60.0) -> None:
        """Submit the pack to Meta and wait for the review, which ends as `whatsapp.templates.verdicts` has it."""
        self.whatsapp.templates.delay = review
        async with open_client(transport=in_process(self.whatsapp.app)) as http:
            graph = Graph(http, base_url=ORIGIN, version="v26.0", token=TOKEN, app_secrets=(APP_SECRET,))
            operator = OperatorStore(self.world.store, "test", "a journey")
            await template_submission.submit(TemplateLibrary(graph, WABA), operator, pack(), self.world.clock)
        await self.quiet(review + 5)

    async def taps_template(self, title: str, who: str = ANA) -> str:
        """Let somebody tap a quick reply of the newest template they got; return the vendor's id of it."""
        sent = [each for each in self.messages(who) if each.type == "template"][-1]
        template = sent.request["template"]
        (words,) = [
            part["buttons"]
            for part in self.whatsapp.templates.kept[template["name"], template["language"]["code"]].components
            if part["type"] == "BUTTONS"
        ]
        payload = template_actions(sent)[[each["text"] for each in words].index(title)]
        return await self.whatsapp.person_sends(who, payloads.template_tap(payload, title), quoted=sent.wamid)

    async def queues(self, *parts: Any, who: str = ANA, channel: str = "whatsapp", **more: Any) -> list[str]:
        """Let Ivy decide to say something now, as any part of it would; return the messages' ids."""
        return await self.rows_of(who).write(
            outbox.say,
            parts,
            channel=channel,
            new_id=self.world.daemon.context.new_id,
            trace_id=self.world.daemon.context.new_id(),
            now=self.now,
            **more,
        )

    async def overview(self) -> Overview:
        """Return what `ivy status` shows."""
        return await self.world.store.read(overview.overview, now=self.now)

    async def story(self, thing: str) -> str:
        """Return what `ivy why` tells of a thing."""

        def tell(connection: Connection) -> str:
            story = stories.tell(connection, stories.find(connection, thing), now=self.now)
            return "\n".join([*(f"{event.what}: {event.words}" for event in story.events), story.ending])

        return await self.world.store.read(tell)

    async def talk(self, text: str, who: str = ANA, *, within: float = A_WHILE) -> str:
        """Let somebody write, and return the next message they get."""
        before = len(self.messages(who))
        await self.says(text, who)
        return (await self.hears(before + 1, who, within=within))[before]

    async def quiet(self, seconds: float = A_WHILE) -> None:
        """Let time pass."""
        await trio.sleep(seconds)

    async def until(self, instant: datetime) -> None:
        """Let time pass up to an instant, and a few seconds for what happens then."""
        await trio.sleep(max(0.0, (instant - self.now).total_seconds()) + 10)

    async def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Ask the file."""

        def read(connection: Connection) -> list[dict[str, Any]]:
            return [dict(row) for row in connection.execute(sql, values)]

        return await self.world.store.read(read)

    async def one(self, sql: str, *values: object) -> Any:
        """Ask the file for one value."""
        return next(iter((await self.rows(sql, *values))[0].values()))

    async def usage(self) -> int:
        """Return how many calls to models the file knows of; who embeds what was said is no part of an answer."""
        return await self.one("SELECT count(*) FROM ai_usage WHERE role <> 'embedder'")

    def asked_models(self) -> int:
        """Return how many requests the models' vendors heard."""
        openai = [asked for asked in self.world.vendors.openai.requests if not asked.path.endswith("/embeddings")]
        return len(self.world.vendors.anthropic.requests) + len(openai)

    def asked_models_in_all(self) -> int:
        """Return how many calls were tried, those among them that no vendor heard of."""
        return self.asked_models() + self.unheard

    def fail(self, vendor: str, fault: Fault, *, times: int = 1) -> None:
        """Let the way to a vendor fail for its next requests; read receipts are no such requests."""
        path = "/messages" if vendor == "whatsapp" else ""
        self.world.vendors.faults[vendor].add(fault, path=path, times=times)
        if vendor != "whatsapp" and (
            isinstance(fault, Refuse | ResetBefore) or (isinstance(fault, Answer) and not fault.done)
        ):
            self.unheard += times

    def fail_first_model(self, *, times: int) -> None:
        """Leave it to the fallback to answer."""
        self.fail("anthropic", Refuse(), times=times)

    async def outbox(self) -> list[dict[str, Any]]:
        """Return our messages: id, body, state, reason, resends."""
        return await self.rows(
            "SELECT id, body, state, reason, resends FROM messages_v2 WHERE direction = 'out' ORDER BY rowid"
        )

    async def dead(self) -> list[dict[str, Any]]:
        return await self.rows(
            "SELECT id, kind, key, json_extract(errors, '$[#-1].reason') AS reason FROM dead_letters ORDER BY created_at_ms, key"
        )


class Lives:
    """Opens worlds on one folder, one after another; the people of the earlier ones are still there."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        (folder / "data").mkdir(mode=0o700, exist_ok=True)
        shutil.copy(template, folder / "data" / "ivy.db")
        self._people: list[Person] = []
        self._ids: dict[str, str] = {}
        self._lives = 0

    @asynccontextmanager
    async def __call__(
        self,
        at: datetime = MONDAY,
        *,
        config: Config | None = None,
        brain: Brain | None = None,
        abrupt: bool = False,
    ) -> AsyncGenerator[Play]:
        """Run a daemon from an instant on until the block ends; `abrupt` cuts it off with what is under way."""
        clock = VirtualClock(at)
        async with open_world(
            self.folder, clock=clock, threads=InlineThreads(), config=config, brain=brain, seed=1 + self._lives
        ) as world:
            play = Play(world, self._ids)
            whatsapp = world.vendors.whatsapp
            for known in self._people:
                whatsapp.person(known.phone or known.bsuid).wrote_at = known.wrote_at
            for _number in range(1000 * self._lives):  # the vendor's ids go on where the last life left them
                whatsapp.wamid("burnt")
            self._lives += 1
            failed: Exception | None = None
            try:
                yield play
                await trio.sleep(0 if abrupt else SETTLED)
            except Exception as error:  # raised outside of the nursery, so that it is itself and no group of one
                failed = error
            self._people = list({id(sent): sent for sent in whatsapp.heard.values()}.values()) or self._people
        if failed is not None:
            raise failed


def _tappable(sent: Accepted) -> list[tuple[str, str]]:
    """Return titles and actions of a message's buttons or rows."""
    action = sent.request.get("interactive", {}).get("action", {})
    found = [button["reply"] for button in action.get("buttons", [])]
    found += [row for section in action.get("sections", []) for row in section["rows"]]
    return [(each["title"], each["id"]) for each in found]


def template_actions(sent: Accepted) -> list[str]:
    """Return what the quick replies of a template bring back, in order."""
    parts = sent.request["template"].get("components", [])
    return [part["parameters"][0]["payload"] for part in parts if part["type"] == "button"]


def template_values(sent: Accepted) -> dict[str, str]:
    """Return the values that a template was sent with."""
    parts = sent.request["template"].get("components", [])
    return {
        each["parameter_name"]: each["text"] for part in parts if part["type"] == "body" for each in part["parameters"]
    }


def plain(texts: Sequence[str]) -> bool:
    """Say whether nothing of a program's inside shows in what people read."""
    marks = ("Traceback", "Error", "Exception", "ivy.", "HTTP", "<html", "None")
    return not any(mark in text for text in texts for mark in marks)


def after(**span: float) -> datetime:
    """Return an instant some time after the usual start."""
    return MONDAY + timedelta(**span)

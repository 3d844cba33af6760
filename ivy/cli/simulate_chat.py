"""One conversation of `ivy simulate chat`: what the person does goes in, what they read comes out. May import: everything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import trio
from rich.console import Console

from ivy.cli.week_people import read
from ivy.cli.world import World
from ivy.domain.jobs import INBOUND, MEDIA, SEND, TURN
from ivy.domain.schedule import to_wall
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.retell_people import NoAnswer, Talker
from ivy.emulators.sample_files import ogg_opus
from ivy.emulators.whatsapp_payloads import Accepted, Json
from ivy.errors import UsageError
from ivy.store import jobs, outbox, people, turns
from ivy.store.binding import Connection
from ivy.store.scope import PersonStore, for_user

LOOK_EVERY = 0.25
QUIET_FOR = timedelta(seconds=8)


@dataclass(frozen=True)
class Partner:
    """Who types: `phone` is their number, or a business-scoped id that hides it; `name` stands in their profile."""

    phone: str
    name: str
    zone: str


class Chat:
    """One person's side of the chat; who they are to Ivy is looked up when it is needed, since she may not know them yet."""

    def __init__(self, world: World, who: Partner, console: Console, *, verbose: bool) -> None:
        self._world = world
        self._who = who
        self._console = console
        self._verbose = verbose
        self._seen = 0
        self._typed = 0
        if world.vendors.retell is not None:
            world.vendors.retell.person_answers(who.phone, self._rings)

    # --- what the person does ------------------------------------------------------------------------

    async def say(self, text: str) -> None:
        """Send one message and show what comes back."""
        await self._send(payloads.text(text))

    async def tap(self, title: str) -> None:
        """Tap a button or a row of the newest message that has it."""
        for accepted in reversed(self._world.vendors.whatsapp.sent):
            for action, shown in self._offered(accepted):
                if shown.casefold() == title.casefold():
                    await self._send(_tap(accepted, action, shown), quoted=accepted.wamid)
                    return
        raise UsageError(f"There is no button {title!r}.")

    async def react(self, emoji: str) -> None:
        """React to Ivy's newest message."""
        got = self._world.vendors.whatsapp.got(self._who.phone)
        if not got or not emoji:
            raise UsageError("There is nothing to react to; write it like /react 👍.")
        await self._world.vendors.whatsapp.person_reacts(self._who.phone, got[-1].wamid, emoji)
        await self.settle()

    async def speak(self, words: str) -> None:
        """Send a voice note in which these words are heard."""
        whatsapp = self._world.vendors.whatsapp
        note = ogg_opus(seed=1 + len(whatsapp.heard))
        self._world.vendors.transcription.say(note, words)
        shelved = whatsapp.media.put(note, "audio/ogg; codecs=opus")
        await self._send(whatsapp.media.content_of("audio", shelved, voice=True))

    async def share(self, number: str) -> None:
        """Share a phone number with the button that asks for it."""
        card = {"origin": "contact_request", "phones": [{"phone": number, "wa_id": number.removeprefix("+")}]}
        if self._world.vendors.retell is not None:
            self._world.vendors.retell.person_answers(number, self._rings)
        await self._send({"type": "contacts", "contacts": [card]})

    async def wait(self, span: timedelta) -> None:
        """Let time pass."""
        await trio.sleep(span.total_seconds())
        await self.settle()
        wall = to_wall(self._world.clock.now(), await self._zone())
        self._console.print(f"     it is {wall:%a %d %b %H:%M}", style="dim", highlight=False)

    async def _send(self, content: Json, *, quoted: str = "") -> None:
        await self._world.vendors.whatsapp.person_sends(self._who.phone, content, name=self._who.name, quoted=quoted)
        await self.settle()

    def _rings(self, _phone: str, variables: Mapping[str, str], _metadata: Mapping[str, Any], _at: datetime) -> Talker:
        """A phone rings that nobody here can take: it is told, and what follows is lived through."""
        purpose = variables.get("ivy_purpose", "")
        self._console.print("phone› ", end="", style="yellow", highlight=False)
        self._console.print(
            f"It rings ({purpose}), and nobody picks up. `ivy simulate call` is a call.", markup=False, highlight=False
        )
        return NoAnswer()

    # --- what they read ------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until nothing more is under way, showing what arrives."""
        kinds = (INBOUND.name, MEDIA.name, TURN.name, SEND.name)
        while True:
            await trio.sleep(LOOK_EVERY)
            await self.show()
            until = self._world.clock.now() + QUIET_FOR
            if not await self._world.store.read(jobs.busy, kinds, until=until):
                return

    async def show(self) -> None:
        """Print what the person got since the last look."""
        emulator = self._world.vendors.whatsapp
        if len(emulator.typings) > self._typed:
            self._typed = len(emulator.typings)
            self._console.print("ivy  … typing", style="dim", highlight=False)
        for accepted in emulator.sent[self._seen :]:
            self._seen += 1
            for number, line in enumerate(read(self._world, accepted).splitlines() or [""]):
                self._console.print("ivy  › " if number == 0 else "       ", end="", style="green", highlight=False)
                self._console.print(line, markup=False, highlight=False)
            if titles := [title for _action, title in self._offered(accepted)]:
                shown = " ".join(f"[{title}]" for title in titles)
                self._console.print(f"       {shown}", style="cyan", markup=False, highlight=False)
            if self._verbose:
                await self._account(accepted.our_id)

    def _offered(self, accepted: Accepted) -> list[tuple[str, str]]:
        """Return what can be tapped in a message: the action and the title of each."""
        if accepted.type == "template":
            kept = self._world.vendors.whatsapp.templates.kept
            return _replies(accepted.request["template"], kept)
        action = accepted.request.get("interactive", {}).get("action", {})
        buttons = [(each["reply"]["id"], each["reply"]["title"]) for each in action.get("buttons", ())]
        rows = [(row["id"], row["title"]) for section in action.get("sections", ()) for row in section["rows"]]
        return buttons + rows

    # --- who they are --------------------------------------------------------------------------------

    async def _person(self) -> PersonStore | None:
        known = await self._world.store.read(_known_as, self._who.phone)
        return None if known is None else for_user(self._world.store, known)

    async def _zone(self) -> str:
        person = await self._person()
        return self._who.zone if person is None else (await person.read(people.load)).zone

    async def _account(self, message_id: str) -> None:
        person = await self._person()
        turn_id = None if person is None else await person.read(outbox.turn_of, message_id)
        if person is None or turn_id is None:
            self._console.print("       (no model was called)", style="dim", highlight=False)
            return
        account = await person.read(turns.account, turn_id)
        for tool, arguments, status in account.tools:
            self._console.print(f"       {tool} {arguments} → {status}", style="dim", markup=False, highlight=False)
        cost = f"${account.micros / 1_000_000:.4f}"
        used = f"{account.calls} calls, {account.input_tokens} tokens in, {account.output_tokens} out, {cost}"
        self._console.print(f"       {used}", style="dim", highlight=False)


def _known_as(connection: Connection, name: str) -> str | None:
    return people.meaning(connection, people.CHAT, name)


def _tap(accepted: Accepted, action: str, title: str) -> Json:
    if accepted.type == "template":
        return payloads.template_tap(action, title)
    is_list = accepted.request["interactive"]["type"] == "list"
    return payloads.list_tap(action, title) if is_list else payloads.tap(action, title)


def _replies(template: Mapping[str, Any], kept: Mapping[tuple[str, str], Any]) -> list[tuple[str, str]]:
    """Return the action and the title of each quick reply of a template as it was sent."""
    parts = kept[template["name"], template["language"]["code"]].components
    titles = [each["text"] for part in parts if part["type"] == "BUTTONS" for each in part["buttons"]]
    sent = template.get("components", ())
    actions = [part["parameters"][0]["payload"] for part in sent if part["type"] == "button"]
    return list(zip(actions, titles, strict=False))

"""Makes the list of `ivy init --live`: asks vendors now and then, and looks into the database at each drawing.

May import: the rows (live_public, live_whatsapp, live_voice, live_next), frame, the adapters. Nothing is kept but what was
asked in this run.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivy.cli import frame, live_next, live_public, live_voice, live_whatsapp
from ivy.cli.findings import Finding
from ivy.cli.frame import Setup
from ivy.cli.live_list import Item, Mark, Part, part, waits
from ivy.cli.voice_agents import open_api
from ivy.cli.voice_hops import Walk as VoiceWalk
from ivy.cli.whatsapp_walk import Walk, Wishes
from ivy.clock import Clock
from ivy.errors import StoreError, VendorError
from ivy.store import people
from ivy.store import templates as registry
from ivy.store.binding import Connection
from ivy.store.calls import Call

if TYPE_CHECKING:
    import httpx2

NOT_ASKED = (waits("not asked yet"),)
NO_ADDRESS, NO_MODEL = part(live_public.ADDRESS, NOT_ASKED), part(live_next.MODEL, NOT_ASKED)


@dataclass
class Asked:
    """What vendors said when they were last asked."""

    address: Part = NO_ADDRESS
    meta: tuple[Item, ...] = NOT_ASKED
    retell: tuple[Finding, ...] = ()
    retell_lacks: tuple[Item, ...] | None = None
    mute: str = ""
    model: Part = NO_MODEL
    sms: Part | None = None
    rounds: int = 0


@dataclass
class Watch:
    """One look after the other at one set-up. `voice` is None where Retell cannot be asked."""

    walk: Walk
    voice: VoiceWalk | None
    clock: Clock
    asked: Asked = field(default_factory=Asked)
    declined: set[str] = field(default_factory=set[str])
    """Ids of the test calls after which no other was wished for; "" for the first."""

    def __post_init__(self) -> None:
        self._ear, self._phone = live_whatsapp.Ear(self.where), live_voice.Ear(self.where)
        self._synced = False

    @property
    def where(self) -> Setup:
        return self.walk.where

    # --- asking ------------------------------------------------------------------------------------

    async def ask(self) -> None:
        """Ask every vendor once; who said that all is well is asked again with the others."""
        asked, running = self.asked, live_public.daemon(self.where) is None
        turned_away = await live_public.refused(self.walk) if running else dict[str, int]()
        heard = self._ear.has_heard
        asked.meta = tuple(await live_whatsapp.at_meta(self.walk, turned_away, running=running, heard=heard))
        if not (running and asked.address.is_done and asked.rounds):  # a probe that was kept is not kept again
            asked.address = await live_public.address(self.walk, self.voice, running=running)
        await self._sync_templates()
        await self._ask_retell(turned_away)
        if not asked.model.is_done or not asked.rounds:
            asked.model = await live_next.model(self.where, self.walk.meta)
            asked.sms = await live_next.sms(self.where, self.walk.meta)
        asked.rounds += 1

    async def _sync_templates(self) -> None:
        """Read Meta's list of templates once: what was judged while nobody listened."""
        section = self.where.config.whatsapp
        if self._synced or not (section.enabled and section.waba_id and section.token):
            return
        from ivy.adapters.whatsapp.pack import pack
        from ivy.cli.template_submission import CHANNEL, open_library, sync

        try:
            with frame.look_into(self.where.database) as connection:
                if not registry.all_known(connection, CHANNEL):
                    return
            async with open_library(section) as library, frame.operator(self.where, action="init --live") as operator:
                await sync(library, operator, pack(), self.clock.now())
        except (VendorError, StoreError):  # what Meta says of the token tells more
            return
        self._synced = True

    async def _ask_retell(self, turned_away: Mapping[str, int]) -> None:
        asked = self.asked
        asked.retell_lacks = tuple(lacks) if (lacks := live_voice.lacking(self.where)) else None
        if self.voice is None or asked.retell_lacks is not None:
            return
        asked.retell = tuple(await live_voice.at_retell(self.voice))
        try:
            with frame.look_into(self.where.database) as connection:
                call = live_voice.newest_test(connection, self.clock.now())
        except StoreError:
            call = None
        asked.mute = await live_voice.mute(self.voice.api, call, self._phone, turned_away, self.clock.now())

    # --- looking -----------------------------------------------------------------------------------

    def look(self) -> tuple[Part, ...]:
        """Return the list as it is now."""
        daemon = live_public.daemon(self.where)
        try:
            with frame.look_into(self.where.database) as connection:
                rows = self._rows(connection, running=daemon is None)
        except StoreError:  # the daemon's row says what is wrong with it
            rows = [self.asked.address]
        return tuple(filter(None, [daemon, *rows]))

    def _rows(self, connection: Connection, *, running: bool) -> list[Part | None]:
        now, where = self.clock.now(), self.where
        line: list[Item] = []
        if where.config.whatsapp.enabled and running and self.walk.phone:
            line = live_whatsapp.there_and_back(self.walk, connection, self._ear.listen(connection), now)
        return [
            self.asked.address,
            live_whatsapp.whatsapp(self.asked.meta, line),
            live_whatsapp.templates(where, now),
            self.asked.sms,
            self.asked.model,
            self._retell(connection, running=running),
            live_next.upcoming(where, now),
        ]

    def _retell(self, connection: Connection, *, running: bool) -> Part:
        if self.asked.retell_lacks is not None:
            return part(live_voice.NAME, self.asked.retell_lacks)
        if not self.asked.retell:
            return part(live_voice.NAME, NOT_ASKED)
        now = self.clock.now()
        self._phone.listen(connection)
        barrier = live_voice.in_the_way(connection, now)
        said = live_voice.items(
            self.asked.retell, barrier, proved=bool(self._phone.told), mute="" if self._phone.told else self.asked.mute
        )
        line = self._test_call(connection) if running and not any(each.mark is Mark.WRONG for each in said) else []
        return part(live_voice.NAME, said, line or self._last_call(connection))

    def _last_call(self, connection: Connection) -> list[Item]:
        call = live_voice.newest_test(connection, self.clock.now())
        return [] if call is None else live_voice.stages(call, self._told(call))

    def _test_call(self, connection: Connection) -> list[Item]:
        """Return the line of the last test call, or what would begin one."""
        call = live_voice.newest_test(connection, self.clock.now())
        if call is not None:
            line = live_voice.stages(call, self._told(call))
            return [*line, *live_voice.declined()] if call.id in self.declined else line
        person = live_voice.to_phone(self.where, connection)
        if person is None:
            return live_voice.nobody_yet()
        return live_voice.declined() if "" in self.declined else live_voice.offer(self.where, person, self.clock.now())

    def _told(self, call: Call) -> live_voice.Told:
        return self._phone.told.get(call.provider_call_id, live_voice.NOTHING_TOLD)

    # --- the test call -----------------------------------------------------------------------------

    def wishes_to_phone(self) -> tuple[str, str, str] | None:
        """Return the question whether to phone somebody now, their id, and the id of the call before; None: not now."""
        if self.voice is None or self.asked.mute or live_public.daemon(self.where) is not None:
            return None
        now = self.clock.now()
        with frame.look_into(self.where.database) as connection:
            call, person = live_voice.newest_test(connection, now), live_voice.to_phone(self.where, connection)
            if person is None or not self._is_ready(connection):
                return None
            alone = sum(each.status == "active" for each in people.everyone(connection)) == 1
        before = call.id if call is not None else ""
        if before in self.declined or (call is not None and not live_voice.failed(call)):
            return None
        return live_voice.question(self.where, person, now, alone=alone), person.id, before

    def _is_ready(self, connection: Connection) -> bool:
        """Say whether all that a call needs is green: the address, the key, the agents, and nothing in the way."""
        if live_voice.rests(connection, self.clock.now()):
            return False
        said = live_voice.items(self.asked.retell, "", proved=True, mute="")
        is_green = bool(self.asked.retell) and not any(each.mark is Mark.WRONG for each in said)
        return is_green and self.asked.address.is_done


@asynccontextmanager
async def open_watch(where: Setup, clock: Clock, nonce: str) -> AsyncGenerator[Watch]:
    """Open the ways to the vendors of one set-up."""
    from ivy.adapters.client import open_client

    async with AsyncExitStack() as stack:
        http: httpx2.AsyncClient = await stack.enter_async_context(open_client())
        walk = Walk(where, http, http, clock.now, nonce, Wishes(wait=0), account=where.config.whatsapp.waba_id)
        voice = None
        if live_voice.lacking(where) is None:
            api = await stack.enter_async_context(open_api(where.config))
            voice = VoiceWalk(where, api, http, clock.now, nonce)
        yield Watch(walk, voice, clock)

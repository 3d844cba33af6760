"""Brings Meta's forms and ours together: what is missing is made, what changed is uploaded, and all is published.

May import: the store, adapters, frame. Each step is kept as soon as it is done: what breaks off is gone on with.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import trio

from ivy.clock import Clock
from ivy.config import Config, WhatsAppSection
from ivy.domain.flow_plan import DRAFT, Do, Known, Step, Theirs, Wanted, free_title, is_ours, plan
from ivy.domain.public_paths import FLOWS as PATH
from ivy.errors import ConfigError, OutcomeUnknown, VendorError, VendorRefused
from ivy.store import flows as registry
from ivy.store.scope import OperatorStore

if TYPE_CHECKING:
    from ivy.adapters.whatsapp.flow_json import Asset
    from ivy.adapters.whatsapp.flows import FlowLibrary

CHANNEL = "whatsapp"
SECONDS = 30
"""How long Meta may take for one form."""
PUBLISHED = "PUBLISHED"


@dataclass(frozen=True)
class Line:
    """One form in one language: what was to be done and why, and what came of it."""

    name: str
    language: str
    do: str
    why: str
    result: str = ""
    """Empty while nothing was done."""
    vendor_id: str = ""
    failed: bool = False


@asynccontextmanager
async def open_library(section: WhatsAppSection) -> "AsyncGenerator[FlowLibrary]":
    """Open the account's forms. Raises: ConfigError naming what is missing."""
    from ivy.adapters.client import open_client
    from ivy.adapters.whatsapp.flows import FlowLibrary

    if not section.enabled:
        raise ConfigError("whatsapp.enabled is false: there is no account to keep forms in.")
    needed = {"waba_id": section.waba_id, "phone_number_id": section.phone_number_id, "token_file": section.token}
    for key, value in needed.items():
        if not value:
            raise ConfigError(f"whatsapp.{key} is missing; `ivy doctor` says where it is found.")
    async with open_client() as http:
        yield FlowLibrary(
            http,
            base_url=section.base_url,
            version=section.version,
            waba_id=section.waba_id,
            phone_number_id=section.phone_number_id,
            token=section.token.reveal(),
            app_secrets=tuple(section.app_secrets.reveal().split()),
        )


def endpoint_of(config: Config) -> str:
    """Return the address that live forms ask, or nothing while we have no address or no key."""
    url = config.server.public_url.rstrip("/")
    return f"{url}{PATH}" if url and config.whatsapp.flow_key else ""


class Push:
    """One push of all forms."""

    def __init__(self, library: "FlowLibrary", operator: OperatorStore, clock: Clock, endpoint: str) -> None:
        from ivy.adapters.whatsapp.flow_json import assets

        self._library = library
        self._operator = operator
        self._clock = clock
        self._assets = {(each.name, each.language): each for each in assets(live=bool(endpoint))}
        self._endpoint = endpoint
        self._listed: list[Theirs] = []

    async def run(self, *, dry_run: bool = False) -> list[Line]:
        """Ask Meta what it has, decide, and carry it out, form by form; `dry_run` only decides.

        A form that Meta refuses is one failed line; when Meta cannot be asked at all, the rest waits. Raises:
        VendorError if even the list cannot be read.
        """
        try:
            with trio.fail_after(SECONDS):
                found = await self._library.all()
        except trio.TooSlowError:
            raise OutcomeUnknown(CHANNEL, f"no answer in {SECONDS} s") from None
        self._listed = [Theirs(each.id, each.name, each.status, each.endpoint_uri) for each in found]
        lines: list[Line] = []
        stopped = ""
        for step in plan(map(self._wanted, self._assets.values()), await self._known(), self._listed):
            line = Line(
                step.wanted.name,
                step.wanted.language,
                step.do.value,
                step.why,
                vendor_id=step.theirs.id if step.theirs else "",
            )
            if stopped and step.do is not Do.NOTHING:
                line = replace(line, result=f"not tried: {stopped}", failed=True)
            elif not dry_run:
                line, stopped = await self._carry_out(step, line)
            lines.append(line)
        return lines

    def _wanted(self, asset: "Asset") -> Wanted:
        return Wanted(asset.name, asset.language, asset.title, asset.digest, self._endpoint if asset.live else "")

    async def _known(self) -> dict[tuple[str, str], Known]:
        kept = await self._operator.read(registry.all_flows)
        return {(each.name, each.language): Known(each.vendor_id, each.digest) for each in kept}

    async def _carry_out(self, step: Step, line: Line) -> tuple[Line, str]:
        """Return the finished line, and why the rest should not be tried, if so."""
        try:
            with trio.fail_after(SECONDS):
                vendor_id, result = await self._do(step)
        except VendorRefused as refused:
            return replace(line, result=refused.reason, failed=True), ""
        except VendorError as error:
            return replace(line, result=error.reason, failed=True), error.reason
        except trio.TooSlowError:
            slow = f"no answer in {SECONDS} s; it may have been done: push again, which looks first"
            return replace(line, result=slow, failed=True), f"no answer in {SECONDS} s"
        return replace(line, result=result, vendor_id=vendor_id), ""

    async def _do(self, step: Step) -> tuple[str, str]:
        """Carry out a step; return the form's id and how it stands."""
        theirs = step.theirs
        match step.do, theirs:
            case Do.NOTHING, Theirs():
                await self._keep(step, theirs.id, step.uploaded, theirs.status)
                return theirs.id, theirs.status
            case Do.PUBLISH, Theirs():
                return await self._publish(step, theirs.id)
            case Do.UPDATE, Theirs():
                return await self._update(step, theirs)
            case _:
                return await self._make(step, step.title)

    async def _make(self, step: Step, title: str) -> tuple[str, str]:
        asset = self._asset(step)
        vendor_id = await self._library.create(title, asset.category, endpoint=step.wanted.endpoint)
        self._listed.append(Theirs(vendor_id, title, DRAFT, step.wanted.endpoint))
        await self._keep(step, vendor_id, "", DRAFT)
        await self._upload(step, vendor_id)
        await self._keep(step, vendor_id, asset.digest, DRAFT)
        return await self._publish(step, vendor_id)

    async def _update(self, step: Step, theirs: Theirs) -> tuple[str, str]:
        try:
            if step.wanted.endpoint and step.wanted.endpoint != theirs.endpoint:
                await self._library.set_endpoint(theirs.id, step.wanted.endpoint)
            await self._upload(step, theirs.id)
        except VendorRefused as refused:
            from ivy.adapters.whatsapp.flows import UNCHANGEABLE

            if refused.code != UNCHANGEABLE:
                raise
            return await self._replace(step, theirs)
        await self._keep(step, theirs.id, step.wanted.digest, DRAFT)
        return await self._publish(step, theirs.id)

    async def _replace(self, step: Step, old: Theirs) -> tuple[str, str]:
        """Publish a new form in place of one that cannot be changed; the old one is sent until then, and retired."""
        left = [each for each in self._listed if each.status == DRAFT and is_ours(each.title, step.wanted.title)]
        if left:
            vendor_id = left[-1].id
        else:
            title = free_title(step.wanted.title, self._listed)
            vendor_id = await self._library.create(title, self._asset(step).category, endpoint=step.wanted.endpoint)
        await self._upload(step, vendor_id)
        done = await self._publish(step, vendor_id)
        await self._library.deprecate(old.id)
        return done

    async def _upload(self, step: Step, vendor_id: str) -> None:
        faults = await self._library.upload(vendor_id, self._asset(step).content)
        if faults:
            told = "; ".join(fault.message or fault.error for fault in faults[:3])
            raise VendorRefused(CHANNEL, f"Meta finds {len(faults)} faults in it: {told}", code="local")

    async def _publish(self, step: Step, vendor_id: str) -> tuple[str, str]:
        await self._library.publish(vendor_id)
        await self._keep(step, vendor_id, step.wanted.digest, PUBLISHED)
        return vendor_id, PUBLISHED

    async def _keep(self, step: Step, vendor_id: str, digest: str, state: str) -> None:
        await self._operator.write(
            registry.record,
            step.wanted.name,
            step.wanted.language,
            vendor_id=vendor_id,
            digest=digest,
            state=state,
            now=self._clock.now(),
        )

    def _asset(self, step: Step) -> "Asset":
        return self._assets[step.wanted.name, step.wanted.language]

"""Brings Meta's templates and ours together: what is missing is made, what changed is edited, what Meta lists is kept.

May import: the store, adapters, frame. Each step is kept as soon as it is done: what breaks off is gone on with.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import trio

from ivy.cli import frame
from ivy.cli.frame import Setup
from ivy.clock import Clock, SystemClock
from ivy.config import WhatsAppSection
from ivy.domain.template_plan import Do, Step, place, plan
from ivy.domain.template_states import PENDING, Registered
from ivy.domain.templates import Definition, Listed, same_words
from ivy.errors import ConfigError, OutcomeUnknown, VendorError, VendorRefused
from ivy.store import templates as registry
from ivy.store.scope import OperatorStore

if TYPE_CHECKING:
    from ivy.adapters.whatsapp.templates import TemplateLibrary

CHANNEL = "whatsapp"
SECONDS = 30
"""How long Meta may take for one answer."""


@dataclass(frozen=True)
class Line:
    """One template of a submission: what was to be done and why, and what came of it."""

    name: str
    language: str
    do: str
    why: str
    result: str = ""
    """Empty while nothing was done."""
    category: str = ""
    failed: bool = False


def submit_pack(setup: Setup, *, dry_run: bool = False) -> list[Line]:
    """Submit the pack that came with Ivy; return a line for each template. Doing it again changes nothing.

    A template that Meta refuses is one failed line; when Meta cannot be asked at all, the rest waits. Raises: ConfigError
    while something is missing, VendorError if even the list cannot be read.
    """
    return frame.run(_submit_pack, setup, dry_run)


async def _submit_pack(setup: Setup, dry_run: bool) -> list[Line]:
    from ivy.adapters.whatsapp.pack import pack

    definitions, clock = pack(), SystemClock()
    action = "whatsapp templates submit"
    async with (
        open_library(setup.config.whatsapp) as library,
        frame.operator(setup, action=action, subject="plan" if dry_run else "pack") as operator,
    ):
        return await submit(library, operator, definitions, clock, dry_run=dry_run)


@asynccontextmanager
async def open_library(section: WhatsAppSection) -> "AsyncGenerator[TemplateLibrary]":
    """Open the account's templates. Raises: ConfigError naming what is missing."""
    from ivy.adapters.client import open_client
    from ivy.adapters.whatsapp.graph import Graph
    from ivy.adapters.whatsapp.templates import TemplateLibrary

    if not section.enabled:
        raise ConfigError("whatsapp.enabled is false: there is no account to keep templates in.")
    for key, value in {"waba_id": section.waba_id, "token_file": section.token}.items():
        if not value:
            raise ConfigError(f"whatsapp.{key} is missing; `ivy doctor` says where it is found.")
    async with open_client() as http:
        graph = Graph(
            http,
            base_url=section.base_url,
            version=section.version,
            token=section.token.reveal(),
            app_secrets=tuple(section.app_secrets.reveal().split()),
        )
        yield TemplateLibrary(graph, section.waba_id)


async def sync(
    library: "TemplateLibrary", operator: OperatorStore, definitions: tuple[Definition, ...], now: datetime
) -> list[Registered]:
    """Read Meta's list into the registry; return all that is known then."""
    return await _keep(operator, await listed(library), definitions, now)


async def listed(library: "TemplateLibrary") -> list[Listed]:
    try:
        with trio.fail_after(SECONDS):
            return await library.all()
    except trio.TooSlowError:
        raise OutcomeUnknown(CHANNEL, f"no answer in {SECONDS} s") from None


async def _keep(
    operator: OperatorStore, found: list[Listed], definitions: tuple[Definition, ...], now: datetime
) -> list[Registered]:
    ours = {place(each.name, each.language): each for each in definitions}
    matched: list[tuple[Listed, Definition | None]] = []
    for each in found:
        definition = ours.get(place(each.name, each.language))
        matched.append((each, definition if definition is not None and same_words(definition, each) else None))
    return await operator.write(registry.record_all, CHANNEL, matched, at=now)


async def submit(
    library: "TemplateLibrary",
    operator: OperatorStore,
    definitions: tuple[Definition, ...],
    clock: Clock,
    *,
    dry_run: bool = False,
) -> list[Line]:
    """Ask Meta what it has, decide, and carry it out, template by template; `dry_run` only decides."""
    now, found = clock.now(), await listed(library)
    if dry_run:
        known = await operator.read(registry.all_known, CHANNEL)
    else:
        known = await _keep(operator, found, definitions, now)
    before = {place(each.name, each.language): each for each in known}
    steps = plan(definitions, found, before, now)
    by_id = {each.vendor_id: each for each in found}
    lines: list[Line] = []
    stopped = ""
    for step in steps:
        line = _line(step, by_id.get(step.vendor_id))
        if step.do in (Do.CREATE, Do.EDIT) and not dry_run:
            if stopped:
                line = replace(line, result=f"not tried: {stopped}", failed=True)
            else:
                here = before.get(place(line.name, line.language))
                line, stopped = await _carry_out(library, operator, step, line, here, clock)
        lines.append(line)
    return lines


def _line(step: Step, theirs: Listed | None) -> Line:
    category = theirs.category if theirs is not None else ""
    return Line(step.definition.name, step.definition.language, step.do.value, step.why, category=category)


async def _carry_out(
    library: "TemplateLibrary",
    operator: OperatorStore,
    step: Step,
    line: Line,
    before: Registered | None,
    clock: Clock,
) -> tuple[Line, str]:
    """Return the finished line, and why the rest should not be tried, if so. `before`: how the template stood."""
    try:
        with trio.fail_after(SECONDS):
            vendor_id, status, category = await _send(library, step)
    except VendorRefused as refused:
        return replace(line, result=refused.reason, failed=True), ""
    except VendorError as error:
        return replace(line, result=error.reason, failed=True), error.reason
    except trio.TooSlowError:
        slow = f"no answer in {SECONDS} s; it may have been done: submit again, which looks first"
        return replace(line, result=slow, failed=True), f"no answer in {SECONDS} s"
    kept = await operator.write(
        registry.submitted,
        CHANNEL,
        step.definition,
        before=before,
        vendor_id=vendor_id,
        status=status,
        category=category,
        now=clock.now(),
    )
    return replace(line, result=kept.status, category=kept.category), ""


async def _send(library: "TemplateLibrary", step: Step) -> tuple[str, str, str]:
    if step.do is Do.EDIT:
        await library.edit(step.vendor_id, step.definition)
        return step.vendor_id, PENDING, ""
    made = await library.create(step.definition)
    return made.vendor_id, made.status, made.category

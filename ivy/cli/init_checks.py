"""Asks a vendor about a value as soon as it is typed into `ivy init`, so that a wrong one is noticed where it is mended.

May import: the probes' hops, the doctor's questions, findings. Nothing is changed at any vendor, and no secret is said.
"""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trio
from msgspec.structs import replace

from ivy.cli import frame, shapes, voice_hops, whatsapp_hops, whatsapp_reach
from ivy.cli.doctor_live import ask_mail, ask_model, ask_sms, ask_solo
from ivy.cli.findings import Finding, State
from ivy.cli.first_configuration import Item
from ivy.cli.frame import Setup
from ivy.cli.voice_agents import open_api
from ivy.cli.whatsapp_walk import META_SECONDS, Walk
from ivy.clock import SystemClock
from ivy.config import Config, Secret, getattr_path
from ivy.errors import OutcomeUnknown, VendorBusy, VendorError, VendorMisconfigured, VendorRefused
from ivy.threads import PooledThreads

ABOUT_A_NUMBER = ("number", "account")
REFUSED = ("refused with 401", "refused with 403")
"""What a model's vendor answers to a key that it does not know."""


@dataclass(frozen=True)
class Verdict:
    """What a vendor says of a value: `wrong` with its `mend`, or `told`, a note; both empty where nobody was asked."""

    wrong: str = ""
    mend: str = ""
    told: str = ""
    sure: bool = True
    """False: nobody could say whether it is right."""


NOTHING = Verdict()


@dataclass
class Checks:
    """Vendors to be asked, and what they told on the way: `learnt` are values to offer for what was not typed yet."""

    config: Config
    folder: Path
    learnt: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, item: Item, answer: str) -> None:
        """Let later questions be asked with a value."""
        self.config = self._with(item, answer)

    def judge(self, item: Item, answer: str) -> Verdict:
        """Ask the vendor that knows about a value. A vendor that cannot be reached is a note, and no hindrance."""
        asks = _ASKS.get(item.key)
        if asks is None:
            return NOTHING
        try:
            return frame.run(asks, self, item, self._with(item, answer))
        except (VendorBusy, OutcomeUnknown) as error:
            told = f"{error.vendor} could not be asked ({error.reason}); it is looked at again later"
            return Verdict(told=told, sure=False)
        except trio.TooSlowError:
            return Verdict(told=f"no answer in {META_SECONDS:.0f} s; it is looked at again later", sure=False)
        except VendorError as error:
            return Verdict(wrong=error.reason, mend=item.found_at)

    def _with(self, item: Item, answer: str) -> Config:
        section: Any = getattr_path(self.config, item.section)
        name = item.value_key.rpartition(".")[2]
        value = Secret(answer) if isinstance(getattr(section, name), Secret) else answer
        changed = replace(section, **{name: value})
        outer, _, inner = item.section.rpartition(".")
        if not outer:
            return replace(self.config, **{inner: changed})
        return replace(self.config, **{outer: replace(getattr_path(self.config, outer), **{inner: changed})})


# --- Meta ----------------------------------------------------------------------------------------------


async def _token(checks: Checks, _item: Item, config: Config) -> Verdict:
    async with _at_meta(checks, config) as walk:
        found = await whatsapp_hops.token(walk)
        if walk.account:
            checks.learnt["whatsapp.waba_id"] = walk.account
    first = next((each for each in found if each.what in ("token", "app secret")), None)
    if first is not None and first.state is State.LOOK and whatsapp_hops.ENDS in first.found:
        return Verdict(f"a temporary token: {first.found}", first.mend)
    return _verdict(found, ("token", "app secret"))


async def _app_secret(checks: Checks, _item: Item, config: Config) -> Verdict:
    """With each request goes a proof of the secret: of a wrong one Meta says so."""
    if not config.whatsapp.token:
        return NOTHING
    async with _at_meta(checks, config) as walk:
        return _verdict(await whatsapp_hops.token(walk), ("app secret",))


async def _account(checks: Checks, item: Item, config: Config) -> Verdict:
    if not config.whatsapp.token:
        return NOTHING
    async with _at_meta(checks, config) as walk:
        foreign = _verdict(await whatsapp_hops.token(walk), ("account",))  # well-formed, and of somebody else
        if foreign.wrong:
            return foreign
        try:
            found = await walk.desk().numbers()
        except (VendorRefused, VendorMisconfigured) as error:
            return Verdict(whatsapp_hops.no_account(walk.account, error), item.found_at)
    if len(found) == 1:
        checks.learnt["whatsapp.phone_number_id"] = found[0].id
    names = ", ".join(each.phone for each in found) or "no number yet"
    return Verdict(told=f"Meta knows it: {names}")


async def _number(checks: Checks, _item: Item, config: Config) -> Verdict:
    account = config.whatsapp.waba_id or checks.learnt.get("whatsapp.waba_id", "")
    if not config.whatsapp.token or not account:
        return NOTHING
    async with _at_meta(checks, config) as walk:
        walk.account = account
        return _verdict(await whatsapp_hops.number(walk), ABOUT_A_NUMBER)


@asynccontextmanager
async def _at_meta(checks: Checks, config: Config) -> AsyncGenerator[Walk]:
    """Open a walk at Meta's while a question lasts. Raises: trio.TooSlowError."""
    from ivy.adapters.client import open_client

    where = Setup(checks.folder / "ivy.toml", config, checks.folder, config.database(checks.folder))
    with trio.fail_after(META_SECONDS):
        async with open_client() as http:
            yield Walk(where, http, http, SystemClock().now, secrets.token_hex(16))


# --- the others ----------------------------------------------------------------------------------------


async def _model_key(_checks: Checks, item: Item, config: Config) -> Verdict:
    from ivy.adapters.client import open_client

    async with open_client() as http:
        found = await ask_model(item.section, getattr_path(config, item.section), http)
    if found.state is not State.MISSING:
        return Verdict(told=found.found)
    if found.found in REFUSED:
        return Verdict(f"its vendor does not know this key ({found.found})", item.found_at)
    return Verdict(told=f"{found.found}; it is looked at again later", sure=False)


async def _voice(checks: Checks, item: Item, config: Config) -> Verdict:
    from ivy.adapters.client import open_client

    if not config.voice.api_key:
        return NOTHING
    where = Setup(checks.folder / "ivy.toml", config, checks.folder, config.database(checks.folder))
    async with open_api(config) as api, open_client() as http:
        walk = voice_hops.Walk(where, api, http, SystemClock().now, secrets.token_hex(16))
        found = await (voice_hops.key(walk) if item.name == "api_key_file" else voice_hops.number(walk))
    return _verdict(found, ("key", "number"))


async def _sms(_checks: Checks, _item: Item, config: Config) -> Verdict:
    from ivy.adapters.client import open_client

    if not config.sms.account_sid or not config.sms.auth_token:
        return NOTHING
    async with open_client() as http:
        return _of(await ask_sms(config, http))


async def _solo(_checks: Checks, _item: Item, config: Config) -> Verdict:
    from ivy.adapters.client import open_client

    async with open_client() as http:
        return _of(await ask_solo(config, http, running=False))


async def _mail(_checks: Checks, _item: Item, config: Config) -> Verdict:
    """The sender is asked for last: by then it is known where, and as whom."""
    if not config.mail.host:
        return NOTHING
    return _of(await ask_mail(config, PooledThreads()))


def _of(found: Finding) -> Verdict:
    return Verdict(found.found, found.mend) if found.state is State.MISSING else Verdict(told=found.found)


async def _address(_checks: Checks, _item: Item, config: Config) -> Verdict:
    host = urlsplit(config.server.public_url).hostname or ""
    anywhere = shapes.OFFICIAL_WHATSAPP not in config.whatsapp.base_url
    with trio.move_on_after(META_SECONDS):
        if why := await whatsapp_reach.wrong_host(host, anywhere=anywhere):
            return Verdict(why, f"let {host} lead to this machine's public address: vendors call it there")
    return NOTHING


def _verdict(found: list[Finding], about: tuple[str, ...]) -> Verdict:
    """Return what findings about some things come to: the first that is wrong, else what is said of the first."""
    named = [each for each in found if each.what in about]
    bad = next((each for each in named if each.state is State.MISSING), None)
    if bad is not None:
        return Verdict(bad.found, bad.mend)
    return Verdict(told=named[0].found) if named else NOTHING


_ASKS: dict[str, Callable[[Checks, Item, Config], Awaitable[Verdict]]] = {
    "server.public_url": _address,
    "whatsapp.token_file": _token,
    "whatsapp.app_secrets_file": _app_secret,
    "whatsapp.waba_id": _account,
    "whatsapp.phone_number_id": _number,
    "models.primary.api_key_file": _model_key,
    "models.fallback.api_key_file": _model_key,
    "voice.api_key_file": _voice,
    "voice.number": _voice,
    "solo.api_key_file": _solo,
    "sms.auth_token_file": _sms,
    "mail.sender": _mail,
}

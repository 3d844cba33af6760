"""Phone calls by Retell as a `Voice`: the one class that wiring makes. May import: ports and below."""

from collections.abc import Collection, Mapping
from urllib.parse import quote

import httpx2

from ivy.adapters.lenient import Object, as_object, ident, objects, whole_number
from ivy.adapters.retell import dialing, functions, reports, signature
from ivy.adapters.retell.api import UNKNOWN_ID, Api, without
from ivy.adapters.retell.directory import LANGUAGES, Directory
from ivy.adapters.retell.reports import OUR_ID, VENDOR, report_of
from ivy.clock import Clock
from ivy.domain.calls import Report
from ivy.errors import ConfigError, OutcomeUnknown, Unreadable, VendorBusy, VendorError, VendorRefused
from ivy.ports import Dial, InCall, Lines, Ringing

STORES = ("everything", "everything_except_pii", "basic_attributes_only")


class RetellVoice:
    """One number of one Retell workspace. The client is the caller's.

    `webhook_keys` are the API keys that may sign webhooks, all that are live while the badge moves from one to another;
    none: nothing is believed. Agents are found by name, `prefix` and language. `needs` are the variables without which no
    call is placed: one that is missing would be spoken aloud with its braces. `store` is what Retell keeps of a call.
    """

    name = VENDOR

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        base_url: str,
        api_key: str,
        webhook_keys: tuple[str, ...],
        number: str,
        prefix: str,
        store: str,
        timeout_seconds: float,
        clock: Clock,
        needs: Collection[str] = (),
    ) -> None:
        if not dialing.PHONE.fullmatch(number):
            raise ConfigError("voice.number is our number at Retell, such as +15550102030")
        if store not in STORES:
            raise ConfigError(f"voice.store is {store!r}; use {', '.join(STORES)}")
        self._api = Api(http, base_url=base_url, api_key=api_key, timeout_seconds=timeout_seconds)
        self._webhook_keys = tuple(key for key in webhook_keys if key)
        self._number = number
        self._store = store
        self._clock = clock
        self._needs = frozenset(needs)
        self._directory = Directory(self._api, prefix, clock)

    async def warm(self) -> None:
        """Look the agents up before the first caller needs one; what cannot be found now is looked up when it is needed."""
        for language in LANGUAGES:
            try:
                await self._directory.pinned(language)
            except VendorError:
                return

    # --- from Retell -------------------------------------------------------------------------------

    def verify(self, body: bytes, headers: Mapping[str, str], *, repeated: frozenset[str] = frozenset()) -> None:
        signature.verify(body, headers, self._webhook_keys, now=self._clock.now(), repeated=repeated)

    def parse(self, body: bytes) -> tuple[Report, ...]:
        return reports.parse(body)

    def read_function(self, body: bytes, tool: str) -> InCall:
        return functions.read_function(body, tool)

    def read_ringing(self, body: bytes) -> Ringing:
        return functions.read_ringing(body)

    def take(self, our_id: str, user_id: str, language: str, variables: Mapping[str, str]) -> bytes:
        """Answer without asking anybody: before the first look-up, the agent that the number is bound to speaks."""
        return functions.take(our_id, user_id, variables, self._directory.known(language))

    # --- to Retell ---------------------------------------------------------------------------------

    async def dial(self, call: Dial) -> str:
        """Place a call; return Retell's id of it. The `Voice` says what is raised."""
        dialing.check(call, self._needs)
        agent = await self._directory.pinned(call.language)
        body = dialing.body(call, agent, number=self._number, store=self._store)
        try:
            answer = await self._api.post("/v2/create-phone-call", body)
        except VendorError as error:
            if isinstance(error, VendorRefused) and error.code in UNKNOWN_ID:
                self._directory.forget(call.language)  # it may be the agent that they do not know any more
            raise without(error, call.to, "the number") from None
        provider_call_id = ident(answer, "call_id")
        if not provider_call_id:
            raise OutcomeUnknown(VENDOR, "the answer names no call; it may have been placed")
        return provider_call_id

    async def look_up(self, our_id: str) -> Report | None:
        """Return the call that carries our id, with its transcript; None if Retell surely has none."""
        wanted = {"key": OUR_ID, "type": "string", "op": "eq", "value": our_id}
        answer = await self._api.search("/v3/list-calls", {"filter_criteria": {"metadata": [wanted]}, "limit": 10})
        if not isinstance(answer.get("items"), list):
            raise VendorBusy(VENDOR, "the list of calls cannot be read")
        listed = objects(answer, "items")
        if not listed:
            return None
        ours = [each for each in listed if ident(as_object(each.get("metadata")), OUR_ID) == our_id]
        if not ours:  # a list that was not searched says nothing of what is not on its first page
            raise VendorBusy(VENDOR, "the list of calls holds others than were asked for")
        first = min(ours, key=lambda each: whole_number(each, "start_timestamp") or 2**53)
        return await self.get(ident(first, "call_id")) or _readable(first)

    async def get(self, provider_call_id: str) -> Report | None:
        """Return a call as it is now; None for an id that Retell does not know."""
        try:
            answer = await self._api.get(f"/v2/get-call/{quote(provider_call_id, safe='')}")
        except VendorRefused as error:
            if error.code in UNKNOWN_ID:
                return None
            raise
        return _readable(answer)

    async def hang_up(self, provider_call_id: str) -> None:
        """End a call; one that is over, or was never there, is ended already."""
        try:
            await self._api.post(f"/v2/stop-call/{quote(provider_call_id, safe='')}")
        except VendorRefused:
            call = await self.get(provider_call_id)
            if call is not None and not (call.is_over or call.ended_at):
                raise

    async def lines(self) -> Lines:
        return await lines_of(self._api)


async def lines_of(api: Api) -> Lines:
    """Return how busy the workspace is. Raises: what reading from `Api` does."""
    answer = await api.get("/get-concurrency")
    if "concurrency_limit" not in answer:  # a limit of 0 would hold every call back
        raise VendorBusy(VENDOR, "the number of lines cannot be read")
    return Lines(whole_number(answer, "current_concurrency"), whole_number(answer, "concurrency_limit"))


def _readable(call: Object) -> Report:
    try:
        return report_of(call)
    except Unreadable as error:
        raise VendorBusy(VENDOR, "the call cannot be read") from error

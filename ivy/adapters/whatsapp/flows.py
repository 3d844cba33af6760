"""Flows as Meta keeps them: made, uploaded, published, retired, and the key their answers travel under.

May import: ports and below. Source: Flows API and "WhatsApp Business Encryption", 2026-11.
"""

from typing import Any

import httpx2
import msgspec

from ivy.adapters.whatsapp.errors import VENDOR
from ivy.adapters.whatsapp.graph import Graph, check_done, read
from ivy.errors import OutcomeUnknown

FIELDS = "id,name,status,categories,validation_errors,endpoint_uri,json_version"
UNCHANGEABLE, UNPUBLISHABLE = "139001", "139002"
"""Codes of refusals that `ivy whatsapp flows push` knows a way around, or explains."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that Meta finds wrong in a Flow's JSON; it cannot be published while there is any."""

    error: str = ""
    error_type: str = ""
    message: str = ""
    line_start: int = 0


class Flow(msgspec.Struct, frozen=True):
    """A Flow as Meta describes it. `status` is DRAFT, PUBLISHED, DEPRECATED, BLOCKED or THROTTLED."""

    id: str
    name: str = ""
    status: str = ""
    categories: list[str] = []
    validation_errors: list[Fault] = []
    endpoint_uri: str = ""


class PublicKey(msgspec.Struct, frozen=True):
    """Our public key as Meta has it; `status` is VALID or MISMATCH, or empty if there is none."""

    business_public_key: str = ""
    business_public_key_signature_status: str = ""

    @property
    def pem(self) -> str:
        return self.business_public_key

    @property
    def status(self) -> str:
        return self.business_public_key_signature_status


class _Made(msgspec.Struct, frozen=True):
    id: str


class _Uploaded(msgspec.Struct, frozen=True):
    success: bool = False
    validation_errors: list[Fault] = []


class _Keys(msgspec.Struct, frozen=True):
    data: list[PublicKey] = []


class FlowLibrary:
    """The Flows of one account, and the key of one number. Errors are `Graph`'s; the caller's deadlines apply."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        base_url: str,
        version: str,
        waba_id: str,
        phone_number_id: str,
        token: str,
        app_secrets: tuple[str, ...],
    ) -> None:
        self._graph = Graph(http, base_url=base_url, version=version, token=token, app_secrets=app_secrets)
        self._account = waba_id
        self._number = phone_number_id

    async def all(self) -> list[Flow]:
        """Return every Flow of the account."""
        return await self._graph.get_list(f"{self._account}/flows", {"fields": FIELDS, "limit": "100"}, Flow)

    async def load(self, flow_id: str) -> Flow:
        return read(await self._graph.get(flow_id, {"fields": FIELDS}), Flow)

    async def create(self, name: str, category: str, *, endpoint: str = "") -> str:
        """Make an empty draft and return its id. Meta has no idempotency key: look for the name before."""
        asked: dict[str, Any] = {"name": name, "categories": [category]}
        if endpoint:
            asked["endpoint_uri"] = endpoint
        made = read(await self._graph.post_json(f"{self._account}/flows", asked), _Made)
        if not made.id:
            raise OutcomeUnknown(VENDOR, "the answer names no flow; it may have been made")
        return made.id

    async def set_endpoint(self, flow_id: str, endpoint: str) -> None:
        check_done(await self._graph.post_json(flow_id, {"endpoint_uri": endpoint}))

    async def upload(self, flow_id: str, content: bytes) -> list[Fault]:
        """Give a Flow its JSON and return what is wrong with it; with faults it is kept, but cannot be published."""
        fields = {"name": "flow.json", "asset_type": "FLOW_JSON"}
        answer = await self._graph.post_file(
            f"{flow_id}/assets", fields, name="flow.json", content=content, mime="application/json"
        )
        uploaded = read(answer, _Uploaded)
        if not uploaded.success and not uploaded.validation_errors:
            raise OutcomeUnknown(VENDOR, "the answer does not say that the flow was uploaded")
        return uploaded.validation_errors

    async def publish(self, flow_id: str) -> None:
        """Let a draft be sent. With an endpoint, Meta calls it first."""
        check_done(await self._graph.post_json(f"{flow_id}/publish", {}))

    async def deprecate(self, flow_id: str) -> None:
        """Retire a published Flow for good."""
        check_done(await self._graph.post_json(f"{flow_id}/deprecate", {}))

    async def delete(self, flow_id: str) -> None:
        """Delete a draft."""
        check_done(await self._graph.delete(flow_id))

    async def upload_key(self, public_pem: str) -> None:
        """Let phones lock what they send with this key; the one before is forgotten."""
        path = f"{self._number}/whatsapp_business_encryption"
        check_done(await self._graph.post_form(path, {"business_public_key": public_pem}))

    async def key(self) -> PublicKey:
        """Return the key that phones use. The answer comes bare, or as a list of one."""
        answer = await self._graph.get(f"{self._number}/whatsapp_business_encryption")
        listed = read(answer, _Keys).data
        return listed[0] if listed else read(answer, PublicKey)

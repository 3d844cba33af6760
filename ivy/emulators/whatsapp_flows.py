"""Meta's shelf of Flows: made, uploaded, published, retired, and the key they are sealed with. May import: the domain and below.

Its routes stand beside those of messages, so a Flow's id has a shape of its own. Source: Flows API, error codes 139000 to
139006.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from itertools import count
from random import Random
from typing import Any, cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from quart import Response, request
from quart_trio import QuartTrio
from werkzeug.routing import BaseConverter

from ivy.emulators.whatsapp_flow_envelopes import PostBack, exchange
from ivy.emulators.whatsapp_flow_rules import as_object, faults_of
from ivy.emulators.whatsapp_payloads import Json
from ivy.emulators.whatsapp_shapes import Refusal

CATEGORIES = frozenset(
    {
        "SIGN_UP",
        "SIGN_IN",
        "APPOINTMENT_BOOKING",
        "LEAD_GENERATION",
        "CONTACT_US",
        "CUSTOMER_SUPPORT",
        "SURVEY",
        "OTHER",
    }
)
UNCHANGEABLE, UNPUBLISHABLE, NOT_RETIRED, NOT_DELETED = 139001, 139002, 139003, 139004
BLOCKED, THROTTLED = 132068, 132069
SENDS_WHILE_THROTTLED = 10
_PAGE = 2
"""Flows on one page of a list: few, so that whoever reads only the first page is found out."""


class FlowId(BaseConverter):
    """Sixteen digits that begin with 77: no number's or account's id looks so. Its rules come before any other id's."""

    regex = "77[0-9]{14}"
    weight = 50
    part_isolating = True


@dataclass
class ShelvedFlow:
    """One Flow. `live` is the JSON that phones are shown, `draft` the one that was uploaded last."""

    id: str
    name: str
    categories: list[str]
    endpoint_uri: str = ""
    status: str = "DRAFT"
    draft: Json | None = None
    live: Json | None = None
    faults: list[Json] = field(default_factory=list[Json])
    sent: int = 0

    def shown(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "categories": self.categories,
            "validation_errors": self.faults,
            "endpoint_uri": self.endpoint_uri,
            "json_version": as_object(self.draft).get("version", ""),
        }


class FlowShelf:
    """Every Flow of one account. `tell` is given the value of each `flows` webhook, `post` asks a Flow's endpoint.

    `editable`: a published Flow can be edited into a new draft, as since November 2024; without it that is 139001.
    """

    def __init__(
        self,
        *,
        waba_id: str,
        phone_number_id: str,
        app_secret: str,
        chance: Random,
        post: PostBack | None = None,
        tell: Callable[[Json], None] | None = None,
    ) -> None:
        self.flows: dict[str, ShelvedFlow] = {}
        self.public_pem = ""
        self.editable = True
        self._waba_id, self._phone_number_id = waba_id, phone_number_id
        self._app_secret, self._chance = app_secret, chance
        self._post, self._tell = post, tell
        self._numbers = count(1)

    # --- what tests and the number ask ----------------------------------------------------------------

    def named(self, name: str) -> ShelvedFlow:
        """Return the newest Flow of a name that is not retired."""
        return [flow for flow in self.flows.values() if flow.name == name and flow.status != "DEPRECATED"][-1]

    def set_status(self, flow_id: str, status: str) -> None:
        """Let Meta change its mind about a Flow, and tell."""
        flow = self.flows[flow_id]
        before, flow.status = flow.status, status
        if self._tell is not None:
            message = f"Flow {flow.name} changed status from {before} to {status}"
            change = {"old_status": before, "new_status": status}
            self._tell({"event": "FLOW_STATUS_CHANGE", "message": message, "flow_id": flow_id, **change})

    def take(self, parameters: Json) -> ShelvedFlow:
        """Return the Flow that a message wants to send, and count it. Raises: Refusal."""
        by_name = [flow for flow in self.flows.values() if flow.name == parameters.get("flow_name")]
        flow = self.flows.get(str(parameters.get("flow_id"))) or next(iter(by_name), None)
        if flow is None:
            raise Refusal(131009, "The flow of this message does not exist.")
        if flow.status == "BLOCKED":
            raise Refusal(BLOCKED, "Flow is blocked.")
        if flow.status == "THROTTLED" and flow.sent >= SENDS_WHILE_THROTTLED:
            raise Refusal(THROTTLED, "Flow is throttled.")
        draft = parameters.get("mode") == "draft"
        if flow.status == "DEPRECATED" or (flow.draft if draft else flow.live) is None:
            raise Refusal(131009, "The flow of this message is not published.")
        flow.sent += 1
        return flow

    # --- routes --------------------------------------------------------------------------------------

    def add_routes(self, app: QuartTrio, check_caller: Callable[[str], None]) -> None:
        """Add Meta's management routes. `check_caller` looks at the version and the token. Raises: Refusal."""
        app.url_map.converters["flow"] = FlowId
        rules: tuple[tuple[str, str, Callable[..., Awaitable[Json]]], ...] = (
            ("POST", f"/<version>/{self._waba_id}/flows", self._create),
            ("GET", f"/<version>/{self._waba_id}/flows", self._list),
            ("GET", "/<version>/<flow:flow_id>", self._get),
            ("POST", "/<version>/<flow:flow_id>", self._change),
            ("DELETE", "/<version>/<flow:flow_id>", self._delete),
            ("POST", "/<version>/<flow:flow_id>/assets", self._upload),
            ("POST", "/<version>/<flow:flow_id>/publish", self._publish),
            ("POST", "/<version>/<flow:flow_id>/deprecate", self._deprecate),
            ("POST", f"/<version>/{self._phone_number_id}/whatsapp_business_encryption", self._set_key),
            ("GET", f"/<version>/{self._phone_number_id}/whatsapp_business_encryption", self._get_key),
        )
        for method, rule, view in rules:
            name = f"flows_{method}_{view.__name__}"
            app.add_url_rule(rule, name, _guarded(view, check_caller), methods=[method])

    async def _create(self) -> Json:
        asked = await _parameters()
        _check_keys(asked, ("name", "categories"), ("endpoint_uri",))
        categories = asked["categories"]
        listed: list[Any] = json.loads(categories) if isinstance(categories, str) else categories
        if not listed or not set(listed) <= CATEGORIES:
            raise Refusal(100, "Param categories must be a list of one or more known categories.")
        name = asked["name"]
        if not isinstance(name, str) or not name.strip():
            raise Refusal(100, "Param name must not be empty.")
        if any(flow.name == name for flow in self.flows.values()):
            raise Refusal(100, "Flow name is not unique.")
        flow = ShelvedFlow(f"77{next(self._numbers):014d}", name, listed, _endpoint(asked))
        self.flows[flow.id] = flow
        return {"id": flow.id, "validation_errors": []}

    async def _list(self) -> Json:
        flows = [flow.shown() for flow in self.flows.values()]
        after = int(request.args.get("after", "0"))
        page, more = flows[after : after + _PAGE], len(flows) > after + _PAGE
        cursors = {"before": str(after), "after": str(after + len(page))}
        paging: Json = {"cursors": cursors, "next": "https://graph.facebook.com/more"} if more else {"cursors": cursors}
        return {"data": page, "paging": paging}

    async def _get(self, flow_id: str) -> Json:
        shown = self._flow(flow_id).shown()
        wanted = request.args.get("fields", "id,name,status,categories,validation_errors").split(",")
        return {key: shown[key] for key in {*wanted, "id"} if key in shown}

    async def _change(self, flow_id: str) -> Json:
        flow, asked = self._flow(flow_id), await _parameters()
        _check_keys(asked, (), ("name", "categories", "endpoint_uri"))
        if "endpoint_uri" in asked:
            flow.endpoint_uri = _endpoint(asked)
        return {"success": True}

    async def _delete(self, flow_id: str) -> Json:
        flow = self._flow(flow_id)
        if flow.status != "DRAFT" or flow.live is not None:
            raise Refusal(NOT_DELETED, "Only a flow that was never published can be deleted.")
        del self.flows[flow_id]
        return {"success": True}

    async def _upload(self, flow_id: str) -> Json:
        flow = self._flow(flow_id)
        form = cast(Mapping[str, str], await request.form)
        files = await request.files
        if form.get("name") != "flow.json" or form.get("asset_type") != "FLOW_JSON" or "file" not in files:
            raise Refusal(100, "The asset must be the file flow.json of type FLOW_JSON.")
        if flow.status == "DEPRECATED" or (flow.status != "DRAFT" and not self.editable):
            raise Refusal(UNCHANGEABLE, "Flow cannot be updated: it is published or deprecated.")
        try:
            flow.draft = cast(Json, json.loads(files["file"].read()))
            flow.faults = faults_of(flow.draft)
        except ValueError:
            flow.draft = None
            flow.faults = [{"error": "INVALID_JSON", "error_type": "JSON_SCHEMA_ERROR", "message": "Not JSON."}]
        if flow.status != "DRAFT":
            self.set_status(flow_id, "DRAFT")
        return {"success": True, "validation_errors": flow.faults}

    async def _publish(self, flow_id: str) -> Json:
        flow = self._flow(flow_id)
        if flow.status != "DRAFT":
            raise Refusal(UNPUBLISHABLE, "Flow cannot be published: it is not a draft.")
        if flow.draft is None or flow.faults:
            raise Refusal(UNPUBLISHABLE, "Flow cannot be published: it has no JSON, or validation errors.")
        if "data_api_version" in flow.draft:
            await self._check_health(flow)
        flow.live, flow.sent = flow.draft, 0
        self.set_status(flow_id, "PUBLISHED")
        return {"success": True}

    async def _check_health(self, flow: ShelvedFlow) -> None:
        """Call the endpoint as a phone would. Raises: Refusal."""
        if not flow.endpoint_uri or not self.public_pem:
            raise Refusal(UNPUBLISHABLE, "Flow cannot be published: it needs an endpoint and a public key.")
        if self._post is None:
            return
        ping: Json = {"version": "3.0", "action": "ping"}
        answer = await exchange(self._post, self.public_pem, self._app_secret, ping, self._chance)
        if answer.status != 200 or as_object(answer.said.get("data")).get("status") != "active":
            raise Refusal(UNPUBLISHABLE, f"Flow cannot be published: its endpoint answered {answer.status} to a ping.")

    async def _deprecate(self, flow_id: str) -> Json:
        if self._flow(flow_id).status not in ("PUBLISHED", "THROTTLED", "BLOCKED"):
            raise Refusal(NOT_RETIRED, "Only a published flow can be deprecated.")
        self.set_status(flow_id, "DEPRECATED")
        return {"success": True}

    async def _set_key(self) -> Json:
        asked = await _parameters()
        try:
            key = serialization.load_pem_public_key(str(asked.get("business_public_key", "")).encode())
        except ValueError:
            key = None
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size != 2048:
            raise Refusal(100, "Param business_public_key must be a 2048-bit RSA public key in PEM format.")
        self.public_pem = asked["business_public_key"]
        return {"success": True}

    async def _get_key(self) -> Json:
        if not self.public_pem:
            return {"data": []}
        status = {"business_public_key_signature_status": "VALID"}
        return {"data": [{"business_public_key": self.public_pem, **status}]}

    def _flow(self, flow_id: str) -> ShelvedFlow:
        if flow_id not in self.flows:
            raise Refusal(100, f"Unsupported request. Object with ID '{flow_id}' does not exist.", subcode=33)
        return self.flows[flow_id]


def _guarded(
    view: Callable[..., Awaitable[Json]], check_caller: Callable[[str], None]
) -> Callable[..., Awaitable[Response]]:
    @wraps(view)
    async def guarded(version: str, **names: str) -> Response:
        try:
            check_caller(version)
            return Response(json.dumps(await view(**names)), 200, content_type="application/json")
        except Refusal as refusal:
            return Response(json.dumps(refusal.answer()), refusal.status, content_type="application/json")

    return guarded


async def _parameters() -> Json:
    """Return the fields of a request: as JSON, or as a form."""
    if not request.is_json:
        return dict(cast(Mapping[str, Any], await request.form))
    asked: Any = await request.get_json(silent=True)
    if not isinstance(asked, dict):
        raise Refusal(100, "The request is not a JSON object.")
    return cast(Json, asked)


def _check_keys(asked: Json, need: tuple[str, ...], may: tuple[str, ...]) -> None:
    for key in need:
        if key not in asked:
            raise Refusal(100, f"The parameter {key} is required.")
    if unknown := sorted(asked.keys() - {*need, *may}):
        raise Refusal(100, f"Unexpected key {unknown[0]!r}.")


def _endpoint(asked: Json) -> str:
    endpoint = asked.get("endpoint_uri", "")
    if not isinstance(endpoint, str) or (endpoint and not endpoint.startswith("https://")):
        raise Refusal(100, "Param endpoint_uri must be an https address.")
    return endpoint

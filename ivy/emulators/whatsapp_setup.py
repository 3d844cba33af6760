"""Meta's desk for setting up: what a token may, how a number is, who gets webhooks. May import: the domain and below.

Sources: Cloud API "Business phone numbers", "Registration", "Webhooks"; Graph API "Debug token", "App subscriptions".
"""

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from quart import Response, request
from quart_trio import QuartTrio

from ivy.emulators.whatsapp_shapes import Refusal, check_keys

Json = dict[str, Any]
CheckCaller = Callable[[str], None]
"""Takes the version in a path, looks at the request's token and proof, and raises a `Refusal`."""

MESSAGING, MANAGEMENT = "whatsapp_business_messaging", "whatsapp_business_management"
PIN_TRIES = 10
USUAL = "verified_name,display_phone_number,quality_rating,id"
"""The fields of a number that come without being asked for."""


@dataclass
class TokenState:
    """What Meta says of our token; may be changed at any time."""

    kind: str = "SYSTEM_USER"
    """Or USER: the dashboard's own, which lives for a day."""
    scopes: tuple[str, ...] = (MANAGEMENT, MESSAGING)
    expires_at: datetime | None = None
    is_valid: bool = True
    problem: str = ""
    is_told: bool = True
    """Whether a token may be asked about at all: one of another kind may not."""


@dataclass
class NumberState:
    """How one number is; may be changed at any time."""

    id: str
    phone: str
    name: str = "Ivy"
    registered: bool = True
    name_status: str = "APPROVED"
    quality: str = "GREEN"
    limit: str = "TIER_250"
    can_send: str = "AVAILABLE"
    problem: str = ""
    """What stands in the way of sending, such as a missing payment method."""
    solution: str = ""

    def fields(self) -> Json:
        errors = [{"error_code": 141006, "error_description": self.problem, "possible_solution": self.solution}]
        entity: Json = {"entity_type": "WABA", "id": "1", "can_send_message": self.can_send}
        return {
            "id": self.id,
            "display_phone_number": self.phone,
            "verified_name": self.name,
            "quality_rating": self.quality,
            "name_status": self.name_status,
            "throughput": {"level": "STANDARD"},
            "health_status": {
                "can_send_message": self.can_send,
                "entities": [{**entity, "errors": errors} if self.problem else entity],
            },
            "whatsapp_business_manager_messaging_limit": self.limit,
            "status": "CONNECTED" if self.registered else "PENDING",
            "platform_type": "CLOUD_API" if self.registered else "NOT_APPLICABLE",
            "code_verification_status": "VERIFIED",
        }


@dataclass
class AppState:
    """Our app: its webhook form, and whether it gets the account's webhooks."""

    id: str = "670843887433847"
    name: str = "Ivy"
    subscribed: bool = True
    override: str = ""
    callback_url: str = ""
    """Empty: nobody has filled in the form."""
    fields: tuple[str, ...] = ("messages", "account_update", "message_template_status_update")


@dataclass
class SetupDesk:
    """The routes of one account. `others` are apps that are subscribed beside ours; `pins` counts wrong ones."""

    token: str
    app_secret: str
    waba_id: str
    number: NumberState
    more_numbers: list[NumberState] = field(default_factory=list[NumberState])
    of_token: TokenState = field(default_factory=TokenState)
    more_tokens: dict[str, TokenState] = field(default_factory=dict[str, TokenState])
    """Others that somebody might type: the dashboard's own, one that has expired."""
    app: AppState = field(default_factory=AppState)
    others: dict[str, str] = field(default_factory=dict[str, str])
    pin: str = ""
    """The number's two-step PIN; empty until the first registration sets it."""
    wrong_pins: int = 0

    def add_routes(self, app: QuartTrio, check_caller: CheckCaller, *, with_nodes: bool = True) -> None:
        """Add the desk to an emulator's app; without `with_nodes` the app reads nodes itself, by `node`."""

        def add(path: str, method: str, answer: Callable[..., Awaitable[Json]], check: CheckCaller) -> None:
            async def view(version: str, **ids: str) -> Response:
                try:
                    check(version)
                    return _json(await answer(**ids))
                except Refusal as refusal:
                    return _json(refusal.answer(), refusal.status)

            app.add_url_rule(f"/<version>/{path}", f"setup {method} {path}", view, methods=[method])

        add("debug_token", "GET", self._debug_token, check_caller)
        add("<account>/subscribed_apps", "GET", self._subscribed_apps, check_caller)
        add("<account>/subscribed_apps", "POST", self._subscribe, check_caller)
        add("<account>/subscribed_apps", "DELETE", self._unsubscribe, check_caller)
        add("<account>/phone_numbers", "GET", self._phone_numbers, check_caller)
        add("<number>/register", "POST", self._register, check_caller)
        add("<app_id>/subscriptions", "GET", self._subscriptions, self._check_app)
        if with_nodes:
            add("<node_id>", "GET", self._node, check_caller)

    # --- the token -----------------------------------------------------------------------------------

    def find_token(self, given: str) -> TokenState | None:
        """Return how a token is, or None for one that nobody made."""
        known = {self.token: self.of_token, **self.more_tokens}
        return next(
            (state for token, state in known.items() if hmac.compare_digest(given.encode(), token.encode())), None
        )

    async def _debug_token(self) -> Json:
        asked = request.args.get("input_token", "")
        if not self.of_token.is_told:
            raise Refusal(100, "You must provide an app access token, or a user access token of a developer of the app")
        if (state := self.find_token(asked)) is None:
            return {"data": {"is_valid": False, "scopes": [], "error": {"code": 190, "message": "Malformed token"}}}
        told: Json = {
            "app_id": self.app.id,
            "type": state.kind,
            "application": self.app.name,
            "expires_at": int(state.expires_at.timestamp()) if state.expires_at else 0,
            "is_valid": state.is_valid,
            "scopes": list(state.scopes),
            "granular_scopes": [{"scope": scope, "target_ids": [self.waba_id]} for scope in state.scopes],
        }
        return {"data": {**told, "error": {"code": 190, "message": state.problem}} if state.problem else told}

    # --- the account ---------------------------------------------------------------------------------

    async def _subscribed_apps(self, account: str) -> Json:
        self._check_account(account)
        ours = {"override_callback_uri": self.app.override} if self.app.override else {}
        rows = [{**_app_row(self.app.id, self.app.name), **ours}] if self.app.subscribed else []
        return {"data": [*rows, *(_app_row(app_id, name) for app_id, name in self.others.items())]}

    async def _subscribe(self, account: str) -> Json:
        self._check_account(account)
        asked = _read_json(await request.get_data(as_text=False))
        check_keys(asked, "request", may=("override_callback_uri", "verify_token"))
        self.app.override = str(asked.get("override_callback_uri", ""))
        if len(self.app.override) > 200:
            raise Refusal(100, "Param override_callback_uri must be at most 200 characters long.")
        self.app.subscribed = True
        return {"success": True}

    async def _unsubscribe(self, account: str) -> Json:
        self._check_account(account)
        self.app.subscribed = False
        return {"success": True}

    async def _phone_numbers(self, account: str) -> Json:
        self._check_account(account)
        return {"data": [_chosen(each.fields()) for each in (self.number, *self.more_numbers)]}

    def _check_account(self, account: str) -> None:
        self._check_scope(MANAGEMENT)
        if account != self.waba_id:
            raise _no_object(account)

    def _check_scope(self, scope: str) -> None:
        if scope not in self.of_token.scopes:
            raise Refusal(200, f"You do not have the necessary permission: {scope}", status=403)

    # --- numbers and apps ----------------------------------------------------------------------------

    def node(self, node_id: str) -> Json | None:
        """Return what is asked of a number (or of the account), or None for an object that is not the desk's."""
        for number in (self.number, *self.more_numbers):
            if node_id == number.id:
                return _chosen(number.fields())
        if node_id == self.waba_id:
            return _chosen({"id": node_id, "name": self.app.name}, kind="WhatsAppBusinessAccount", usual="id,name")
        return None

    async def _node(self, node_id: str) -> Json:
        if (found := self.node(node_id)) is None:
            raise _no_object(node_id)
        return found

    async def _register(self, number: str) -> Json:
        self._check_scope(MESSAGING)
        if number != self.number.id:
            raise _no_object(number)
        asked = _read_json(await request.get_data(as_text=False))
        check_keys(asked, "request", need=("messaging_product", "pin"), may=("data_localization_region",))
        pin = asked["pin"]
        if not (isinstance(pin, str) and len(pin) == 6 and pin.isascii() and pin.isdigit()):
            raise Refusal(100, "Param pin must be 6 characters long.")
        if self.wrong_pins >= PIN_TRIES:
            raise Refusal(133016, "Account registration deregistration rate limit exceeded")
        if self.pin and pin != self.pin:
            self.wrong_pins += 1
            raise Refusal(133005, "Two step verification PIN mismatch")
        self.pin, self.number.registered = pin, True
        return {"success": True}

    def _check_app(self, _version: str) -> None:
        """Let in only the app itself, by its id and secret."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), f"{self.app.id}|{self.app_secret}".encode()):
            raise Refusal(15, "This method must be called with an app access_token.")

    async def _subscriptions(self, app_id: str) -> Json:
        if app_id != self.app.id:
            raise _no_object(app_id)
        if not self.app.callback_url:
            return {"data": []}
        row: Json = {"object": "whatsapp_business_account", "callback_url": self.app.callback_url, "active": True}
        return {"data": [{**row, "fields": [{"name": name, "version": "v26.0"} for name in self.app.fields]}]}


def _chosen(known: Json, *, kind: str = "WhatsAppBusinessPhoneNumber", usual: str = USUAL) -> Json:
    """Return the fields that were asked for; one that this kind of object does not have is an error."""
    wanted = request.args.get("fields", usual).split(",")
    for name in wanted:
        if name not in known:
            raise Refusal(100, f"Tried accessing nonexisting field ({name}) on node type ({kind})")
    return {"id": known["id"], **{name: known[name] for name in wanted}}


def _no_object(node_id: str) -> Refusal:
    return Refusal(
        100,
        f"Unsupported get request. Object with ID '{node_id}' does not exist, cannot be loaded due to missing"
        " permissions, or does not support this operation",
        subcode=33,
    )


def _app_row(app_id: str, name: str) -> Json:
    return {
        "whatsapp_business_api_data": {"id": app_id, "name": name, "link": f"https://www.facebook.com/?app={app_id}"}
    }


def _read_json(body: str | bytes) -> Json:
    try:
        asked: Any = json.loads(body or b"{}")
    except ValueError as error:
        raise Refusal(100, "The request is not JSON.") from error
    if not isinstance(asked, dict):
        raise Refusal(100, "The request is not a JSON object.")
    return cast(Json, asked)


def _json(answer: Json, status: int = 200) -> Response:
    return Response(json.dumps(answer), status, content_type="application/json")

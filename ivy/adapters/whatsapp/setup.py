"""What Meta knows of us: the token, the number, and where webhooks go; and the two steps that can be done from here.

May import: ports and below. Sources: Cloud API "Get started", "Business phone numbers", "Webhooks"; Graph API "Debug
token", "App subscriptions".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from ivy.adapters.lenient import Object, as_object, ident, objects, whole_number, word
from ivy.adapters.whatsapp.graph import Graph, check_done, read

MESSAGING, MANAGEMENT = "whatsapp_business_messaging", "whatsapp_business_management"
SCOPES = (MESSAGING, MANAGEMENT)
"""What a token needs: the first to send and receive, the second for everything about the account."""
ACCOUNT_OBJECT = "whatsapp_business_account"
_NUMBER = (
    "display_phone_number,verified_name,quality_rating,name_status,throughput,health_status,"
    "whatsapp_business_manager_messaging_limit"
)
_REGISTRATION = "status,platform_type,code_verification_status"


@dataclass(frozen=True)
class TokenFacts:
    """What Meta says of a token. `accounts` are the WhatsApp accounts it was made for, if it says so."""

    is_valid: bool
    problem: str
    app_id: str
    app: str
    scopes: frozenset[str]
    accounts: tuple[str, ...]
    expires_at: datetime | None
    """None: never."""


@dataclass(frozen=True)
class Number:
    """A business number; words are Meta's own, and empty where it says nothing."""

    id: str
    phone: str
    """As Meta writes it, such as +57 300 1112233."""
    name: str
    quality: str = ""
    name_status: str = ""
    throughput: str = ""
    limit: str = ""
    """How many people a day may be written to first, such as TIER_250."""
    can_send: str = ""
    """AVAILABLE, LIMITED or BLOCKED."""
    reasons: tuple[str, ...] = ()
    """Why sending is not AVAILABLE, each with Meta's own mend."""


@dataclass(frozen=True)
class Registration:
    """Whether a number is on the Cloud API: CONNECTED, on CLOUD_API, VERIFIED."""

    status: str
    platform: str
    verification: str


@dataclass(frozen=True)
class SubscribedApp:
    """An app that gets the account's webhooks; `override` is an address other than its own."""

    app_id: str
    name: str
    override: str = ""


@dataclass(frozen=True)
class AppWebhook:
    """Where an app gets webhooks, and of which fields."""

    url: str
    active: bool
    fields: frozenset[str]


class Setup:
    """One number and its account, asked about. Each method raises what `Graph` does; deadlines are the caller's."""

    def __init__(self, graph: Graph, phone_number_id: str, waba_id: str) -> None:
        self._graph = graph
        self._phone_number_id = phone_number_id
        self._waba_id = waba_id

    async def inspect(self, token: str) -> TokenFacts:
        """Ask about a token, by itself: nobody else may."""
        told = as_object((await self._get("debug_token", input_token=token)).get("data"))
        until = whole_number(told, "expires_at")
        return TokenFacts(
            is_valid=told.get("is_valid") is True,
            problem=word(as_object(told.get("error")), "message"),
            app_id=ident(told, "app_id"),
            app=word(told, "application"),
            scopes=frozenset(_words(told, "scopes")),
            accounts=tuple(
                target
                for grant in objects(told, "granular_scopes")
                if word(grant, "scope") == MANAGEMENT
                for target in _words(grant, "target_ids")
            ),
            expires_at=datetime.fromtimestamp(until, UTC) if 0 < until < 2**40 else None,
        )

    async def number(self) -> Number:
        """Ask about our number."""
        return _number(await self._get(self._phone_number_id, fields=_NUMBER))

    async def registration(self) -> Registration:
        """Ask whether our number is registered."""
        told = await self._get(self._phone_number_id, fields=_REGISTRATION)
        return Registration(word(told, "status"), word(told, "platform_type"), word(told, "code_verification_status"))

    async def numbers(self) -> tuple[Number, ...]:
        """List the account's numbers."""
        fields = {"fields": "id,display_phone_number,verified_name"}
        listed = await self._graph.get_list(f"{self._waba_id}/phone_numbers", fields, dict[str, Any])
        return tuple(map(_number, listed))

    async def register(self, pin: str) -> None:
        """Put our number on the Cloud API; `pin` is its six digits of two-step verification. At most 10 tries in 72 h."""
        request = {"messaging_product": "whatsapp", "pin": pin}
        check_done(await self._graph.post_json(f"{self._phone_number_id}/register", request))

    async def subscribed_apps(self) -> tuple[SubscribedApp, ...]:
        """List the apps that get the account's webhooks."""
        told = await self._get(f"{self._waba_id}/subscribed_apps")
        return tuple(map(_subscribed, objects(told, "data")))

    async def subscribe(self) -> None:
        """Let the token's app get the account's webhooks; doing it twice changes nothing."""
        check_done(await self._graph.post_json(f"{self._waba_id}/subscribed_apps", {}))

    async def unsubscribe(self) -> None:
        check_done(await self._graph.delete(f"{self._waba_id}/subscribed_apps"))

    async def _get(self, path: str, **params: str) -> Object:
        return read(await self._graph.get(path, params), dict[str, Any])


async def webhook_of(app: Graph, app_id: str) -> AppWebhook | None:
    """Return where an app gets webhooks of WhatsApp, or None if nowhere. `app` has the app's own token (id|secret)."""
    told = read(await app.get(f"{app_id}/subscriptions"), dict[str, Any])
    for row in objects(told, "data"):
        if word(row, "object") == ACCOUNT_OBJECT:
            names = frozenset(word(field, "name") for field in objects(row, "fields")) | frozenset(
                _words(row, "fields")
            )
            return AppWebhook(word(row, "callback_url"), row.get("active") is not False, names - {""})
    return None


# --- as Meta writes it -------------------------------------------------------------------------------


def _number(told: Mapping[str, Any]) -> Number:
    health = as_object(told.get("health_status"))
    return Number(
        id=ident(told, "id"),
        phone=word(told, "display_phone_number"),
        name=word(told, "verified_name"),
        quality=word(told, "quality_rating"),
        name_status=word(told, "name_status"),
        throughput=word(as_object(told.get("throughput")), "level"),
        limit=ident(told, "whatsapp_business_manager_messaging_limit"),
        can_send=word(health, "can_send_message"),
        reasons=tuple(
            reason
            for entity in objects(health, "entities")
            if word(entity, "can_send_message") != "AVAILABLE"
            for reason in _reasons(entity)
        ),
    )


def _reasons(entity: Object) -> list[str]:
    told = [
        ". ".join(filter(None, (word(error, "error_description").rstrip("."), word(error, "possible_solution"))))
        for error in objects(entity, "errors")
    ]
    return [*filter(None, told), *_words(entity, "additional_info")]


def _subscribed(row: Object) -> SubscribedApp:
    app = as_object(row.get("whatsapp_business_api_data"))
    return SubscribedApp(ident(app, "id"), word(app, "name"), word(row, "override_callback_uri"))


def _words(holder: Object, key: str) -> list[str]:
    value = holder.get(key)
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    return [str(each) for each in listed if isinstance(each, str | int) and not isinstance(each, bool)]

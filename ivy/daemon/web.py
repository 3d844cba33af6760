"""The two web apps: the public one that vendors call, and the operator's own on loopback. May import: the agent and below."""

import logging
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from quart import Response, request
from quart.typing import ResponseReturnValue
from quart_trio import QuartTrio

from ivy.daemon import release, webhooks
from ivy.daemon.context import Context
from ivy.domain import public_paths, releases
from ivy.ports import Channel, FormKeys, Voice
from ivy.store import blocked, jobs, people, upkeep
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.scope import within

if TYPE_CHECKING:
    from ivy.daemon.call_endpoint import CallEndpoint
    from ivy.daemon.flow_endpoint import FlowEndpoint

LEAST_DISK = 512 * 1024 * 1024
MOST_WAITING = 10_000
OLDEST_BEAT = 10.0


@dataclass
class Health:
    """What the probes look at. `draining` is set when the daemon begins to stop."""

    draining: bool = False
    working: bool = True
    """False from the moment when it listens until its tasks run."""
    refused: Counter[str] = field(default_factory=Counter[str])


def _bare_app(name: str) -> QuartTrio:
    app = QuartTrio(name)
    app.config["MAX_CONTENT_LENGTH"] = webhooks.LARGEST_BODY
    app.config["BODY_TIMEOUT"] = webhooks.BODY_SECONDS
    logging.getLogger(name).propagate = True

    @app.errorhandler(Exception)
    async def _last_resort(error: Exception) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        code = getattr(error, "code", None)
        if isinstance(code, int):
            return "", code
        app.logger.exception("a request failed", exc_info=error)
        return "", 500

    @app.after_request
    async def _guard(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        for name, value in webhooks.GUARDS.items():  # a page may have said better
            response.headers.setdefault(name, value)
        return response

    return app


def public_app(context: Context, health: Health) -> QuartTrio:
    """Return the app on the public listener."""
    app = _bare_app("ivy.daemon.public")
    signed: dict[str, Channel | Voice] = {}
    if channel := context.channels.get("whatsapp"):
        app.register_blueprint(webhooks.whatsapp_routes(channel, health.refused))
        signed[public_paths.WHATSAPP] = channel
        if context.form_keys is not None:
            _add_flows(app, context, channel, context.form_keys)
    if sms := context.channels.get("sms"):
        signed[public_paths.SMS] = sms
    if context.voice is not None:
        signed[public_paths.RETELL] = context.voice
        _add_calls(app, context, context.voice)
    if "mail" in context.channels:
        _add_unsubscribe(app, context)
    _add_site(app, context)
    edge = webhooks.Edge(app.asgi_app, context, signed, health.refused, kept={public_paths.SMS: 204})
    app.asgi_app = edge  # pyright: ignore[reportAttributeAccessIssue] - as Quart's manual puts middleware in

    @app.get("/")
    async def _home() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        return Response("Ivy is here.\n", mimetype="text/plain")

    return app


def _add_flows(app: QuartTrio, context: Context, channel: Channel, keys: FormKeys) -> None:
    """Add the route that phones ask while somebody fills in a form. What it needs is imported when the first one asks."""

    @cache
    def endpoint() -> "FlowEndpoint":
        from ivy.daemon import flow_endpoint

        return flow_endpoint.of(context, channel, keys)

    @app.post(public_paths.FLOWS)
    async def _flows() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        headers, repeated = webhooks.headers_of(request.scope)  # pyright: ignore[reportArgumentType]
        status, answer, mime = await endpoint().answer(body, headers, repeated=repeated)
        return Response(answer, status, content_type=mime)


def _add_calls(app: QuartTrio, context: Context, voice: Voice) -> None:
    """Add the routes that are asked while a call goes on, or rings. What they need is imported when the first is asked."""

    @cache
    def endpoint() -> "CallEndpoint":
        from ivy.daemon.call_endpoint import CallEndpoint

        return CallEndpoint(context, voice)

    async def body_of() -> tuple[bytes, dict[str, str], frozenset[str]]:
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        return body, *webhooks.headers_of(request.scope)  # pyright: ignore[reportArgumentType]

    @app.post(f"{public_paths.FUNCTIONS}/<name>")
    async def _function(name: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        status, answer = await endpoint().function(name, *await body_of())
        return Response(answer, status, mimetype="application/json")

    @app.post(public_paths.RINGING)
    async def _ringing() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        status, answer = await endpoint().ringing(*await body_of())
        return Response(answer, status, mimetype="application/json")


def _add_site(app: QuartTrio, context: Context) -> None:
    """Add the pages that say who runs this Ivy. What they need is imported when somebody opens one."""

    @app.get(public_paths.PRIVACY)
    async def _privacy() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        from ivy.daemon.pages import site

        return site.answer("privacy", context.config, context.site_texts)

    @app.get(public_paths.TERMS)
    async def _terms() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        from ivy.daemon.pages import site

        return site.answer("terms", context.config, context.site_texts)


def _add_unsubscribe(app: QuartTrio, context: Context) -> None:
    from ivy.daemon.pages.unsubscribe import unsubscribe_routes
    from ivy.domain.actions import secrets_of

    async def unsubscribe(user_id: str) -> None:
        await context.store.write(_no_more_mail, user_id, context)

    app.register_blueprint(unsubscribe_routes(secrets_of(context.config.store.seal_key.reveal()), unsubscribe))


def _no_more_mail(connection: Connection, user_id: str, context: Context) -> None:
    to = people.address(within(connection, user_id), "mail").external_id
    if to:
        blocked.block(connection, "mail", to, "they unsubscribed", now=context.clock.now())


def ops_app(context: Context, health: Health) -> QuartTrio:
    """Return the app for the operator's monitoring: never on a public address."""
    app = _bare_app("ivy.daemon.ops")
    name = release.name_in(Path(sys.prefix))

    @app.after_request
    async def _say_which(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        response.headers[releases.HEADER] = name
        return response

    @app.get("/livez")
    async def _livez() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        beat = time.monotonic() - context.store.beat
        return _answer([] if beat < OLDEST_BEAT else [f"the writer last committed {beat:.0f} s ago"])

    @app.get("/readyz")
    async def _readyz() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        return _answer(await problems(context.store, health))

    @app.get(public_paths.REFUSED)
    async def _refused() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        return dict(health.refused)

    return app


def _answer(wrong: list[str]) -> ResponseReturnValue:
    text = "".join(f"{each}\n" for each in wrong) or "ok\n"
    return Response(text, 503 if wrong else 200, mimetype="text/plain")


async def problems(store: Store, health: Health, *, disk: Callable[[str], int] | None = None) -> list[str]:
    """Return why no work should be sent here, in plain words; nothing when all is well."""
    wrong = ["the daemon is stopping"] if health.draining else []
    if not health.working:
        wrong.append("the daemon keeps what comes, and does not work yet")
    free = (disk or _free_disk)(str(store.path.parent))
    if free < LEAST_DISK:
        wrong.append(f"only {free // 2**20} MB of disk are free")
    began = time.monotonic()
    waiting = await store.read(jobs.waiting)
    if waiting > MOST_WAITING:
        wrong.append(f"{waiting} jobs wait")
    await store.write(upkeep.ping)
    if (took := time.monotonic() - began) > 1:
        wrong.append(f"a commit took {took:.1f} s")
    return wrong


def _free_disk(folder: str) -> int:
    return shutil.disk_usage(folder).free

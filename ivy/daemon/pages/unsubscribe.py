"""The page behind the link in every mail: a button, or a mail program's one click, ends them. May import: the store and below.

Scanners and previews open links, so opening it changes nothing; only a POST does, and doing it twice does it once.
Source: RFC 8058: the program's POST has no cookie, may be a form of either kind, and follows no redirect.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from quart import Blueprint, Response, request
from quart.typing import ResponseReturnValue

from ivy import log
from ivy.daemon.pages.frame import language_of, page
from ivy.daemon.webhooks import GUARDS, RETRY_AFTER
from ivy.domain.unsubscribe import EVERYTHING, Subscription, read
from ivy.errors import StoreBusy
from ivy.store.binding import Error as DatabaseError

logger = log.get(__name__)
PATH = "/me/unsubscribe/"
CHANNEL = "mail"
_FIELD, _VALUE = "List-Unsubscribe", "One-Click"


@dataclass(frozen=True)
class Words:
    """A page in one language: a title, and what stands under it."""

    title: str
    paragraphs: tuple[str, ...]
    button: str = ""


ASK = {
    "en": Words(
        "No more mail from Ivy?",
        ("One tap and Ivy stops writing to this address.", "Chat and calls stay as they are."),
        "Stop the mail",
    ),
    "es": Words(
        "¿No más correos de Ivy?",
        ("Con un toque, Ivy deja de escribir a esta dirección.", "El chat y las llamadas siguen igual."),
        "Parar los correos",
    ),
}
DONE = {
    "en": Words(
        "Done, no more mail",
        ("Ivy will not write to this address any more.", "Changed your mind? Tell Ivy in your chat."),
    ),
    "es": Words(
        "Listo, no más correos",
        ("Ivy ya no escribirá a esta dirección.", "Para volver a recibirlos basta con decirlo a Ivy en el chat."),
    ),
}
UNKNOWN = {
    "en": Words(
        "This link does not work",
        ("It may be cut off, or too old.", "Open it again from your latest mail, or tell Ivy in your chat."),
    ),
    "es": Words(
        "Este enlace no funciona",
        (
            "Puede estar cortado o ser muy antiguo.",
            "El del último correo sí sirve, o basta con decirlo a Ivy en el chat.",
        ),
    ),
}
BUSY = {
    "en": Words("Not just now", ("Nothing was changed yet.", "Please go back and try again in a minute.")),
    "es": Words("Ahora mismo no", ("Todavía no cambió nada.", "En un minuto se puede intentar otra vez.")),
}


def unsubscribe_routes(secrets: Sequence[bytes], unsubscribe: Callable[[str], Awaitable[None]]) -> Blueprint:
    """Return the routes of the page. `unsubscribe` ends the mails of a user id, again and again without harm.

    It returns quietly for somebody who is not known any more.
    """
    routes = Blueprint("unsubscribe", __name__)

    @routes.get(f"{PATH}<token>")
    async def ask(token: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        return _show(UNKNOWN, 404) if _subscription(secrets, token) is None else _show(ASK)

    @routes.post(f"{PATH}<token>")
    async def act(token: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        subscription = _subscription(secrets, token)
        if subscription is None:
            return _show(UNKNOWN, 404)
        if not await _was_clicked():
            return _show(ASK, 400)
        try:
            await unsubscribe(subscription.user_id)
        except (StoreBusy, DatabaseError) as error:
            logger.error("somebody could not be unsubscribed just now: %s", error)
            response = _show(BUSY, 503)
            response.headers["Retry-After"] = RETRY_AFTER
            return response
        logger.info("user %s ended their mails", subscription.user_id)
        return _show(DONE)

    return routes


def _subscription(secrets: Sequence[bytes], token: str) -> Subscription | None:
    found = read(secrets, token)
    return found if found is not None and (found.channel, found.purpose) == (CHANNEL, EVERYTHING) else None


async def _was_clicked() -> bool:
    form = cast("Mapping[str, str]", await request.form)
    return form.get(_FIELD) == _VALUE


def _show(words: dict[str, Words], status: int = 200) -> Response:
    language = language_of(request.headers.get("Accept-Language", ""))
    shown = words[language]
    form = ""
    if shown.button:
        # Sent to the address it came from, in the words of a mail program's own click.
        form = f'<form method="post"><button name="{_FIELD}" value="{_VALUE}">{shown.button}</button></form>'
    response = page(language, shown.title, shown.paragraphs, form=form, status=status)
    for name, value in GUARDS.items():  # the page's own policy, which allows its style, is stricter in all else
        response.headers.setdefault(name, value)
    return response

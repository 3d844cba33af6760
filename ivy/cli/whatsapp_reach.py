"""Our side of `ivy whatsapp probe`: the daemon, the public address, the handshake, a signed probe, a real message.

May import: findings, frame, the adapters, the store. Everything goes the way that Meta's own webhooks go.
"""

import ipaddress
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import trio

from ivy.adapters.whatsapp import signature, webhook
from ivy.adapters.whatsapp.errors import VENDOR
from ivy.cli import frame
from ivy.cli.findings import Finding, look, missing, ok
from ivy.cli.tls_look import RENEW
from ivy.cli.whatsapp_walk import Walk
from ivy.domain.inbound import PersonMessage
from ivy.domain.public_paths import WHATSAPP
from ivy.errors import StoreError, Unreadable
from ivy.store import arrivals, inbox
from ivy.store.arrivals import Kept
from ivy.store.sealing import Sealer

if TYPE_CHECKING:
    import httpx2

ANSWER_SECONDS, KEPT_SECONDS, LOOK_EVERY = 20.0, 10.0, 0.25
PROBE_FIELD = "ivy_probe"
"""No field of Meta's: what is kept of it is a notice, and nobody is answered."""
RESTART = "restart `ivy daemon`: it reads its files when it starts"
UNCHANGED = "let the proxy pass the body byte for byte, and the header X-Hub-Signature-256 with it"
_CERTIFICATES = (
    ("expired", "has expired", RENEW),
    (
        "not valid for",
        "is of another name",
        "let the proxy get one for this name, or set server.public_url to its name",
    ),
)
"""How OpenSSL says what is wrong with a certificate, and what that means."""
_NOT_TRUSTED = ("", "is not trusted", "let the proxy serve one of a public authority, with its whole chain")
PROXY = "see that the proxy passes /api/whatsapp/webhook on to server.host and server.port, path and query unchanged"


async def daemon(walk: Walk) -> list[Finding]:
    """Look whether there is a database and a daemon on it: what follows needs both."""
    try:
        frame.check_database(walk.where.database)
    except StoreError as error:
        return [missing("database", str(error), "ivy migrate")]
    if not frame.daemon_is_running(walk.where):
        return [missing("daemon", "it is not running: nobody would take a webhook", "ivy daemon, and then this again")]
    return [ok("daemon", f"runs on {walk.where.database}")]


# --- the public address ------------------------------------------------------------------------------


async def address(walk: Walk) -> list[Finding]:
    """Resolve the public address and knock at it, over TLS if it is Meta's to reach."""
    url = walk.where.config.server.public_url
    host = urlsplit(url).hostname or ""
    named = walk.is_official or url.startswith("https")
    if named and (wrong := await wrong_host(host, anywhere=not walk.is_official)):
        return [_unreached(wrong, f"let {host} lead to this machine's public address")]
    answer = await call(walk, "GET", url)
    if isinstance(answer, Finding):
        return [answer]
    if answer.is_redirect:
        to = answer.headers.get("location", "elsewhere")
        told = f"{url} leads on to {to}; Meta does not follow"
        return [_unreached(told, "set server.public_url to where it ends")]
    if answer.status_code >= 500:
        told = f"the proxy at {url} answers {answer.status_code}: it finds no daemon behind it"
        return [_unreached(told, PROXY)]
    return [ok("public address", f"{url} answers{' over TLS' if url.startswith('https') else ''}")]


async def wrong_host(host: str, *, anywhere: bool = False) -> str:
    """Return why Meta could not reach a host, or "". `anywhere`: an emulated one may stand on this machine."""
    try:
        found = await trio.socket.getaddrinfo(host, 443)
    except (OSError, UnicodeError):
        return f"{host} has no address"
    addresses = {ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found}
    if not anywhere and not any(each.is_global for each in addresses):
        return f"{host} is {', '.join(sorted(map(str, addresses)))}, which is not on the internet"
    return ""


async def call(
    walk: Walk,
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> "httpx2.Response | Finding":
    """Return what the public address answers, or the finding that it does not."""
    import httpx2

    try:
        with trio.fail_after(ANSWER_SECONDS):
            return await walk.public.request(method, url, content=body or None, headers=headers, params=query)
    except trio.TooSlowError:
        return _unreached(f"{url} does not answer in {ANSWER_SECONDS:.0f} s", "open its port in the firewall")
    except httpx2.InvalidURL:
        return _unreached(f"{url} is no web address", "set server.public_url")
    except httpx2.HTTPError as error:
        if "certificate" in (said := _in_full(error)):
            reasons = (each for each in _CERTIFICATES if each[0] in said)
            _said, why, mend = next(reasons, _NOT_TRUSTED)
            return _unreached(f"{url} has a certificate that {why}", mend)
        return _unreached(f"{url} cannot be reached ({type(error).__name__})", "start the proxy, and open its port")


def _in_full(error: BaseException | None) -> str:
    """Return what an error says and what it came from: the client's own, on trio, says nothing of certificates."""
    said: list[str] = []
    while error is not None:
        said.append(str(error).lower())
        error = error.__cause__ or error.__context__
    return " ".join(said)


def _unreached(found: str, mend: str) -> Finding:
    return missing("public address", found, mend)


async def handshake(walk: Walk) -> list[Finding]:
    """Greet our webhook as Meta does when its form is saved."""
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": walk.section.verify_token.reveal(),
        "hub.challenge": walk.nonce,
    }
    answer = await call(walk, "GET", walk.webhook, query=query)
    if isinstance(answer, Finding):
        return [answer]
    match answer.status_code:
        case 200 if answer.text == walk.nonce:
            return [ok("handshake", f"{walk.webhook} knows our verify token")]
        case 200:
            return [missing("handshake", f"something else than Ivy answers at {walk.webhook}", PROXY)]
        case 403:
            told = "the daemon has another verify token than the file of whatsapp.verify_token_file"
            return [missing("handshake", told, RESTART)]
        case 404 | 405:
            return [missing("handshake", f"{walk.webhook} is not Ivy's ({answer.status_code})", PROXY)]
        case status:
            return [missing("handshake", f"{walk.webhook} answers {status}", PROXY)]


# --- a signed probe ----------------------------------------------------------------------------------


async def signed_probe(walk: Walk) -> list[Finding]:
    """Post a webhook with our own signature through the public address, and see it in the database."""
    body = probe_body(walk)
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature.sign(body, walk.secrets[0])}
    answer = await call(walk, "POST", walk.webhook, body=body, headers=headers)
    if isinstance(answer, Finding):
        return [answer]
    if answer.status_code == 401:
        return [await _whose_fault(walk, body, headers)]
    if answer.status_code != 200:
        return [missing("signed probe", f"{walk.webhook} answers {answer.status_code}", PROXY)]
    if not await _is_kept(walk, body):
        told = "it was taken, and is not in this database: the address leads to another Ivy"
        return [missing("signed probe", told, "let the address lead to this machine, or use that one's configuration")]
    return [ok("signed probe", "taken, checked and kept")]


async def _whose_fault(walk: Walk, body: bytes, headers: dict[str, str]) -> Finding:
    """Say why a signature was refused: asked without the proxy between, the daemon knows it, or does not."""
    server = walk.where.config.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    direct = await call(walk, "POST", f"http://{host}:{server.port}{WHATSAPP}", body=body, headers=headers)
    if not isinstance(direct, Finding) and direct.status_code == 200:
        told = "the daemon takes our signature, but not through the proxy: it changes the body, or drops a header"
        return missing("signed probe", told, UNCHANGED)
    told = "the daemon refuses our signature: it has another app secret than the file of whatsapp.app_secrets_file"
    return missing("signed probe", told, RESTART)


def probe_body(walk: Walk) -> bytes:
    """Return a well-formed webhook that means nothing: its field is nobody's."""
    change = {"field": PROBE_FIELD, "value": {"nonce": walk.nonce}}
    entry = {"id": walk.account, "time": int(walk.now().timestamp()), "changes": [change]}
    return msgspec.json.encode({"object": webhook.OBJECT, "entry": [entry]})


async def _is_kept(walk: Walk, body: bytes) -> bool:
    with trio.move_on_after(KEPT_SECONDS):
        while True:
            with frame.look_into(walk.where.database) as connection:
                if arrivals.is_kept(connection, VENDOR, body):
                    return True
            await trio.sleep(LOOK_EVERY)
    return False


# --- a real message ----------------------------------------------------------------------------------


async def real_message(walk: Walk) -> list[Finding]:
    """Wait for somebody to write: only that shows that Meta itself delivers."""
    seconds = walk.wishes.wait
    if seconds <= 0:
        return [look("real message", "not waited for", "ivy whatsapp probe --wait 120, and write to the number")]
    sealer = Sealer(walk.where.config.store.seal_key.reveal().split())
    with frame.look_into(walk.where.database) as connection:
        position = arrivals.last_position(connection)
    walk.say(f"Write anything to {walk.phone or 'the number'} now, from any phone; waiting {seconds:.0f} s.")
    started = walk.now()
    with trio.move_on_after(seconds):
        while True:
            with frame.look_into(walk.where.database) as connection:
                new = arrivals.after(connection, VENDOR, position)
            if any(_holds_message(walk, sealer, kept) for kept in new):
                return [ok("real message", f"arrived from Meta after {_seconds(walk.now() - started)}")]
            position = max([position, *(kept.position for kept in new)])
            await trio.sleep(LOOK_EVERY)
    mend = "Meta's app must be Live (switch above its dashboard), and the form's field messages subscribed"
    return [missing("real message", f"none came in {seconds:.0f} s", mend)]


def _holds_message(walk: Walk, sealer: Sealer, kept: Kept) -> bool:
    """Say whether a webhook has a message of a person to our number; statuses and notices do not count."""
    if not kept.sealed:
        return False
    try:
        body = sealer.open(kept.sealed, inbox.place(kept.id))
        events = webhook.parse(body, phone_number_id=walk.section.phone_number_id)
    except (StoreError, Unreadable):
        return False
    return any(isinstance(event, PersonMessage) for event in events)


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.0f} s"

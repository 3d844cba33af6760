"""A look at the certificate that an address shows: until when it is good, or why nobody trusts it. May import: trio, findings."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import trio

from ivy.cli.findings import Finding, look, missing, not_needed, ok

SECONDS = 10.0
EXPIRED = 10
"""OpenSSL's code of a certificate whose time is over."""
SOON = timedelta(days=14)
"""Whoever renews by themselves has done it by then: Caddy with 30 days left, certbot too."""
RENEW = "see why the proxy does not renew it: Caddy's log, or `certbot renew`"


class Untrusted(Exception):
    """Nobody would trust what is shown there; the text says why."""


async def ends_at(host: str, port: int = 443, *, context: ssl.SSLContext | None = None) -> datetime:
    """Return until when the certificate of a host is good. Raises: Untrusted, OSError, trio.TooSlowError."""
    with trio.fail_after(SECONDS):
        stream = await trio.open_ssl_over_tcp_stream(host, port, ssl_context=context or ssl.create_default_context())
        try:
            await stream.do_handshake()
            told: Mapping[str, Any] = stream.getpeercert() or {}
        except trio.BrokenResourceError as error:
            raise _why(error) from error
        finally:
            await trio.aclose_forcefully(stream)
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)


def _why(error: trio.BrokenResourceError) -> Exception:
    match error.__cause__:
        case ssl.SSLCertVerificationError(verify_code=code, verify_message=reason):
            return Untrusted("it has expired" if code == EXPIRED else reason)
        case ssl.SSLError() as cause:
            return Untrusted(f"there is no TLS: {cause.reason or cause}")
        case cause:
            return OSError(str(cause or error))


async def tls(url: str, now: datetime, *, context: ssl.SSLContext | None = None) -> Finding:
    """Say how many days the certificate at an https address is good for."""
    parts = urlsplit(url)
    host, what = parts.hostname or "", "TLS"
    if parts.scheme != "https":
        return not_needed(what, f"{url} is not https")
    try:
        end = await ends_at(host, parts.port or 443, context=context)
    except Untrusted as error:
        mend = "let the proxy serve a certificate of a public authority, with its whole chain"
        return missing(what, f"nobody trusts the certificate of {host}: {error}", mend)
    except trio.TooSlowError:
        return missing(what, f"{host} does not answer in {SECONDS:.0f} s", "open port 443 in the firewall")
    except (OSError, UnicodeError) as error:
        return missing(what, f"{host} cannot be reached: {error}", "start the proxy, and open port 443 in the firewall")
    found = f"valid {days_left(end, now)} days, until {end:%Y-%m-%d}"
    return look(what, found, RENEW) if end - now < SOON else ok(what, found)


def days_left(end: datetime, now: datetime) -> int:
    return max(0, (end - now).days)

"""What every page looks like: one card, no script, nothing from elsewhere. May import: the standard library, quart."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from quart import Response

LANGUAGES = ("en", "es")

_STYLE = """
:root{color-scheme:light dark;--ground:#f3f6f1;--card:#fff;--ink:#1d2a20;--quiet:#55635a;--line:#dfe6dc;--leaf:#2f6b3f;
--on-leaf:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#121713;--card:#1b221d;--ink:#e9f0ea;--quiet:#a7b5ab;--line:#2e3931;
--leaf:#8fd19e;--on-leaf:#0e2214}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);
color:var(--ink);font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:27rem;padding:2.25rem 2rem;background:var(--card);border:1px solid var(--line);
border-radius:1.25rem;text-align:center}
svg{width:3rem;height:3rem;fill:var(--leaf)}
h1{margin:.75rem 0 .5rem;font-size:1.375rem;line-height:1.25;text-wrap:balance}
p{margin:0 0 .75rem;color:var(--quiet);text-wrap:pretty}
form{margin:1.5rem 0 1.25rem}
button{width:100%;min-height:3.25rem;padding:.75rem 1.25rem;border:0;border-radius:.875rem;background:var(--leaf);
color:var(--on-leaf);font:inherit;font-weight:600;cursor:pointer}
button:hover{filter:brightness(1.08)}
button:focus-visible{outline:3px solid var(--leaf);outline-offset:3px}
.small{margin:0;font-size:.9375rem}
""".replace("\n", "")
_LONG_STYLE = (
    _STYLE
    + """
main{max-width:42rem;text-align:left}
h2{margin:2rem 0 .5rem;font-size:1.125rem;line-height:1.3}
ul{margin:0 0 .75rem;padding-left:1.25rem;color:var(--quiet)}
li{margin:0 0 .375rem;text-wrap:pretty}
a{color:var(--leaf)}
a:focus-visible{outline:3px solid var(--leaf);outline-offset:3px}
""".replace("\n", "")
)
_LEAF = (
    '<svg viewBox="0 0 24 24" aria-hidden="true">'
    '<path d="M21 3C10 3 4 8 4 15c0 1.3.2 2.5.7 3.6L3 20.6 4.4 22l1.9-1.9C7.4 20.7 8.7 21 10 21 18 21 21 13 21 3z"/>'
    "</svg>"
)


def _policy(style: str) -> str:
    """Return the Content-Security-Policy of a page: its own style, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


_POLICY, _LONG_POLICY = _policy(_STYLE), _policy(_LONG_STYLE)


@dataclass(frozen=True)
class Part:
    """A part of a long page, as plain text: what stands under its heading, as paragraphs or as a list."""

    heading: str
    lines: Sequence[str]
    listed: bool = False


def long_page(language: str, title: str, parts: Sequence[Part], *, other: tuple[str, str] | None = None) -> Response:
    """Return a page to be read through. `other` is another language that it can be read in: its tag, and its own name."""
    said = "".join(map(_part, parts))
    if other is not None:
        tag, name = other
        said = f'<p><a href="?lang={escape(tag)}" hreflang="{escape(tag)}" lang="{escape(tag)}">{escape(name)}</a></p>{said}'
    html = (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} · Ivy</title><style>{_LONG_STYLE}</style></head>"
        f"<body><main>{_LEAF}<h1>{escape(title)}</h1>{said}</main></body></html>"
    )
    response = Response(html, mimetype="text/html")
    response.headers["Content-Language"] = language
    response.headers["Content-Security-Policy"] = _LONG_POLICY
    response.headers["Vary"] = "Accept-Language"
    return response


def _part(part: Part) -> str:
    heading = f"<h2>{escape(part.heading)}</h2>" if part.heading else ""
    if part.listed:
        return f"{heading}<ul>{''.join(f'<li>{escape(each)}</li>' for each in part.lines)}</ul>"
    return heading + "".join(f"<p>{escape(each)}</p>" for each in part.lines)


def page(language: str, title: str, paragraphs: tuple[str, ...], *, form: str = "", status: int = 200) -> Response:
    """Return a page. Title and paragraphs are plain text; `form` is HTML and stands before the last paragraph."""
    *first, last = (f"<p>{escape(each)}</p>" for each in paragraphs)
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} · Ivy</title><style>{_STYLE}</style></head>"
        f"<body><main>{_LEAF}<h1>{escape(title)}</h1>{''.join(first)}{form}{_small(last)}</main></body></html>"
    )
    response = Response(html, status, mimetype="text/html")
    response.headers["Content-Language"] = language
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def _small(paragraph: str) -> str:
    return paragraph.replace("<p>", '<p class="small">', 1)


def language_of(accepted: str) -> str:
    """Return the language for an Accept-Language header: the best of it that Ivy's pages speak, else English."""
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate(accepted.split(",")[:20]):
        tag, _semicolon, quality = part.strip().partition(";")
        base = tag.strip().split("-")[0].lower()
        if base in LANGUAGES:
            ranked.append((-_quality(quality), position, base))
    wanted = [each for each in sorted(ranked) if each[0] < 0]
    return wanted[0][2] if wanted else LANGUAGES[0]


def _quality(text: str) -> float:
    try:
        return min(float(text.strip().removeprefix("q=")), 1.0) if text.strip() else 1.0
    except ValueError:
        return 0.0

"""What `ivy init` asks, one screen a vendor: what is there is shown, Enter leaves the rest for later.

May import: first_configuration, init_checks, frame. Secrets are made, or asked for, and written to files of their own.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from ivy.cli import frame, ownership
from ivy.cli.first_configuration import FOLDER, ITEMS, LEAD_TIME, SOLO_KEY, SOLO_PHONE, Item, write_private
from ivy.cli.init_checks import Checks, Verdict
from ivy.config import Config, Secret, getattr_path


@dataclass(frozen=True)
class Screen:
    """A vendor's fields, in the order in which each can be looked at by a call. `wish`: asked before, no is Enter."""

    title: str
    keys: tuple[str, ...]
    about: str = ""
    wish: str = ""


SCREENS = (
    Screen(
        "This machine",
        ("store.seal_key_file", "server.public_url", "backup.key_file"),
        "its name on the internet, with a TLS proxy there",
    ),
    Screen(
        "WhatsApp",
        (
            "whatsapp.token_file",
            "whatsapp.app_secrets_file",
            "whatsapp.waba_id",
            "whatsapp.phone_number_id",
            "whatsapp.verify_token_file",
        ),
        f"developers.facebook.com > your app. {LEAD_TIME} A test number works at once",
    ),
    Screen(
        "Models",
        ("models.primary.api_key_file", "models.fallback.api_key_file", "models.cheap.api_key_file"),
        "who answers people; a key takes minutes",
    ),
    Screen(
        "Retell",
        ("voice.api_key_file", "voice.number", "operator.phone"),
        "the check of your identity takes hours to days: begin with it",
        wish="Shall Ivy phone people too? (Retell)",
    ),
    Screen(
        "Twilio",
        ("sms.account_sid", "sms.auth_token_file", "sms.sender"),
        "where reminders go when WhatsApp is closed or fails; a number in the US must be registered, which takes days",
        wish="Shall reminders go by SMS when WhatsApp cannot? (Twilio)",
    ),
    Screen(
        "Mail",
        ("mail.host", "mail.user", "mail.password_file", "mail.sender", "operator.mail"),
        "for alerts to you, and reminders that nothing else carries",
        wish="Shall Ivy mail you when something is wrong? (SMTP)",
    ),
)
SOLO_SCREENS = (
    Screen("This machine", ("store.seal_key_file",)),
    Screen(
        "WhatsApp, for you alone", (SOLO_KEY,), "an agent that you make in your own app and that talks with you alone"
    ),
    Screen(
        "A model", ("models.primary.api_key_file", "models.cheap.api_key_file"), "who answers you; a key takes minutes"
    ),
    Screen("Your number", (SOLO_PHONE,), "WhatsApp tells an agent no numbers"),
)
"""Three questions: there is no address to give, and no account to be approved."""
_BY_KEY = {item.key: item for item in ITEMS}


def collect(
    folder: Path,
    config: Config,
    answers: dict[str, str],
    *,
    make_folder: Callable[[Path], None],
    say: Callable[[str], None] = frame.say,
    check: bool = True,
    begun_only: bool = False,
    screens: Sequence[Screen] = SCREENS,
) -> None:
    """Put into `answers` what belongs into ivy.toml and is not there, by key, one by one: whoever leaves has the rest.

    `check`: vendors are asked about what is typed. `begun_only`: nobody is asked whether they wish for more vendors.
    """
    checks = Checks(config, folder) if check and frame.can_ask() else None
    for screen in screens:
        items = [_BY_KEY[key] for key in screen.keys]
        if _begin(screen, items, config, begun_only=begun_only):
            for item in items:
                if answer := _answer(item, folder, config, checks, make_folder, say):
                    answers[item.key] = answer


def _begin(screen: Screen, items: list[Item], config: Config, *, begun_only: bool) -> bool:
    """Show a screen's head and what of it is there; say whether the rest is to be looked at."""
    asks = [item for item in items if item.question and item.lacks(config)]
    if not frame.can_ask():
        return not screen.wish
    frame.note(f"\n{screen.title}{f': {screen.about}.' if screen.about and asks else ''}")
    there = [item for item in items if not item.lacks(config) and getattr_path(config, item.value_key)]
    for item in there:
        _say_it_is_there(item, config)
    return not screen.wish or bool(there) or (not begun_only and frame.confirm(screen.wish))


def looks_wrong(item: Item, answer: str, config: Config) -> str:
    """Return what is wrong with an answer by its shape, or ""; a key for a server of one's own may have any."""
    own_server = item.vendor and getattr_path(config, item.section).base_url
    return "" if own_server else item.judge(answer)


def variables(item: Item, environment: Mapping[str, str]) -> list[str]:
    """Return the names of the environment variables that set an item."""
    names = (f"IVY_{key.upper().replace('.', '__')}" for key in dict.fromkeys((item.value_key, item.key)))
    return [name for name in names if environment.get(name)]


def _say_it_is_there(item: Item, config: Config) -> None:
    told = f"{item.question or item.key}: {_shown(item, config)}"
    named = variables(item, os.environ)
    if not named:
        frame.note(f"  ✓ {told}")
        return
    place = f"secrets/ and {item.key}" if item.file else f"ivy.toml as {item.key}"
    frame.note(f"  · {told}, by {' and '.join(named)} of this shell alone: a service does not have it")
    frame.note(f"    → put it into {place}, or let the daemon start with the same variable")


def _shown(item: Item, config: Config) -> str:
    value = getattr_path(config, item.value_key)
    return "set" if isinstance(value, Secret) else str(value)


def _answer(
    item: Item,
    folder: Path,
    config: Config,
    checks: Checks | None,
    make_folder: Callable[[Path], None],
    say: Callable[[str], None],
) -> str:
    """Return what ivy.toml is to say of one item, or ""; a secret is in its file then."""
    if not item.lacks(config):
        return ""
    if not item.file:
        return _ask(item, config, checks)
    path = folder / item.path
    if not path.exists():
        value = item.make() if item.make else _ask(item, config, checks)
        if not value:
            return ""
        make_folder(folder / FOLDER)
        with ownership.as_owner_of(path.parent):
            write_private(path, value + "\n")
        say(f"Wrote {path} (only you can read it).")
    elif checks is not None:
        checks.take(item, path.read_text().strip())
    return item.path


def _ask(item: Item, config: Config, checks: Checks | None) -> str:
    """Ask until the answer looks right and its vendor knows it, or is empty; what is typed twice is kept all the same."""
    if not item.question or not frame.can_ask():
        return ""
    learnt = checks.learnt.get(item.key, "") if checks else ""
    frame.note(f"({item.found_at}{'; Enter takes what your token is for' if learnt else ''})")
    refused = ""
    while True:
        answer = _typed(item, learnt)
        wrong = looks_wrong(item, answer, config) if answer else ""
        if wrong:
            frame.note(wrong)
            continue
        if not answer or checks is None:
            return answer
        verdict = Verdict() if answer == refused else checks.judge(item, answer)
        if not verdict.wrong:
            if verdict.told:
                frame.note(f"  {'✓' if verdict.sure else '·'} {verdict.told}")
            checks.take(item, answer)
            return answer
        frame.note(f"  ✗ {verdict.wrong}\n    → {verdict.mend}")
        frame.note("Type another, the same once more to keep it, or Enter for later.")
        refused, learnt = answer, ""


def _typed(item: Item, learnt: str) -> str:
    """Read one line; a secret is not shown while it is typed."""
    typed = typer.prompt(item.question, default=learnt, hide_input=bool(item.file), show_default=bool(learnt), err=True)
    return str(typed).strip()

"""`ivy init`: a configuration that works, secrets that nobody else reads, and nothing that exists rewritten."""

import os
import re
import stat
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from quart import request
from quart_trio import QuartTrio

from ivy import config as configuration
from ivy.adapters.whatsapp.pack import pack
from ivy.cli.first_configuration import ITEMS, text_of
from ivy.cli.missing_lines import lines_to_paste
from ivy.emulators.whatsapp_payloads import Account
from ivy.emulators.whatsapp_shapes import Refusal
from ivy.emulators.whatsapp_templates import TemplateReview
from tests.loopback import on_loopback

ROOT = Path(__file__).parents[2]
TOKEN = "EAA" + "b" * 100
APP_SECRET = "0123456789abcdef" * 2
TWILIO = f"AC{'1' * 32}"
RETELL = "key_0123456789abcdef"
ANTHROPIC = "sk-ant-api03-abcdefghijk"
PNID = "106540352242922"
WABA = "102290129340398"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_off_a_terminal_it_writes_what_it_can_and_says_what_is_missing(program: Any, tmp_path: Path) -> None:
    done = program("init")
    assert done.returncode == 0
    config = configuration.load(tmp_path / "ivy.toml", {})
    assert config.store.seal_key
    assert config.whatsapp.verify_token
    needed = ("phone_number_id", "waba_id", "token_file")
    for key in ("server.public_url", *(f"whatsapp.{name}" for name in needed), "models.primary.api_key_file"):
        assert key in done.stderr
    assert "1 to 2 weeks" in done.stderr


def test_only_the_owner_can_open_what_it_writes(ready: Any, tmp_path: Path) -> None:
    assert mode(tmp_path / "secrets") == mode(tmp_path / "data") == 0o700
    files = [tmp_path / "ivy.toml", tmp_path / "data/ivy.db", *(tmp_path / "secrets").iterdir()]
    assert {mode(path) for path in files} == {0o600}


def test_no_empty_placeholders_are_made(ready: Any, tmp_path: Path) -> None:
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == ["seal_key", "whatsapp_verify_token"]


def test_a_wide_open_umask_changes_nothing(program: Any, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        program("init", "--folder", "made")
    finally:
        os.umask(before)
    assert mode(tmp_path / "made/secrets") == 0o700
    assert mode(tmp_path / "made/secrets/seal_key") == 0o600


def test_its_secrets_are_not_printed(program: Any, tmp_path: Path) -> None:
    done = program("init")
    for path in (tmp_path / "secrets").iterdir():
        assert path.read_text().strip() not in done.stdout + done.stderr


def test_a_second_time_changes_nothing(ready: Any, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "ivy.db" not in path.name}
    assert ready("init").returncode == 0
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("before", ["[server]\nport = 9000\n", text_of({})])
def test_an_existing_configuration_gets_the_lines_to_paste(program: Any, tmp_path: Path, before: str) -> None:
    path = tmp_path / "ivy.toml"
    path.write_text(before)
    done = program("init")
    assert path.read_text() == before
    path.write_text(pasted(before, done.stdout.split("into it:\n\n")[1].split("\n\nMade")[0]))
    config = configuration.load(path, {})
    assert config.store.seal_key and config.whatsapp.verify_token
    assert "changed" in program("init").stdout


def pasted(text: str, printed: str) -> str:
    """Put each line where it is told."""
    lines = text.splitlines()
    at = len(lines)
    for line in printed.splitlines():
        if told := re.fullmatch(r"# below \[(.+)\](?:, instead of its (.+))?:", line):
            at = (
                next(number for number, each in enumerate(lines) if re.match(rf"\[ *{re.escape(told[1])} *\]", each))
                + 1
            )
            if told[2]:
                at = next(number for number in range(at, len(lines)) if re.match(rf"{told[2]} *=", lines[number]))
                del lines[at]
        elif line.startswith("# beside what it says of "):
            at = 0
        elif line == "# at the end of the file:":
            at = len(lines)
        else:
            lines.insert(at, line)
            at += 1
    return "\n".join(lines)


def test_a_wrong_configuration_is_said_and_not_worked_around(program: Any, tmp_path: Path) -> None:
    (tmp_path / "ivy.toml").write_text("[server]\nprot = 9000\n")
    done = program("init")
    assert done.returncode == 1
    assert "prot" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["ivy.toml"]


def test_on_a_terminal_it_asks_explains_a_wrong_paste_and_hides_secrets(
    terminal: Callable[..., Any], tmp_path: Path
) -> None:
    asked = terminal("init", "--no-check")
    for question, answer in [
        ("Public address (https://…): ", "https://ivy.example.org"),
        ("WhatsApp token: ", TOKEN),
        ("App secret: ", "not-a-secret"),
        ("32 hexadecimal digits", None),
        ("App secret: ", APP_SECRET),
        ("WhatsApp Business Account id: ", "1234"),
        ("about 15 digits and nothing else", None),
        ("WhatsApp Business Account id: ", WABA),
        ("WhatsApp phone number id: ", "+57 300 123 4567"),
        ("This is a telephone number", None),
        ("WhatsApp phone number id: ", PNID),
        ("Anthropic key: ", ANTHROPIC),
        ("(may stay empty): ", ""),
        ("Shall Ivy phone people too? (Retell) [y/N]: ", "y"),
        ("Retell API key: ", "sk-wrong"),
        ("begins with key_", None),
        ("Retell API key: ", RETELL),
        ("Ivy's own number at Retell: ", "+15550102030"),
        ("Your own number, for test calls: ", "12025550143"),
        ("+ and country code", None),
        ("Your own number, for test calls: ", "+12025550143"),
        ("(Twilio) [y/N]: ", "y"),
        ("Twilio Account SID: ", f"SK{'0' * 32}"),
        ("another of Twilio's ids", None),
        ("Twilio Account SID: ", TWILIO),
        ("Twilio Auth Token: ", "0123456789abcdef" * 2),
        ("Who texts are from: ", "a very long name"),
        ("at most 11 letters", None),
        ("Who texts are from: ", "+15550102031"),
        ("(SMTP) [y/N]: ", "y"),
        ("Mail server (SMTP): ", "https://smtp.example.org"),
        ("a name alone", None),
        ("Mail server (SMTP): ", "smtp.example.org"),
        ("User name there: ", "ivy"),
        ("Password there: ", "correct horse"),
        ("Who mails are from: ", "Ivy"),
        ("Ivy <ivy@example.org>.", None),
        ("Who mails are from: ", "Ivy <ivy@example.org>"),
        ("Your own address, for alerts: ", "ops@example.org"),
        (f"Submit {len(pack())} message templates to Meta for review now? [Y/n]: ", "n"),
        ("`ivy whatsapp templates submit` sends", None),
        ("Watch it turn green now? (`ivy init --live`) [Y/n]: ", "n"),
    ]:
        asked.expect(question)
        if answer is not None:
            asked.type(f"{answer}\n")
    assert asked.end() == 0
    for secret in (TOKEN, APP_SECRET, ANTHROPIC, RETELL, "0123456789abcdef" * 2, "correct horse"):
        assert secret not in asked.shown
    config = configuration.load(tmp_path / "ivy.toml", {})
    assert config.server.public_url == "https://ivy.example.org"
    assert (config.whatsapp.phone_number_id, config.whatsapp.waba_id) == (PNID, WABA)
    assert config.whatsapp.token.reveal() == TOKEN
    assert config.whatsapp.app_secrets.reveal() == APP_SECRET
    assert config.models.primary.api_key.reveal() == config.models.cheap.api_key.reveal() == ANTHROPIC
    assert not config.models.fallback.api_key
    assert (config.voice.enabled, config.voice.api_key.reveal()) == (True, RETELL)
    assert (config.voice.number, config.operator.phone) == ("+15550102030", "+12025550143")
    sms, mail = config.sms, config.mail
    assert (sms.enabled, sms.account_sid, sms.auth_token.reveal(), sms.sender) == (
        True,
        TWILIO,
        "0123456789abcdef" * 2,
        "+15550102031",
    )
    assert (mail.enabled, mail.host, mail.user, mail.password.reveal()) == (
        True, "smtp.example.org", "ivy", "correct horse",
    )  # fmt: skip
    assert (mail.sender, config.operator.mail) == ("Ivy <ivy@example.org>", "ops@example.org")


def test_a_database_that_is_there_is_left_alone(ready: Any, tmp_path: Path) -> None:
    ready("onboard", "--name", "Ana", "--phone", "+573001234567", "--zone", "America/Bogota")
    (tmp_path / "ivy.toml").unlink()
    ready("init")
    assert "Ana" in ready("users", "list").stdout


# --- templates on the first day ------------------------------------------------------------------


class Meta:
    """Meta's template review on a port."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.review = TemplateReview(Account(WABA, PNID, "1555"), self.posted.append, lambda: datetime.now(UTC))
        self.address = ""
        self.app = QuartTrio("meta")
        self.review.add_routes(self.app, self._check_caller)

    def _check_caller(self, version: str) -> None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refusal(190, "Invalid OAuth access token.", status=401)

    @property
    def environment(self) -> dict[str, str]:
        given = {"BASE_URL": self.address, "WABA_ID": WABA, "PHONE_NUMBER_ID": PNID, "TOKEN": TOKEN}
        return {f"IVY_WHATSAPP__{name}": value for name, value in given.items()}


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    meta = Meta()
    async with on_loopback(meta.app) as meta.address:
        yield meta


ANYTHING_ELSE = (
    "(https://…): ",
    "App secret: ",
    "Anthropic key: ",
    "may stay empty): ",
    "(Retell) [y/N]: ",
    "(Twilio) [y/N]: ",
    "(SMTP) [y/N]: ",
)


async def test_with_an_account_and_a_token_the_pack_is_submitted_on_the_first_day(
    meta: Meta, terminal: Callable[..., Any]
) -> None:
    def type_all() -> Any:
        asked = terminal("init", env=meta.environment)
        for question in ANYTHING_ELSE:
            asked.expect(question)
            asked.type("\n")
        asked.expect(f"Submit {len(pack())} message templates to Meta for review now? [Y/n]: ")
        asked.type("\n")
        asked.expect(f"{len(pack())} of {len(pack())} message templates are with Meta.")
        asked.expect("turn green now?")
        asked.type("n\n")
        return asked.end()

    assert await trio.to_thread.run_sync(type_all) == 0
    assert len(meta.review.kept) == len(pack())


async def test_typed_again_nothing_is_offered_twice(
    meta: Meta, program: Any, terminal: Callable[..., Any], tmp_path: Path
) -> None:
    await trio.to_thread.run_sync(partial(program, "init", env=meta.environment))
    submit = partial(program, "whatsapp", "templates", "submit", env=meta.environment)
    assert (await trio.to_thread.run_sync(submit)).returncode == 0
    again = await trio.to_thread.run_sync(partial(program, "init", env=meta.environment))
    assert "templates" not in again.stdout + again.stderr


async def test_off_a_terminal_nothing_is_submitted_and_the_command_is_said(meta: Meta, program: Any) -> None:
    done = await trio.to_thread.run_sync(partial(program, "init", env=meta.environment))
    assert (done.returncode, meta.review.kept) == (0, {})
    assert "`ivy whatsapp templates submit`" in done.stderr
    quiet = await trio.to_thread.run_sync(partial(program, "init", "--no-templates", env=meta.environment))
    assert "templates" not in quiet.stdout + quiet.stderr


@pytest.mark.parametrize(("name", "wrong"), [("TOKEN", "EAAwrong"), ("BASE_URL", "http://127.0.0.1:9")])
async def test_what_fails_at_meta_is_a_note_and_the_rest_is_there(
    meta: Meta, terminal: Callable[..., Any], tmp_path: Path, name: str, wrong: str
) -> None:
    environment = {**meta.environment, f"IVY_WHATSAPP__{name}": wrong}

    def type_all() -> int:
        asked = terminal("init", env=environment)
        for question in ANYTHING_ELSE:
            asked.expect(question)
            asked.type("\n")
        asked.expect("for review now? [Y/n]: ")
        asked.type("y\n")
        asked.expect("The templates were not submitted: whatsapp: ")
        asked.expect("goes on where it stopped")
        asked.expect("Next: `ivy doctor`")
        asked.expect("turn green now?")
        asked.type("n\n")
        return asked.end()

    assert await trio.to_thread.run_sync(type_all) == 0
    assert (tmp_path / "ivy.toml").exists() and (tmp_path / "data/ivy.db").exists()


EVERYTHING = {item.key: item.path if item.file else 'a "quoted" \\ word' for item in ITEMS}


def make_secrets(folder: Path) -> None:
    (folder / "secrets").mkdir()
    for item in ITEMS:
        if item.file:
            (folder / item.path).write_text("x" * 8)
            (folder / item.path).chmod(0o600)


@pytest.mark.parametrize("answered", [0, 3, len(ITEMS)])
def test_the_text_reads_back_as_what_was_answered(answered: int, tmp_path: Path) -> None:
    answers = dict(list(EVERYTHING.items())[:answered])
    make_secrets(tmp_path)
    (tmp_path / "ivy.toml").write_text(text_of(answers))
    config = configuration.load(tmp_path / "ivy.toml", {})
    assert {key: configuration.getattr_path(config, key) for key in answers} == answers


@pytest.mark.parametrize(
    "text",
    [
        "",
        text_of({}),
        text_of(dict(list(EVERYTHING.items())[::2])),  # calls are on; texts and mails wait for the other half
        "server.port = 9000\n[ voice ] # not yet\nenabled = false\n[models.cheap]\nvendor = ''\n",
        '[models]\n[sms]\nsender = ""\nenabled = false\n[backup]\nfolder = "/mnt"\n',
        (ROOT / "ivy.toml.example").read_text(),
    ],
)
def test_what_is_pasted_where_it_is_told_reads_back_too(text: str, tmp_path: Path) -> None:
    make_secrets(tmp_path)
    path = tmp_path / "ivy.toml"
    path.write_text(text)
    before = configuration.load(path, {})
    answers = {item.key: EVERYTHING[item.key] for item in ITEMS if item.lacks(before)}
    path.write_text(pasted(text, lines_to_paste(answers, text, before)))
    config = configuration.load(path, {})
    assert {key: configuration.getattr_path(config, key) for key in answers} == answers
    assert config.voice.enabled and config.sms.enabled and config.mail.enabled
    for role in ("primary", "fallback", "cheap"):
        assert getattr(config.models, role).vendor == getattr(before.models, role).vendor


# --- left in the middle ---------------------------------------------------------------------------


def test_who_leaves_in_the_middle_is_not_asked_again(terminal: Callable[..., Any], tmp_path: Path) -> None:
    first = terminal("init", "--no-check")
    first.expect("Public address (https://…): ")
    first.type("https://ivy.example.org\n")
    first.expect("WhatsApp token: ")
    first.type(f"{TOKEN}\n")
    first.expect("App secret: ")
    assert first.interrupt() != 0
    config = configuration.load(tmp_path / "ivy.toml", {})
    assert config.server.public_url == "https://ivy.example.org"
    assert config.whatsapp.token.reveal() == TOKEN
    again = terminal("init", "--no-check")
    again.expect("✓ Public address (https://…): https://ivy.example.org")
    again.expect("✓ WhatsApp token: set")
    again.expect("App secret: ")
    assert again.interrupt() != 0

"""`ivy doctor`: every dependency, how it is and what mends it; nothing is started, nothing secret is said."""

import json
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from quart_trio import QuartTrio

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.pack import pack
from ivy.cli import doctor_channels, doctor_machine, doctor_vendors, doctor_whatsapp, shapes
from ivy.cli.doctor_live import live
from ivy.cli.findings import Finding, State
from ivy.cli.world import ACCOUNT_SID, APP_SECRET, AUTH_TOKEN, KEY, PNID, TOKEN, VERIFY, WABA, make_brain
from ivy.config import (
    Config,
    MailSection,
    ModelSection,
    ModelsSection,
    OperatorSection,
    Secret,
    ServerSection,
    SmsSection,
    TranscriptionSection,
    WhatsAppSection,
)
from ivy.daemon import lock
from ivy.domain.rates import quarter_of
from ivy.domain.template_states import APPROVED
from ivy.domain.templates import MARKETING, Definition
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.mailbox import Mailboxes
from ivy.emulators.openai import OpenAIEmulator
from ivy.emulators.smtp import SmtpEmulator
from ivy.emulators.transcription import TranscriptionEmulator
from ivy.emulators.twilio import TwilioEmulator
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.store import templates
from ivy.store.settings import open_writer
from ivy.threads import PooledThreads
from tests.cli.conftest import Here
from tests.models import CHEAP, FALLBACK, PRIMARY

RATES = """
[[rates]]
market = "everywhere"
since = {since}
marketing = 1
utility = 1
authentication = 1
service = 1
confidence = "good"
source = "a test"
"""
WHOLE = {
    "whatsapp_token": "EAA" + "b" * 100,
    "whatsapp_app_secrets": "0123456789abcdef" * 2,
    "anthropic_key": "sk-ant-api03-abcdefghijk",
    "openai_key": "sk-proj-abcdefghijk",
}


@pytest.fixture
def whole(tmp_path: Path) -> Here:
    """A program that lacks nothing, on ports that are free; in the process of the tests."""
    program = Here(tmp_path)
    (tmp_path / "secrets").mkdir(mode=0o700)
    for name, value in WHOLE.items():
        (tmp_path / "secrets" / name).write_text(value)
        (tmp_path / "secrets" / name).chmod(0o600)
    program("init")
    text = (tmp_path / "ivy.toml").read_text()
    text = text.replace('# phone_number_id = ""', 'phone_number_id = "106540352242922"')
    text = text.replace('# waba_id = ""', f'rates_file = "rates.toml"\nwaba_id = "{WABA}"')
    text = text.replace(
        '# public_url = ""', f'port = {free_port()}\nops_port = {free_port()}\npublic_url = "https://ivy.example.org"'
    )
    text += '\n[site]\nname = "Ana"\nmail = "ana@example.org"\naddress = "Calle 1"\ncountry = "Colombia"\n'
    (tmp_path / "ivy.toml").write_text(text + '\n[memory]\nembedder = "none"\n')
    (tmp_path / "rates.toml").write_text(RATES.format(since=quarter_of(datetime.now(UTC).date())))
    approve(tmp_path / "data/ivy.db", pack())
    return program


def approve(database: Path, definitions: tuple[Definition, ...], *, status: str = APPROVED, **more: str) -> None:
    """Let Meta have taken and judged templates."""
    now = datetime.now(UTC)
    with closing(open_writer(database)) as connection:
        for number, each in enumerate(definitions):
            category = more.get("category", each.category)
            before = templates.load(connection, "whatsapp", each.name, each.language)
            templates.submitted(
                connection, "whatsapp", each, before=before, vendor_id=str(number), status=status, category=category,
                now=now,
            )  # fmt: skip


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def states(done: Any) -> dict[str, str]:
    return {finding["what"]: finding["state"] for finding in json.loads(done.stdout)["findings"]}


def mends(done: Any) -> dict[str, str]:
    return {finding["what"]: finding["mend"] for finding in json.loads(done.stdout)["findings"]}


def test_where_nothing_is_missing_it_says_so(whole: Any) -> None:
    done = whole("doctor", "--json")
    assert set(states(done).values()) == {"ok", "not needed"}, states(done)
    assert done.returncode == 0


def test_what_a_fresh_configuration_lacks_is_missing_each_with_its_mend(ready: Any) -> None:
    done = ready("doctor", "--json")
    assert done.returncode == 1
    lacking = {what for what, state in states(done).items() if state == "missing"}
    assert lacking == {
        "whatsapp.phone_number_id",
        "whatsapp.token_file",
        "whatsapp.app_secrets_file",
        "server.public_url",
        "models.primary",
    }
    assert all(mends(done)[what] for what in lacking)
    assert "1 to 2 weeks" in mends(done)["WhatsApp's lead time"]


def test_no_secret_is_said(whole: Any, tmp_path: Path) -> None:
    secrets = [path.read_text().strip() for path in (tmp_path / "secrets").iterdir()]
    environment = {"IVY_MODELS__FALLBACK__API_KEY": "sk-from-the-environment"}
    for words in (["doctor"], ["doctor", "--json"]):
        done = whole(*words, env=environment)
        assert "IVY_MODELS__FALLBACK__API_KEY" in done.stdout
        for secret in [*secrets, *environment.values()]:
            assert secret not in done.stdout + done.stderr


def test_without_a_configuration_it_looks_at_the_machine(program: Any) -> None:
    done = program("doctor", "--json")
    assert done.returncode == 1
    assert states(done)["configuration"] == "missing"
    assert mends(done)["configuration"] == "ivy init"
    assert states(done)["SQLite"] == "ok"


def test_a_fresh_configuration_says_what_it_does_without(here: Any) -> None:
    done = here("doctor", "--json")
    found = states(done)
    assert found["whatsapp.waba_id"] == "look"
    for without in ("templates", "whatsapp.flow_key_file", "forms", "SMS", "mail", "operator.mail", "voice notes"):
        assert found[without] == "not needed"
    assert (found["files' folder"], found["rate card"] in ("ok", "look")) == ("ok", True)


def test_a_misspelt_key_is_a_finding(here: Any, tmp_path: Path) -> None:
    (tmp_path / "ivy.toml").write_text("[server]\nprot = 1\n")
    done = here("doctor")
    assert (done.returncode, "prot" in done.stdout) == (1, True)


def test_a_secret_others_can_read_is_a_finding_with_its_mend(here: Any, tmp_path: Path) -> None:
    (tmp_path / "secrets/seal_key").chmod(0o644)
    done = here("doctor")
    assert done.returncode == 1
    assert "chmod 600" in done.stdout


def test_an_emulated_model_beside_real_people_is_refused(whole: Any) -> None:
    done = whole(
        "doctor",
        "--json",
        env={"IVY_MODELS__FALLBACK__API_KEY": "emulated-key", "IVY_MODELS__FALLBACK__VENDOR": "openai"},
    )
    assert states(done)["configuration"] == "missing"


def test_a_channel_that_is_off_is_not_needed(here: Any) -> None:
    done = here("doctor", "--json", env={"IVY_WHATSAPP__ENABLED": "false"})
    assert states(done)["WhatsApp"] == "not needed"
    assert "whatsapp.token_file" not in states(done)


def test_it_changes_nothing(whole: Any, tmp_path: Path) -> None:
    def seen() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "-" not in path.name}

    before = seen()
    whole("doctor")
    assert seen() == before


# --- this machine --------------------------------------------------------------------------------


def test_a_database_open_to_others_is_said(database: Path) -> None:
    database.chmod(0o644)
    database.parent.chmod(0o755)
    found = {finding.what: finding for finding in doctor_machine.database(database)}
    assert found["database"].state is State.OK
    assert found["database's file"].mend == f"chmod 600 {database}"
    assert found["database's folder"].mend == f"chmod 700 {database.parent}"


def test_a_database_of_another_program_is_said(tmp_path: Path) -> None:
    other = tmp_path / "ivy.db"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("PRAGMA application_id = 7")
        connection.execute("CREATE TABLE theirs (a)")
    assert doctor_machine.database(other)[0].state is State.MISSING


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "ivy.db").write_text("Dear diary, " * 100)
    [found, *_] = doctor_machine.database(tmp_path / "ivy.db")
    assert found.state is State.MISSING
    assert "not a database" in found.found


def test_a_damaged_database_is_said(database: Path) -> None:
    size = database.stat().st_size
    with database.open("r+b") as file:
        for at in range(4096 * 3, size, 4096 * 2):
            file.seek(at)
            file.write(b"\xff" * 512)
    assert doctor_machine.database(database)[0].state is State.MISSING


def test_a_port_another_program_has_is_missing_and_our_daemons_is_ok(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = Config()
        port = taken.getsockname()[1]
        found = doctor_machine._port("public port", "server.port", "127.0.0.1", port, running=False)  # pyright: ignore[reportPrivateUsage]
        ours = doctor_machine._port("public port", "server.port", "127.0.0.1", port, running=True)  # pyright: ignore[reportPrivateUsage]
    assert (found.state, ours.state) == (State.MISSING, State.OK)
    assert "server.port" in found.mend
    assert len(doctor_machine.ports(config, running=False)) == 2


def test_a_running_daemon_is_seen_by_its_lock(ready: Any, tmp_path: Path) -> None:
    with lock.hold(tmp_path / "data/ivy.db"):
        assert states(ready("doctor", "--json"))["daemon"] == "ok"
    assert states(ready("doctor", "--json"))["daemon"] == "not needed"


def test_a_clock_before_this_program_and_old_zones_are_said() -> None:
    assert doctor_machine.clock(datetime(2020, 1, 1, tzinfo=UTC))[0].state is State.MISSING
    assert doctor_machine.clock(datetime(2027, 1, 1, tzinfo=UTC))[0].state is State.OK
    assert doctor_machine.zones(datetime(2036, 1, 1, tzinfo=UTC))[0].state is State.LOOK


# --- the vendors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["+573001234567", "573001234567", "+57 300 123 4567", "0057 3001234567", "+1 (202) 555-0143"]
)
def test_a_telephone_number_is_explained_where_its_id_belongs(text: str) -> None:
    assert "telephone number" in shapes.wrong_phone_number_id(text)


@pytest.mark.parametrize("text", ["106540352242922", "1234567890123456"])
def test_an_id_of_a_number_is_taken(text: str) -> None:
    assert shapes.wrong_phone_number_id(text) == ""


@pytest.mark.parametrize("text", ["ivy", "12 34", "123", "１０６５４０３５２２４２９２２"])
def test_anything_else_is_no_id(text: str) -> None:
    assert shapes.wrong_phone_number_id(text)


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://ivy.example.org", True),
        ("https://ivy.example.org/", True),
        ("http://ivy.example.org", False),
        ("ivy.example.org", False),
        ("https://ivy.example.org/api/whatsapp/webhook", False),
    ],
)
def test_the_public_address_is_https_and_a_host(url: str, fits: bool) -> None:
    assert (shapes.wrong_public_url(url) == "") is fits


def models(model: str) -> Config:
    return Config(
        models=ModelsSection(primary=ModelSection(vendor="anthropic", model=model, api_key=Secret("sk-ant-x")))
    )


@pytest.mark.parametrize(
    ("model", "day", "state"),
    [
        ("claude-sonnet-4-5", date(2026, 11, 22), State.LOOK),
        ("claude-sonnet-4-5-20250929", date(2026, 11, 30), State.MISSING),
        (PRIMARY, date(2026, 12, 24), State.OK),
    ],
)
def test_a_model_that_ends_is_said_with_its_successor(model: str, day: date, state: State) -> None:
    found = doctor_vendors.models(models(model), day)[0]
    assert found.state is state
    assert (PRIMARY in found.mend) is (state is not State.OK)


def test_a_key_of_the_wrong_vendor_is_said() -> None:
    config = Config(
        models=ModelsSection(primary=ModelSection(vendor="openai", model=FALLBACK, api_key=Secret("sk-ant-x")))
    )
    assert doctor_vendors.models(config, date(2026, 11, 22))[0].state is State.MISSING


def test_a_compatible_server_needs_no_key() -> None:
    section = ModelSection(vendor="openai", model="llama", base_url="http://127.0.0.1:8000/v1")
    assert doctor_vendors.models(Config(models=ModelsSection(primary=section)), date(2026, 11, 22))[0].state is State.OK


# --- WhatsApp: templates, forms, prices ------------------------------------------------------------

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ACCOUNT = Config(whatsapp=WhatsAppSection(phone_number_id=PNID, waba_id=WABA))


def of_templates(database: Path) -> Finding:
    with closing(open_writer(database)) as connection:
        [found] = doctor_whatsapp.templates(ACCOUNT, connection, datetime.now(UTC))
    return found


def test_templates_that_were_not_submitted_come_with_the_command_and_what_it_takes(database: Path) -> None:
    found = of_templates(database)
    assert (found.state, found.found, found.mend) == (
        State.LOOK,
        f"0 of {len(pack())} can be sent",
        "ivy whatsapp templates submit",
    )
    assert "24 hours" in found.takes


def test_templates_under_review_are_waited_for(database: Path) -> None:
    approve(database, pack(), status="PENDING")
    found = of_templates(database)
    assert (found.state, found.mend) == (State.LOOK, "wait")
    assert found.found == f"0 of {len(pack())} can be sent, {len(pack())} under review"


def test_a_template_that_became_marketing_is_said(database: Path) -> None:
    approve(database, pack())
    assert of_templates(database).state is State.OK
    approve(database, pack()[:1], category=MARKETING)
    found = of_templates(database)
    assert found.state is State.LOOK
    assert "1 counted as marketing, which is never sent" in found.found


def test_an_account_that_is_the_number_is_said() -> None:
    section = WhatsAppSection(phone_number_id=PNID, waba_id=PNID)
    found = {each.what: each for each in doctor_whatsapp.fields(Config(whatsapp=section))}
    assert found["whatsapp.waba_id"].state is State.MISSING
    assert "two ids" in found["whatsapp.waba_id"].found


def test_a_key_of_forms_must_be_one(database: Path) -> None:
    section = WhatsAppSection(flow_key=Secret("not a key"))
    with closing(open_writer(database)) as connection:
        _forms, key = doctor_whatsapp.forms(Config(whatsapp=section), connection)
    assert key.state is State.MISSING
    assert "not a key" not in str(key)


@pytest.mark.parametrize(
    ("since", "today", "doubts"),
    [
        ("2026-10-01", date(2026, 10, 1), ""),
        ("2026-10-01", date(2026, 12, 30), ""),
        ("2026-10-01", date(2026, 12, 31), "older than 90 days"),
        ("2026-10-01", date(2027, 1, 1), "older than 90 days; Meta may have changed them on 2027-01-01"),
        ("2027-01-01", date(2027, 4, 1), "Meta may have changed them on 2027-04-01"),
    ],
)
def test_prices_of_ninety_days_or_an_earlier_quarter_are_looked_at(
    tmp_path: Path, since: str, today: date, doubts: str
) -> None:
    (tmp_path / "rates.toml").write_text(RATES.format(since=since))
    config = Config(whatsapp=WhatsAppSection(rates_file="rates.toml"))
    [found] = doctor_whatsapp.rates(config, tmp_path, today)
    told = f"rates.toml, newest prices of {since}"
    assert (found.state, found.found) == ((State.LOOK, f"{told}: {doubts}") if doubts else (State.OK, told))


@pytest.mark.parametrize("text", ["", "[[rates]]\nprice = 1\n", "\xff"])
def test_a_rate_card_that_cannot_be_read_is_missing(tmp_path: Path, text: str) -> None:
    (tmp_path / "rates.toml").write_text(text, encoding="latin-1")
    config = Config(whatsapp=WhatsAppSection(rates_file="rates.toml"))
    assert doctor_whatsapp.rates(config, tmp_path, date(2026, 11, 22))[0].state is State.MISSING


@given(st.dates())
def test_a_quarter_begins_on_one_of_four_days_and_not_after_its_days(day: date) -> None:
    first = quarter_of(day)
    assert (first.month in (1, 4, 7, 10), first.day) == (True, 1)
    assert first <= day
    assert (day - first).days < 92


# --- the other channels --------------------------------------------------------------------------

SMS = SmsSection(
    enabled=True, account_sid="AC" + "0" * 32, auth_token=Secret("0123456789abcdef" * 2), sender="+447700900123"
)
MAIL = MailSection(enabled=True, host="mail.example.org", sender="Ivy <ivy@example.org>")
"""A server and a sender without an account."""


def changed(section: Any, **changes: Any) -> Any:
    return type(section)(**{name: getattr(section, name) for name in section.__struct_fields__} | changes)


def of_sms(*phones: str, **changes: Any) -> list[Finding]:
    return doctor_channels.sms(Config(sms=changed(SMS, **changes)), phones)


def test_sms_that_lacks_nothing_is_ok() -> None:
    found = of_sms("+447700900456")
    assert {each.state for each in found} == {State.OK}
    assert "0123456789abcdef" not in str(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account_sid": ""}, "first page"),
        ({"account_sid": "SK" + "0" * 32}, "begins with AC"),
        ({"account_sid": "AC123"}, "32 hexadecimal"),
        ({"auth_token": Secret("hunter2")}, "32 hexadecimal"),
        ({"sender": ""}, "Phone Numbers"),
        ({"sender": "555-0102030"}, "Phone Numbers"),
    ],
)
def test_what_sms_lacks_is_missing_with_its_mend(changes: dict[str, Any], said: str) -> None:
    [wrong] = [each for each in of_sms(**changes) if each.state is State.MISSING]
    assert said in wrong.mend
    assert "hunter2" not in str(wrong)


def test_a_sender_of_another_country_and_one_that_must_be_registered_are_said() -> None:
    [abroad] = [each for each in of_sms("+573001234567") if each.state is State.LOOK]
    assert "CO (1)" in abroad.found
    warned = [each for each in of_sms("+12025550143", sender="+12025550199") if each.state is State.LOOK]
    assert [("10DLC" in each.found, "1 to 3 weeks" in each.takes) for each in warned] == [(True, True)]
    [refused, *_] = [each for each in of_sms("+12025550143", sender="IVY") if each.state is State.LOOK]
    assert refused.mend == "set sms.sender to a number"


def test_the_public_address_is_needed_by_whoever_calls_it() -> None:
    off = WhatsAppSection(enabled=False)
    assert doctor_channels.public_url(Config(whatsapp=off))[0].state is State.NOT_NEEDED
    [found] = doctor_channels.public_url(Config(whatsapp=off, sms=SMS, mail=MAIL))
    assert (found.state, "Twilio and whoever wants no more mail" in found.found) == (State.MISSING, True)
    [plain] = doctor_channels.public_url(Config(whatsapp=off, sms=SMS, server=ServerSection(public_url="http://ivy")))
    assert plain.state is State.MISSING


@pytest.mark.parametrize(
    ("changes", "what", "said"),
    [
        ({"host": ""}, "mail.host", "SMTP server"),
        ({"sender": ""}, "mail.sender", "mail.sender"),
        ({"sender": "Ivy"}, "mail", "mail.sender"),
        ({"tls": "ssl"}, "mail", "starttls"),
        ({"tls": "none"}, "mail.tls", "starttls"),
        ({"user": "ivy"}, "mail", "password"),
        ({"user": "ivy", "password": Secret("hunter2"), "tls": "none"}, "mail", "password"),
        ({"port": 0}, "mail", "mail.port"),
    ],
)
def test_what_mail_lacks_is_missing(changes: dict[str, Any], what: str, said: str) -> None:
    [found] = doctor_channels.mail(Config(mail=changed(MAIL, **changes)))
    assert (found.state, found.what) == (State.MISSING, what)
    assert said in found.found + found.mend
    assert "hunter2" not in str(found)


def test_mail_without_a_lock_is_for_this_machine_only() -> None:
    [found] = doctor_channels.mail(Config(mail=changed(MAIL, host="127.0.0.1", tls="none")))
    assert found.state is State.OK


@pytest.mark.parametrize(
    ("address", "mailed", "state"),
    [
        ("", False, State.NOT_NEEDED),
        ("ops@example.org", True, State.OK),
        ("ops@example.org", False, State.LOOK),
        ("ops at example", True, State.MISSING),
    ],
)
def test_who_hears_of_trouble(address: str, mailed: bool, state: State) -> None:
    config = Config(operator=OperatorSection(mail=address), mail=changed(MAIL, enabled=mailed))
    assert doctor_channels.operator_mail(config)[0].state is state


@pytest.mark.parametrize(
    ("section", "state"),
    [
        (TranscriptionSection(), State.NOT_NEEDED),
        (TranscriptionSection(model=""), State.NOT_NEEDED),
        (TranscriptionSection(api_key=Secret("sk-proj-x")), State.OK),
        (TranscriptionSection(api_key=Secret("sk-ant-x")), State.MISSING),
        (TranscriptionSection(base_url="http://127.0.0.1:8000/v1"), State.OK),
        (TranscriptionSection(base_url="http://[half"), State.MISSING),
    ],
)
def test_who_listens_to_voice_notes(section: TranscriptionSection, state: State) -> None:
    assert doctor_channels.transcription(Config(transcription=section))[0].state is state


def test_the_folder_of_files(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "media"
    assert "will be made" in doctor_machine.media(folder)[0].found
    folder.mkdir(parents=True, mode=0o755)
    assert doctor_machine.media(folder)[0].mend == f"chmod 700 {folder}"
    folder.chmod(0o700)
    assert doctor_machine.media(folder)[0].state is State.OK
    (tmp_path / "file").touch()
    assert doctor_machine.media(tmp_path / "file" / "media")[0].state is State.MISSING


# --- the vendors themselves ----------------------------------------------------------------------


class Everywhere:
    """Leads each request to the emulator of its host's name."""

    def __init__(self) -> None:
        brain = make_brain()
        self.whatsapp = WhatsAppEmulator(
            app_secret=APP_SECRET,
            token=TOKEN,
            phone_number_id=PNID,
            verify_token=VERIFY,
            deliver=_nowhere,
            now=lambda: datetime(2026, 11, 22, tzinfo=UTC),
        )
        self.sms = TwilioEmulator(
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            number="+447700900123",
            webhook_url="https://ivy.example.org/api/sms/webhook",
            deliver=_nowhere,
            now=lambda: NOW,
        )
        self._apps: dict[str, Any] = {
            "whatsapp": self.whatsapp.app,
            "sms": self.sms.app,
            "ears": TranscriptionEmulator(keys={KEY}).app,
            "anthropic": AnthropicEmulator(brain).app,
            "openai": OpenAIEmulator(brain).app,
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        host = next(value for name, value in scope["headers"] if name == b"host").decode()
        await self._apps[host](scope, receive, send)


async def _nowhere(_body: bytes, _headers: Any) -> Any:
    raise AssertionError("nothing is sent to anybody")


CONFIG = Config(
    whatsapp=WhatsAppSection(base_url="http://whatsapp", phone_number_id=PNID, token=Secret(TOKEN)),
    sms=changed(SMS, base_url="http://sms", account_sid=ACCOUNT_SID, auth_token=Secret(AUTH_TOKEN)),
    transcription=TranscriptionSection(base_url="http://ears/v1", api_key=Secret(KEY)),
    models=ModelsSection(
        primary=ModelSection("anthropic", PRIMARY, "http://anthropic", Secret(KEY)),
        fallback=ModelSection("openai", FALLBACK, "http://openai/v1", Secret(KEY)),
        cheap=ModelSection("anthropic", CHEAP, "http://anthropic", Secret(KEY)),
    ),
)


async def test_asked_live_every_vendor_knows_us() -> None:
    async with open_client(transport=httpx2.ASGITransport(app=Everywhere())) as http:
        found = {finding.what: finding.state for finding in await live(CONFIG, http, PooledThreads())}
    assert list(found) == [
        "WhatsApp, asked",
        "SMS, asked",
        "models.primary, asked",
        "models.fallback, asked",
        "models.cheap, asked",
        "voice notes, asked",
    ]
    assert found["WhatsApp, asked"] is found["SMS, asked"] is found["voice notes, asked"] is State.OK
    assert set(found.values()) <= {State.OK, State.LOOK}


async def test_asked_live_a_wrong_token_is_refused_without_being_said() -> None:
    section = WhatsAppSection(base_url="http://whatsapp", phone_number_id=PNID, token=Secret("EAAwrong"))
    async with open_client(transport=httpx2.ASGITransport(app=Everywhere())) as http:
        [found] = await live(Config(whatsapp=section), http, PooledThreads())
    assert found.state is State.MISSING
    assert "EAAwrong" not in str(found)


async def test_asked_live_a_vendor_that_cannot_be_reached_is_said() -> None:
    config = models(PRIMARY)
    section = ModelSection(
        vendor="anthropic", model="m", base_url=f"http://127.0.0.1:{free_port()}", api_key=Secret("sk-ant-x")
    )
    async with open_client() as http:
        [found] = await live(
            Config(whatsapp=config.whatsapp, models=ModelsSection(primary=section)), http, PooledThreads()
        )
    assert "no connection" in found.found


async def test_asked_live_a_page_instead_of_json_is_said() -> None:
    async def portal(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<html>Sign in to the hotel's network</html>"})

    async with open_client(transport=httpx2.ASGITransport(app=portal)) as http:
        found = await live(CONFIG, http, PooledThreads())
    assert {finding.state for finding in found} == {State.MISSING}


async def ask_sms(everywhere: Everywhere, **changes: Any) -> Finding:
    section = changed(CONFIG.sms, **changes)
    config = Config(whatsapp=WhatsAppSection(enabled=False), sms=section)
    async with open_client(transport=httpx2.ASGITransport(app=everywhere)) as http:
        [found] = await live(config, http, PooledThreads())
    return found


async def test_asked_live_an_sms_account_that_is_closed_or_on_trial_is_said() -> None:
    everywhere = Everywhere()
    everywhere.sms.manners.verified = frozenset()
    assert "verified numbers only" in (await ask_sms(everywhere)).found
    everywhere.sms.manners.account_status = "suspended"
    found = await ask_sms(everywhere)
    assert (found.state, "suspended" in found.found) == (State.MISSING, True)


async def test_asked_live_a_wrong_sms_token_is_refused_without_being_said() -> None:
    found = await ask_sms(Everywhere(), auth_token=Secret("hunter2"))
    assert (found.state, found.found) == (State.MISSING, "refused with 401")
    assert "hunter2" not in str(found)


async def test_asked_live_a_voice_model_that_is_not_there_is_said() -> None:
    section = TranscriptionSection(base_url="http://ears/v1", api_key=Secret(KEY), model="gpt-whisper-9")
    config = Config(whatsapp=WhatsAppSection(enabled=False), transcription=section)
    async with open_client(transport=httpx2.ASGITransport(app=Everywhere())) as http:
        [found] = await live(config, http, PooledThreads())
    assert (found.state, "gpt-whisper-9" in found.found) == (State.MISSING, True)


async def test_asked_live_a_server_of_ones_own_need_not_list_its_models() -> None:
    app: Any = QuartTrio("small")
    section = TranscriptionSection(base_url="http://small/v1", api_key=Secret("x"), model="whisper")
    config = Config(whatsapp=WhatsAppSection(enabled=False), transcription=section)
    async with open_client(transport=httpx2.ASGITransport(app=app)) as http:
        [found] = await live(config, http, PooledThreads())
    assert found.state is State.OK


async def ask_mail(port: int, **changes: Any) -> Finding:
    section = changed(MAIL, host="127.0.0.1", port=port, tls="none", **changes)
    async with open_client() as http:
        [found] = await live(Config(whatsapp=WhatsAppSection(enabled=False), mail=section), http, PooledThreads())
    return found


async def test_asked_live_a_mail_server_lets_us_in_and_gets_no_mail(nursery: trio.Nursery) -> None:
    boxes = Mailboxes(accounts={"ivy": "right"})
    port: int = await nursery.start(SmtpEmulator(boxes).serve)
    found = await ask_mail(port, user="ivy", password=Secret("right"))
    assert (found.state, found.found) == (State.OK, "127.0.0.1 lets us in")
    wrong = await ask_mail(port, user="ivy", password=Secret("hunter2"))
    assert wrong.state is State.MISSING
    assert "hunter2" not in str(wrong)
    assert boxes.letters == []
    nursery.cancel_scope.cancel()


async def test_asked_live_a_mail_server_that_is_not_there_is_said() -> None:
    found = await ask_mail(free_port())
    assert (found.state, "refused" in found.found.lower()) == (State.MISSING, True)

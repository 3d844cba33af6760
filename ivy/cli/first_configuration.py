"""The configuration that `ivy init` writes: what it asks for, where each answer goes, and the text. May import: shapes.

Secrets go to files of their own; the text only names them. A line whose answer is missing stands there as a comment.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivy.cli import shapes
from ivy.config import Config, ModelSection, getattr_path
from ivy.store.sealing import new_key

FOLDER = "secrets"
VOICE_KEY = "voice.api_key_file"
SOLO_KEY = "solo.api_key_file"
SOLO_PHONE = "solo.phone"
LATER = ("backup", "solo", "sms", "mail")
"""Sections that a fresh configuration does not have unless something of them was answered."""
SOLO = ("store", "solo", "whatsapp", "models.primary", "models.fallback", "models.cheap")
"""What stands in the configuration of somebody who is alone with Ivy."""
SWITCHED_ON_BY = {
    "solo": (SOLO_KEY,),
    "voice": (VOICE_KEY,),
    "sms": ("sms.account_sid", "sms.sender"),
    "mail": ("mail.host", "mail.sender"),
}
"""Sections that are off until these are there."""


def new_verify_token() -> str:
    """Return words for Meta's webhook form: any will do, if nobody can guess them."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Item:
    """One key worth setting. `file` is the name under secrets/ of what must not stand in the text; `make` invents it."""

    key: str
    question: str
    found_at: str
    judge: shapes.Judge = shapes.right
    file: str = ""
    make: Callable[[], str] | None = None
    needed: bool = True
    vendor: str = ""
    """For a model's key: whose it is; another vendor, or a server of one's own that speaks OpenAI's way, is not asked about."""

    @property
    def section(self) -> str:
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        return self.key.rpartition(".")[2]

    @property
    def value_key(self) -> str:
        """The key of the value itself, without `_file`."""
        return self.key.removesuffix("_file") if self.file else self.key

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.file}"

    def lacks(self, config: Config) -> bool:
        """Say whether a configuration wants this and does not have it."""
        if self.section == "whatsapp" and not config.whatsapp.enabled:
            return False
        if self.section == "backup" and not config.backup.folder:
            return False
        if self.vendor:
            model = getattr_path(config, self.section)
            if model.vendor != self.vendor or (model.base_url and self.vendor == "openai"):
                return False
        return not getattr_path(config, self.value_key)


ITEMS = (
    Item(
        "store.seal_key_file",
        "",
        "keep a copy elsewhere: sealed rows open with no other",
        file="seal_key",
        make=new_key,
    ),
    Item(
        "server.public_url",
        "Public address (https://…)",
        "the name your TLS proxy answers to; Meta's webhook form gets it with /api/whatsapp/webhook behind",
        shapes.wrong_public_url,
    ),
    Item(
        "whatsapp.phone_number_id",
        "WhatsApp phone number id",
        "Meta's app > WhatsApp > API Setup, below the number",
        shapes.wrong_phone_number_id,
    ),
    Item(
        "whatsapp.waba_id",
        "WhatsApp Business Account id",
        "Meta's app > WhatsApp > API Setup, above the number: templates and forms belong to it",
        shapes.wrong_account_id,
    ),
    Item(
        "whatsapp.token_file",
        "WhatsApp token",
        "Business settings > System users > Generate token, without expiry",
        shapes.wrong_token,
        file="whatsapp_token",
    ),
    Item(
        "whatsapp.app_secrets_file",
        "App secret",
        "Meta's app > App settings > Basic",
        shapes.wrong_app_secrets,
        file="whatsapp_app_secrets",
    ),
    Item(
        "whatsapp.verify_token_file",
        "",
        "type the same words into Meta's webhook form",
        file="whatsapp_verify_token",
        make=new_verify_token,
    ),
    Item(
        "models.primary.api_key_file",
        "Anthropic key",
        "console.anthropic.com > API keys",
        shapes.wrong_anthropic_key,
        file="anthropic_key",
        vendor="anthropic",
    ),
    Item(
        "models.fallback.api_key_file",
        "OpenAI key, for when the first is down (may stay empty)",
        "platform.openai.com > API keys",
        shapes.wrong_openai_key,
        file="openai_key",
        vendor="openai",
        needed=False,
    ),
    Item(
        "models.cheap.api_key_file",
        "",
        "the same as the primary's",
        shapes.wrong_anthropic_key,
        file="anthropic_key",
        vendor="anthropic",
        needed=False,
    ),
    Item(
        VOICE_KEY,
        "Retell API key",
        "Retell's dashboard > Settings > API Keys: the key with the webhook badge",
        shapes.wrong_retell_key,
        file="retell_key",
        needed=False,
    ),
    Item(
        "voice.number",
        "Ivy's own number at Retell",
        "Retell's dashboard > Phone Numbers, with + and country code",
        shapes.wrong_phone,
        needed=False,
    ),
    Item(
        "operator.phone",
        "Your own number, for test calls",
        "with + and country code: a test call may ring there at any hour",
        shapes.wrong_phone,
        needed=False,
    ),
    Item(
        "operator.mail",
        "Your own address, for alerts",
        "who hears of trouble, and of people who ask for a human",
        shapes.wrong_mail_sender,
        needed=False,
    ),
    Item(
        SOLO_KEY,
        "The agent's API key",
        "WhatsApp on your phone > Settings > Agents > Create an agent; then in its chat: Chat info > API key",
        shapes.wrong_agent_key,
        file="solo_key",
        needed=False,
    ),
    Item(
        SOLO_PHONE,
        "Your own number (may stay empty)",
        "with + and country code, such as +573001234567: calls need it, and it joins this chat with your others",
        shapes.wrong_own_phone,
        needed=False,
    ),
    Item(
        "sms.account_sid",
        "Twilio Account SID",
        "console.twilio.com, on its first page",
        shapes.wrong_account_sid,
        needed=False,
    ),
    Item(
        "sms.auth_token_file",
        "Twilio Auth Token",
        "console.twilio.com, below the Account SID",
        shapes.wrong_auth_tokens,
        file="twilio_auth_token",
        needed=False,
    ),
    Item(
        "sms.sender",
        "Who texts are from",
        "a number of yours there, a short code, a name, or a messaging service",
        shapes.wrong_sms_sender,
        needed=False,
    ),
    Item(
        "mail.host",
        "Mail server (SMTP)",
        "your mail provider's help pages; port 587 with STARTTLS, unless ivy.toml says otherwise",
        shapes.wrong_mail_host,
        needed=False,
    ),
    Item("mail.user", "User name there", "often the whole address; Enter signs in nowhere", needed=False),
    Item(
        "mail.password_file",
        "Password there",
        "many providers give programs one of their own",
        file="mail_password",
        needed=False,
    ),
    Item(
        "mail.sender",
        "Who mails are from",
        "an address of a domain that your provider sends for, such as Ivy <ivy@example.org>",
        shapes.wrong_mail_sender,
        needed=False,
    ),
    Item(
        "backup.key_file",
        "",
        "keep a copy elsewhere: nothing else opens a backup",
        file="backup_key",
        make=new_key,
    ),
)

HEAD = """\
# Ivy's configuration. Every other key, with its default, is in docs/configuration.md; `ivy doctor` checks this file.
# Secrets are in secrets/, each in a file that only you can read. Paths are relative to this file's folder.
"""

LEAD_TIME = "Meta's approval of a business, its number and its display name takes 1 to 2 weeks: begin with it."


def text_of(answers: Mapping[str, str], *, solo: bool = False) -> str:
    """Return the text of a fresh ivy.toml; what has no answer is a comment that says where. `solo`: for one person alone."""
    lines = [HEAD]
    begun = SOLO if solo else tuple(item.section for item in ITEMS if item.section not in LATER or item.key in answers)
    for section in dict.fromkeys(begun):
        lines.append(f"[{section}]")
        if solo and section == "whatsapp":
            lines += ["enabled = false", ""]
            continue
        lines += [*model_lines(section), *_switch(section, answers)]
        lines += [_line(item, answers.get(item.key, "")) for item in ITEMS if item.section == section]
        lines.append("")
    return "\n".join([*lines, '[admission]\npolicy = "invite"               # or open, or list\n'])


def model_lines(section: str) -> list[str]:
    """Name a role's vendor and model: a table that is there takes nothing from the defaults."""
    if not section.startswith("models."):
        return []
    model: ModelSection = getattr_path(Config(), section)
    return [f"vendor = {json.dumps(model.vendor)}", f"model = {json.dumps(model.model)}"]


def _switch(section: str, answers: Mapping[str, str]) -> list[str]:
    """Switch calls, texts and mails on with what they need; without it the line is a comment."""
    if section not in SWITCHED_ON_BY:
        return []
    is_on = all(key in answers for key in SWITCHED_ON_BY[section])
    return [f"{'' if is_on else '# '}enabled = true"]


def _line(item: Item, answer: str) -> str:
    if answer:
        return f"{item.name} = {json.dumps(answer)}"
    return f"# {item.name} = {json.dumps(item.path if item.file else '')}  # {item.found_at}"


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner reads; an existing one is an error."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
    except BaseException:  # half of a secret is none, and one that is there is never made again
        path.unlink(missing_ok=True)
        raise

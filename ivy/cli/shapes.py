"""What keys, ids and tokens look like, so that a wrong paste is noticed before a vendor refuses it. May import: the domain.

Each function returns what is wrong and how to mend it, in one sentence, or "" when it looks right.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from ivy.domain import phones, sms_senders
from ivy.errors import IvyError

LONGEST_PHONE = 13
"""Digits; ids of numbers have 14 or more, and hardly a telephone number has so many."""
SHORTEST_AGENT_KEY = 8
OFFICIAL_WHATSAPP = "graph.facebook.com"


def wrong_phone_number_id(text: str) -> str:
    if text.isascii() and text.isdigit() and len(text) > LONGEST_PHONE:
        return ""
    if is_phone(text):
        return (
            "This is a telephone number. Meta gives it an id of about 15 digits: WhatsApp > API Setup shows it"
            " below the number, as Phone number ID."
        )
    return "A phone_number_id is about 15 digits and nothing else; WhatsApp > API Setup shows it below the number."


def wrong_account_id(text: str) -> str:
    if text.isascii() and text.isdigit() and len(text) > LONGEST_PHONE:
        return ""
    return "A WhatsApp Business Account ID is about 15 digits and nothing else; WhatsApp > API Setup shows it above the number."


def is_phone(text: str) -> bool:
    """Say whether a text is a telephone number, with or without its +."""
    digits = text.strip().removeprefix("+").removeprefix("00")
    try:
        phones.e164(f"+{digits}")
    except IvyError:
        return text.strip().startswith("+")
    return True


def wrong_token(text: str) -> str:
    if text.startswith("EAA") and len(text) > 60 and text.isascii() and text.isalnum():
        return ""
    return "A WhatsApp token begins with EAA and is long; make a permanent one for a system user in Business settings."


def wrong_app_secrets(text: str) -> str:
    found = text.split()
    if found and all(re.fullmatch("[0-9a-f]{32}", secret) for secret in found):
        return ""
    return "An app secret is 32 hexadecimal digits; App settings > Basic > App secret > Show."


def wrong_seal_key(text: str) -> str:
    found = text.split()
    if found and all(re.fullmatch("[0-9a-fA-F]{64}", key) for key in found):
        return ""
    return "A seal key is 64 hexadecimal digits; `ivy init` writes one."


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:  # half of an IPv6 address, a port that cannot be
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def wrong_public_url(text: str) -> str:
    if is_web_address(text) and (parts := urlsplit(text)).scheme == "https" and parts.path in ("", "/"):
        return ""
    return "public_url is https:// and a host, such as https://ivy.example.org; Meta calls no other."


def wrong_anthropic_key(text: str) -> str:
    return (
        "" if text.startswith("sk-ant-") else "A key of Anthropic begins with sk-ant-; console.anthropic.com makes one."
    )


def wrong_openai_key(text: str) -> str:
    if text.startswith("sk-") and not text.startswith("sk-ant-"):
        return ""
    return "A key of OpenAI begins with sk-; platform.openai.com makes one."


def wrong_account_sid(text: str) -> str:
    if re.fullmatch("AC[0-9a-f]{32}", text):
        return ""
    if text.startswith(("SK", "MG", "PN")):
        return (
            "This is another of Twilio's ids; the Account SID begins with AC, and stands on the console's first page."
        )
    return "An Account SID is AC and 32 hexadecimal digits; console.twilio.com shows it on its first page."


def wrong_auth_tokens(text: str) -> str:
    found = text.split()
    if found and all(re.fullmatch("[0-9a-f]{32}", token) for token in found):
        return ""
    return "An Auth Token is 32 hexadecimal digits; console.twilio.com shows it below the Account SID."


def wrong_retell_key(text: str) -> str:
    if text.startswith("key_") and text.isascii() and " " not in text:
        return ""
    return "A key of Retell begins with key_; its dashboard shows it under Settings > API Keys."


def wrong_agent_key(text: str) -> str:
    if text.isascii() and text.isprintable() and " " not in text and len(text) >= SHORTEST_AGENT_KEY:
        return ""
    return "This is no API key of an agent: its chat shows it under Chat info > API key, and copies it whole."


def wrong_phone(text: str) -> str:
    if text.startswith("+") and is_phone(text) and " " not in text:
        return ""
    return "A telephone number is + and country code and digits, without spaces, such as +15550102030."


def wrong_own_phone(text: str) -> str:
    """Judge a number that people are known and called by: it has to exist, and to stand as Ivy keeps numbers."""
    if phones.is_e164(text):
        return ""
    return f"{text!r} is no number that can be called: + and country code and digits, without spaces, such as +573001234567."


def right(_text: str) -> str:
    """Judge nothing."""
    return ""


Judge = Callable[[str], str]


def wrong_sms_sender(text: str) -> str:
    if sms_senders.kind_of(text) is not None:
        return ""
    return "A sender is a number such as +15550102030, a short code, a name of at most 11 letters, or a messaging service (MG…)."


def wrong_mail_host(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*", text):
        return ""
    return "A mail server is a name alone, such as smtp.example.org; the port is mail.port."


def wrong_mail_sender(text: str) -> str:
    """Judge one address, bare or behind a name."""
    if re.fullmatch(r"(?:[^<>@]{1,80} <)?[^<>@\s]+@[^<>@\s]+\.[^<>@\s.]+>?", text) and ("<" in text) == text.endswith(
        ">"
    ):
        return ""
    return "A sender is an address, with a name if you like: Ivy <ivy@example.org>."

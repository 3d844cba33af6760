"""The first hop of `ivy whatsapp probe`: which of the values is which, by their shapes. May import: findings, shapes, config.

Nothing it says holds a secret.
"""

import re

from ivy.cli import shapes
from ivy.cli.findings import Finding, look, missing, ok
from ivy.cli.first_configuration import ITEMS, Item
from ivy.cli.whatsapp_walk import Walk
from ivy.config import Secret, getattr_path

TOKEN, SECRET, PHONE, ID = "an access token", "an app secret", "a telephone number", "an id"
APP_TOKEN, SEAL_KEY, MODEL_KEY = "an app's own token", "Ivy's seal key", "a model's key"
BELONGS = {
    TOKEN: "whatsapp.token_file",
    SECRET: "whatsapp.app_secrets_file",
    PHONE: "nowhere in this configuration",
    ID: "whatsapp.phone_number_id, or whatsapp.waba_id",
    APP_TOKEN: "nowhere in this configuration",
    SEAL_KEY: "store.seal_key_file",
    MODEL_KEY: "models.primary.api_key_file",
}
NEVER_TOLD = frozenset({TOKEN, SECRET, APP_TOKEN, SEAL_KEY, MODEL_KEY})
"""What must not be typed into a form and sent in an address, as the verify token is."""
EXPECTED = {"phone_number_id": ID, "token_file": TOKEN, "app_secrets_file": SECRET}
FOR_WHAT = {
    "phone_number_id": "the number's id: sends",
    "token_file": "the access token: who we are to Meta",
    "app_secrets_file": "the app secret: signs webhooks",
    "verify_token_file": "the verify token: typed once into Meta's webhook form",
}


def kind_of(text: str) -> str:
    """Return what a value is by its looks, or "" for what looks like nothing in particular."""
    if text.startswith("EAA") and len(text) > 30:
        return TOKEN
    if re.fullmatch("[0-9]+\\|[0-9A-Za-z_-]+", text):
        return APP_TOKEN
    if re.fullmatch("[0-9a-f]{32}", text):
        return SECRET
    if re.fullmatch("[0-9a-fA-F]{64}", text):
        return SEAL_KEY
    if text.startswith("sk-"):
        return MODEL_KEY
    if text.isascii() and text.isdigit() and len(text) > shapes.LONGEST_PHONE:
        return ID
    return PHONE if shapes.is_phone(text) else ""


async def fields(walk: Walk) -> list[Finding]:
    """Look at what WhatsApp needs of the configuration, one finding for each value."""
    config = walk.where.config
    if not config.whatsapp.enabled:
        return [
            missing("whatsapp.enabled", "WhatsApp is switched off", f"set whatsapp.enabled = true in {walk.where.path}")
        ]
    items = [item for item in ITEMS if item.section == "whatsapp" and item.name in FOR_WHAT]
    return [*(_field(walk, item) for item in items), _account(walk), _public_url(walk)]


def _field(walk: Walk, item: Item) -> Finding:
    value = getattr_path(walk.where.config, item.value_key)
    text = value.reveal() if isinstance(value, Secret) else str(value)
    if not text:
        return missing(item.key, f"not set ({FOR_WHAT[item.name]})", item.found_at)
    if mixed := _mixed_up(item, text.split() if item.name == "app_secrets_file" else [text]):
        return mixed
    if walk.is_official and (wrong := item.judge(text)):
        return missing(item.key, "not what it should be", wrong)
    return ok(item.key, f"{'set' if isinstance(value, Secret) else text} ({FOR_WHAT[item.name]})")


def _mixed_up(item: Item, values: list[str]) -> Finding | None:
    """Return a finding if a value is plainly another one."""
    expected = EXPECTED.get(item.name)
    for value in values:
        kind = kind_of(value)
        if expected == ID and kind == PHONE:  # once the token is known to be good, Meta is asked for the number's id
            return look(item.key, "a telephone number, not Meta's id for it", shapes.wrong_phone_number_id(value))
        if kind not in ("", expected) if expected else kind in NEVER_TOLD:
            return missing(item.key, f"this is {kind}, which belongs in {BELONGS[kind]}", item.found_at)
    return None


def _account(walk: Walk) -> Finding:
    account, number = walk.section.waba_id, walk.section.phone_number_id
    found_at = "WhatsApp > API Setup shows it above the number, as WhatsApp Business Account ID"
    if not account:
        return look("whatsapp.waba_id", "not set (the account: templates, forms, webhooks)", found_at)
    if account == number:
        return missing("whatsapp.waba_id", "the same as whatsapp.phone_number_id; they are two ids", found_at)
    if not (account.isascii() and account.isdigit()):
        return missing("whatsapp.waba_id", "an account's id is digits and nothing else", found_at)
    return ok("whatsapp.waba_id", f"{account} (the account: templates, forms, webhooks)")


def _public_url(walk: Walk) -> Finding:
    url = walk.where.config.server.public_url
    if not url:
        mend = "set it to the https address of your TLS proxy"
        return missing("server.public_url", "not set: Meta must reach Ivy", mend)
    if walk.is_official and (wrong := shapes.wrong_public_url(url)):
        return missing("server.public_url", url, wrong)
    return ok("server.public_url", url)

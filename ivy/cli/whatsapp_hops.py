"""Meta's side of `ivy whatsapp probe`: token, number, subscription, webhook form. May import: findings, the adapters.

Sources: Graph API "Debug token"; Cloud API "Business phone numbers", "Webhooks".
"""

from datetime import datetime, timedelta

from ivy.adapters.whatsapp.setup import MANAGEMENT, MESSAGING, SCOPES, Number, TokenFacts, webhook_of
from ivy.cli import shapes
from ivy.cli.findings import Finding, look, missing, ok
from ivy.cli.whatsapp_walk import Walk, up_to_the_first_missing
from ivy.errors import OutcomeUnknown, VendorBusy, VendorError, VendorMisconfigured, VendorRefused

GENERATE_ANEW = (
    "Business settings > System users > your user > Generate token: this app, no expiry, whatsapp_business_messaging and"
    " whatsapp_business_management; put it in the file of whatsapp.token_file"
)
SOON = timedelta(days=7)
ENDS = "ends on"
"""Stands in what is found of a token that does not live for ever."""
NOT_THERE = frozenset({"PENDING", "DISCONNECTED", "UNVERIFIED", "DELETED", "MIGRATED"})
"""Statuses of a number that cannot send until it is registered; others (FLAGGED, RESTRICTED) are about its quality."""
NO_OBJECT = 33
LOW = ("YELLOW", "RED")
"""Meta's words for a number whose messages people do not want."""
SHOW_IN_BASIC = "Meta's app > App settings > Basic > App secret > Show; put it in the file of whatsapp.app_secrets_file"
FIELDS_NEEDED = frozenset({"messages"})
FIELDS_WANTED = (
    "account_alerts",
    "account_update",
    "business_capability_update",
    "flows",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
    "user_preferences",
)
"""Without these Ivy works, and hears too late of a limit, a template or a thief."""


# --- the token ---------------------------------------------------------------------------------------


async def token(walk: Walk) -> list[Finding]:
    """Ask Meta about our token, and learn its app and its account."""
    walk.account = walk.section.waba_id
    try:
        facts = await walk.desk().inspect(walk.section.token.reveal())
    except VendorMisconfigured as error:
        return [missing("token", error.reason, GENERATE_ANEW)]
    except VendorRefused as error:
        if "appsecret_proof" in error.reason:
            told = "Meta says that the token is of another app than the app secret"
            return [missing("app secret", told, SHOW_IN_BASIC)]
        silent = look("token", "Meta does not say what this token may do", "a system user's token can be asked about")
        return [silent, *_learn_account(walk, ())]
    walk.app_id = facts.app_id
    return up_to_the_first_missing([_judge_token(facts, walk.now()), *_learn_account(walk, facts.accounts)])


def _judge_token(facts: TokenFacts, now: datetime) -> Finding:
    if not facts.is_valid or (facts.expires_at and facts.expires_at <= now):
        ended = f"it expired on {_shown(facts.expires_at)}" if facts.expires_at else "it is not valid any more"
        return missing("token", ended, GENERATE_ANEW)
    if lacking := [scope for scope in SCOPES if scope not in facts.scopes]:
        return missing("token", f"it lacks the permission {' and '.join(lacking)}", GENERATE_ANEW)
    found = f"of the app {facts.app or facts.app_id}, may {MESSAGING.removeprefix('whatsapp_business_')}"
    found += f" and {MANAGEMENT.removeprefix('whatsapp_business_')}"
    if facts.expires_at is None:
        return ok("token", f"{found}, without expiry")
    ends = f"{found}, {ENDS} {_shown(facts.expires_at)}"
    return look("token", ends, GENERATE_ANEW) if facts.expires_at - now < SOON else ok("token", ends)


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _learn_account(walk: Walk, accounts: tuple[str, ...]) -> list[Finding]:
    """Take the account from the token where the configuration has none, and doubt one that the token does not know."""
    if walk.account:
        if accounts and walk.account not in accounts:
            told = f"the token is for {', '.join(accounts)}, not for {walk.account}"
            return [missing("account", told, "set whatsapp.waba_id, or make a token for the account it names")]
        return []
    if len(accounts) != 1:
        told = f"the token is for {', '.join(accounts)}" if accounts else "Meta does not name it"
        return [missing("account", told, "set whatsapp.waba_id: WhatsApp > API Setup shows it above the number")]
    walk.account = accounts[0]
    return [look("account", f"the token is for {walk.account}", f'set whatsapp.waba_id = "{walk.account}"')]


# --- the number --------------------------------------------------------------------------------------


async def number(walk: Walk) -> list[Finding]:
    """Ask about our number: whether it is one, is ours, is registered, and may send."""
    desk, given = walk.desk(), walk.section.phone_number_id
    if shapes.wrong_phone_number_id(given) and shapes.is_phone(given):
        return [await _right_id(walk, f"{given} is a telephone number, not Meta's id for it")]
    try:
        found = await desk.number()
        ours = await desk.numbers()
    except (VendorMisconfigured, VendorRefused) as error:
        return [await _right_id(walk, error.reason)]
    if found.id not in {each.id for each in ours}:
        return [_of_another_account(walk, found)]
    walk.phone = found.phone
    return up_to_the_first_missing([await _registered(walk), *_judge_number(found)])


async def _right_id(walk: Walk, wrong: str) -> Finding:
    """Say what is wrong with the id, and the right one if the account tells."""
    try:
        listed = await walk.desk().numbers()
    except VendorError as error:
        if isinstance(error, VendorBusy | OutcomeUnknown):
            raise
        return missing("account", no_account(walk.account, error), "set whatsapp.waba_id: API Setup shows it")
    digits = _digits(walk.section.phone_number_id)
    same = [each for each in listed if digits and _digits(each.phone).endswith(digits)]
    choice = same or listed
    if not choice:
        return missing(
            "number", f"the account {walk.account} has none", "add one: WhatsApp > API Setup > Add phone number"
        )
    told = " or ".join(f'"{each.id}", which is {each.phone}' for each in choice)
    return missing("number", wrong, f"set whatsapp.phone_number_id = {told}")


def no_account(account: str, error: VendorError) -> str:
    """Say why an account's numbers are not told: Meta has one code for what is not there and what a token may not see."""
    if f"({NO_OBJECT})" in error.reason:
        return f"Meta shows this token no account {account}: it is another business's, or there is none"
    return f"account {account}: {error.reason}"


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _of_another_account(walk: Walk, found: Number) -> Finding:
    return missing(
        "number",
        f"{found.phone} is not of the account {walk.account}",
        "set whatsapp.waba_id to the account under which API Setup shows this number",
    )


async def _registered(walk: Walk) -> Finding:
    """Say whether the number is on the Cloud API, and put it there if a PIN was given."""
    desk = walk.desk()
    try:
        told = await desk.registration()
    except VendorRefused:
        return look("registration", "Meta does not say", "if sending fails with 133010: ivy whatsapp probe --register")
    state = f"{told.status or 'no status'}, {told.platform or 'no platform'}"
    if told.platform not in ("CLOUD_API", "") or told.status in NOT_THERE:
        if walk.wishes.pin:
            await desk.register(walk.wishes.pin)
            return ok("registration", f"{walk.phone} is on the Cloud API from now on; keep its PIN")
        mend = "ivy whatsapp probe --register, with six digits of your choice as its PIN"
        return missing("registration", f"{walk.phone} is not registered ({state})", mend)
    if told.status not in ("CONNECTED", ""):
        return look("registration", f"{walk.phone} is {state}", "WhatsApp Manager > Phone numbers says why")
    return ok("registration", f"{walk.phone} is on the Cloud API")


def _judge_number(found: Number) -> list[Finding]:
    told = [f"{found.phone}, {found.name or 'no name'}", *(f"{what} {word}" for what, word in _words(found) if word)]
    findings = [ok("number", ", ".join(told))]
    if found.quality in LOW:
        told = f"{found.quality}: people block or report us, and Meta lowers the limit next"
        findings.append(
            look("number's quality", told, "write less, to those who answer; docs/runbook/quality-and-limits.md")
        )
    if found.name_status not in ("", "APPROVED", "AVAILABLE_WITHOUT_REVIEW"):
        mend = "WhatsApp Manager > Phone numbers > the number > Display name: a name that is the business's own"
        findings.append(look("display name", f"{found.name or 'none'}: {found.name_status}", mend))
    if found.can_send not in ("", "AVAILABLE"):
        judge = missing if found.can_send == "BLOCKED" else look
        why = "; ".join(found.reasons) or f"sending is {found.can_send}"
        findings.append(judge("sending", why, _how_to_send(why)))
    return findings


def _words(found: Number) -> tuple[tuple[str, str], ...]:
    return ("quality", found.quality), ("limit", found.limit), ("throughput", found.throughput)


def _how_to_send(why: str) -> str:
    if "payment" in why.lower() or "billing" in why.lower():
        return "Business settings > Billing & payments > the WhatsApp account > Add payment method"
    return "WhatsApp Manager > Account tools > Overview says the same, with a button"


# --- where webhooks go -------------------------------------------------------------------------------


async def subscription(walk: Walk) -> list[Finding]:
    """Look whether the account's webhooks reach our app, and see to it if that was wished for."""
    desk = walk.desk()
    apps = await desk.subscribed_apps()
    ours = [app for app in apps if app.app_id == walk.app_id or not walk.app_id]
    elsewhere = next((app.override for app in ours if app.override not in ("", walk.webhook)), "")
    if (not ours or elsewhere) and walk.wishes.subscribe:
        await desk.subscribe()  # it also takes away another address
        return [ok("subscription", "our app gets the account's webhooks from now on")]
    if not ours:
        others = f"; it goes to {', '.join(app.name or app.app_id for app in apps)}" if apps else ""
        found = f"what happens in the account {walk.account} is not told to our app{others}"
        return [missing("subscription", found, "ivy whatsapp probe --subscribe")]
    if elsewhere:
        found = f"the account's webhooks go to {elsewhere}, not to {walk.webhook}"
        return [missing("subscription", found, "ivy whatsapp probe --subscribe takes the other address away")]
    return [ok("subscription", f"our app {ours[0].name or ours[0].app_id} gets the account's webhooks")]


async def form(walk: Walk) -> list[Finding]:
    """Look at the app's webhook form, which only the app itself may read."""
    if not walk.app_id or not walk.secrets:
        return [look("webhook form", "its app is not known", f"see that Meta's form has {walk.webhook}")]
    try:
        told = await webhook_of(walk.graph(f"{walk.app_id}|{walk.secrets[0]}"), walk.app_id)
    except (VendorRefused, VendorMisconfigured) as error:
        return [look("webhook form", f"cannot be read: {error.reason}", f"see that Meta's form has {walk.webhook}")]
    place = "Meta's app > WhatsApp > Configuration > Webhook"
    if told is None or not told.active:
        return [
            missing("webhook form", "nobody has filled it in", f"{place} > Edit: {walk.webhook} and the verify token")
        ]
    if told.url.rstrip("/") != walk.webhook:
        return [
            missing("webhook form", f"Meta calls {told.url}", f"{place} > Edit: {walk.webhook} and the verify token")
        ]
    if not told.fields >= FIELDS_NEEDED:
        return [missing("webhook form", "no webhooks of the field messages", f"{place} fields > messages > Subscribe")]
    if lacking := sorted(set(FIELDS_WANTED) - told.fields):
        return [look("webhook form", f"lacks {', '.join(lacking)}", f"{place} fields > Subscribe, for each")]
    return [ok("webhook form", f"Meta calls {told.url}")]

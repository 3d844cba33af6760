"""Everything outside that Ivy may lean on, one line each: ok, missing or not needed, and how long others take for it.

May import: findings, shapes, config. Nobody is asked; lead times as of November 2026.
"""

from collections.abc import Mapping, Sequence

from ivy.cli.doctor_calls import VOICE_TAKES
from ivy.cli.doctor_channels import DOMAIN_TAKES, NUMBER_TAKES
from ivy.cli.doctor_vendors import ROLES
from ivy.cli.findings import Finding, missing, not_needed, ok
from ivy.config import Config, ModelSection

META_TAKES = "a test number takes minutes; a business of one's own, its number and name 1 to 2 weeks"
AGENT_TAKES = "an agent takes minutes, once your WhatsApp has the menu for it; Meta says of nobody when"
RETELL_TAKES = f"an account takes a day: {VOICE_TAKES}"
KEY_TAKES = "minutes"
CHARITY_TAKES = "an agreement with a charity takes 2 to 4 weeks; pledges are paid by hand without one"


def dependencies(config: Config) -> list[Finding]:
    """Return a line for each of them, in the order in which to begin."""
    return [
        _whatsapp(config),
        _agent_platform(config),
        _retell(config),
        _twilio(config),
        _charities(config),
        _mail(config),
        *(_model(config, role) for role in ROLES),
        not_needed("Stripe", "gifts are pledges, paid by hand: no payment goes through Ivy"),
    ]


def _whatsapp(config: Config) -> Finding:
    what, section = "WhatsApp (Meta)", config.whatsapp
    if not section.enabled:
        return not_needed(what, "whatsapp.enabled is false")
    given = {
        "phone_number_id": section.phone_number_id,
        "waba_id": section.waba_id,
        "token": section.token,
        "app_secrets": section.app_secrets,
        "verify_token": section.verify_token,
    }
    return _judged(what, given, "set up", META_TAKES)


def _agent_platform(config: Config) -> Finding:
    what, section = "WhatsApp's agent platform", config.solo
    if not section.enabled:
        return not_needed(what, "solo.enabled is false")
    return _judged(what, {"api_key": section.api_key}, "an agent of your own", AGENT_TAKES)


def _retell(config: Config) -> Finding:
    what, section = "Retell", config.voice
    if not section.enabled:
        return not_needed(what, "voice.enabled is false: nobody is phoned")
    return _judged(what, {"api_key": section.api_key, "number": section.number}, f"from {section.number}", RETELL_TAKES)


def _twilio(config: Config) -> Finding:
    what, section = "Twilio (SMS)", config.sms
    if not section.enabled:
        return not_needed(what, "sms.enabled is false")
    given = {"account_sid": section.account_sid, "auth_token": section.auth_token, "sender": section.sender}
    return _judged(what, given, f"from {section.sender}", NUMBER_TAKES)


def _mail(config: Config) -> Finding:
    what, section = "Mail server", config.mail
    if not section.enabled:
        return not_needed(what, "mail.enabled is false")
    return _judged(what, {"host": section.host, "sender": section.sender}, section.host, DOMAIN_TAKES)


def _charities(config: Config) -> Finding:
    named = config.giving.charities
    if not named:
        return not_needed("Charities", "none under [giving.charities]: nothing is given")
    unnamed = [key for key, charity in named.items() if not charity.name]
    return _judged("Charities", {"name": not unnamed}, ", ".join(named), CHARITY_TAKES)


def _model(config: Config, role: str) -> Finding:
    section: ModelSection = getattr(config.models, role)
    what = f"Model, {role}"
    if not section.vendor or not section.model:
        return _judged(what, {"vendor": ""}, "", KEY_TAKES) if role == "primary" else not_needed(what, "none is named")
    own_server = section.vendor == "openai" and bool(section.base_url)
    if not section.api_key and not own_server and role != "primary":
        return not_needed(what, f"{section.model}: no key; the primary does its work")
    return _judged(what, {"api_key": section.api_key or own_server}, f"{section.model} of {section.vendor}", KEY_TAKES)


def _judged(what: str, given: Mapping[str, object], found: str, takes: str) -> Finding:
    lacking: Sequence[str] = [name for name, value in given.items() if not value]
    if not lacking:
        return ok(what, found)
    return missing(what, f"lacks {', '.join(lacking)}", "ivy doctor says of each where it is found", takes=takes)

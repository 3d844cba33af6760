"""Which companies see what of a person, as this configuration has it. May import: config, the standard library."""

from urllib.parse import urlsplit

from ivy.config import Config, ModelSection

HERE = ("127.0.0.1", "localhost", "::1")
"""A server on this very machine is nobody else's."""
OPENAI = "api.openai.com"
KNOWN = {"anthropic.com": "Anthropic", "openai.com": "OpenAI"}


def who_sees(config: Config, language: str) -> list[str]:
    """Return a line for each company: its name, and what it is given."""
    english = language == "en"
    found: list[str] = []
    if config.whatsapp.enabled:
        found.append(
            "WhatsApp (Meta) carries the messages between you and Ivy, and knows your number."
            if english
            else "WhatsApp (Meta) lleva los mensajes entre tú e Ivy, y conoce tu número."
        )
    if config.solo.enabled:
        found.append(
            "WhatsApp (Meta) carries what you and an agent in your WhatsApp write, which is not end-to-end encrypted there."
            if english
            else "WhatsApp (Meta) lleva lo que escriben tú y un agente en tu WhatsApp, que allí no va cifrado de extremo a extremo."
        )
    for name in models(config):
        found.append(
            f"{name} runs a language model that words Ivy's answers. It is given your latest messages and what Ivy needs to"
            " know of you for that answer; a picture only if you agreed to it."
            if english
            else f"{name} opera un modelo de lenguaje que redacta las respuestas de Ivy. Recibe tus últimos mensajes y lo que Ivy"
            " necesita saber de ti para esa respuesta; una foto, solo si lo aceptaste."
        )
    if name := ears(config):
        found.append(f"{name} writes down your voice notes." if english else f"{name} pasa a texto tus notas de voz.")
    if name := embedder(config):
        found.append(
            f"{name} turns your messages and expenses into numbers, by which Ivy finds them again."
            if english
            else f"{name} convierte tus mensajes y gastos en números, con los que Ivy los vuelve a encontrar."
        )
    return [*found, *_carriers(config, english=english)]


def _carriers(config: Config, *, english: bool) -> list[str]:
    found: list[str] = []
    if config.voice.enabled:
        found.append(
            "Retell AI carries phone calls, with the phone, speech and language services that it works with. It is given your"
            " number, what Ivy needs to know for the call, and what is said."
            if english
            else "Retell AI lleva las llamadas, con los servicios de telefonía, voz y lenguaje con los que trabaja. Recibe tu"
            " número, lo que Ivy necesita saber para la llamada y lo que se dice en ella."
        )
    if config.sms.enabled:
        found.append(
            "Twilio carries text messages: your number, and their words."
            if english
            else "Twilio lleva los mensajes de texto: tu número y sus palabras."
        )
    if config.mail.enabled:
        name = company(config.mail.host) or ("Our mail server" if english else "Nuestro servidor de correo")
        found.append(
            f"{name} carries mails: your address, and their words."
            if english
            else f"{name} lleva los correos: tu dirección y sus palabras."
        )
    if name := company(config.operator.webhook_url):
        found.append(
            f"{name} is told when something needs a human, which may name you."
            if english
            else f"{name} recibe los avisos de que algo necesita a una persona, que pueden nombrarte."
        )
    return found


def models(config: Config) -> list[str]:
    """Return the companies whose models answer, each once."""
    roles = (config.models.primary, config.models.fallback, config.models.cheap)
    asked = [each for each in roles if each.vendor and each.model]
    names = [_of_model(each) for each in asked if each.api_key or (each.vendor == "openai" and each.base_url)]
    return list(dict.fromkeys(name for name in names if name))


def _of_model(section: ModelSection) -> str:
    return company(section.base_url or f"api.{section.vendor}.com")


def ears(config: Config) -> str:
    section = config.transcription
    name = company(section.base_url or OPENAI)
    return name if section.model and (section.api_key or name != "OpenAI") else ""


def embedder(config: Config) -> str:
    section = config.memory
    if section.embedder not in ("auto", "openai") or not section.model:
        return ""
    name = company(section.base_url or OPENAI)
    return name if section.api_key or name != "OpenAI" else ""


def company(address: str) -> str:
    """Return whose server an address is, or nothing if it is this very machine."""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        host = address
    if host in HERE:
        return ""
    return next((name for domain, name in KNOWN.items() if host == domain or host.endswith(f".{domain}")), host)

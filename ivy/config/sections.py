"""Every key of the configuration, with its default. May import: msgspec.

A comment in `ivy.toml.example` and the text below a field are what `docs/configuration.md` says of it.
"""

from datetime import date
from pathlib import Path

import msgspec


class Secret:
    """A value that prints as stars."""

    def __init__(self, value: str = "") -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "***" if self._value else "(none)"

    __str__ = __repr__


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of `ivy.toml`."""


class StoreSection(Section, frozen=True):
    path: str = "data/ivy.db"
    """Relative paths are relative to the configuration's folder."""
    seal_key: Secret = Secret()
    """64 hex digits; several, newest first, are separated by white space."""
    seal_key_file: str = ""
    keep_raw_days: float = 30.0
    keep_done_days: float = 30.0


class ServerSection(Section, frozen=True):
    host: str = "127.0.0.1"
    port: int = 8710
    ops_host: str = "127.0.0.1"
    """/livez and /readyz; keep it off the internet."""
    ops_port: int = 8711
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    drain_seconds: float = 8.0


class WhatsAppSection(Section, frozen=True):
    enabled: bool = True
    base_url: str = "https://graph.facebook.com"
    version: str = "v26.0"
    phone_number_id: str = ""
    waba_id: str = ""
    """The account that holds templates, forms and numbers."""
    token: Secret = Secret()
    token_file: str = ""
    app_secrets: Secret = Secret()
    """Several, while one is being rotated, are separated by white space."""
    app_secrets_file: str = ""
    verify_token: Secret = Secret()
    verify_token_file: str = ""
    flow_key: Secret = Secret()
    """Private keys as PEM, the newest first; `ivy whatsapp flows key` writes one."""
    flow_key_file: str = ""
    read_receipts: bool = True
    typing_after_seconds: float = 1.0
    reconcile_seconds: float = 90.0
    """How long a send of unknown outcome waits for a status before its one repetition."""
    reactions: bool = True
    pays: bool = True
    """Whether the account has a payment method; without one nothing leaves beyond the month's free replies."""
    media_hosts: tuple[str, ...] = ("lookaside.fbsbx.com",)
    """Where files may be fetched from; nothing else ever sees the token."""
    rates_file: str = ""
    """Empty: the rate card that comes with Ivy."""


class SoloSection(Section, frozen=True):
    """WhatsApp's agent platform: an agent that you make in your own app, and that talks with you alone."""

    enabled: bool = False
    base_url: str = "https://api.whatsapp.com/agent/v1"
    api_key: Secret = Secret()
    api_key_file: str = ""
    phone: str = ""
    """Your own number, with + and country code: joins what you say here with what you say elsewhere, and lets calls reach you."""
    timeout_seconds: int = 25
    """How long one question whether something came may stay open, from 1 to 25."""
    polls_per_minute: int = 15
    """How often the platform lets itself be asked; this and the next as its manual of 2026-08-25 says."""
    requests_per_minute: int = 12
    """What it takes of each other kind: messages, ticks, files."""


class SmsSection(Section, frozen=True):
    enabled: bool = False
    base_url: str = "https://api.twilio.com"
    account_sid: str = ""
    auth_token: Secret = Secret()
    """Several, while one is being rotated, are separated by white space."""
    auth_token_file: str = ""
    sender: str = ""
    """A number in E.164, a short code, a name, or a messaging service (MG...)."""
    validity_seconds: int = 900
    rates_file: str = ""
    """What a segment costs by country; empty: the card that comes with Ivy."""
    usd_per_segment: float = 0.0
    """Above 0: what a segment costs wherever it goes, instead of the card."""


class MailSection(Section, frozen=True):
    enabled: bool = False
    host: str = ""
    port: int = 587
    tls: str = "starttls"
    """starttls, tls, or none (loopback only)."""
    user: str = ""
    password: Secret = Secret()
    password_file: str = ""
    sender: str = ""
    """Ivy <ivy@example.org>"""


class MediaSection(Section, frozen=True):
    folder: str = "media"
    """Beside the database, unless it is absolute."""
    keep_days: float = 30.0
    seconds: float = 90.0


class TranscriptionSection(Section, frozen=True):
    base_url: str = "https://api.openai.com/v1"
    """Any server with OpenAI's audio/transcriptions."""
    model: str = "gpt-transcribe"
    api_key: Secret = Secret()
    api_key_file: str = ""
    usd_per_minute: float = 0.0045
    unsure_below: float = 0.6
    """A transcript less certain than this (0 to 1) is read back before anything is done."""
    timeout_seconds: float = 60.0


class MemorySection(Section, frozen=True):
    """What turns texts into vectors, so that memory finds what was meant, and not only what was said."""

    embedder: str = "auto"
    """openai (any compatible server), local (`pip install 'ivy-coach[local]'`), none, or auto: the first of these that is there."""
    base_url: str = "https://api.openai.com/v1"
    """Any server with OpenAI's embeddings: Ollama's is http://localhost:11434/v1."""
    model: str = "text-embedding-3-small"
    dimension: int = 512
    """Numbers in a vector: of OpenAI's models as many as you like, of another's just its own."""
    api_key: Secret = Secret()
    api_key_file: str = ""
    model_file: str = ""
    """The local model, if it is not the installed one."""
    threshold: float = 0.0
    """How near in meaning (0 to 1) a memory must be to be told; 0: what was measured for the model."""


class RoutingSection(Section, frozen=True):
    """Where a message goes when WhatsApp cannot carry it: channels in order, by what the message is for."""

    reply: tuple[str, ...] = ("whatsapp", "solo")
    reminder: tuple[str, ...] = ("whatsapp", "solo", "sms", "call", "mail")
    """`call` reads it out on the phone, to those who agreed to calls."""
    checkin: tuple[str, ...] = ("whatsapp", "solo", "sms")
    notice: tuple[str, ...] = ("whatsapp", "solo", "sms", "call", "mail")
    digest: tuple[str, ...] = ("whatsapp", "solo", "mail")
    unasked_per_day: int = 2
    """So many contacts a day, calls included, after which Ivy begins no message by itself; what they asked for is none."""
    wait_seconds: float = 300.0
    """How long WhatsApp may be down before another channel is tried."""
    template_replies: bool = True
    """Tell somebody by a paid template that an answer waits for them when their window closed."""


class VoiceSection(Section, frozen=True):
    """Phone calls, by Retell."""

    enabled: bool = False
    base_url: str = "https://api.retellai.com"
    api_key: Secret = Secret()
    api_key_file: str = ""
    webhook_keys: Secret = Secret()
    """The API keys that may sign webhooks, one a line; empty: the API key itself."""
    webhook_keys_file: str = ""
    number: str = ""
    """Ours, in E.164; people save it as a contact."""
    number_is_imported: bool = False
    """False: bought from Retell, which reaches some countries only."""
    agent_prefix: str = "ivy"
    """How our agents are called there: ivy-en, ivy-es."""
    model: str = "gpt-5.4-mini"
    voice_en: str = "11labs-Adrian"
    voice_es: str = "11labs-Adrian"
    store: str = "everything_except_pii"
    """What Retell keeps: everything, everything_except_pii or basic_attributes_only."""
    retention_days: int = 30
    timeout_seconds: float = 20.0


class CallsSection(Section, frozen=True):
    """When and how long Ivy may phone."""

    concurrent: int = 10
    """Calls at once; Retell's own limit counts too, where it is lower."""
    per_second: float = 1.0
    longest_seconds: int = 600
    ring_seconds: int = 30
    unasked_per_day: int = 2
    """So many contacts a day, messages included, after which nobody is phoned at a time that they did not choose."""
    retries_minutes: tuple[int, ...] = (10, 40)
    """When a missed call is tried again, counted from the first."""
    minutes_per_person_month: int = 200
    minutes_per_day: int = 600
    """Of all people together."""
    rates_file: str = ""
    """What a minute costs by country until Retell has told its price; empty: the card that comes with Ivy."""
    usd_per_minute: float = 0.0
    """Above 0: what a minute costs wherever it goes, instead of the card."""
    hours_file: str = ""
    """Calling hours and holidays by country; empty: those that come with Ivy."""
    transcript_days: int = 90
    voicemail: tuple[str, ...] = ("morning", "notice")
    """Kinds of calls that leave one message on an answering machine; the others hang up."""
    quiet_after_started_seconds: float = 120.0
    """How long after a call must be over its provider is asked what became of it."""


class FactsSection(Section, frozen=True):
    """What people say of themselves, noticed in their own messages. "Remember …" works without any of it."""

    notice: bool = True
    """Let the cheap model read messages that may say something lasting; each once."""
    quiet_seconds: float = 30.0
    """How long nothing was written before it does, several messages at once."""
    answer_tokens: int = 800


class ProactiveSection(Section, frozen=True):
    """What people asked to be told every week; routing.unasked_per_day caps it, and `ivy switch proactive off` ends it."""

    paid: bool = False
    """Let the summary of expenses cost a template where the window is closed; false: it waits for them, or goes by mail."""


class CharitySection(Section, frozen=True):
    name: str = ""
    country: str = ""
    url: str = ""


class GivingSection(Section, frozen=True):
    """Who is given to, and how much at most. Nothing is paid by Ivy: gifts are pledges, paid by hand once a month."""

    charities: dict[str, CharitySection] = {}
    """By the short name that people choose; none: nothing is given."""
    amount: str = ""
    """For a kept workout, where they do not say: "1.00" of the person's own currency; empty: a round amount near one dollar."""
    daily_cap: str = ""
    """Empty: twice that; once one of the four is above 0, those left empty are 1.00, 2.00, 40.00 and 0.50 of any currency."""
    monthly_cap: str = ""
    """Empty: forty times that."""
    comeback: str = ""
    """More, once, for the first workout within 48 hours after a miss; empty: half of that."""


class OperatorSection(Section, frozen=True):
    mail: str = ""
    """Who hears of alerts and of people who ask for a human; empty: `ivy status` only."""
    phone: str = ""
    """The operator's own number, in E.164: a test call may ring there at any hour."""
    whatsapp: str = ""
    """A phone in E.164 that alerts go to on WhatsApp: as a template, or freely once it has written to Ivy's number."""
    webhook_url: str = ""
    """Where alerts are posted as JSON; https, or http on this machine. Redirects are not followed."""
    webhook_secret: Secret = Secret()
    """Signs what is posted: HMAC-SHA256 over its time and its body."""
    webhook_secret_file: str = ""
    heartbeat_url: str = ""
    """Asked once a minute while Ivy is well; a service outside tells you when that stops."""
    quiet_from: str = ""
    """From this time of the day on, "22:00", what is not critical waits."""
    quiet_until: str = ""
    """Until this one, "07:00", and then it goes as one."""
    zone: str = "UTC"
    """Where the operator's clock is."""


class ModelSection(Section, frozen=True):
    vendor: str = ""
    """anthropic, openai (any compatible server), or empty for none."""
    model: str = ""
    base_url: str = ""
    """Empty: the vendor's own."""
    api_key: Secret = Secret()
    api_key_file: str = ""
    effort: str = "low"
    timeout_seconds: float = 40.0


class ModelsSection(Section, frozen=True):
    primary: ModelSection = ModelSection(vendor="anthropic", model="claude-sonnet-5-5")
    fallback: ModelSection = ModelSection(vendor="openai", model="gpt-6-luna")
    cheap: ModelSection = ModelSection(vendor="anthropic", model="claude-haiku-5-5")


class PriceOverride(Section, frozen=True):
    """Dollars per million tokens."""

    input: float
    output: float
    cache_read: float = 0.0
    cache_write: float = 0.0


class SpendSection(Section, frozen=True):
    daily_cap_usd: float = 10.0
    """Models and messages, a day in UTC. At it no model is called; what was asked for, reminders and safety go. 0: no cap."""
    monthly_cap_usd: float = 200.0
    """The same for a calendar month."""
    person_daily_cap_usd: float = 2.0
    """The same for one person."""
    person_monthly_cap_usd: float = 20.0
    ceiling: PriceOverride = PriceOverride(input=15.0, output=75.0, cache_read=15.0, cache_write=20.0)
    """What a model without a known price is charged at."""
    prices: dict[str, PriceOverride] = {}
    """By model, or vendor:model; wins over the price list."""
    prices_file: str = ""
    """Models that the packaged list does not know; empty: those that come with Ivy."""


class TurnsSection(Section, frozen=True):
    quiet_seconds: float = 1.5
    longest_quiet_seconds: float = 5.0
    model_calls: int = 6
    tool_calls: int = 10
    seconds: float = 120.0
    cost_usd: float = 0.25
    context_tokens: int = 4096
    picture_tokens: int = 10000
    """For the pictures of a turn, beside its words; 0: none is shown."""
    prefix_tokens: int = 14000
    """The cap on what stays the same from call to call: the system's words and the tools."""
    answer_tokens: int = 1024
    messages_per_minute: int = 20
    messages_per_day: int = 300


class AdmissionSection(Section, frozen=True):
    policy: str = "invite"
    """invite, open, or list."""
    phones: tuple[str, ...] = ()
    """E.164; who is let in under `list`."""
    answers_per_day: int = 50


class PeopleSection(Section, frozen=True):
    """What is assumed of somebody let in without `ivy onboard`."""

    locale: str = "en-US"
    zone: str = "UTC"
    currency: str = ""
    """ISO 4217, for everybody; empty: of the country where they live, as far as their number or zone tells, else USD."""
    scope_sentence: str = ""
    """What Ivy says it is for when asked for something else, in one line of at most 300 characters; empty: its own words."""


class ToolsSection(Section, frozen=True):
    disabled: tuple[str, ...] = ()


class WorkersSection(Section, frozen=True):
    """How many jobs of a queue run at once."""

    inbox: int = 4
    agent: int = 40
    """Turns and files; nearly all of their time is waiting for a model."""
    calls: int = 4
    outbox: int = 8
    upkeep: int = 4


class RetrySection(Section, frozen=True):
    first_seconds: float = 2.0
    ceiling_seconds: float = 900.0
    pause_seconds: float = 300.0
    """How long a queue rests after a configuration error before one more try."""


class BreakersSection(Section, frozen=True):
    """When a vendor that fails is left alone: a model, a channel, the transcriber; each by itself."""

    failures: int = 3
    """In a row."""
    rest_seconds: float = 30.0
    """How long it is left alone then; twice as long each time the one trial after it fails too."""
    ceiling_seconds: float = 600.0
    key_seconds: float = 3600.0
    """How long a model with a wrong key, or one that is gone, is left alone before its next trial."""


class BackupSection(Section, frozen=True):
    """Copies of everything, encrypted and checked; docs/backup.md has the rest."""

    folder: str = ""
    """Where the daemon puts them by itself, on another disk if there is one; empty: only `ivy backup` makes any."""
    every_hours: float = 24.0
    keep: int = 7
    """How many of the daemon's own are kept."""
    key: Secret = Secret()
    """64 hex digits; several, newest first, while old backups are still to be read. Not the one of [store]."""
    key_file: str = ""
    replica: bool = False
    """A replica program (Litestream) runs beside the daemon and moves the write-ahead log into the file; then Ivy does not."""


class ServiceSection(Section, frozen=True):
    """Where Ivy is installed, for `ivy upgrade`."""

    root: str = "/opt/ivy"
    """Holds source (a git clone), releases, and current, which leads to one of them."""
    start: str = "systemctl start ivy"
    stop: str = "systemctl stop ivy"
    """Returns when the daemon has ended."""
    health_seconds: float = 60.0
    """How long a new release may take to be well before the old one comes back."""


class SiteSection(Section, frozen=True):
    """Who runs this Ivy, as /privacy and /terms tell people. Without a name and a mail address there are no such pages."""

    name: str = ""
    """A person's or a company's, as it stands on a contract."""
    address: str = ""
    """The postal one, in one line."""
    mail: str = ""
    """Where people ask what is kept of them, and have it erased."""
    country: str = ""
    """Where it is run from, in a word: Colombia."""
    privacy_file: str = ""
    """Text of your own instead of Ivy's: paragraphs with an empty line between them, `# ` before a heading."""
    terms_file: str = ""


class ExperimentSection(Section, frozen=True):
    """One question put to people's days: a setting that differs by chance, between two local dates (docs/experiments.md)."""

    setting: str = ""
    """What differs: comeback_share, first_retry_minutes or workout_reminder_minutes."""
    arms: dict[str, float] = {}
    """The value of each arm, by its name; people are shared out equally, and stay where they are."""
    begins: date | None = None
    """The first local date: 2026-12-01."""
    ends: date | None = None
    """The last one."""


class LogSection(Section, frozen=True):
    level: str = "info"
    plain: bool = False


class Config(Section, frozen=True):
    """Everything `ivy.toml` can say."""

    store: StoreSection = StoreSection()
    server: ServerSection = ServerSection()
    whatsapp: WhatsAppSection = WhatsAppSection()
    models: ModelsSection = ModelsSection()
    spend: SpendSection = SpendSection()
    turns: TurnsSection = TurnsSection()
    solo: SoloSection = SoloSection()
    sms: SmsSection = SmsSection()
    mail: MailSection = MailSection()
    routing: RoutingSection = RoutingSection()
    media: MediaSection = MediaSection()
    transcription: TranscriptionSection = TranscriptionSection()
    memory: MemorySection = MemorySection()
    voice: VoiceSection = VoiceSection()
    calls: CallsSection = CallsSection()
    facts: FactsSection = FactsSection()
    proactive: ProactiveSection = ProactiveSection()
    giving: GivingSection = GivingSection()
    operator: OperatorSection = OperatorSection()
    admission: AdmissionSection = AdmissionSection()
    people: PeopleSection = PeopleSection()
    tools: ToolsSection = ToolsSection()
    workers: WorkersSection = WorkersSection()
    retry: RetrySection = RetrySection()
    breakers: BreakersSection = BreakersSection()
    service: ServiceSection = ServiceSection()
    site: SiteSection = SiteSection()
    backup: BackupSection = BackupSection()
    experiments: dict[str, ExperimentSection] = {}
    """By name; none: everybody has what is configured above."""
    log: LogSection = LogSection()

    @property
    def chat(self) -> str:
        """The channel of what is said on none in particular: the one way to chat that this Ivy has, or WhatsApp's own."""
        return "solo" if self.solo.enabled and not self.whatsapp.enabled else "whatsapp"

    def database(self, folder: Path) -> Path:
        return folder / self.store.path

    def media_folder(self, folder: Path) -> Path:
        return self.database(folder).parent / self.media.folder

"""The kinds of alerts, and which page of the runbook each belongs to. May import: the standard library.

An alert's key is only made here (`AlertKind.of`), and a kind cannot be written without its page.
"""

from enum import StrEnum
from typing import NewType, Self

FOLDER = "docs/runbook"
Key = NewType("Key", str)
"""What an alert is known by: its kind, and whom or what it is about."""


class AlertKind(StrEnum):
    """A kind of alert: how its key begins, and the name of its page."""

    page: str

    def __new__(cls, beginning: str, page: str) -> Self:
        made = str.__new__(cls, beginning)
        made._value_, made.page = beginning, page
        return made

    ACCOUNT = "account:", "account"
    LIMIT = "account:limit", "quality-and-limits"
    OF_META = "alert:", "account"
    FREE_REPLIES = "allowance:replies", "free-replies"
    TIER = "allowance:tier", "quality-and-limits"
    APPEAL = "appeal:", "missed-day-disputed"
    BACKUP_FAILED = "backup:failed", "backups"
    BACKUP_OLD = "backup:old", "backups"
    CARE = "care:", "somebody-in-danger"
    CHANNEL = "channel:", "paused-queue"
    CLOCK = "clock:skew", "wrong-clock"
    CODE = "code:", "what-meta-reports"
    CODE_FLOW = "code:flow", "forms"
    CODE_MARKETING = "code:marketing", "templates"
    CODE_MISFILED = "code:misfiled", "templates"
    CODE_TEMPLATE = "code:template", "templates"
    CODE_TEMPLATE_POLICY = "code:template-policy", "templates"
    DAEMON = "daemon:", "daemon-down"
    DEAD = "dead:letters", "dead-letters"
    DISK = "disk", "disk-full"
    FLOW = "flow:", "forms"
    HANDOVER = "handover:", "asks-for-a-human"
    NUMBER = "number:", "quality-and-limits"
    NOT_TOLD = "operator:", "operator-not-told"
    POLL_FAILS = "poll:fails:", "solo-channel"
    POLL_KEY = "poll:key:", "solo-channel"
    POLL_REPLACED = "poll:replaced:", "solo-channel"
    PROVIDER_DOWN = "provider:down:", "provider-fails"
    PROVIDER_KEY = "provider:key:", "provider-key"
    PROVIDER_MODEL = "provider:model:", "model-retired"
    PROVIDER_MONEY = "provider:money:", "provider-money"
    QUEUE = "queue:", "paused-queue"
    SECURITY = "security:", "security"
    SENDING_BLOCKED = "sending:blocked", "account"
    SENDING_LOCKED = "sending:locked", "account"
    SENDING_NAME = "sending:name", "account"
    SENDING_NUMBER = "sending:number", "token"
    SENDING_PAYMENT = "sending:payment", "payment-method"
    SENDING_PERMISSION = "sending:permission", "token"
    SENDING_REGISTRATION = "sending:registration", "token"
    SENDING_SPAM = "sending:spam", "quality-and-limits"
    SENDING_TOKEN = "sending:token", "token"
    SILENCE = "silence:", "not-delivering"
    SPEND = "spend:", "daily-cap"
    TASK = "task:", "crashing-task"
    TEMPLATE = "template:", "templates"
    UNKNOWN = "unknown:", "what-meta-reports"
    VOICE = "voice:", "calls-fail"
    WAITING = "waiting:", "waiting-jobs"

    def of(self, *about: str) -> Key:
        """Return the key of this kind about somebody or something."""
        return Key(self.value + ":".join(about))


def page_of(key: str) -> str:
    """Return the page that an alert's key belongs to, from the folder of the program; "" for a key that nobody knows.

    The longest beginning decides.
    """
    kinds = [each for each in AlertKind if key.startswith(each)]
    return f"{FOLDER}/{max(kinds, key=len).page}.md" if kinds else ""

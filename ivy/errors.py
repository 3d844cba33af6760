"""Everything that goes wrong, named for what to do next. May import: the standard library."""

from datetime import timedelta
from enum import StrEnum


class IvyError(Exception):
    """Shown to a person as one plain line, never as a traceback."""


class ConfigError(IvyError):
    """The configuration or the machine is not fit to start; the message names the key and the mend."""


class UsageError(IvyError):
    """A command was asked for something it cannot do as typed; ends it with exit code 2."""


class StoreBusy(IvyError):
    """The writer's queue is full: shed the load, the sender will come again."""


class StoreError(IvyError):
    """The database refused: wrong file, edited migration, newer schema, a second daemon."""


class LostLease(IvyError):
    """Another worker holds the job now: drop the result, send nothing."""


class BadSignature(IvyError):
    """A webhook that its vendor did not sign; nothing of it is kept."""


class Unreadable(IvyError):
    """A vendor's payload that cannot be understood; the raw bytes are kept as a dead letter."""


class ToolFailed(IvyError):
    """Told to the model as the tool's result, in words a person may read."""


class VendorError(IvyError):
    """A vendor did not do what was asked; `reason` is plain and carries no secret."""

    def __init__(self, vendor: str, reason: str) -> None:
        super().__init__(f"{vendor}: {reason}")
        self.vendor = vendor
        self.reason = reason


class VendorBusy(VendorError):
    """Certainly not done, and worth another attempt; `after` is the vendor's own advice, when it gave one.

    `throttled` says that the vendor is well and only asks for a pause: not a failure of its health. `conflict` says that
    our requests met each other: no failure of its health either, and worth one more try at once. `unheard`: a model may
    have answered, and bill for it, and we did not hear it.
    """

    def __init__(
        self,
        vendor: str,
        reason: str,
        *,
        after: timedelta | None = None,
        throttled: bool = False,
        conflict: bool = False,
        unheard: bool = False,
    ) -> None:
        super().__init__(vendor, reason)
        self.after = after
        self.throttled = throttled
        self.conflict = conflict
        self.unheard = unheard


class OutcomeUnknown(VendorError):
    """It may have been done: a time-out, a dropped connection, a gateway's page. Reconcile before another attempt."""


class VendorRefused(VendorError):
    """Never worth repeating as it is; `code` is the vendor's own."""

    def __init__(self, vendor: str, reason: str, *, code: str = "") -> None:
        super().__init__(vendor, reason)
        self.code = code


class WindowClosed(VendorRefused):
    """WhatsApp's 24 hours are over by Meta's own clock: hold until the person writes again."""


class RecipientGone(VendorRefused):
    """The person cannot or does not want to be reached on this channel."""


class NotDelivered(VendorRefused):
    """It was taken, and a status said later that it failed."""


class Cause(StrEnum):
    """What an operator has to mend."""

    SETUP = "setup"
    KEY = "key"
    MONEY = "money"
    MODEL = "model"
    """It is gone, or was never there: another name is needed."""


class VendorMisconfigured(VendorError):
    """A token, a permission or a payment method: nothing will work until the operator mends it."""

    def __init__(self, vendor: str, reason: str, *, cause: Cause = Cause.SETUP) -> None:
        super().__init__(vendor, reason)
        self.cause = cause

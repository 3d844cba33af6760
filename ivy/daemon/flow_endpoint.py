"""Where a phone asks, while somebody fills in a form: signature, key, token, answer, all in the request.

May import: the agent and below. Each refusal has a status of its own, by which the phone knows what to do: 432 not
signed by Meta, 421 sealed with another key, 427 the form is over and says why.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
import trio

from ivy import log
from ivy.agent import form_answers, forms
from ivy.agent.forms import Exchange, FormQuestion, NotValid
from ivy.clock import Clock
from ivy.daemon.context import Context
from ivy.domain.actions import secrets_of
from ivy.domain.said import language
from ivy.errors import BadSignature, StoreBusy, Unreadable
from ivy.ports import Channel, FormKeys
from ivy.store import people, switches
from ivy.store.binding import Connection
from ivy.store.binding import Error as DatabaseError
from ivy.store.database import Store
from ivy.store.scope import within

logger = log.get(__name__)
ANSWER_SECONDS = 5
"""Meta waits 10 s, and counts slow answers against the form."""
SWITCH = "flows"
LONGEST_TOKEN = 512
_BAD_REQUEST, _OTHER_KEY, _OVER, _NOT_SIGNED, _BUSY = 400, 421, 427, 432, 503

Answer = tuple[int, bytes, str]
"""Status, body, MIME type."""


class Find(Protocol):
    """Says what a token stands for, whatever its state; None for one that we never signed."""

    def __call__(self, connection: Connection, token: str, *, now: datetime) -> FormQuestion | None: ...


class Verify(Protocol):
    """Raises BadSignature unless Meta signed the body: a channel's `verify`."""

    def __call__(self, body: bytes, headers: Mapping[str, str], *, repeated: frozenset[str] = ...) -> None: ...


class FlowEndpoint:
    """Answers phones. `locale` is what is spoken to whoever comes with a token that is not ours."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        keys: FormKeys,
        verify: Verify,
        find: Find,
        locale: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._keys = keys
        self._verify = verify
        self._find = find
        self._language = language(locale)

    async def answer(
        self, body: bytes, headers: Mapping[str, str], *, repeated: frozenset[str] = frozenset()
    ) -> Answer:
        """Return the response to one request; header names in lower case. It never raises for what a stranger sends."""
        try:
            self._verify(body, headers, repeated=repeated)
        except BadSignature as error:
            logger.warning("a form's request was refused: %s", error)
            return _empty(_NOT_SIGNED)
        try:
            asked, reply = self._keys.open(body)
        except Unreadable as error:
            logger.warning("a form's request was refused: %s", error)
            return _empty(_OTHER_KEY)
        try:
            with trio.fail_after(ANSWER_SECONDS):
                answer = await self._answer(forms.read_exchange(asked))
        except msgspec.ValidationError:
            logger.warning("a form's request is of no shape that we know")
            return _empty(_BAD_REQUEST)
        except NotValid as over:
            return _OVER, reply.seal({"error_msg": over.said}), "text/plain"
        except (trio.TooSlowError, StoreBusy, DatabaseError) as error:
            logger.error("a form's request could not be answered: %s", type(error).__name__)
            return _empty(_BUSY)
        return 200, reply.seal(answer), "text/plain"

    async def _answer(self, request: Exchange) -> dict[str, Any]:
        """Return what to answer. Raises: NotValid."""
        if request.is_ping:
            return forms.pong(request)
        if request.failure:
            logger.warning("a phone could not show a form: %s", request.failure)
            return forms.acknowledge(request)
        return await self._store.read(self._step, request, now=self._clock.now())

    def _step(self, connection: Connection, request: Exchange, *, now: datetime) -> dict[str, Any]:
        token = request.flow_token or ""
        question = self._find(connection, token, now=now) if 0 < len(token) <= LONGEST_TOKEN else None
        if question is None:
            raise NotValid(forms.NOT_VALID, self._language)
        scope = within(connection, question.user_id)
        if switches.value(connection, SWITCH) != "on":
            raise NotValid(forms.SWITCHED_OFF, people.load(scope).language)
        return forms.answer(scope, question, request, now=now)


def _empty(status: int) -> Answer:
    return status, b"", "text/plain"


def of(context: Context, channel: Channel, keys: FormKeys) -> FlowEndpoint:
    """Return the endpoint of a daemon."""
    secrets = secrets_of(context.config.store.seal_key.reveal())

    def find(connection: Connection, token: str, *, now: datetime) -> FormQuestion | None:
        return form_answers.question_of(connection, token, secrets, now=now)

    locale = context.config.people.locale
    return FlowEndpoint(context.store, context.clock, keys=keys, verify=channel.verify, find=find, locale=locale)

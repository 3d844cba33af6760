"""Meta's review of templates: submitted, approved or not, turned into marketing, paused, deleted. May import: the domain and below.

Source: Cloud API, "Template management", "Template pausing", "Template categorization", and the webhooks of each.
"""

import heapq
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

import trio
from quart import Response, request
from quart_trio import QuartTrio
from werkzeug.routing import BaseConverter

from ivy.emulators.faults import Script
from ivy.emulators.whatsapp_payloads import Account
from ivy.emulators.whatsapp_payloads import Json as Payload
from ivy.emulators.whatsapp_shapes import Json, Refusal
from ivy.emulators.whatsapp_template_forms import check_create, check_edit, component
from ivy.emulators.whatsapp_template_kept import Kept, check_values, shown

MOST, MOST_AN_HOUR = 250, 100
EDIT_EVERY, EDITS_A_MONTH, MONTH = timedelta(hours=24), 10, timedelta(days=30)
NOTICE = timedelta(hours=24)
"""How long before a change of category it is announced."""
PAUSES = (("FIRST_PAUSE", timedelta(hours=3)), ("SECOND_PAUSE", timedelta(hours=6)))
FIRST_ID, LAST_ID = 594_425_479_260_001, 594_425_479_999_999
"""The ids of templates, told apart by their range: every object of Meta's has the same address."""
EXISTS, BLOCKED, TOO_MANY = 2388024, 2388023, 2388019


@dataclass(frozen=True)
class Approve:
    """The review ends well; with `category` in another category than the one asked for. `at_once` is in the answer."""

    category: str = ""
    at_once: bool = False


@dataclass(frozen=True)
class Reject:
    reason: str = "INVALID_FORMAT"
    why: str = "The template's words do not say what it is about."
    recommendation: str = "Say what the person asked for."


@dataclass(frozen=True)
class Wait:
    """The review never ends by itself."""


Verdict = Approve | Reject | Wait


@dataclass(order=True)
class _Due:
    at: float
    number: int
    do: Callable[[], None] = field(compare=False)


class TemplateId(BaseConverter):
    """The ids that are given out here. A number in the rule's own words would keep all other ids from other rules."""

    regex = "594425479[0-9]{6}"

    def to_python(self, value: str) -> int:
        return int(value)


class TemplateReview:
    """The templates of one account. `run` must be running for anything to be reviewed; `post` takes each webhook.

    `verdicts` scripts the next reviews (`path="reminder_due/es"` for a certain one); without one they are approved, `delay`
    seconds after they began.
    """

    def __init__(
        self, account: Account, post: Callable[[Payload], None], now: Callable[[], datetime], *, delay: float = 300.0
    ) -> None:
        self.account = account
        self.delay = delay
        self.verdicts: Script[Verdict] = Script()
        self.kept: dict[tuple[str, str], Kept] = {}
        self._post = post
        self._now = now
        self._ids = count(FIRST_ID)
        self._numbers = count()
        self._blocked: dict[tuple[str, str], datetime] = {}
        self._made: list[datetime] = []
        self._due: list[_Due] = []
        self._changed = trio.Event()

    async def run(self) -> None:
        """Review, lift pauses and change categories when their time comes, for ever."""
        while True:
            at = self._due[0].at if self._due else float("inf")
            if at <= trio.current_time():
                heapq.heappop(self._due).do()
                continue
            with trio.move_on_at(at):
                await self._changed.wait()

    # --- what the sending side asks -----------------------------------------------------------------

    def is_approved(self, name: str, language: str) -> bool:
        kept = self.kept.get((name, language))
        return kept is not None and kept.status == "APPROVED"

    def category(self, name: str, language: str) -> str:
        """Return the category that a template is charged as."""
        return self.kept[name, language].category

    def check_send(self, template: Json) -> None:
        """Raise Meta's refusal unless the `template` of a message fits an approved one."""
        kept = self.kept.get((template["name"], template["language"]["code"]))
        if kept is not None and kept.status in ("PAUSED", "DISABLED"):
            code = 132015 if kept.status == "PAUSED" else 132016
            raise Refusal(code, f"The template is {kept.status.lower()} due to low quality.")
        if kept is None or kept.status != "APPROVED":
            raise Refusal(132001, "Template name does not exist in the translation", status=404)
        check_values(kept, template)

    # --- what a test makes happen --------------------------------------------------------------------

    def announce_category(self, name: str, language: str, category: str) -> None:
        """Announce that a template is to be in another category, and change it a day later."""
        kept, at = self.kept[name, language], self._now() + NOTICE
        about = {"new_category": kept.category, "correct_category": category}
        self._tell(kept, "template_category_update", {**about, "category_update_timestamp": int(at.timestamp())})
        self._later(NOTICE.total_seconds(), lambda: self.change_category(name, language, category))

    def change_category(self, name: str, language: str, category: str) -> None:
        """Change the category now, as Meta does without notice to those who did it often."""
        kept = self.kept[name, language]
        kept.previous_category, kept.category = kept.category, category
        about = {"previous_category": kept.previous_category, "new_category": category}
        self._tell(kept, "template_category_update", about)

    def change_quality(self, name: str, language: str, score: str) -> None:
        """Rate a template; at RED it is paused for 3 hours, then for 6, then disabled."""
        kept = self.kept[name, language]
        about = {"previous_quality_score": kept.quality, "new_quality_score": score}
        kept.quality = score
        self._tell(kept, "message_template_quality_update", about)
        if score == "RED" and kept.status == "APPROVED":
            self._pause(kept)

    def change_words(self, name: str, language: str, body: str) -> None:
        """Change the words as somebody in WhatsApp Manager would, without a review."""
        kept = self.kept[name, language]
        kept.components = [{**each, "text": body} if each["type"] == "BODY" else each for each in kept.components]
        self._tell_words(kept)

    def tell_status(self, kept: Kept, event: str, **more: Any) -> None:
        about = {"event": event, "reason": "NONE", "message_template_category": kept.category}
        self._tell(kept, "message_template_status_update", about | more)

    # --- routes --------------------------------------------------------------------------------------

    def add_routes(self, app: QuartTrio, check_caller: Callable[[str], None]) -> None:
        """Add the addresses of templates; `check_caller` raises Refusal unless version and token are right."""

        def answering(act: Callable[..., Payload], *, reads: bool) -> Callable[..., Any]:
            async def view(version: str, **named: Any) -> Response:
                try:
                    check_caller(version)
                    asked = [_read_json(await request.get_data(as_text=False))] if reads else []
                    return _json(act(*asked, **named))
                except Refusal as refusal:
                    return _json(refusal.answer(), refusal.status, refusal.headers)

            return view

        app.url_map.converters["template_id"] = TemplateId
        whole, one = "/<version>/<waba>/message_templates", "/<version>/<template_id:template>"
        rules: tuple[tuple[str, str, Callable[..., Payload]], ...] = (
            (whole, "POST", self._create),
            (whole, "GET", self._list),
            (whole, "DELETE", self._delete),
            (one, "POST", self._edit),
            (one, "GET", self._show),
            (f"{one}/unpause", "POST", self._unpause_asked),
        )
        for rule, method, act in rules:
            app.add_url_rule(
                rule,
                f"templates {rule} {method}",
                answering(act, reads=act in (self._create, self._edit)),
                methods=[method],
            )

    def _create(self, asked: Json, waba: str) -> Payload:
        self._check_account(waba)
        check_create(asked)
        name, language, now = str(asked["name"]), str(asked["language"]), self._now()
        if (name, language) in self.kept:
            raise Refusal(100, "Content in this language already exists.", subcode=EXISTS)
        if now < self._blocked.get((name, language), now):
            raise Refusal(100, "Message template language is being deleted: try again in 4 weeks.", subcode=BLOCKED)
        if len(self.kept) >= MOST:
            raise Refusal(100, f"The account has {MOST} templates.", subcode=TOO_MANY)
        self._made = [at for at in self._made if at > now - timedelta(hours=1)]
        if len(self._made) >= MOST_AN_HOUR:
            raise Refusal(80007, "Too many templates in an hour.", status=429)
        self._made.append(now)
        kept = Kept(
            id=next(self._ids),
            name=name,
            language=language,
            category=str(asked["category"]),
            components=list(asked["components"]),
            ttl=int(asked.get("message_send_ttl_seconds", -1)),
            positional=str(asked.get("parameter_format", "POSITIONAL")).upper() == "POSITIONAL",
        )
        self.kept[name, language] = kept
        self._review(kept)
        return {"id": str(kept.id), "status": kept.status, "category": kept.category}

    def _list(self, waba: str) -> Payload:
        self._check_account(waba)
        given = request.args
        wanted = {key: given[key] for key in ("name", "language", "status", "category") if key in given}
        found = [
            each for each in self.kept.values() if all(getattr(each, key) == value for key, value in wanted.items())
        ]
        start, limit = _place(given.get("after", "")), int(given.get("limit", "25"))
        page = found[start : start + limit]
        cursors = {"before": f"cursor{start}", "after": f"cursor{start + len(page)}"}
        more = {"next": f"https://graph.facebook.com/next?after={cursors['after']}"}
        fields = given.get("fields", "id,name,language,status,category,components").split(",")
        return {
            "data": [{key: told for key, told in shown(each).items() if key in {*fields, "id"}} for each in page],
            "paging": {"cursors": cursors, **(more if start + len(page) < len(found) else {})},
        }

    def _delete(self, waba: str) -> Payload:
        self._check_account(waba)
        name, only = request.args.get("name", ""), request.args.get("hsm_id", "")
        gone = [each for each in self.kept.values() if each.name == name and only in ("", str(each.id))]
        if not gone:
            raise Refusal(100, "Message template not found.", subcode=2593002)
        for kept in gone:
            del self.kept[kept.name, kept.language]
            self._blocked[kept.name, kept.language] = self._now() + MONTH
            kept.status = "DELETED"
            self.tell_status(kept, "DELETED", reason=None)
        return {"success": True}

    def _edit(self, asked: Json, template: int) -> Payload:
        kept, now = self._of_id(template), self._now()
        check_edit(asked)
        if kept.status not in ("APPROVED", "REJECTED", "PAUSED"):
            raise Refusal(100, f"A template that is {kept.status} cannot be edited.")
        if kept.status == "APPROVED":
            if asked.get("category", kept.category) != kept.category:
                raise Refusal(100, "The category of an approved template cannot be changed.")
            if any(at > now - EDIT_EVERY for at in kept.edits):
                raise Refusal(100, "An approved template can be edited once in 24 hours.")
            if sum(at > now - MONTH for at in kept.edits) >= EDITS_A_MONTH:
                raise Refusal(100, "An approved template can be edited 10 times in 30 days.")
            kept.edits.append(now)
        kept.category = str(asked.get("category", kept.category))
        kept.components = list(asked.get("components", kept.components))
        kept.ttl = int(asked.get("message_send_ttl_seconds", kept.ttl))
        kept.status = "PENDING"
        self._tell_words(kept)
        self._review(kept)
        return {"success": True}

    def _show(self, template: int) -> Payload:
        return shown(self._of_id(template))

    def _unpause_asked(self, template: int) -> Payload:
        kept = self._of_id(template)
        if kept.status != "PAUSED":
            raise Refusal(100, "The template is not paused.")
        self._unpause(kept, kept.pauses)
        return {"success": True}

    def _check_account(self, waba: str) -> None:
        if waba != self.account.waba_id:
            raise Refusal(100, f"Unsupported request. Object with ID '{waba}' does not exist.", subcode=33)

    def _of_id(self, template: int) -> Kept:
        for kept in self.kept.values():
            if kept.id == template:
                return kept
        raise Refusal(100, f"Unsupported request. Object with ID '{template}' does not exist.", subcode=33)

    # --- what time brings ----------------------------------------------------------------------------

    def _review(self, kept: Kept) -> None:
        verdict = self.verdicts.take(f"{kept.name}/{kept.language}") or Approve()
        if isinstance(verdict, Approve) and verdict.at_once and verdict.category:
            kept.previous_category, kept.category = kept.category, verdict.category
        if not isinstance(verdict, Wait):
            self._later(self.delay, lambda: self._judge(kept, verdict))

    def _judge(self, kept: Kept, verdict: Approve | Reject) -> None:
        if kept.status != "PENDING":  # deleted meanwhile
            return
        if isinstance(verdict, Reject):
            kept.status, kept.rejected_reason = "REJECTED", verdict.reason
            info = {"reason": verdict.why, "recommendation": verdict.recommendation}
            self.tell_status(kept, "REJECTED", reason=verdict.reason, rejection_info=info)
            return
        kept.status, kept.rejected_reason = "APPROVED", "NONE"
        if verdict.category and verdict.category != kept.category:
            kept.previous_category, kept.category = kept.category, verdict.category
        self.tell_status(kept, "APPROVED")

    def _pause(self, kept: Kept) -> None:
        if kept.pauses == len(PAUSES):
            kept.status = "DISABLED"
            when = {"disable_date": str(int(self._now().timestamp()))}
            self.tell_status(kept, "DISABLED", disable_info=when, other_info=_other("DISABLED"))
            return
        title, length = PAUSES[kept.pauses]
        kept.pauses += 1
        kept.status = "PAUSED"
        self.tell_status(kept, "PAUSED", other_info=_other(title))
        this = kept.pauses
        self._later(length.total_seconds(), lambda: self._unpause(kept, this))

    def _unpause(self, kept: Kept, pause: int) -> None:
        if kept.status == "PAUSED" and kept.pauses == pause:
            kept.status = "APPROVED"
            self.tell_status(kept, "APPROVED", other_info=_other("UNPAUSE"))

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, _Due(trio.current_time() + seconds, next(self._numbers), do))
        self._changed.set()
        self._changed = trio.Event()

    def _tell_words(self, kept: Kept) -> None:
        body, footer = (component(kept.components, kind).get("text", "") for kind in ("BODY", "FOOTER"))
        buttons = component(kept.components, "BUTTONS").get("buttons", list[Payload]())
        about = {"message_template_element": body, "message_template_footer": footer}
        self._tell(kept, "message_template_components_update", {**about, "message_template_buttons": buttons})

    def _tell(self, kept: Kept, field: str, about: Payload) -> None:
        which = {
            "message_template_id": kept.id,
            "message_template_name": kept.name,
            "message_template_language": kept.language.replace("_", "-"),  # as Meta spells it here, and only here
        }
        self._post(self.account.change(field, which | about, at=self._now()))


def _other(title: str) -> Payload:
    return {"title": title, "description": f"Your WhatsApp message template: {title}."}


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    if not re.fullmatch(r"cursor[0-9]{1,6}", cursor, re.ASCII):
        raise Refusal(131059, "The paging cursor is not valid.")
    return int(cursor.removeprefix("cursor"))


def _read_json(body: str | bytes) -> Payload:
    try:
        asked: Any = json.loads(body or b"{}")
    except ValueError as error:
        raise Refusal(100, "The request is not JSON.") from error
    if not isinstance(asked, dict):
        raise Refusal(100, "The request is not a JSON object.")
    return cast(Payload, asked)


def _json(answer: Payload, status: int = 200, headers: Any = None) -> Response:
    return Response(json.dumps(answer), status, headers, content_type="application/json")

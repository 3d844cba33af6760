"""What a message of ours can hold, built so that no channel has to refuse it. May import: the domain, msgspec.

The limits are WhatsApp's, the strictest of our channels; a value that breaks one cannot be made. A channel without
buttons says `in_words` instead. Source: Cloud API reference, "Messages"; limits of 2026-11.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ivy.domain.emoji import is_one_emoji

LONGEST_TEXT, LONGEST_BODY, LONGEST_LIST_BODY, LONGEST_CAPTION = 4096, 1024, 4096, 1024
LONGEST_HEADER = LONGEST_FOOTER = 60
BUTTONS, LONGEST_BUTTON, LONGEST_ACTION = 3, 20, 256
ROWS, SECTIONS, LONGEST_ROW, LONGEST_ROW_ACTION, LONGEST_DESCRIPTION = 10, 10, 24, 200, 72
LONGEST_SECTION, LONGEST_LINK, LONGEST_URL, LONGEST_FORM_LABEL = 24, 20, 2000, 20
LONGEST_NAME, LONGEST_FILENAME, TEMPLATE_BUTTONS = 512, 240, 10
MORE = "more"
"""The option that leads to the rest of a list that is longer than a channel shows."""
MEDIA = ("image", "video", "audio", "document", "sticker")
WITHOUT_CAPTION = ("audio", "sticker")
_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Za-z]{2,4})?", re.ASCII)
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SCREEN = re.compile(r"[A-Za-z_]+", re.ASCII)
_LAST_SCREEN = "SUCCESS"
"""Meta's own word for the end of a form, where none can open."""


class Unbuildable(ValueError):
    """A content that some channel would refuse: a mistake in Ivy, never a person's."""


class _Part(msgspec.Struct, frozen=True):
    def __post_init__(self) -> None:
        for name, longest in self._longest().items():
            value = getattr(self, name)
            if len(value) > longest:
                raise Unbuildable(f"{type(self).__name__}.{name} has {len(value)} characters, more than {longest}")
        for name in self._needed():
            if not getattr(self, name).strip():
                raise Unbuildable(f"{type(self).__name__}.{name} is empty")
        self.check()

    def _longest(self) -> dict[str, int]:
        return {}

    def _needed(self) -> tuple[str, ...]:
        return ()

    def check(self) -> None:
        """Raise Unbuildable for what lengths alone do not tell."""


class Option(_Part, frozen=True):
    """One thing to tap: `action` comes back when it is tapped, and is a signed token by then."""

    action: str
    title: str
    description: str = ""

    def _longest(self) -> dict[str, int]:
        return {"action": LONGEST_ACTION, "title": LONGEST_ROW, "description": LONGEST_DESCRIPTION}

    def _needed(self) -> tuple[str, ...]:
        return ("action", "title")


class Content(_Part, frozen=True, tag_field="type"):
    """What all contents have."""

    def in_words(self) -> str:
        """Return the same as plain text, for a channel that has nothing else."""
        raise NotImplementedError


class Words(Content, frozen=True, tag="text"):
    """Free text, in WhatsApp's own markup."""

    body: str

    def _longest(self) -> dict[str, int]:
        return {"body": LONGEST_TEXT}

    def _needed(self) -> tuple[str, ...]:
        return ("body",)

    def in_words(self) -> str:
        return self.body


class Buttons(Content, frozen=True, tag="buttons"):
    """A text with one to three buttons under it."""

    body: str
    options: tuple[Option, ...]
    header: str = ""
    footer: str = ""

    def _longest(self) -> dict[str, int]:
        return {"body": LONGEST_BODY, "header": LONGEST_HEADER, "footer": LONGEST_FOOTER}

    def _needed(self) -> tuple[str, ...]:
        return ("body",)

    def check(self) -> None:
        if not 1 <= len(self.options) <= BUTTONS:
            raise Unbuildable(f"a message has 1 to {BUTTONS} buttons, not {len(self.options)}")
        _check_distinct(self.options)
        for option in self.options:
            if len(option.title) > LONGEST_BUTTON:
                raise Unbuildable(f"the button {option.title!r} is longer than {LONGEST_BUTTON}")

    def in_words(self) -> str:
        return _in_words(self.header, self.body, self.options, self.footer)


class Section(_Part, frozen=True):
    """Rows of a list under one title, which a list with several sections needs."""

    rows: tuple[Option, ...]
    title: str = ""

    def _longest(self) -> dict[str, int]:
        return {"title": LONGEST_SECTION}

    def check(self) -> None:
        if not self.rows:
            raise Unbuildable("a section has no row")
        for row in self.rows:
            if len(row.action) > LONGEST_ROW_ACTION:
                raise Unbuildable(f"the action of the row {row.title!r} is longer than {LONGEST_ROW_ACTION}")


class Choices(Content, frozen=True, tag="list"):
    """A text whose button opens a list of up to ten rows, over all its sections."""

    body: str
    label: str
    sections: tuple[Section, ...]
    header: str = ""
    footer: str = ""

    def _longest(self) -> dict[str, int]:
        return {
            "body": LONGEST_LIST_BODY,
            "label": LONGEST_BUTTON,
            "header": LONGEST_HEADER,
            "footer": LONGEST_FOOTER,
        }

    def _needed(self) -> tuple[str, ...]:
        return ("body", "label")

    def check(self) -> None:
        if not 1 <= len(self.sections) <= SECTIONS:
            raise Unbuildable(f"a list has 1 to {SECTIONS} sections, not {len(self.sections)}")
        if len(self.options) > ROWS:
            raise Unbuildable(f"a list has {ROWS} rows over all its sections, not {len(self.options)}")
        if len(self.sections) > 1 and not all(section.title.strip() for section in self.sections):
            raise Unbuildable("each of several sections needs a title")
        _check_distinct(self.options)

    @property
    def options(self) -> tuple[Option, ...]:
        return tuple(row for section in self.sections for row in section.rows)

    def in_words(self) -> str:
        return _in_words(self.header, self.body, self.options, self.footer)


class Link(Content, frozen=True, tag="link"):
    """A text with one button that opens an address."""

    body: str
    label: str
    url: str

    def _longest(self) -> dict[str, int]:
        return {"body": LONGEST_BODY, "label": LONGEST_LINK, "url": LONGEST_URL}

    def _needed(self) -> tuple[str, ...]:
        return ("body", "label")

    def check(self) -> None:
        if not self.url.startswith(("https://", "http://")) or any(map(str.isspace, self.url)):
            raise Unbuildable(f"{self.url!r} is no web address")
        if not _has_host(self.url):
            raise Unbuildable(f"the address {self.url!r} names no host")

    def in_words(self) -> str:
        return f"{self.body}\n{self.label}: {self.url}"


class AskLocation(Content, frozen=True, tag="ask_location"):
    """A text with a button that shares where the person is."""

    body: str

    def _longest(self) -> dict[str, int]:
        return {"body": LONGEST_BODY}

    def _needed(self) -> tuple[str, ...]:
        return ("body",)

    def in_words(self) -> str:
        return self.body


class AskContact(Content, frozen=True, tag="ask_contact"):
    """A text with a button that shares the person's own number: for those who hide it behind a username."""

    body: str

    def _longest(self) -> dict[str, int]:
        return {"body": LONGEST_BODY}

    def _needed(self) -> tuple[str, ...]:
        return ("body",)

    def in_words(self) -> str:
        return self.body


class Card(Content, frozen=True, tag="card"):
    """A contact to be saved, so that a call from it shows a name: `phone` is in E.164."""

    name: str
    phone: str

    def _longest(self) -> dict[str, int]:
        return {"name": 60}

    def _needed(self) -> tuple[str, ...]:
        return ("name",)

    def check(self) -> None:
        if not _PHONE.fullmatch(self.phone):
            raise Unbuildable(f"a card needs a number such as +15550102030, not {self.phone!r}")

    def in_words(self) -> str:
        return f"{self.name}: {self.phone}"


class Form(Content, frozen=True, tag="form"):
    """A text whose button opens a form (a WhatsApp Flow). `form` is Ivy's name of it, `token` binds the answers.

    `screen` and `data` open it without asking our endpoint; an empty `screen` asks it. `chat` is what is said instead
    where forms cannot be shown or are switched off.
    """

    body: str
    label: str
    form: str
    token: str
    chat: str
    screen: str = ""
    data: dict[str, Any] = {}

    def _longest(self) -> dict[str, int]:
        return {"body": LONGEST_BODY, "label": LONGEST_FORM_LABEL, "chat": LONGEST_TEXT}

    def _needed(self) -> tuple[str, ...]:
        return ("body", "label", "form", "token", "chat")

    def check(self) -> None:
        if self.screen and (not _SCREEN.fullmatch(self.screen) or self.screen == _LAST_SCREEN):
            raise Unbuildable(f"{self.screen!r} is no name of a screen")

    def in_words(self) -> str:
        return self.chat


class File(Content, frozen=True, tag="file"):
    """An image or a document from the media folder, by its digest. `filename` is what the person sees."""

    media: str
    """image, video, audio, document or sticker."""
    sha256: str
    mime: str
    caption: str = ""
    filename: str = ""

    def _longest(self) -> dict[str, int]:
        return {"caption": LONGEST_CAPTION, "filename": LONGEST_FILENAME}

    def _needed(self) -> tuple[str, ...]:
        return ("media", "sha256", "mime")

    def check(self) -> None:
        if self.media not in MEDIA:
            raise Unbuildable(f"{self.media!r} is no kind of file")
        if self.caption and self.media in WITHOUT_CAPTION:
            raise Unbuildable(f"{self.media} takes no caption")

    def in_words(self) -> str:
        return self.caption or self.filename


class Template(Content, frozen=True, tag="template"):
    """An approved template, filled in. `values` are by name; `actions` come back from its quick replies, in order."""

    name: str
    language: str
    values: dict[str, str]
    text: str
    """What the person reads, for our own records and for channels without templates."""
    actions: tuple[str, ...] = ()

    def _longest(self) -> dict[str, int]:
        return {"name": LONGEST_NAME, "text": LONGEST_BODY}

    def _needed(self) -> tuple[str, ...]:
        return ("name", "language", "text")

    def check(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise Unbuildable(f"{self.name!r} is no name of a template: lower case letters, digits and _ only")
        if not _LANGUAGE.fullmatch(self.language):
            raise Unbuildable(f"{self.language!r} is no language code, such as en or es_CO")
        for name, value in self.values.items():
            if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
                raise Unbuildable(f"the template {self.name} has no value by the name of {name!r}")
            if not value.strip() or "\n" in value or "\t" in value or "    " in value:
                raise Unbuildable(f"the template's {name} is empty or has a line break, a tab or four spaces")
        if sum(map(len, self.values.values())) > LONGEST_BODY:
            raise Unbuildable(f"the values of the template {self.name} are longer than a template's text can be")
        if len(self.actions) > TEMPLATE_BUTTONS:
            raise Unbuildable(f"a template has at most {TEMPLATE_BUTTONS} buttons, not {len(self.actions)}")
        if any(not action.strip() or len(action) > LONGEST_ACTION for action in self.actions):
            raise Unbuildable("a template's action is empty or too long")

    def in_words(self) -> str:
        return self.text


class Emoji(Content, frozen=True, tag="reaction"):
    """A reaction on a message of theirs."""

    target_id: str
    emoji: str

    def _needed(self) -> tuple[str, ...]:
        return ("target_id", "emoji")

    def check(self) -> None:
        if not is_one_emoji(self.emoji):
            raise Unbuildable("a reaction is one emoji")

    def in_words(self) -> str:
        return self.emoji


AnyContent = Words | Buttons | Choices | Link | AskLocation | AskContact | Card | Form | File | Template | Emoji


def offer(body: str, options: Sequence[Option], *, label: str, more: Option | None = None) -> Words | Buttons | Choices:
    """Return a question with its options as buttons, as a list, or as a list that ends in `more`.

    Buttons hold three options with short titles and no descriptions, a list ten. `more` leads to the rest, and must be
    given when there may be a rest. With no option it is a plain text.
    """
    if not options:
        return Words(body)
    short = all(len(option.title) <= LONGEST_BUTTON and not option.description for option in options)
    if len(options) <= BUTTONS and short and len(body) <= LONGEST_BODY:
        return Buttons(body, tuple(options))
    shown = tuple(options)
    if len(options) > ROWS:
        if more is None:
            raise Unbuildable(f"{len(options)} options do not fit in a list, and nothing leads to the rest")
        shown = (*options[: ROWS - 1], more)
    return Choices(body, label, (Section(shown),))


def short(text: str, longest: int) -> str:
    """Return `text` on one line, cut with an ellipsis if it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def encode(content: AnyContent) -> str:
    return msgspec.json.encode(content).decode()


def decode(text: str) -> AnyContent:
    """Read what `encode` wrote. Raises: msgspec.ValidationError."""
    return msgspec.json.decode(text, type=AnyContent)


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:  # half a bracket of an IPv6 address
        return False


def _check_distinct(options: Sequence[Option]) -> None:
    if len({option.action for option in options}) < len(options):
        raise Unbuildable("two options have the same action")
    if len({option.title for option in options}) < len(options):
        raise Unbuildable("two options have the same title")


def _in_words(header: str, body: str, options: Sequence[Option], footer: str) -> str:
    """Return a question whose options are answered by their number or their title."""
    lines = [f"{number}. {_with_description(each)}" for number, each in enumerate(options, start=1)]
    return "\n".join([*_some(header), body, *lines, *_some(footer)])


def _with_description(option: Option) -> str:
    return f"{option.title} ({option.description})" if option.description.strip() else option.title


def _some(line: str) -> list[str]:
    return [line] if line.strip() else []

"""Files that people send: laid on Meta's shelf, announced in a message, and what is left of them. Used by the journeys."""

from pathlib import Path
from typing import Any

from ivy.config import Config, TranscriptionSection
from ivy.emulators import sample_files
from ivy.store.files import INCOMING
from tests.journeys.play import ANA, Play

VOICE = "audio/ogg; codecs=opus"
SURE_OF_ITSELF = Config(transcription=TranscriptionSection(model="whisper-1"))
"""With a model that tells how sure it is."""


async def send(play: Play, kind: str, content: bytes, mime: str, who: str = ANA, **more: Any) -> str:
    """Let somebody send a file; return the message's wamid. `more` stands beside it: a caption, a file's name."""
    shelf = play.world.vendors.whatsapp.media
    told = shelf.content_of(kind, shelf.put(content, mime, filename=more.pop("filename", "")), **more)
    return await play.world.vendors.whatsapp.person_sends(who, told)


async def speak(
    play: Play, words: str | None, who: str = ANA, *, seconds: int = 4, seed: int = 1, **heard: float
) -> str:
    """Let somebody send a voice note in which `words` are heard, None: which nobody can hear; return its wamid."""
    audio = sample_files.ogg_opus(seconds, seed=seed)
    if words is not None:
        play.world.vendors.transcription.say(audio, words, **heard)
    return await send(play, "audio", audio, VOICE, who, voice=True)


async def photograph(play: Play, who: str = ANA, *, seed: int = 1, caption: str = "") -> str:
    more = {"caption": caption} if caption else {}
    return await send(play, "image", sample_files.jpeg(seed=seed), "image/jpeg", who, **more)


def buttons(play: Play, who: str = ANA) -> dict[str, str]:
    """Return the buttons under the last message somebody got: actions by title."""
    asked = play.messages(who)[-1].request
    replies = asked.get("interactive", {}).get("action", {}).get("buttons", [])
    return {each["reply"]["title"]: each["reply"]["id"] for each in replies}


async def tap(play: Play, title: str, who: str = ANA) -> str:
    """Let somebody tap a button under the last message, and return the next message they get."""
    action, before = buttons(play, who)[title], len(play.messages(who))
    await play.world.vendors.whatsapp.person_taps(who, action, title)
    return (await play.hears(before + 1, who))[before]


def kept(play: Play) -> list[Path]:
    """Return every file in the media folder."""
    folder = play.world.daemon.context.files.folder
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != INCOMING)


def half_written(play: Play) -> list[Path]:
    return list((play.world.daemon.context.files.folder / INCOMING).iterdir())


def pictures_shown(play: Play) -> list[list[str]]:
    """Return, for each request to the first model, the base64 of the pictures in it."""
    return [_images(asked.body) for asked in play.world.vendors.anthropic.requests]


def _images(value: Any) -> list[str]:
    match value:
        case {"type": "image", "source": {"data": str(data)}}:
            return [data]
        case dict():
            return [data for each in value.values() for data in _images(each)]  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [data for each in value for data in _images(each)]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return []

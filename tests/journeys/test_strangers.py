"""Who writes: strangers under each policy, people with new names, and messages that Ivy cannot read."""

from typing import Any

import pytest
from trio.testing import MockClock

from ivy.config import AdmissionSection, Config
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from ivy.emulators import whatsapp_payloads as payloads
from tests.journeys.play import ANA, BEN, MONDAY, Lives, Play, after

MADRID = "+34911234567"
BSUID = "ES.1234567890123"
CODE = "IVY-7K3M-Q2"


def admission(policy: str, **more: Any) -> Config:
    return Config(admission=AdmissionSection(policy=policy, **more))


# --- strangers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "key"), [("invite", Say.STRANGER_INVITE), ("list", Say.STRANGER_LIST)])
async def test_a_stranger_is_told_once_a_day_how_to_get_in(
    lives: Lives, autojump_clock: MockClock, policy: str, key: Say
) -> None:
    async with lives(config=admission(policy)) as play:
        for _time in range(3):
            await play.says("hello")
            await play.quiet(60)
        await play.says("hola", MADRID)
        await play.quiet()
        assert play.heard() == [ENGLISH[key]]
        assert play.heard(MADRID) == [SPANISH[key]]
        assert play.asked_models() == 0
        assert await play.one("SELECT count(*) FROM users") == 0
    async with lives(after(days=1), config=admission(policy)) as play:
        await play.says("hello")
        assert await play.hears(1) == [ENGLISH[key]]


async def test_strangers_are_answered_fifty_times_a_day_in_all(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        for number in range(60):
            await play.says("hello", f"+120255502{number:02}")
        await play.quiet(600)
        assert len(play.world.vendors.whatsapp.sent) == 50
        assert play.asked_models() == 0


async def test_an_open_door_lets_everybody_in(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=admission("open")) as play:
        await play.says("I spent $7 on coffee", name="Ana")
        welcome, answer = await play.hears(2)
        assert " AI " in welcome
        assert "7.00" in answer
        (user,) = await play.rows("SELECT name, status FROM users")
        assert user == {"name": "Ana", "status": "active"}
        assert await play.one("SELECT count(*) FROM consents WHERE granted = 1") == 1


async def test_a_list_lets_in_who_is_on_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=admission("list", phones=(ANA,))) as play:
        await play.says("I spent $7 on coffee")
        assert "7.00" in (await play.hears(2))[1]
        await play.says("hello", BEN)
        assert await play.hears(1, BEN) == [ENGLISH[Say.STRANGER_LIST]]


async def test_an_invite_lets_in_somebody_who_shows_no_phone(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows(BEN, name="Ben", phone=None, status="invited", invite_code=CODE)
        await play.says(f"hi, my code is {CODE.lower().replace('-', ' ')}", BSUID, name="Benjamín")
        await play.hears(1, BSUID)
        assert play.heard(BSUID)[0].startswith("Welcome, Ben!")
        assert await play.one("SELECT status FROM users") == "active"
        assert await play.rows("SELECT kind, value FROM channel_identities") == [{"kind": "id", "value": BSUID}]
        await play.quiet()
        said = len(play.heard(BSUID))
        assert "7.00" in await play.talk("I spent $7 on coffee", BSUID)
        assert all(sent.to == "" and sent.recipient == BSUID for sent in play.messages(BSUID))
        assert len(play.heard(BSUID)) == said + 1


async def test_a_bare_invite_is_welcomed_without_a_model(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows(BEN, name="Ben", phone=None, status="invited", invite_code=CODE)
        await play.says(CODE, BSUID)
        await play.quiet()
        assert len(play.heard(BSUID)) == 1
        assert play.asked_models() == 0


async def test_an_invite_serves_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows(BEN, name="Ben", phone=None, status="invited", invite_code=CODE)
        await play.says(CODE, BSUID)
        await play.hears(1, BSUID)
        await play.says(CODE, ANA)
        assert await play.hears(1, ANA) == [ENGLISH[Say.STRANGER_INVITE]]
        assert await play.one("SELECT count(*) FROM channel_identities WHERE value = ?", ANA) == 0


async def test_who_was_invited_by_their_number_is_active_when_they_write(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows(status="invited")
        assert "7.00" in await play.talk("I spent $7 on coffee")
        assert await play.one("SELECT status FROM users") == "active"


# --- the same person under other names ---------------------------------------------------------------


async def test_a_person_whose_phone_is_empty_all_at_once_stays_who_they_were(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("I spent $50 on lunch")
        whatsapp = play.world.vendors.whatsapp
        person = whatsapp.person(ANA)
        element = payloads.message(person, whatsapp.wamid("In"), play.now, payloads.text("I spent $7 on coffee"))
        whatsapp.post(whatsapp.account.messages(None, messages=[{**element, "from": ""}]))
        await play.hears(2)
        assert await play.one("SELECT count(DISTINCT user_id) FROM expenses") == 1
        assert await play.one("SELECT count(*) FROM users") == 1


def changed(play: Play, wamid: str, sender: str, **notice: str) -> None:
    whatsapp = play.world.vendors.whatsapp
    element = {
        "id": wamid,
        "from": sender.removeprefix("+"),
        "timestamp": str(int(play.now.timestamp())),
        "type": "system",
        "system": notice,
    }
    whatsapp.post(whatsapp.account.messages(None, messages=[element]))


async def test_a_person_with_a_new_number_stays_the_same_and_is_written_to_there(
    lives: Lives, autojump_clock: MockClock
) -> None:
    new = "+12025550999"
    async with lives() as play:
        await play.knows()
        await play.talk("I spent $50 on lunch")
        changed(play, "wamid.SYS1", ANA, type="user_changed_number", wa_id=new.removeprefix("+"))
        await play.quiet(5)
        whatsapp = play.world.vendors.whatsapp
        whatsapp.person(new).bsuid = "US.NEW1"
        assert "50.00" in await play.talk("how much did I spend on lunch", new)
        assert await play.one("SELECT count(*) FROM users") == 1
        assert play.messages(new)[-1].to == new


async def test_a_person_with_a_new_stable_id_stays_the_same(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("I spent $50 on lunch")
        whatsapp = play.world.vendors.whatsapp
        old, new = whatsapp.person(ANA).bsuid, "US.NEWSTABLE1"
        changed(play, "wamid.SYS2", ANA, type="user_changed_user_id", previous_user_id=old, user_id=new)
        await play.quiet(5)
        await play.says("how much did I spend on lunch", new)  # and no phone shows any more
        assert "50.00" in (await play.hears(2))[1]
        assert (play.messages()[1].to, play.messages()[1].recipient) == (ANA, new)
        assert await play.one("SELECT count(*) FROM users") == 1


# --- what cannot be read -----------------------------------------------------------------------------

UNREADABLE: list[dict[str, Any]] = [payloads.unsupported("poll"), {"type": "hologram", "hologram": {}}]
GONE: list[dict[str, Any]] = [  # Meta gives their ids, and does not have them any more
    payloads.media("image", "m1", "image/jpeg"),
    payloads.media("audio", "m2", "audio/ogg; codecs=opus", voice=True),
    payloads.media("document", "m3", "application/pdf", filename="../../etc/passwd"),
]
IN_WORDS: list[tuple[dict[str, Any], str]] = [
    (payloads.location(4.6, -74.1, name="Café Luna"), "[location] Café Luna (4.60000, -74.10000)"),
    ({"type": "contacts", "contacts": [{"phones": [{"phone": "+12025550100"}]}]}, "[contact] +12025550100"),
]


@pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: content["type"])
async def test_what_ivy_cannot_read_gets_one_honest_sentence(
    lives: Lives, autojump_clock: MockClock, content: dict[str, Any]
) -> None:
    async with lives() as play:
        await play.knows()
        for _twice in range(2):
            await play.world.vendors.whatsapp.person_sends(ANA, content)
        await play.quiet()
        assert play.heard() == [ENGLISH[Say.UNSUPPORTED]]
        assert play.asked_models() == 0
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 2


@pytest.mark.parametrize("content", GONE, ids=lambda content: content["type"])
async def test_a_file_that_cannot_be_had_gets_one_honest_sentence(
    lives: Lives, autojump_clock: MockClock, content: dict[str, Any]
) -> None:
    async with lives() as play:
        await play.knows()
        for _twice in range(2):
            await play.world.vendors.whatsapp.person_sends(ANA, content)
        await play.quiet()
        assert play.heard() == [ENGLISH[Say.MEDIA_LOST]]
        assert play.asked_models() == 0
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 2
        assert await play.dead() == []


async def test_the_words_under_a_picture_that_cannot_be_had_are_answered(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        content = payloads.media("image", "m1", "image/jpeg", caption="I spent $50 on lunch")
        await play.world.vendors.whatsapp.person_sends(ANA, content)
        await play.quiet()
        assert play.heard()[0] == ENGLISH[Say.MEDIA_LOST]
        assert "50.00" in play.heard()[1]
        assert len(play.heard()) == 2


@pytest.mark.parametrize(("content", "words"), IN_WORDS, ids=["location", "contacts"])
async def test_a_place_and_a_contact_are_read_as_words(
    lives: Lives, autojump_clock: MockClock, content: dict[str, Any], words: str
) -> None:
    async with lives() as play:
        await play.knows()
        await play.world.vendors.whatsapp.person_sends(ANA, content)
        await play.hears(1)
        await play.quiet()
        (received,) = await play.rows("SELECT body, turn_id FROM messages_v2 WHERE direction = 'in'")
        assert received["body"] == words
        assert received["turn_id"]
        assert play.asked_models() == 1
        assert len(play.heard()) == 1
        assert play.heard() != [ENGLISH[Say.UNSUPPORTED]]


@pytest.mark.parametrize("kind", ["reaction", "no reaction", "edit", "revoke"])
async def test_a_reaction_an_edit_and_a_deletion_are_kept_in_silence(
    lives: Lives, autojump_clock: MockClock, kind: str
) -> None:
    async with lives() as play:
        await play.knows()
        wamid = await play.says("hello")
        await play.hears(1)
        (sent,) = play.messages()
        edited = {"original_message_id": wamid, "message": {"type": "text", "text": {"body": "STOP"}}}
        content = {
            "reaction": payloads.reaction(sent.wamid, "💪"),
            "no reaction": payloads.reaction(sent.wamid, ""),
            "edit": {"type": "edit", "edit": edited},
            "revoke": {"type": "revoke", "revoke": {"original_message_id": wamid}},
        }[kind]
        await play.world.vendors.whatsapp.person_sends(ANA, content)
        await play.quiet(3600)
        assert len(play.heard()) == 1
        assert play.asked_models() == 1
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 2
        assert await play.dead() == []


async def test_an_invalid_part_is_a_dead_letter_and_the_rest_is_answered(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        whatsapp = play.world.vendors.whatsapp
        whatsapp.person(ANA).wrote_at = MONDAY
        good = payloads.message(whatsapp.person(ANA), "wamid.GOOD", MONDAY, payloads.text("I spent $7 on coffee"))
        bad: dict[str, Any] = {**good, "id": "wamid.BAD", "text": {}}
        whatsapp.post(whatsapp.account.messages(whatsapp.person(ANA), messages=[bad, good]))
        assert "7.00" in (await play.hears(1))[0]
        (letter,) = await play.dead()
        assert letter["kind"] == "inbound"
        assert "cannot be read" in letter["reason"]

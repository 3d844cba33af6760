"""Who asks what they talk to is answered; who speaks of bots is not."""

from ivy.domain.bot_asked import asks_what_you_are

ASKS = (
    "are you a bot?",
    "Are you a bot",
    "r u a robot?",
    "are you human?",
    "Are you a real person?",
    "hey, are you an AI?",
    "is this a bot or a person?",
    "am I talking to a human?",
    "are you ai or human",
    "who are you?",
    "what are you?",
    "Am I talking to a machine?",
    "so are you a real human being?",
    "are you human or not?",
    "are you chatgpt?",
    "is this a recording?",
    "¿eres un bot?",
    "eres un robot?",
    "¿Eres humana?",
    "eres una persona real?",
    "¿eres una persona o un robot?",
    "eres una IA?",
    "¿estoy hablando con una máquina?",
    "hablo con una persona?",
    "¿quién eres?",
    "¿es usted una persona?",
    "eres inteligencia artificial",
    "¿eres real?",
    "oye, ¿eres un bot o no?",
    "eres de verdad?",
)
OTHERS = (
    "I want to talk to a human",
    "book the robot class tomorrow at 5",
    "are you free tomorrow?",
    "what are you doing",
    "my boss is a machine",
    "who are you going with",
    "eres lo máximo",
    "quién eres tú para decirme eso, y ya no quiero seguir",
    "real madrid plays at 9",
    "you are awesome",
    "is this the right time for my run?",
    "done",
    "",
    "¿es real que mañana llueve?",
    "are you a morning coach too?",
)


def test_who_asks_is_answered() -> None:
    assert [text for text in ASKS if not asks_what_you_are(text)] == []


def test_who_does_not_ask_is_left_to_a_turn() -> None:
    assert [text for text in OTHERS if asks_what_you_are(text)] == []

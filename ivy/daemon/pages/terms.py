"""/terms: what Ivy is and is not, what it costs, and how it ends. May import: config, frame, privacy."""

from ivy.config import Config
from ivy.daemon.pages.frame import Part
from ivy.daemon.pages.privacy import Tell, operator, telling

TITLE = {"en": "Terms", "es": "Condiciones"}


def parts(config: Config, language: str) -> list[Part]:
    """Return the page in English or Spanish."""
    tell = telling(language)
    found = [
        Part("", [_who(config, tell)]),
        Part(tell("What Ivy is", "Qué es Ivy"), _what_it_is(tell)),
        Part(tell("What Ivy is not", "Qué no es Ivy"), _what_it_is_not(tell)),
        Part(tell("What it costs", "Cuánto cuesta"), [_costs(tell)]),
    ]
    if config.giving.charities:
        found.append(Part(tell("Gifts", "Donaciones"), [_gifts(tell)]))
    return [
        *found,
        Part(tell("What is asked of you", "Qué se te pide"), [_asked(config, tell)]),
        Part(tell("How it ends", "Cómo termina"), _ends(tell)),
        Part(tell("Your data", "Tus datos"), [_data(tell)]),
    ]


def _who(config: Config, tell: Tell) -> str:
    return tell(
        f"These are the terms of this Ivy, which is run by {operator(config)} ({config.site.mail}). By writing to it, or by"
        " agreeing to its calls, you accept them.",
        f"Estas son las condiciones de esta Ivy; detrás de ella está {operator(config)} ({config.site.mail}). Al escribirle, o al"
        " aceptar sus llamadas, las aceptas.",
    )


def _what_it_is(tell: Tell) -> list[str]:
    return [
        tell(
            "A coach and planner: it keeps what you tell it, reminds you, and writes and calls at the times you agreed to.",
            "Una coach y planificadora: guarda lo que le cuentas, te recuerda cosas, y escribe y llama a las horas que acordaste.",
        ),
        tell(
            "It is a program that words its answers with language models, not a person, and says so when asked. It can be wrong:"
            " check what matters before you act on it.",
            "Es un programa que redacta sus respuestas con modelos de lenguaje, no una persona, y lo dice si se le pregunta. Puede"
            " equivocarse: comprueba lo importante antes de actuar.",
        ),
    ]


def _what_it_is_not(tell: Tell) -> list[str]:
    return [
        tell(
            "Ivy gives no medical, legal or financial advice, and is no emergency service. In danger, call the emergency number"
            " where you are.",
            "Ivy no da consejo médico, legal ni financiero, y no es un servicio de emergencias. Si hay peligro, llama al número de"
            " emergencias de donde estés.",
        )
    ]


def _costs(tell: Tell) -> str:
    return tell(
        "Ivy takes no payment from you. Your phone company may charge for data, texts and calls as it usually does.",
        "Ivy no te cobra nada. Tu operador puede cobrarte datos, mensajes y llamadas como siempre.",
    )


def _gifts(tell: Tell) -> str:
    return tell(
        "A gift that Ivy notes is a pledge. Ivy moves no money: gifts are paid by hand, once a month.",
        "Una donación que Ivy anota es una promesa. Ivy no mueve dinero: las donaciones se pagan a mano, una vez al mes.",
    )


def _asked(config: Config, tell: Tell) -> str:
    most = config.turns.messages_per_day
    return tell(
        "Write from your own number, be old enough to agree to this where you live, and do not use Ivy to harm anybody or to break"
        f" the law. Ivy answers up to {most} messages a day from one person.",
        "Escribe desde tu propio número, ten la edad para aceptar esto donde vives, y no uses Ivy para dañar a nadie ni para"
        f" incumplir la ley. Ivy responde hasta {most} mensajes al día por persona.",
    )


def _ends(tell: Tell) -> list[str]:
    return [
        tell(
            "Whenever you like: write STOP. Whoever runs this Ivy may end it too, or end your access, for instance after abuse.",
            "Cuando quieras: escribe STOP. Quien opera esta Ivy también puede cerrarla, o cerrar tu acceso, por ejemplo por abuso.",
        ),
        tell(
            "Ivy is offered as it is. Messages and calls can be late or fail. Rights that the law gives you stay as they are.",
            "Ivy se ofrece tal como es. Los mensajes y las llamadas pueden tardar o fallar. Los derechos que te da la ley siguen"
            " intactos.",
        ),
    ]


def _data(tell: Tell) -> str:
    return tell(
        "/privacy says what is kept of you, how long, and how to have it erased.",
        "/privacy dice qué se guarda de ti, cuánto tiempo y cómo pedir que se borre.",
    )

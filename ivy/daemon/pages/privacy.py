"""/privacy: what is kept of people, where, how long, who else sees it, and how it ends. May import: config, frame, who_sees.

It says what this configuration does, and is to be changed together with what Ivy does.
"""

from collections.abc import Callable

from ivy.config import Config
from ivy.daemon.pages.frame import Part
from ivy.daemon.pages.who_sees import who_sees

TITLE = {"en": "Privacy", "es": "Privacidad"}
Tell = Callable[[str, str], str]


def parts(config: Config, language: str) -> list[Part]:
    """Return the page in English or Spanish."""
    tell = telling(language)
    return [
        Part("", _who(config, tell)),
        Part(tell("What is kept", "Qué se guarda"), _kept(config, tell), listed=True),
        Part(tell("What it is for", "Para qué"), _purpose(config, tell)),
        Part(tell("How long", "Cuánto tiempo"), _how_long(config, tell), listed=True),
        *_seen(config, language, tell),
        Part(tell("How to stop", "Cómo parar"), _stopping(config, tell)),
        Part(tell("What you can ask for", "Qué puedes pedir"), _asking(config, tell)),
    ]


def telling(language: str) -> Tell:
    """Return what picks the words of a language out of English and Spanish ones."""
    return lambda english, spanish: spanish if language == "es" else english


def operator(config: Config) -> str:
    """Return who runs this Ivy, with what is known of where."""
    return ", ".join(each for each in (config.site.name, config.site.address, config.site.country) if each)


def days(number: float, tell: Tell) -> str:
    """Return a span: a month's worth of days, or hours where it is less than one."""
    if number < 1:
        hours = round(number * 24)
        return tell(f"{hours} hour{'s' * (hours != 1)}", f"{hours} hora{'s' * (hours != 1)}")
    shown = f"{number:g}"
    return tell(f"{shown} day{'s' * (number != 1)}", f"{shown} día{'s' * (number != 1)}")


def _who(config: Config, tell: Tell) -> list[str]:
    return [
        tell(
            f"Ivy is a coach that calls you and an assistant in your chat. This one is run by {operator(config)}."
            f" Write to {config.site.mail} about anything on this page.",
            f"Ivy es una coach que te llama y una asistente en tu chat. Detrás de esta está {operator(config)}."
            f" Para cualquier cosa de esta página, escribe a {config.site.mail}.",
        ),
        tell(
            "The times and companies below are those that this Ivy is set to.",
            "Los plazos y las empresas de abajo son los que esta Ivy tiene configurados.",
        ),
    ]


def _kept(config: Config, tell: Tell) -> list[str]:
    gifts = bool(config.giving.charities)
    lines = [
        tell(
            "Your name, phone number, language and time zone, and your mail address if you gave it.",
            "Tu nombre, teléfono, idioma y zona horaria, y tu correo si lo diste.",
        ),
        tell(
            "Your messages and Ivy's answers; the pictures, voice notes and files you send, and what is written down of them.",
            "Tus mensajes y las respuestas de Ivy; las fotos, notas de voz y archivos que envías, y lo que se escribe de ellos.",
        ),
        tell(
            f"What you have Ivy keep: plans, reminders, workouts, expenses{' and gifts' if gifts else ''}.",
            f"Lo que le pides guardar: planes, recordatorios, entrenamientos, gastos{' y donaciones' if gifts else ''}.",
        ),
        tell(
            "What you tell about yourself, so that Ivy can remember it.",
            "Lo que cuentas de ti, para que Ivy lo recuerde.",
        ),
    ]
    if config.voice.enabled:
        lines.append(
            tell(
                "When Ivy called you, how long, what came of it, and what was said.",
                "Cuándo te llamó Ivy, cuánto duró, en qué quedó y qué se dijo.",
            )
        )
    return [
        *lines,
        tell(
            "What you agreed to and when, and what each message and call cost.",
            "Qué aceptaste y cuándo, y cuánto costó cada mensaje y cada llamada.",
        ),
        tell(
            "Of those who write without being let in: their number, and when they wrote.",
            "De quien escribe sin estar dentro: su número y cuándo escribió.",
        ),
    ]


def _purpose(config: Config, tell: Tell) -> list[str]:
    lines = [
        tell(
            "To talk with you, to remind and call you as you agreed, and to keep Ivy working. Ivy sells nothing of it and shows no"
            " advertising, and nobody else who writes to Ivy sees what is yours.",
            "Para hablar contigo, recordarte y llamarte como lo acordaste, y para que Ivy funcione. Ivy no vende nada de esto ni"
            " muestra publicidad, y nadie más que le escriba ve lo tuyo.",
        ),
        tell(
            "It is kept on a server of whoever runs this Ivy. They can look at it, for instance when you ask for a human, and"
            " looking into a person's data by Ivy's commands is recorded.",
            "Se guarda en un servidor de quien opera esta Ivy. Puede mirarlo, por ejemplo si pides hablar con una persona, y mirar"
            " los datos de alguien con los comandos de Ivy queda registrado.",
        ),
    ]
    if config.experiments:
        lines.append(
            tell(
                "Small settings, such as when a missed call is tried again, may differ between people by chance, to learn what"
                " helps. Only groups of five people or more are compared, and which setting you have is part of what you can"
                " ask for.",
                "Ajustes pequeños, como cuándo se repite una llamada perdida, pueden variar al azar entre personas, para saber qué"
                " ayuda. Solo se comparan grupos de cinco personas o más, y qué ajuste te tocó es parte de lo que puedes pedir.",
            )
        )
    return lines


def _how_long(config: Config, tell: Tell) -> list[str]:
    lines = [
        tell(
            f"Messages as they arrive, and what language models were asked: encrypted, {days(config.store.keep_raw_days, tell)}.",
            f"Los mensajes tal como llegan y lo que se preguntó a los modelos de lenguaje: cifrados,"
            f" {days(config.store.keep_raw_days, tell)}.",
        ),
        tell(
            f"Pictures, voice notes and files: {days(config.media.keep_days, tell)}.",
            f"Fotos, notas de voz y archivos: {days(config.media.keep_days, tell)}.",
        ),
    ]
    if config.voice.enabled:
        here, there = days(config.calls.transcript_days, tell), _at_retell(config, tell)
        lines.append(
            tell(
                f"What was said in a call: {here} here, {there} at Retell AI.",
                f"Lo dicho en una llamada: {here} aquí, {there} en Retell AI.",
            )
        )
    if config.backup.folder:
        every = days(config.backup.every_hours / 24, tell)
        often = (
            tell("one a day", "una al día")
            if config.backup.every_hours == 24
            else tell(f"one every {every}", f"una cada {every}")
        )
        lines.append(
            tell(
                f"Encrypted copies of all this, against loss: the last {config.backup.keep}, {often}. What is erased"
                " is gone from them too when those copies are.",
                f"Copias cifradas de todo, contra pérdidas: las últimas {config.backup.keep}, {often}. Lo borrado sale de"
                " ellas cuando esas copias se reemplazan.",
            )
        )
    return [*lines, tell("All else: until you have it erased.", "Lo demás: hasta que pidas borrarlo.")]


def _at_retell(config: Config, tell: Tell) -> str:
    return days(min(max(config.voice.retention_days, 1), 730), tell)


def _seen(config: Config, language: str, tell: Tell) -> list[Part]:
    found = who_sees(config, language)
    if not found:
        return []
    terms = tell(
        "They may work in other countries, and keep what they are given by terms of their own.",
        "Pueden trabajar en otros países, y guardan lo que reciben según sus propias condiciones.",
    )
    return [Part(tell("Who else sees it", "Quién más lo ve"), found, listed=True), Part("", [terms])]


def _stopping(config: Config, tell: Tell) -> list[str]:
    mails = tell(" Each mail has a link that ends them.", " Cada correo tiene un enlace para no recibir más.")
    return [
        tell(
            "Write STOP in the chat and Ivy is quiet at once. You can also stop for a day, or the calls alone: just say so.",
            "Escribe STOP en el chat e Ivy se calla al momento. También puedes parar por un día, o solo las llamadas:"
            " basta decirlo.",
        )
        + (mails if config.mail.enabled else "")
    ]


def _asking(config: Config, tell: Tell) -> list[str]:
    mail = config.site.mail
    left = tell("Sums that were spent stay, without your name.", "Quedan los montos gastados, sin tu nombre.")
    if config.giving.charities:
        left = tell(
            "Sums that were spent stay, without your name, and gifts in their chain of receipts, under an id that names nobody.",
            "Quedan los montos gastados, sin tu nombre, y las donaciones en su cadena de recibos, con un código que no nombra a"
            " nadie.",
        )
    return [
        tell(
            "In the chat: what Ivy knows about you and where it has it from, that it correct or forget something, your expenses"
            " as a file, or a human.",
            "En el chat: qué sabe Ivy de ti y de dónde, que corrija u olvide algo, tus gastos en un archivo, o hablar"
            " con una persona.",
        ),
        tell(
            f"By mail to {mail}: a copy of everything that is kept of you, or that all of it be erased. {left}",
            f"Por correo a {mail}: una copia de todo lo que se guarda de ti, o que se borre todo. {left}",
        ),
        tell(
            "You may also complain to the data protection authority of your country.",
            "También puedes reclamar ante la autoridad de protección de datos de tu país.",
        ),
        tell(
            "This page sets no cookies and loads nothing from elsewhere.",
            "Esta página no usa cookies ni carga nada de otros sitios.",
        ),
    ]

"""The forms that Ivy shows, in English and Spanish. May import: forms.

To add one, write it here and add it to FORMS; `ivy whatsapp flows push` does the rest.
"""

from datetime import time

from ivy.domain.forms import (
    Both,
    Choice,
    ClockTime,
    Day,
    FormDefinition,
    LongText,
    Number,
    OneOf,
    OptIn,
    Screen,
    SeveralOf,
    ShortText,
)

NEXT = Both("Next", "Siguiente")

# --- booking -----------------------------------------------------------------------------------------

LENGTHS = (15, 30, 45, 60, 90, 120, 180)
"""Minutes an appointment may be booked for."""
BOOKING_AHEAD = 365

_LENGTHS = OneOf(
    name="minutes",
    label=Both("How long", "Duración"),
    options=tuple(Choice(str(each), Both(f"{each} minutes", f"{each} minutos")) for each in LENGTHS),
    dropdown=True,
    usual="60",
)

BOOKING = FormDefinition(
    "booking",
    "booking",
    (
        Screen(
            "BOOK",
            Both("New appointment", "Nueva cita"),
            (
                ShortText(name="title", label=Both("What is it?", "¿Qué es?"), prefilled=True),
                Day(name="date", label=Both("Day", "Día"), ahead=BOOKING_AHEAD),
                ClockTime(name="time", label=Both("Time", "Hora"), first=time(0), last=time(23, 45), step=15),
                _LENGTHS,
                LongText(name="note", label=Both("Note", "Nota"), required=False, longest=300),
            ),
            Both("Book it", "Agendar"),
        ),
    ),
    (
        Both("Book {title}", "Agenda {title}"),
        Both(" on {date}", " el {date}"),
        Both(" at {time}", " a las {time}"),
        Both(" for {minutes}", " por {minutes}"),
        Both(". Note: {note}.", ". Nota: {note}."),
    ),
)

LIVE_BOOKING = "booking_live"
"""The booking that offers only what is free, by asking Ivy at each step; its answers are BOOKING's."""
LIVE_DAY, LIVE_TIME, LIVE_CONFIRM = "DAY", "TIME", "CONFIRM"
"""Its steps."""

# --- onboarding --------------------------------------------------------------------------------------

_WEEKDAYS = (
    ("mon", "Monday", "Lunes"),
    ("tue", "Tuesday", "Martes"),
    ("wed", "Wednesday", "Miércoles"),
    ("thu", "Thursday", "Jueves"),
    ("fri", "Friday", "Viernes"),
    ("sat", "Saturday", "Sábado"),
    ("sun", "Sunday", "Domingo"),
)
OTHER_ZONE = "other"
"""None of the zones that were offered: Ivy asks in the chat."""
_ZONES = (
    ("America/Bogota", "Bogotá", "Bogotá"),
    ("America/Lima", "Lima, Quito", "Lima, Quito"),
    ("America/Mexico_City", "Mexico City", "Ciudad de México"),
    ("America/Cancun", "Cancún", "Cancún"),
    ("America/Tijuana", "Tijuana", "Tijuana"),
    ("America/Guatemala", "Guatemala, San José", "Guatemala, San José"),
    ("America/Panama", "Panama", "Panamá"),
    ("America/Havana", "Havana", "La Habana"),
    ("America/Santo_Domingo", "Santo Domingo", "Santo Domingo"),
    ("America/Puerto_Rico", "San Juan", "San Juan"),
    ("America/Caracas", "Caracas", "Caracas"),
    ("America/La_Paz", "La Paz", "La Paz"),
    ("America/Asuncion", "Asunción", "Asunción"),
    ("America/Santiago", "Santiago", "Santiago"),
    ("America/Argentina/Buenos_Aires", "Buenos Aires", "Buenos Aires"),
    ("America/Montevideo", "Montevideo", "Montevideo"),
    ("America/Sao_Paulo", "São Paulo", "São Paulo"),
    ("America/New_York", "New York, Miami", "Nueva York, Miami"),
    ("America/Chicago", "Chicago, Houston", "Chicago, Houston"),
    ("America/Denver", "Denver", "Denver"),
    ("America/Phoenix", "Phoenix", "Phoenix"),
    ("America/Los_Angeles", "Los Angeles", "Los Ángeles"),
    ("America/Anchorage", "Anchorage", "Anchorage"),
    ("Pacific/Honolulu", "Honolulu", "Honolulú"),
    ("America/Halifax", "Halifax", "Halifax"),
    ("America/Toronto", "Toronto, Montreal", "Toronto, Montreal"),
    ("America/Vancouver", "Vancouver", "Vancouver"),
    ("Europe/Madrid", "Madrid, Barcelona", "Madrid, Barcelona"),
    ("Atlantic/Canary", "Canary Islands", "Islas Canarias"),
    ("Europe/Lisbon", "Lisbon", "Lisboa"),
    ("Europe/London", "London, Dublin", "Londres, Dublín"),
    ("Europe/Paris", "Paris, Brussels", "París, Bruselas"),
    ("Europe/Berlin", "Berlin, Vienna, Zurich", "Berlín, Viena, Zúrich"),
    ("Europe/Rome", "Rome", "Roma"),
    ("Europe/Amsterdam", "Amsterdam", "Ámsterdam"),
    ("Europe/Stockholm", "Stockholm, Oslo", "Estocolmo, Oslo"),
    ("Europe/Warsaw", "Warsaw, Prague", "Varsovia, Praga"),
    ("Europe/Athens", "Athens, Bucharest", "Atenas, Bucarest"),
    ("Europe/Istanbul", "Istanbul", "Estambul"),
    ("Africa/Lagos", "Lagos", "Lagos"),
    ("Africa/Johannesburg", "Johannesburg", "Johannesburgo"),
    ("Asia/Dubai", "Dubai", "Dubái"),
    ("Asia/Kolkata", "Mumbai, Delhi", "Bombay, Delhi"),
    ("Asia/Singapore", "Singapore", "Singapur"),
    ("Asia/Tokyo", "Tokyo", "Tokio"),
    ("Australia/Sydney", "Sydney, Melbourne", "Sídney, Melbourne"),
    ("Pacific/Auckland", "Auckland", "Auckland"),
    (OTHER_ZONE, "Somewhere else", "En otro lugar"),
)

ONBOARDING = FormDefinition(
    "onboarding",
    "sign_up",
    (
        Screen(
            "ABOUT_YOU",
            Both("About you", "Para conocernos"),
            (
                ShortText(name="name", label=Both("Your name", "Nombre"), longest=60, prefilled=True),
                OneOf(
                    name="track",
                    label=Both("What shall we work on?", "¿En qué trabajamos?"),
                    options=(
                        Choice("fitness", Both("Moving more", "Moverme más")),
                        Choice("habits", Both("A habit", "Un hábito")),
                        Choice("work", Both("Work and focus", "Trabajo y enfoque")),
                    ),
                ),
                LongText(
                    name="goal",
                    label=Both("Your goal", "Meta"),
                    hint=Both("What would be different in three months?", "¿Qué sería distinto en tres meses?"),
                    longest=300,
                ),
            ),
            NEXT,
        ),
        Screen(
            "YOUR_WEEK",
            Both("Your week", "La semana"),
            (
                SeveralOf(
                    name="days",
                    label=Both("Which days are realistic?", "¿Qué días son realistas?"),
                    options=tuple(Choice(id, Both(en, es)) for id, en, es in _WEEKDAYS),
                ),
                ClockTime(name="hour", label=Both("At what time?", "¿A qué hora?"), first=time(5), last=time(22)),
                Number(
                    name="minutes",
                    label=Both("Minutes each time", "Minutos por vez"),
                    least=5,
                    most=240,
                    hint=Both("A whole number from 5 to 240", "Un número entero de 5 a 240"),
                ),
            ),
            NEXT,
        ),
        Screen(
            "WHERE",
            Both("Where you are", "Lugar"),
            (
                OneOf(
                    name="zone",
                    label=Both("Time zone", "Zona horaria"),
                    options=tuple(Choice(id, Both(en, es)) for id, en, es in _ZONES),
                    dropdown=True,
                ),
                ShortText(
                    name="charity",
                    label=Both("A charity you like", "Una causa favorita"),
                    required=False,
                    longest=60,
                ),
                OptIn(
                    name="calls",
                    label=Both("Ivy, an AI, may phone me about my goal", "Ivy, una IA, puede llamarme por mi meta"),
                    required=False,
                ),
            ),
            Both("Done", "Listo"),
        ),
    ),
    (
        Both("My name is {name}.", "Me llamo {name}."),
        Both(" I want to work on: {track}.", " Quiero trabajar en: {track}."),
        Both(" My goal: {goal}.", " Mi meta: {goal}."),
        Both(" Days: {days}", " Días: {days}"),
        Both(" at {hour}", " a las {hour}"),
        Both(", {minutes} minutes each time.", ", {minutes} minutos por vez."),
        Both(" My time zone: {zone}.", " Mi zona horaria: {zone}."),
        Both(" A charity I like: {charity}.", " Una causa que apoyo: {charity}."),
        Both(" You may phone me: {calls}.", " Puedes llamarme: {calls}."),
    ),
)

# --- weekly check-in ---------------------------------------------------------------------------------

_ENERGY = (
    ("5", "Full of it", "Mucha"),
    ("4", "Good", "Buena"),
    ("3", "So-so", "Regular"),
    ("2", "Low", "Poca"),
    ("1", "None left", "Ninguna"),
)
_MOOD = (
    ("5", "Great", "Genial"),
    ("4", "Good", "Bien"),
    ("3", "So-so", "Más o menos"),
    ("2", "Down", "Bajo"),
    ("1", "Hard", "Difícil"),
)

WEEKLY_CHECKIN = FormDefinition(
    "weekly_checkin",
    "survey",
    (
        Screen(
            "WEEK",
            Both("Your week", "La semana"),
            (
                OneOf(
                    name="energy",
                    label=Both("Your energy this week", "Energía esta semana"),
                    options=tuple(Choice(id, Both(en, es)) for id, en, es in _ENERGY),
                ),
                OneOf(
                    name="mood",
                    label=Both("Your mood", "Ánimo esta semana"),
                    options=tuple(Choice(id, Both(en, es)) for id, en, es in _MOOD),
                ),
                OneOf(
                    name="confidence",
                    label=Both("Confidence, 1 to 10", "Confianza, 1 a 10"),
                    options=tuple(Choice(str(each), Both(str(each), str(each))) for each in range(1, 11)),
                    dropdown=True,
                ),
            ),
            NEXT,
            Both("How was it? Two minutes, no wrong answers.", "¿Cómo estuvo? Dos minutos, sin respuestas malas."),
        ),
        Screen(
            "IN_WORDS",
            Both("In your words", "Con palabras propias"),
            (
                LongText(name="went_well", label=Both("What went well?", "¿Qué salió bien?"), required=False),
                LongText(name="obstacle", label=Both("What was in the way", "¿Qué estorbó?"), required=False),
            ),
            Both("Send", "Enviar"),
        ),
    ),
    (
        Both("My week: energy {energy}", "Mi semana: energía {energy}"),
        Both(", mood {mood}", ", ánimo {mood}"),
        Both(", confidence {confidence} of 10.", ", confianza {confidence} de 10."),
        Both(" What went well: {went_well}.", " Lo que salió bien: {went_well}."),
        Both(" What was in the way: {obstacle}.", " Lo que estorbó: {obstacle}."),
    ),
)

FORMS = {form.name: form for form in (BOOKING, ONBOARDING, WEEKLY_CHECKIN)}
"""Every form by its name."""

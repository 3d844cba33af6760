"""The words by which Meta turns a utility template into a marketing one, each with the reason. May import: plain_words.

Meta publishes the rule, not the words: utility is neither promotional nor persuasive, and is about something that the
person asked for. A turned template costs 7 to 15 times as much, is capped for each person, and never reaches the USA.
Sources: Meta, "Template categorization"; the guides of four messaging providers and threads on templates that were
turned (appointment, renewal and coaching reminders), read in November 2026. Plain words: no case, no accents.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ivy.domain.plain_words import word_set, words_of

PROMOTION = "promotes something: offers and prices are marketing"
UPSELL = "leads to a purchase, an upgrade or a renewal: that is marketing, beside whatever else"
URGENCY = "hurries the person: urgency reads as persuasion"
MISSED = "woos back somebody who has gone quiet: re-engagement is marketing"
MOTIVATION = "encourages: motivation that nobody asked for is marketing"
WELCOME = "welcomes, thanks or congratulates: greetings without a request behind them are marketing"
SURVEY = "asks for a rating, a review or a recommendation"
INVITATION = "invites to look around, rather than telling what was asked for"

REASONS: dict[str, str] = {
    PROMOTION: (
        "sale|sales|discount|discounts|discounted|offer|offers|special offer|promo|promos|promotion|promotions|promotional|"
        "coupon|coupons|voucher|vouchers|promo code|deal|deals|free|for free|free trial|giveaway|prize|win|winner|bonus|"
        "gift|gifts|reward|rewards|cashback|save money|best price|lowest price|exclusive|exclusively|new feature|"
        "new features|introducing|announcing|brand new|"
        "oferta|ofertas|descuento|descuentos|rebaja|rebajas|promocion|promociones|promocional|cupon|cupones|vale regalo|"
        "codigo promocional|ganga|gratis|prueba gratis|sorteo|premio|premios|gana|ganador|bono|bonos|regalo|regalos|"
        "recompensa|recompensas|ahorra|mejor precio|exclusivo|exclusiva|novedad|novedades|presentamos|anunciamos|"
        "lanzamiento|nueva funcion|nuevas funciones"
    ),
    UPSELL: (
        "buy|buy now|shop|shop now|order now|purchase|subscribe|subscribe now|upgrade|upgrade now|premium|go pro|"
        "renew|renew now|book now|sign up|sign up now|join now|get started|"
        "compra|compra ya|compra ahora|comprar|pide ya|suscribete|mejora tu plan|pasate a|renueva|renueva ya|reserva ya|"
        "reserva ahora|inscribete|registrate|unete|empieza ya"
    ),
    URGENCY: (
        "hurry|hurry up|act now|act fast|right now|last chance|limited time|limited offer|today only|only today|"
        "dont wait|dont miss|do not miss|dont miss out|ends soon|expires soon|before its too late|while it lasts|"
        "urgent|immediately|asap|final reminder|"
        "apurate|date prisa|corre|actua ya|ahora mismo|ultima oportunidad|tiempo limitado|solo hoy|solo por hoy|"
        "no esperes|no te lo pierdas|no te pierdas|no lo dejes pasar|termina pronto|antes de que sea tarde|"
        "hasta agotar|urgente|inmediatamente|cuanto antes|ultimo aviso"
    ),
    MISSED: (
        "miss you|we miss you|missed you|missing you|come back|its been a while|long time no see|havent seen you|"
        "havent heard from you|where have you been|still there|are you there|we noticed|you have been away|"
        "te extranamos|te extrano|te echamos de menos|te echo de menos|nos haces falta|vuelve|regresa|cuanto tiempo|"
        "hace tiempo que no|no hemos sabido de ti|donde has estado|sigues ahi|estas ahi|hemos notado|notamos que"
    ),
    MOTIVATION: (
        "you can do it|you got this|youve got this|keep going|keep it up|keep up|stay motivated|stay strong|dont give up|"
        "never give up|believe in yourself|crush it|smash it|lets go|lets do this|best version|reach your goals|"
        "achieve your goals|motivation|motivational|inspiration|inspire|amazing|awesome|incredible|proud of you|"
        "well done|great job|good job|unlock|boost|transform|challenge yourself|your streak|dont break|"
        "tu puedes|si se puede|sigue asi|animo|animate|no te rindas|nunca te rindas|cree en ti|vamos|dale con todo|"
        "mejor version|alcanza tus metas|logra tus metas|cumple tus metas|motivacion|motivate|inspiracion|inspirate|"
        "increible|asombroso|genial|orgullosa de ti|orgulloso de ti|bien hecho|buen trabajo|felicitaciones|"
        "desbloquea|potencia|transforma|retate|tu racha|no rompas"
    ),
    WELCOME: (
        "welcome|welcome to|happy birthday|merry christmas|happy new year|happy holidays|congratulations|congrats|"
        "thank you for choosing|thanks for choosing|good morning|good night|have a great day|have a nice day|"
        "how are you|hows it going|"
        "bienvenido|bienvenida|te damos la bienvenida|feliz cumpleanos|feliz navidad|feliz ano|felices fiestas|enhorabuena|"
        "gracias por elegir|gracias por preferirnos|buenos dias|buenas noches|que tengas un|que tengas buen|como estas|"
        "como te va|como vas"
    ),
    SURVEY: (
        "rate us|rate your|leave a review|write a review|share your experience|tell a friend|refer a friend|"
        "invite a friend|share with friends|follow us|"
        "calificanos|califica tu|deja una resena|cuentanos tu experiencia|comparte tu experiencia|"
        "cuentale a un amigo|refiere a un amigo|invita a un amigo|comparte con|siguenos"
    ),
    INVITATION: (
        "check out|check it out|learn more|find out more|discover|explore|take a look|see whats new|whats new|"
        "visit our|visit us|did you know|you might like|recommended for you|"
        "descubre|explora|conoce mas|mas informacion|saber mas|echa un vistazo|mira lo nuevo|que hay de nuevo|visita nuestra|"
        "visitanos|sabias que|te puede gustar|te puede interesar|recomendado para ti"
    ),
}

GREETING = word_set(
    "hi hello hey dear good morning afternoon evening night day there team friend how are you is it going thanks thank "
    "hola buenas buenos dias tardes noches querido querida estimado estimada amigo amiga como estas va te que tal gracias "
    "ivy your coach tu asistente assistant coach entrenadora from de here aqui it its me soy i im this is esta es"
)
"""Words of which a text consists that only greets."""

ASKED_FOR = (
    "you asked|you requested|you scheduled|you set|you booked|you planned|you sent|you chose|your request|your question|"
    "your account|"
    "pediste|solicitaste|programaste|agendaste|reservaste|planeaste|enviaste|elegiste|tu solicitud|tu pregunta|tu cuenta|"
    "pedido a ivy|pedida a ivy|programado con ivy|programada con ivy|enviado a ivy"
)
"""How a text says that the person asked for this, which is what makes it utility."""


class Found(NamedTuple):
    phrase: str
    reason: str


def marketing_in(text: str) -> Iterator[Found]:
    """Return the phrases that make a text marketing; each once, the longest of those that overlap in their beginning."""
    words = f" {' '.join(words_of(text))} "
    found = [Found(phrase, reason) for phrase, reason in _BY_PHRASE.items() if f" {phrase} " in words]
    for each in found:
        if not any(each.phrase != other.phrase and f" {each.phrase} " in f" {other.phrase} " for other in found):
            yield each


def says_it_was_asked_for(text: str) -> bool:
    """Say whether a text names what the person did to get it."""
    words = f" {' '.join(words_of(text))} "
    return any(f" {phrase} " in words for phrase in ASKED_FOR.split("|"))


def only_greets(text: str) -> bool:
    """Say whether a text has no word beside greetings."""
    return set(words_of(text)) <= GREETING


_BY_PHRASE = {phrase: reason for reason, phrases in REASONS.items() for phrase in phrases.split("|")}

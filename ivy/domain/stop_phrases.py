"""The words by which people end, limit or resume being written to, as plain words. May import: the domain.

Each is matched against a whole clause, so that "stop the timer" or "tell Ann to stop calling me" are left alone.
"""

from ivy.domain.patterns import Pattern
from ivy.domain.plain_words import word_set

POLITE = word_set(
    "please pls plz kindly now ok okay hey hi hello ivy thanks thank thx just again already immediately "
    "por favor porfa porfavor gracias vale hola oye ya bueno "
    "obrigado obrigada agora merci svp bitte danke jetzt adesso grazie per favore"
)
"""Words that change nothing about a keyword beside them."""

ALONE_POLITE = word_set("yes no si sim oui ja nein nao non you enough please")
"""Words that change nothing as a clause of their own, and a lot inside one ("no stop")."""

STOP = frozenset(
    {
        # en
        "stop", "sotp", "stpo", "stopp", "stopall", "stop all", "stop everything", "stop all messages", "stop messages",
        "stop messaging", "stop texting", "unsubscribe", "unsuscribe", "unsubcribe", "unsubscribe me", "opt out",
        "optout", "opt me out", "quit", "end", "revoke", "no more messages", "no more texts", "i want to stop messages",
        "i want to unsubscribe", "i want to opt out", "full opt out",
        # es
        "baja", "parar", "pare", "paren", "parad", "detener", "detente", "detenga", "detengan", "detenganse", "alto",
        "basta", "no mas mensajes", "ni un mensaje mas", "dar de baja", "darme de baja", "darse de baja",
        "dame de baja", "deme de baja", "denme de baja", "dadme de baja", "quiero darme de baja", "desuscribir",
        "desuscribirme", "desuscribirse", "desuscribeme", "parar todo", "stop todo",
        # pt
        "parem", "sair", "descadastrar", "descadastre me", "chega", "nao mais mensagens", "sem mais mensagens",
        "parar tudo", "cancelar inscricao",
        # fr
        "arret", "arreter", "arrete", "arretez", "desabonner", "desabonnement", "desabonnez moi", "me desabonner",
        "desinscription", "desinscrire", "desinscrivez moi",
        # de
        "halt", "aufhoren", "hor auf", "horen sie auf", "abmelden", "abbestellen", "keine nachrichten mehr", "austragen",
        # it
        "ferma", "fermati", "fermatevi", "smetti", "smettila", "disiscrivimi", "disiscriviti", "cancellami",
        "basta messaggi", "niente piu messaggi",
        # any
        "🛑", "⛔",
    }
)  # fmt: skip

PLAIN_ANYWHERE = frozenset(
    {
        "stop", "unsubscribe", "unsubscribe me", "opt out", "basta", "detente", "dame de baja", "darme de baja",
        "quiero darme de baja", "no mas mensajes", "no more messages", "stop everything", "stop messages",
        "stop messaging", "stop texting", "hor auf", "arrete", "arretez", "smettila",
    }
)  # fmt: skip
"""Keywords that mean it even as one clause among others; the rest ("alto", "end") are too often something else."""

START = frozenset(
    {
        "start", "restart", "unstop", "resume", "subscribe", "opt in", "optin", "start again", "start over",
        "i want to start again", "come back", "you can write to me", "alta", "darme de alta", "dame de alta",
        "quiero darme de alta", "volver", "quiero volver", "vuelve", "empezar", "empieza", "volver a empezar",
        "reanudar", "reanuda", "reactivar", "reactiva", "activar", "comenzar", "iniciar", "comecar", "voltar",
        "demarrer", "reprendre", "starten", "weitermachen", "inizia", "riprendi", "riprendere",
    }
)  # fmt: skip

# --- sentences that ask for silence ----------------------------------------------------------------

_CONTACT_EN = (
    "(?:messag|text|call|phon|ring|contact|writ|ping|bother|bugg|nagg|pester|harass|disturb|spamm|remind|annoy|"
    "email|notify|talk|chas|push|hound)ing"
)
_VERB_EN = (
    "(?:message|text|call|phone|ring|contact|write|ping|bother|bug|nag|pester|harass|disturb|spam|annoy|email|"
    "notify|talk|reach out|ring up)"
)
_MESSAGES_EN = "(?:messages|texts|calls|reminders|notifications|emails|nudges|check ins|spam)"
_THINGS_EN = f"(?:{_MESSAGES_EN}|stuff|things|crap|anything)"
_WHICH_EN = "(?:(?:me|us|the|these|those|this|that|all|any|of|more|your|so|many|stupid|daily|fucking|damn) )*"
_LEAD_EN = (
    "(?:(?:please|pls|plz|kindly|hey|hi|ok|okay|ivy|just|so|and|but|then|now|no|yes|look|listen|seriously|honestly|"
    "really|sorry|actually|can you|could you|would you|will you|can u|could u|can we|you must|you should|you need to|"
    "you have to|you can|i want you to|i need you to|i would like you to|id like you to|i said|i told you to|"
    "i am asking you to|im asking you to|i beg you to|for gods sake|for the love of god|for fucks sake|ugh|enough|u|"
    "how do i|how can i|how do i make you|how can i make you|is there a way to|i think you should|i wish you would) )*"
)
_TAIL_EN = (
    "(?: (?:please|pls|plz|now|right now|anymore|any more|no more|any longer|again|ever|ever again|forever|for good|"
    "at all|immediately|already|altogether|ok|okay|thanks|thank you|ivy|so much|so often|this much|this often|"
    "all the time|every day|all day|constantly|from now on|with (?:this|these|all this|all these)(?: [a-z]+)?|"
    "for a while|for now|for some time|you bot|you robot|already|period|until i say so))*"
)
_ENGLISH = (
    f"stop {_CONTACT_EN}(?: to| with| at)?(?: me| us)?",
    f"stop (?:send|giv|pushing out|mak)ing {_WHICH_EN}(?:{_THINGS_EN}|this|these|those|any)",
    f"stop {_WHICH_EN}{_MESSAGES_EN}",
    "stop (?:it|this|that|with this|with the [a-z]+)",
    f"quit {_CONTACT_EN}(?: to)?(?: me| us)",
    f"(?:dont|do not|never|dont ever|do not ever|dont you dare) {_VERB_EN}(?: to)?(?: me| us)",
    "(?:dont|do not) remind me(?= .)",  # on its own it is a sigh
    "(?:dont|do not|never) (?:call|text|message|contact|phone|disturb)",
    "stop|make it stop",
    f"(?:dont|do not|never) send {_WHICH_EN}(?:{_THINGS_EN}|this|these|those|any)",
    "leave (?:me|us)(?: the hell| the fuck| tf)? (?:alone|be|in peace)(?: today)?",
    "let me be|let me alone|give me (?:some )?(?:peace|peace and quiet)|get off my back|back off",
    f"(?:i )?(?:dont|do not|no longer) (?:want|wish|need|like)(?: to)?(?: (?:get|receive|have|see))? {_WHICH_EN}"
    f"{_MESSAGES_EN}(?: from (?:you|ivy|this))?",
    f"(?:i )?(?:dont|do not|no longer) (?:want|wish) to (?:get|receive) {_WHICH_EN}{_THINGS_EN}(?: from (?:you|ivy|this))?",
    "(?:i )?(?:dont|do not|no longer) (?:want|wish) (?:you )?to (?:hear from|talk to|be contacted by) (?:you|me|ivy)",
    "(?:i )?(?:dont|do not|no longer) (?:want|wish) to be (?:called|texted|messaged|contacted|disturbed|reminded|bothered)",
    f"(?:i )?(?:dont|do not) want you to {_VERB_EN}(?: to)?(?: me| us)",
    f"(?:i )?(?:want|would like|need|wish|wanna) (?:you )?to stop (?:{_CONTACT_EN}|receiving|getting|hearing)"
    f"(?: me| us| from you)?(?: {_WHICH_EN}{_THINGS_EN})?",
    "(?:i )?(?:just )?(?:want|would like|need) to (?:unsubscribe|opt out|be left alone)(?: from (?:this|you|ivy))?",
    "i (?:want|need) you gone|i am done with you|im done with you|we are done here|were done here",
    "unsubscribe(?: me)?(?: from (?:this|these|ivy|everything|all|all this|your list))?",
    "opt (?:me )?out(?: of (?:this|these|everything|all of this))?",
    "(?:remove|take|delete) (?:me|my number)(?: (?:from|off)(?: of)? (?:your|this|the) (?:list|lists|system|database))?",
    "delete my account|close my account|cancel my (?:account|subscription|membership)|lose my number",
    "no more (?:calls|reminders|notifications|nudges|of this|of these)|enough|enough already|thats enough",
    "cancel|cancel all|cancel everything|cancel subscription|stop no more",
    "go away|get lost|shut up|shut it|be quiet|fuck off|piss off|bugger off|buzz off|wrong number",
)

_ME_ES = (
    "(?:llamar|escribir|mandar|enviar|contactar|molestar|recordar|hablar|textear|avisar|joder|acosar|"
    "insistir|atosigar|agobiar|marear|notificar|fastidiar|dar la lata|dar el conazo)(?:me|nos)?"
)
_VERB_ES = (
    "(?:(?:escrib|jod|insist)(?:as|a|an|ais)|(?:llam|mand|envi|habl|avis|texte|mensaje|agobi|fastidi|marqu|notifiqu|"
    "contact|molest|acos)(?:es|e|en|eis))"
)
_MESSAGES_ES = "(?:mensajes|mensajitos|llamadas|recordatorios|notificaciones|avisos|correos|textos|audios)"
_THINGS_ES = f"(?:{_MESSAGES_ES}|cosas|nada)"
_LEAD_ES = (
    "(?:(?:por favor|porfa|porfavor|oye|mira|ivy|hola|ok|vale|bueno|ya|pero|y|que|pues|entonces|en serio|de verdad|"
    "gracias|basta|te he dicho que|te dije que|quiero que|necesito que|te pido que|os pido que|le pido que|"
    "les pido que|te ruego que|haz el favor de|haced el favor de|podrias|puedes|podeis|podrian|pueden|puede|"
    "quisiera|me gustaria|me gustaria que|si puedes|lo siento|perdona|como hago para|como puedo) )*"
)
_TAIL_ES = (
    "(?: (?:mas|nunca|nunca mas|jamas|otra vez|de nuevo|ya|por favor|porfa|porfavor|gracias|ivy|ahora|ahora mismo|"
    "de una vez|nada|tanto|todo el rato|todo el dia|todos los dias|a cada rato|mas mensajes|mas veces|en paz|"
    "de momento|por ahora|por un tiempo|una temporada|tuyos|tuyas|tuyo|vuestros|vuestras|suyos|suyas|de ivy|"
    "hasta nuevo aviso|para siempre|con esto|con tantos mensajes|con los mensajes|con las llamadas|joder|hombre))*"
)
_SPANISH = (
    f"(?:ya )?no (?:me|nos) {_VERB_ES}(?: (?:mas )?{_THINGS_ES})?",
    f"(?:ya )?no (?:me|nos) recuerd(?:es|e|en) (?:mas )?(?:{_THINGS_ES}|mas)",
    f"(?:ya )?no (?:me |nos )?(?:vuelv(?:as|a|an|ais)) a {_ME_ES}(?: {_THINGS_ES})?",
    f"(?:dej(?:a|ad|e|en|ar)|par(?:a|ad|e|en|ar))(?: ya)? de {_ME_ES}(?: (?:mas )?{_THINGS_ES})?",
    "(?:no )?(?:dejame|dejadme|dejeme|dejenme|dejarme|me dejas|me dejes|me dejen|me dejeis)"
    " (?:en paz|tranquil[oa]|sol[oa]|quiet[oa]|vivir)",
    f"(?:yo )?(?:ya )?no (?:quiero|deseo|necesito)(?: (?:recibir|seguir recibiendo|ver))?(?: mas| tantos| tantas)?"
    f" {_MESSAGES_ES}",
    f"(?:yo )?(?:ya )?no (?:quiero|deseo) (?:recibir|seguir recibiendo)(?: mas)? {_THINGS_ES}",
    f"(?:ya )?no (?:quiero|deseo) (?:que me {_VERB_ES}|saber nada(?: de ti| de vosotros| de esto)?|hablar contigo)",
    f"(?:quiero|quisiera|deseo) dejar de recibir (?:{_THINGS_ES}|esto)|dejar de recibir (?:{_THINGS_ES}|esto)",
    "(?:no )?(?:mas|basta de|se acabaron(?: los| las)?) (?:llamadas|mensajes|recordatorios|notificaciones|avisos)",
    "para|para todo|no mas|para con (?:esto|los mensajes|las llamadas)|parad con (?:esto|los mensajes|las llamadas)|para para",
    "(?:borra|borrad|borren|elimina|eliminad|eliminen|quita|quiten) mi (?:numero|telefono|cuenta|contacto)",
    "(?:quitame|sacame|borrame|eliminame|quitenme|saquenme) de (?:la|esta|tu|su) lista",
    "(?:quiero )?(?:cancelar|cancela)(?: todo| la suscripcion| mi suscripcion| mi cuenta| suscripcion)?",
    "(?:como )?me (?:doy|quiero dar|puedo dar) de baja|darse de baja|anular (?:la |mi )?suscripcion",
    "vete|vete a la mierda|largate|callate|calla|callaos|no molestes|no molestar|no molesten|no insistas|olvidame",
    "numero equivocado|se equivoca(?: de numero)?|te has equivocado de numero",
    "(?:estoy )?(?:hart[oa]|cansad[oa]) de (?:ti|tus mensajes|tus llamadas|tantos mensajes)|no quiero saber mas de ti",
)

_PORTUGUESE = (
    "nao me (?:ligue|ligues|liga|escreva|escrevas|escreve|mande|manda|envie|envia|incomode|perturbe|contate|chame)(?:m)?"
    "(?: mensagens| mensagem| nada)?(?: mais| nunca mais)?(?: por favor)?",
    "(?:por favor )?(?:pare|para|parem) de (?:me )?(?:ligar|escrever|mandar|enviar|incomodar|perturbar|chamar)"
    "(?: mensagens| mensagem)?",
    "(?:por favor )?(?:me )?deix(?:a|e|em)(?: me)? em paz|nao quero (?:mais )?(?:receber )?(?:mais )?mensagens|chega de mensagens",
)
_FRENCH = (
    "(?:svp |sil te plait |sil vous plait )?(?:ne )?m(?:e )?(?:appelle|appelez|ecris|ecrivez|contacte|contactez|"
    "derange|derangez|envoie rien|envoyez rien|parle|parlez) plus(?: jamais)?",
    "(?:ne )?m(?: )?(?:appelle|appelez|ecris|ecrivez|envoie|envoyez) (?:plus|rien)(?: de messages| jamais)?",
    "arretez?(?:s)? de m(?:e )?(?:appeler|ecrire|contacter|envoyer des messages|deranger|harceler|embeter)",
    "laisse(?:z)? moi (?:tranquille|en paix)|fiche(?:z)? moi la paix|foutez? moi la paix",
    "je ne veux plus (?:de messages|recevoir (?:de |vos |tes )?messages|vous parler|te parler)|desabonnez? moi",
)
_GERMAN = (
    "(?:bitte )?(?:ruf|rufen sie|ruft) mich (?:bitte )?nicht (?:mehr )?an",
    "(?:bitte )?(?:schreib|schreibe|schreiben sie|schreibt) mir (?:bitte )?nicht(?:s)?(?: mehr)?",
    "(?:bitte )?(?:lass|lassen sie|lasst) mich (?:bitte )?in (?:ruhe|frieden)",
    "(?:hor|hore|horen sie|hort) (?:bitte )?auf mir zu schreiben|(?:hor|hore|horen sie) auf mich anzurufen",
    "ich (?:mochte|will) (?:keine nachrichten (?:mehr )?(?:bekommen|erhalten)?|nicht mehr (?:angerufen|kontaktiert) werden)",
)
_ITALIAN = (
    "non (?:mi )?(?:chiamar|scriver|contattar|mandar|disturbar|chiam|scriv|contatt|disturb)(?:mi|e|are|ete|i)?"
    "(?: messaggi)? piu(?: messaggi)?",
    "(?:per favore )?(?:smettila|smetti|smettetela|basta) di (?:chiamar|scriver|contattar|mandar|disturbar)(?:mi)"
    "(?: messaggi)?",
    "lascia(?:mi|temi) (?:in pace|stare)|non voglio piu (?:ricevere )?messaggi|basta (?:chiamate|messaggi)",
)


def _whole(lead: str, cores: tuple[str, ...], tail: str) -> Pattern:
    return Pattern(f"{lead}(?:{'|'.join(cores)}){tail}")


STOP_LIKE = (
    _whole(_LEAD_EN, _ENGLISH, _TAIL_EN),
    _whole(_LEAD_ES, _SPANISH, _TAIL_ES),
    _whole("", _PORTUGUESE + _FRENCH + _GERMAN + _ITALIAN, ""),
)
STOP_LIKE_EMOJI = frozenset("🚫🔕🤐🤫")
LONGEST_CLAUSE = 16
"""In words; a longer clause asks for more than silence, and long input stays cheap."""

# --- answers to "today, calls, or everything?" -------------------------------------------------------

SCOPE_NOISE = word_set(
    "please pls just only for the stop pause it me ivy thanks thank you id like i want my your on in of this with one to "
    "por favor porfa solo solamente mas las los la el de lo me gracias para pare parar paren pon quiero ya more any "
    "y and ok okay vale yes si sin del tus mis sean contact receive getting get hacer haz bueno yeah and"
)
TODAY = word_set("today tonight hoy dia day")
CALLS = word_set("call calls calling phone phonecalls llamada llamadas llamar llamarme llames telefono telefonicas")
EVERYTHING = word_set("everything all todo todos todas always forever siempre completely completamente")
NOT = word_set("no not dont")
CARRY_ON = frozenset(
    {
        "keep going", "no keep going", "nothing keep going", "carry on", "no carry on", "nothing carry on", "go on",
        "no go on", "continue", "no continue", "keep it up", "keep writing", "keep messaging me", "keep calling",
        "keep them coming", "dont stop", "do not stop", "no dont stop", "please dont stop", "stop nothing",
        "nothing please continue", "never mind", "nevermind", "no never mind", "all good keep going", "none keep going",
        "i changed my mind", "nada sigue", "no sigue", "sigue", "sigue asi", "nada sigue asi", "no nada sigue",
        "no sigue asi", "sigue igual", "nada continua", "continua", "no continua", "no pares", "no no pares",
        "no dejes de escribirme", "nada todo bien", "nada todo sigue igual", "olvidalo", "no olvidalo", "nada olvidalo",
        "sigue escribiendo", "puedes seguir", "ninguna sigue", "ninguno sigue", "adelante", "nada adelante",
        "no para nada",
    }
)  # fmt: skip

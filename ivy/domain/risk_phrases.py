"""The words by which people say that they, or somebody near them, are in danger, as plain words. May import: patterns.

Searched for inside a sentence, since nobody says this in a keyword; idioms ("this hill is killing me", "me muero de hambre")
are taken out first. Better one question too many than one cry unheard: what is doubtful counts.
"""

from ivy.domain.patterns import Pattern

# --- not meant ---------------------------------------------------------------------------------------

IDIOMS = Pattern(
    r"\b(?:"
    # en
    r"(?:is|are|was|were|its|thats) killing (?:me|us)|kill(?:ing|ed)? (?:it|time|the (?:workout|run|session|"
    r"vibe|pain))|"
    r"(?:id|would|could) kill for|rather die than (?:run|do|eat|go|wake|skip|miss|swim|lift|train|get up)|"
    r"hit me with (?:a|an|the|his|her|more)(?! (?:belt|stick|bottle|fists?|hands?|open hand|bat|chair|hammer|pan|shoe|cable))|"
    r"dying (?:for|of (?:laughter|laughing|hunger|boredom|thirst|heat|curiosity))|to die for|"
    r"(?:die|died|dying|dead) laughing|(?:almost|nearly) died (?:laughing|of)|"
    r"dying to (?:see|try|know|eat|go|get|meet|start|hear|tell|run|do|read|watch|have|sleep|drink|find|show|play)|"
    r"(?:ran|run|running|did|do|doing) (?:\w+ )?suicides|suicide (?:sprints?|runs?|drills?|squad|grip|burpees|"
    r"prevention)|"
    r"near(?:ly)? (?:gave|had) (?:me )?a heart attack|(?:almost|nearly) (?:gave me|had) a heart attack|"
    r"(?:breast|back|swim(?:ming)?|butterfly|free(?:style)?|rowing) stroke|stroke (?:rate|drills?|technique|count)|"
    r"(?:phone|battery|car|laptop|plant|legs|arms|quads|computer) (?:\w+ )?(?:died|is dead|are dead|wants to die)|"
    r"(?:my|the) (?:phone|battery|car|laptop|plant|legs|arms|quads|computer)\w* (?:want to|is going to|"
    r"are going to) die|"
    r"cut(?:ting)? myself (?:some|a|an) (?:slack|slice|piece|break|sandwich)|"
    r"(?:i )?cut myself (?:(?:again |last night )?(?:while )?(?:shaving|cooking|chopping|slicing|peeling|carving)|while|on a|"
    r"on the|with a kitchen)|"
    # es
    r"me (?:muero|estoy muriendo|moria|quiero morir|quise morir|voy a morir) (?:de|por) (?:la |el |las |tanta |"
    r"tanto |puro |pura |un |una )?"
    r"(?:risa|hambre|sueno|sed|calor|frio|cansancio|ganas|amor|verguenza|pena|pereza|envidia|aburrimiento|curiosidad|"
    r"antojo|nervios|susto|cafe|pizza|chocolate|helado|verte|ir|dormir)|"
    r"muert[oa]s? de (?:la |el )?(?:risa|hambre|sueno|sed|calor|frio|cansancio|verguenza|pereza|susto|miedo)|"
    r"(?:me|nos) (?:mata|matan|mato|estan? matando) (?:el|la|los|las|de|a|ese|esa|este|esta)|"
    r"matar (?:el )?(?:tiempo|hambre|antojo)|"
    r"(?:casi|por poco) (?:me )?(?:da|dio|me da|me dio|tengo|tuve) un infarto|de infarto|"
    r"(?:celular|telefono|bateria|carro|coche|computador|planta|piernas) (?:se )?(?:murio|muerta|muerto|muertas)|"
    r"me corte (?:afeitand|cocinand|picand|pelando|rasurand)\w*|cortarme (?:el pelo|el cabello|las unas)|"
    r"me corto (?:el pelo|el cabello|las unas)|"
    r"(?:calor|frio|sol|viento|aire|olas?|lluvia|realidad|noticia|nostalgia|hambre|sueno|cansancio|dolor|balon|pelota|puerta|"
    r"entreno|entrenamiento|ejercicio|rutina) "
    r"me (?:golpea|pega)n?|me golpean? (?:el|la|los|las) (?:calor|frio|sol|viento|aire|olas?|lluvia|realidad|balon|pelota)|"
    r"(?:zapat\w+|tenis|banco|maquina|barra|pesas?|silla|correa|mochila|ejercicio|entreno|entrenamiento|rutina|rodilla|"
    r"espalda|hombro|tobillo) (?:siempre |ya |a veces )?me lastim(?:o|a|an)|"
    r"desaparecer (?:un rato|unos dias|del chat|de (?:la )?(?:oficina|redes))"
    r")\b"
)

# --- to end one's life, or to hurt oneself -------------------------------------------------------------

_URGE_EN = (
    r"(?:want(?:ed|s|ing)?|wanna|going|gonna|plan(?:s|ned|ning)?|intend|ready|try|trying|tried|decided|need|"
    r"about|urge|wish|"
    r"like|love|prefer|rather|considering|considered|contemplating|thinking (?:about|of)|think (?:about|of)|"
    r"thought (?:about|of)|thoughts (?:about|of)|feel like|feeling like|keep)"
)
_END_EN = (
    r"(?:kill(?:ing)? (?:myself|himself|herself|themselves|themself)|end(?:ing)? (?:it all|my (?:own )?life|"
    r"everything|things for good)|"
    r"die|dying|be dead|being dead|not be (?:here|alive)|not exist|not wak(?:e|ing) up|never wak(?:e|ing) up|"
    r"disappear forever|"
    r"commit(?:ting)? suicide|tak(?:e|ing) my (?:own )?life|hurt(?:ing)? myself|harm(?:ing)? myself|"
    r"cut(?:ting)? myself|"
    r"jump(?:ing)? (?:off|in front)|hang(?:ing)? myself|shoot(?:ing)? myself|overdos(?:e|ing)|unalive(?: myself)?)"
)
SELF_HARM_EN = (
    rf"{_URGE_EN} (?:to |just |really |seriously |only |of )*{_END_EN}",
    r"kill(?:ing|ed)? (?:myself|himself|herself|themselves)|\bkms\b|unaliv(?:e|ing) myself",
    r"suicidal|(?:commit(?:ting)?|attempt(?:ed|ing)?|contemplat(?:e|ing)|consider(?:ing)?|about|"
    r"think(?:ing)? (?:of|about)) suicide",
    r"suicide (?:note|letter|plan|attempt)|(?:goodbye|farewell) letters?",
    r"end(?:ing)? (?:it all|my (?:own )?life)|tak(?:e|ing) my own life|put(?:ting)? an end to (?:my life|"
    r"it all|myself)",
    r"(?:dont|do not|didnt|no longer|not) (?:really |even )?(?:want|wanna|wish)(?:ed)?(?: to)? (?:live|"
    r"be (?:here|alive)|exist|"
    r"wake up|go on living|keep living)(?! in\b| near\b| with\b| at\b| by\b| early| so early| at \d| before)",
    r"(?:no|see no|dont see (?:a|any|the)|cant see (?:a|any|the)|isnt (?:a|any|much)|whats the) (?:point|"
    r"reason|purpose)s? "
    r"(?:in|of|to|for) (?:living|live|life|my life|being alive|going on|go on|staying alive|"
    r"keep going on living|be alive|exist)",
    r"(?:nothing|no one|nobody) (?:left )?to live for|life (?:is not|isnt|isn t|aint) worth|not worth living",
    r"better off (?:dead|without me)|better (?:off )?if i (?:was|were|wasnt|werent|died|disappeared|"
    r"did not exist|didnt exist)",
    r"(?:wish|hope) (?:that )?(?:i (?:was|were|could be) (?:dead|never born|gone)|i had never been born|"
    r"i (?:could |would )?"
    r"(?:just )?(?:die|not wake up|never wake up)|i (?:wouldnt|wont|dont) wake up)",
    r"(?:tired|sick) of (?:living|being alive|life|existing)|(?:cant|cannot|can not) (?:go on|take it|do this|"
    r"live) (?:living|any ?more|like this)"
    r"(?: any ?more)?(?: with (?:life|this life))? (?:i want|i just want|life|living)",
    r"(?:cant|cannot|can not) (?:go on living|live like this|live any ?more|keep living)",
    r"i (?:just )?(?:want|wanna) (?:it all|everything|the pain) to (?:end|stop)(?: forever| for good)?",
    r"hang(?:ing)? myself|shoot(?:ing)? myself|slit(?:ting)? my (?:wrists?|throat)|jump(?:ing)? (?:off|"
    r"from) (?:a|the|my) "
    r"(?:bridge|roof|building|balcony|window|cliff)|in front of (?:a|the) (?:train|truck|bus|car)",
    r"(?:take|took|taken|taking|swallow(?:ed)?) (?:like |about |around |over |almost )?(?:all|a lot of|too many|"
    r"(?:the|a|my) whole (?:bottle|box|pack) of|[0-9]{2,}|twenty|thirty|forty|fifty|sixty) (?:my |the |of (?:my|the|those) )*"
    r"(?:sleeping |pain )?(?:pills|tablets|meds|medication|painkillers)(?! (?:a|per|each|every|this) (?:week|month|year))",
    r"plans? (?:to|for|how to) end(?:ing)? things(?! with| between| at| by| on| early)",
    r"self ?harm(?:ing|ed)?|(?:started|start|keep|been|am) (?:cutting|burning|hurting|harming) (?:myself|"
    r"my (?:arms?|wrists?|legs?))(?: on purpose| again)?",
    r"(?:hurt|cut|burn(?:ed|t)?|harm(?:ed)?) (?:myself|my (?:arms?|wrists?|legs?|thighs?)) (?:on purpose|"
    r"deliberately|again tonight|to feel)",
    r"cut(?:ting)? my (?:wrists?|veins)|(?:cut|harmed) myself (?:again|last night|tonight)",
)
_URGE_ES = (
    r"(?:quiero|quisiera|queria|quise|querria|voy a|vamos a|pienso|pienso en|pensando en|penso en|"
    r"he pensado en|pense en|"
    r"tengo ganas de|con ganas de|me dan ganas de|ganas de|deseo|deseos de|intente|intento|intentar|trate de|"
    r"tratar de|"
    r"planeo|planeando|decidi|he decidido|estoy por|estoy a punto de|necesito|prefiero|preferiria|me gustaria|quiere|"
    r"pensamientos de|ideas de)"
)
_END_ES = (
    r"(?:matarme|morirme|morir|suicidarme|estar muert[oa]|quitarme la vida|quitarme de en medio|"
    r"acabar con (?:mi vida|todo|mi existencia)|"
    r"terminar con (?:mi vida|todo)|ponerle fin a (?:mi vida|todo)|poner fin a (?:mi vida|todo)|"
    r"acabar con esto de una vez|"
    r"desaparecer(?: para siempre| del mundo| de este mundo)?|hacerme dano|lastimarme|cortarme|autolesionarme|"
    r"no despertar(?:me)?(?: mas| nunca)?|"
    r"no existir|dejar de (?:vivir|existir)|ahorcarme|colgarme|pegarme un tiro|tirarme (?:de|por|al?|desde|"
    r"debajo)|aventarme|"
    r"lanzarme (?:de|por|al?|desde)|matarse|suicidarse|quitarse la vida)"
)
_MANY_ES = (
    r"(?:todas (?:las|mis)|(?:como |casi |unas )?[0-9]{2,}|(?:como |casi |unas )?(?:veinte|treinta|cuarenta|cincuenta)|"
    r"un monton de|muchas|demasiadas|(?:tod[oa] )?(?:el|la|un|una) (?:frasco|caja|tarro|blister)(?: enter[oa])? de)"
)
SELF_HARM_ES = (
    rf"{_URGE_ES} {_END_ES}",
    r"me (?:quiero|quisiera|voy a|gustaria|dan ganas de|quise|intente|trate de) (?:morir|matar|suicidar|"
    r"hacer dano|lastimar|ahorcar|colgar|quitar la vida|cortar las venas)",
    r"suicidarme|me suicid(?:o|e|are|aria)|quitarme la vida|me (?:quito|quite) la vida|matarme|ahorcarme|"
    r"cortarme las venas",
    r"(?:pensamientos?|ideas?|ideacion|carta|nota|intento|intentos|plan) (?:de )?(?:suicidas?|suicidio)|"
    r"pensa(?:r|ndo|do) en (?:el )?suicidio",
    r"no (?:quiero|quisiera|deseo) (?:ya )?(?:mas )?(?:vivir|seguir viviendo|seguir viv[oa]|estar viv[oa]|"
    r"existir|estar en este mundo|despertar(?:me)?)"
    r"(?! en\b| con\b| cerca\b| tan\b| temprano| a las| antes| tarde)",
    r"ya no quiero (?:vivir|existir|estar (?:aqui|en este mundo)|despertar)(?! en\b| con\b| tan\b| temprano)",
    r"(?:no (?:le )?(?:veo|encuentro|hallo|tiene|tengo|hay)|sin) (?:ningun |ninguna |mas |el |la |un |"
    r"una )?(?:sentido|razon|razones|motivo|motivos|ganas) "
    r"(?:a|de|para|en|por) (?:que )?(?:la vida|mi vida|vivir|seguir (?:vivo|viva|viviendo|aqui en el mundo)|"
    r"esta vida)",
    r"no vale la pena (?:vivir|seguir viv\w+|(?:la|mi|esta) vida)(?! (?:en|cerca|lejos|tan|alli|ahi|solo para)\b)|"
    r"vivir (?:asi )?(?:ya )?no vale la pena|"
    r"la vida no (?:vale|tiene sentido|me importa)|(?:cansad[oa]|hart[oa]) de (?:vivir|la vida|mi vida|existir|"
    r"estar viv[oa])",
    r"(?:estarian|estaria|estan|seria|sera|estaran) mejor (?:todos |todo |ellos )?(?:sin mi|"
    r"si (?:yo )?(?:no (?:estoy|estuviera|existiera)|(?:me )?(?:muero|muriera|desaparezco|desapareciera)))|"
    r"mejor muert[oa]",
    r"ojala (?:yo )?(?:no (?:despertara|despierte|hubiera nacido|existiera)|(?:me )?(?:muera|muriera|"
    r"estuviera muert[oa]))",
    r"no (?:puedo|aguanto|doy) mas (?:con )?(?:(?:la|mi|esta) vida|vivir)|quisiera (?:no haber nacido|"
    r"no existir|no despertar)",
    rf"(?:tomarme|me (?:tome|he tomado|acabo de tomar|voy a tomar)|(?:tome|tragu?e|he tomado)) {_MANY_ES} "
    r"(?:pastillas|pepas|tabletas|somniferos)(?! (?:a la|por|al|cada|esta|este) (?:semana|mes|ano))|sobredosis",
    r"me (?:corto|corte|estoy cortando|quemo|lastimo a proposito|hago dano a proposito)(?: (?:los|las|el|"
    r"la) (?:brazos?|munecas?|venas|piernas?|muslos?))? (?:para|cuando|otra vez|a proposito)",
    r"me (?:corto|corte|estoy cortando) (?:los|las|el|la) (?:brazos?|munecas?|venas|piernas?|muslos?)|"
    r"(?<!se )me lastimo(?! (?:la|el|los|las|un|una(?! y)|al|en (?:el|la|cada)|con (?:los|las|el|ese|este|facilidad)|"
    r"(?!cuando)\w+(?:ando|iendo)|(?:cuando|si) (?:corr|entren|salt|hag|jueg|levant|nad)\w*)\b)|"
    r"autolesi\w+|me hago dano (?:a mi mism[oa]|a proposito)",
    r"(?:tirarme|lanzarme|aventarme|botarme) (?:de|del|desde|por|a|al|debajo)\b",
)

# --- somebody else hurts them ---------------------------------------------------------------------------

_CLOSE_EN = (
    r"(?:husband|wife|boyfriend|girlfriend|partner|dad|father|mom|mum|mother|stepdad|stepfather|brother|uncle|"
    r"ex|fiance|roommate|boss|coach)"
)
_AT_PLAY = (
    r"(?! (?:by (?!hand)|every race|up the|on (?:the|every) (?:hills?|climbs?|leaderboard|board|track)|"
    r"to (?:it|the (?:top|line|finish|gym)|work|first)|with (?:more|some|another|hard|extra|drills?|burpees|hills|intervals)|"
    r"(?:at|in) (?:(?:a|an|the|every|our|each) )?(?:\w+ )?(?:races?|games?|match\w*|sprints?|tennis|chess|padel|squash|"
    r"\w+ball|pool|golf|cards|running|swimming|cycling|pushups|everything|class|challenge|leaderboard|steps?|points?)\b))"
)
"""What follows where somebody is beaten in a game and not at home."""
ABUSE_EN = (
    rf"my {_CLOSE_EN} (?:(?:just|always|often|sometimes|has been|keeps|kept|started|is) )*(?:hit|hits|hitting|"
    rf"beat|beats|beating|chok(?:e|es|ed|ing)|"
    r"punch(?:es|ed|ing)?|kick(?:s|ed|ing)?|slap(?:s|ped|ping)?|abus(?:es|ed|ing)|rap(?:es|ed|ing)|"
    r"strangl(?:es|ed|ing)|threaten(?:s|ed|ing)? to (?:kill|hurt)|hurt(?:s|ing)) (?:me|us)\b",
    r"(?:he|she|they|someone|somebody|a man) (?:raped|molested|sexually (?:assaulted|abused)|strangled|"
    r"is going to kill|wants to kill|threatened to kill) me\b",
    r"i (?:was|got|have been|ve been|am being|was being) (?:raped|molested|sexually (?:assaulted|abused)|"
    r"beaten(?: up)? (?:by|at home)|abused)",
    r"(?:he|she) (?:beat|beats|beating) me up\b(?! (?:the|on|in) )",
    r"(?:he|she|hes|shes) (?:(?:just|always|often|sometimes|still|has|been|keeps|kept|started) )*(?:beats|beating|hits?|hitting|"
    r"chokes|choking|slaps|slapping|punches|punching|strangles) (?:me|us)\b(?! up\b| back\b)"
    rf"{_AT_PLAY}",
    r"(?:afraid|scared|terrified) (?:that )?(?:he|she|hes|shes|hell|shell|they|theyll) (?:is |are )?(?:(?:will|might|could|"
    r"going to|gonna) )?(?:really )?(?:kill|hurt|hit|beat|choke) (?:me|us)\b"
    rf"{_AT_PLAY}",
    rf"(?:afraid|scared|terrified) (?:of|that) my {_CLOSE_EN} (?:will |is going to )?(?:hurt|kill|hit|beat)?",
)
_CLOSE_ES = (
    r"(?:marido|esposo|esposa|mujer|novio|novia|pareja|papa|padre|mama|madre|padrastro|hermano|tio|ex|jefe|"
    r"entrenador)"
)
ABUSE_ES = (
    rf"mi {_CLOSE_ES} (?:(?:siempre|a veces|otra vez|ayer|hoy|anoche) )?me (?:pega|pego|golpea|golpeo|maltrata|"
    rf"maltrato|ahorca|ahorco|viola|violo|abusa|abuso|"
    r"amenaza(?: con matarme)?|amenazo con matarme|patea|pateo|abofetea|abofeteo)\b",
    rf"me (?:pega|pego|golpea|golpeo|maltrata|patea|abofetea|ahorca) (?:mucho |siempre )?mi {_CLOSE_ES}\b|"
    r"(?:el|ella) (?:siempre |a veces |todavia )?me (?:pega|golpea|maltrata|patea|abofetea|ahorca)\b(?! (?:el|la|con (?:rutinas?|"
    r"ejercicios?)|duro con|una llamada|un grito)\b)",
    r"me golpean?\b",
    r"\bme (?:violaron|violo|han violado|quieren matar|quiere matar|va a matar|amenazo de muerte|"
    r"amenazaron de muerte|golpea en casa|pega en casa)\b",
    r"(?:abusaron|abuso|abusan|abusa) (?:sexualmente )?de mi\b|fui (?:violad[oa]|abusad[oa])|"
    r"sufro (?:violencia|maltrato)",
)

# --- the body needs help now ----------------------------------------------------------------------------

EMERGENCY_EN = (
    r"(?:pain|pressure|tightness|squeezing|burning|crushing)(?: feeling)? in (?:my|the) (?:chest|left arm)|"
    r"chest (?:pains?|pressure|tightness)|my chest (?:hurts|aches|is (?:hurting|tight|burning))",
    r"(?:cant|cannot|can not|hard to|trouble|struggling to|difficulty) breath(?:e|ing)?(?! through)",
    r"(?:i|just|almost|nearly) (?:have |just |nearly |almost )?(?:fainted|passed out|blacked out|collapsed)|"
    r"about to (?:faint|pass out|collapse)|lost consciousness",
    r"heart attack|having a stroke|had a stroke|face is drooping|(?:arm|face|side|leg)s? (?:is|are|went|goes|"
    r"feels?) (?:completely |all )?numb|cant (?:move|feel) my (?:arm|leg|face|legs|arms)",
    r"(?:cough(?:ing|ed)?|throw(?:ing)?|vomit(?:ing|ed)?|threw|pee(?:ing)?|peed|spit(?:ting)?)(?: up)? blood|"
    r"anaphyla\w*|throat is (?:closing|swelling)|bleeding (?:a lot|heavily|and it wont stop|badly)",
    r"(?:i|ive|have) (?:just |have )?overdosed|took an overdose",
)
EMERGENCY_ES = (
    r"(?:dolor|presion|opresion|punzada|ardor) (?:muy )?(?:fuerte )?(?:en|de) (?:el |mi )?(?:pecho|"
    r"brazo izquierdo)|me (?:duele|aprieta|oprime) (?:mucho |muy fuerte )?el pecho",
    r"no (?:puedo|logro|consigo) respirar|(?:me )?(?:cuesta|dificil) (?:mucho )?respirar|me (?:falta|"
    r"estoy quedando sin) (?:el )?aire|me ahogo|me estoy ahogando",
    r"me (?:desmaye|desmayo|estoy desmayando|voy a desmayar|acabo de desmayar)|perdi el conocimiento|"
    r"me desplome|(?:casi|a punto de) (?:me )?desmay\w+",
    r"infarto|ataque al corazon|derrame cerebral|se me (?:durmio|duerme|entumecio|paralizo) (?:la cara|"
    r"el brazo|medio cuerpo|un lado|la mitad)|no (?:siento|puedo mover) (?:el brazo|la pierna|las piernas|"
    r"la cara|medio cuerpo)",
    r"(?:vomit|escup|tos|tosi|orin)\w* (?:con )?sangre|(?:reaccion alergica|alergia) (?:grave|fuerte|severa)|"
    r"anafila\w*|choque anafilactico|se me (?:cierra|cerro|hincho) la garganta|sangr\w+ (?:mucho|"
    r"demasiado) y no para",
)

# --- food as a fight ----------------------------------------------------------------------------------------

EATING_EN = (
    r"(?:mak(?:e|ing)|made|force|forcing|forced) myself (?:to )?(?:throw up|vomit|puke|be sick|purge)|purg(?:e|"
    r"ed|ing) (?:after|again|my food|everything)|threw up on purpose",
    r"starv(?:e|ing|ed) myself|(?:havent|have not|not|hadnt) eaten (?:anything )?(?:in|for) (?:\w+ )?days|"
    r"stop(?:ped)? eating (?:to|so|completely|at all)",
    r"laxatives? (?:to|after|so|every)|(?:eat|eating|ate) (?:only )?(?:less than )?(?:[1-4]\d\d) (?:calories|"
    r"kcal) (?:a|per) day|anorexi\w+|bulimi\w+",
)
EATING_ES = (
    r"me (?:provoco|provoque|obligo a|fuerzo a|hago|hice) (?:el )?vomit\w*|provocarme (?:el )?vomito|"
    r"vomito (?:a proposito|despues de (?:comer|cada comida))|me purgo",
    r"(?:llevo|voy|tengo) (?:\w+ )?(?:dias|semanas) sin comer|dej(?:e|ar|ado) de comer (?:para|por completo|"
    r"del todo)|me mato de hambre para|no como nada para (?:bajar|adelgazar)",
    r"laxantes? (?:para|despues|cada)|anorexi\w+|bulimi\w+|(?:como|comer|"
    r"comiendo) (?:solo )?(?:menos de )?(?:[1-4]\d\d) (?:calorias|kcal)",
)


def anywhere(*groups: tuple[str, ...]) -> Pattern:
    """Return one pattern that finds any of them between words."""
    return Pattern(r"\b(?:" + "|".join(each for group in groups for each in group) + r")\b")

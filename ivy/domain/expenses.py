"""What an expense is for: names of categories, and a guess from its words, English and Spanish.

May import: the standard library, plain words, said.
"""

from ivy.domain.plain_words import words_of
from ivy.domain.said import word_set

OTHER = "other"
LONGEST_CATEGORY = 40

NAMES: dict[str, tuple[str, str]] = {
    "food": ("food", "comida"),
    "groceries": ("groceries", "mercado"),
    "transport": ("transport", "transporte"),
    "home": ("home", "hogar"),
    "bills": ("bills", "servicios"),
    "health": ("health", "salud"),
    "sport": ("sport", "deporte"),
    "clothes": ("clothes", "ropa"),
    "beauty": ("beauty", "belleza"),
    "fun": ("fun", "ocio"),
    "travel": ("travel", "viajes"),
    "education": ("education", "educación"),
    "technology": ("technology", "tecnología"),
    "gifts": ("gifts", "regalos"),
    "pets": ("pets", "mascotas"),
    "family": ("family", "familia"),
    "work": ("work", "trabajo"),
    OTHER: ("other", "otros"),
}
"""Each category's name in English and Spanish. People may make up more of their own."""

_SYNONYMS = {
    "food": "foods eating restaurants restaurant restaurantes restaurante comidas alimentacion alimentos",
    "groceries": "grocery supermarket supermercado mercados",
    "transport": "transportation transit transportes movilidad",
    "home": "house household housing furniture casa vivienda muebles",
    "bills": "bill utilities utility facturas servicio recibos",
    "health": "medical salud medico",
    "sport": "sports fitness exercise deportes",
    "clothes": "clothing apparel ropas vestuario",
    "beauty": "cosmetics cosmeticos",
    "fun": "entertainment leisure entretenimiento diversion",
    "travel": "trips vacation viaje vacaciones",
    "education": "school learning estudio estudios",
    "technology": "tech electronics tecnologia electronica",
    "gifts": "gift presents donations regalo donaciones",
    "pets": "pet mascota",
    "family": "kids children hijos familia",
    "work": "business office oficina negocio",
    OTHER: "others misc miscellaneous otro otras otra varios",
}

_WORDS = {
    "food": """lunch breakfast dinner brunch supper snack snacks meal coffee coffees latte cappuccino espresso tea pizza burger
        burgers sandwich sandwiches sushi taco tacos burrito burritos restaurant takeaway takeout bakery bagel donut donuts
        beer beers wine drinks drink cocktail cocktails juice smoothie icecream dessert pastry cafe cafeteria starbucks
        mcdonalds kfc subway diner salad soup ramen noodles food eats rappi doordash grubhub
        almuerzo almuerzos desayuno desayunos cena cenas comida comidas merienda onces cafe cafes tinto tintos perico
        hamburguesa hamburguesas perro empanada empanadas arepa arepas corrientazo bandeja sancocho ajiaco pollo helado
        helados postre postres cerveza cervezas pola polas vino trago tragos jugo jugos restaurante panaderia pan pandebono
        almojabana bunuelo bunuelos torta pastel domicilio aguardiente ron chocolate gaseosa mecato onceada""",
    "groceries": """groceries grocery supermarket vegetables fruit fruits milk eggs bread cheese meat walmart aldi lidl tesco
        costco mercado supermercado verduras frutas fruta leche huevos queso carne carniceria fruver exito carulla ara
        jumbo olimpica tienda arroz""",
    "transport": """taxi taxis cab uber lyft didi cabify bus buses train metro tram ferry toll tolls parking gas gasoline petrol
        fuel diesel mechanic tyres tires carwash
        busetas buseta colectivo transmilenio sitp tren peaje peajes parqueadero parqueo estacionamiento gasolina tanqueada
        tanqueo combustible mecanico llantas taller pasaje pasajes tranvia indrive soat""",
    "home": """rent mortgage furniture table chair chairs sofa couch bed mattress lamp curtains shelf shelves desk plumber
        electrician detergent cleaning cleaner ikea towels sheets pillow pillows paint tools hardware rug fridge oven
        arriendo alquiler hipoteca muebles mueble mesa silla sillas cama colchon lampara cortinas estante escritorio
        plomero electricista limpieza aseo jabon toallas sabanas almohada almohadas pintura ferreteria nevera horno
        administracion homecenter""",
    "bills": """electricity electric water internet wifi phone broadband insurance utilities utility bill bills taxes tax
        luz energia agua internet telefono celular plan recibo recibos factura facturas seguro impuesto impuestos predial
        epm codensa enel claro movistar tigo""",
    "health": """doctor dentist pharmacy medicine medicines pills vitamins hospital therapy therapist physio glasses optician
        prescription vaccine aspirin ibuprofen
        medico doctora odontologo odontologa dentista farmacia drogueria medicina medicinas medicamento medicamentos
        remedio remedios pastillas vitaminas terapia psicologo psicologa fisioterapia gafas lentes examen examenes vacuna
        copago eps""",
    "sport": """gym yoga pilates crossfit swimming dumbbells protein trainer climbing marathon
        gimnasio natacion mancuernas proteina entrenador entrenadora spinning cancha maraton""",
    "clothes": """shirt shirts tshirt trousers pants jeans shoes sneakers boots jacket coat dress skirt socks underwear hat
        zara uniqlo camisa camisas camiseta camisetas pantalon pantalones zapatos tenis botas chaqueta abrigo vestido falda
        medias ropa gorra sombrero guayos""",
    "beauty": """haircut hairdresser barber manicure makeup shampoo perfume nails
        peluqueria barberia corte peluquero manicura maquillaje champu unas""",
    "fun": """cinema movie movies film concert concerts theatre theater museum netflix spotify disney hbo game games videogame
        party club bar books book bowling karaoke festival steam
        cine pelicula peliculas concierto conciertos teatro museo juego juegos videojuego fiesta rumba discoteca bolos
        libro libros boleta boletas partido""",
    "travel": """flight flights hotel hotels airbnb hostel luggage suitcase visa passport
        vuelo vuelos tiquete tiquetes hostal maleta pasaporte avianca latam hospedaje""",
    "education": """course courses tuition school university class classes textbook textbooks udemy coursera
        curso cursos matricula colegio universidad clase clases semestre cuaderno cuadernos pension""",
    "technology": """laptop computer charger headphones keyboard mouse monitor printer tablet cable app software icloud
        portatil computador computadora cargador audifonos teclado impresora""",
    "gifts": """gift gifts present presents donation charity flowers
        regalo regalos donacion limosna flores detalle""",
    "pets": """vet dog cat pet kibble veterinario veterinaria gato gata mascota concentrado guarderia""",
    "family": """nanny babysitter diapers nappies toys toy daycare kids
        ninera panales juguete juguetes jardin hijos""",
    "work": """coworking stationery domain hosting papeleria""",
}

_PHRASES = {
    "food": "cup of coffee,hot dog,ice cream,perro caliente,uber eats,taza de cafe,gas station snacks",
    "groceries": "d1,plaza de mercado",
    "home": "coffee table,table lamp,coffee machine,coffee maker,mesa de cafe,mesa de centro,pool table,garden tools,"
    "bar stool,bar stools,wine glasses,water heater",
    "bills": "gas bill,phone bill,water bill,electricity bill,recibo del gas,recibo de gas,plan de datos,"
    "car insurance,health insurance,seguro del carro",
    "transport": "car wash,gas station,estacion de gasolina,bus fare,train ticket,bus ticket,recarga tullave",
    "health": "contact lenses,cita medica,lentes de contacto",
    "sport": "protein bar,tennis racket,tennis lesson,football boots,clase de yoga,clases de natacion",
    "clothes": "running shoes,gym shoes,zapatos de futbol",
    "fun": "bar tab,movie ticket,movie tickets,cinema ticket,concert ticket,concert tickets,video game,board game",
    "travel": "plane ticket,plane tickets,tiquete de avion,tiquetes de avion",
    "education": "english class,spanish class,text book",
    "technology": "phone charger,phone case,cell phone,new phone,funda del celular",
    "pets": "dog food,cat food,comida para perros,comida para gatos,comida del perro,comida del gato",
}

_CATEGORY_OF = {word: category for category, words in _WORDS.items() for word in words.split()}
_CATEGORY_OF_PHRASE = {
    tuple(phrase.split()): category for category, phrases in _PHRASES.items() for phrase in phrases.split(",")
}
_LONGEST_PHRASE = max(map(len, _CATEGORY_OF_PHRASE))
_CATEGORY_NAMED = {
    **{word: category for category, words in _SYNONYMS.items() for word in words.split()},
    **{word: category for category, names in NAMES.items() for name in names for word in words_of(name)},
}
_JOINS = word_set("with for at in from on to of by and con para en por de del y a al la el los las desde hasta")
_SMALL = _JOINS | {"the", "an", "my", "our", "some", "mi", "mis", "un", "una", "unos", "unas", "este", "esta"}


def category_named(words: str) -> str:
    """Return the category that a person names: one of Ivy's, or their own in plain words; "" for no words."""
    plain = words_of(words)
    if len(plain) == 1 and plain[0] in _CATEGORY_NAMED:
        return _CATEGORY_NAMED[plain[0]]
    return " ".join(plain)[:LONGEST_CATEGORY].strip()


def name_of(category: str, language: str) -> str:
    """Return how a category is called in English or Spanish; a person's own is called as they call it."""
    english, spanish = NAMES.get(category, (category, category))
    return spanish if language == "es" else english


def guess_category(description: str) -> str:
    """Return what an expense is probably for. Phrases first, then the noun that counts: "coffee table" is a table."""
    words = words_of(description)
    for length in range(min(_LONGEST_PHRASE, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            if found := _CATEGORY_OF_PHRASE.get(words[start : start + length]):
                return found
    for part in _parts(words):
        # In English the last noun counts, in Spanish the one before "de", where the part ends.
        if known := [_CATEGORY_OF[word] for word in part if word in _CATEGORY_OF]:
            return known[-1]
    return OTHER


def _parts(words: tuple[str, ...]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word in _JOINS:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def remembered_as(description: str) -> str:
    """Return the words under which a person's own choice of category is kept: without case, accents and small words."""
    words = words_of(description)
    return " ".join([word for word in words if word not in _SMALL] or words)


def searchable(description: str) -> str:
    """Return a description as searches see it: plain words, a blank around each."""
    return f" {' '.join(words_of(description))} "


def search_words(said: str) -> tuple[str, ...]:
    """Return beginnings of words that an expense must have, each of them: "the taxis" finds "taxi to work"."""
    return tuple(_singular(word) for word in remembered_as(said).split())


def _singular(word: str) -> str:
    if len(word) > 5 and word.endswith("es"):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word

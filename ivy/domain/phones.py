"""Telephone numbers in one spelling, E.164. May import: phonenumbers, the ground.

Source: integrations.md 8.5. Only the core of `phonenumbers` is imported: its geocoder alone costs 100 MB.
"""

from functools import lru_cache

import phonenumbers

from ivy.errors import IvyError

MEXICO_OLD_MOBILE = "521"
"""Mexico dropped the 1 after its country code in 2019; WhatsApp's ids still carry it."""
BRAZIL = "55"
SHORTEST, LONGEST = 5, 15
PUNCTUATION = str.maketrans("", "", " -.()/\u00a0\u2010\u2011")


class NotAPhone(IvyError):
    """What was given is not a telephone number that could be dialled."""


def e164(text: str, region: str = "") -> str:
    """Return a number a person typed as E.164 with +. `region` (ISO, "CO") is where numbers without + are from.

    Raises: NotAPhone.
    """
    typed = text.strip()
    if typed.startswith("00"):
        typed = f"+{typed[2:]}"  # the library reads 0044… with region US as a wrong +1 number
    if mended := _mended(typed.translate(PUNCTUATION).removeprefix("+")) if typed.startswith("+") else "":
        return mended
    try:
        number = phonenumbers.parse(typed, region.upper() or None)
    except phonenumbers.NumberParseException as error:
        missing = "" if region or typed.startswith("+") else "; write it with + and the country code"
        raise NotAPhone(f"not a telephone number: {text!r}{missing}") from error
    if not phonenumbers.is_valid_number(number):
        raise NotAPhone(f"no such telephone number: {text!r}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_e164(text: str) -> bool:
    """Say whether a text is a number as Ivy keeps numbers."""
    try:
        return e164(text) == text
    except NotAPhone:
        return False


def from_whatsapp(digits: str) -> str:
    """Return the E.164 of a WhatsApp id (digits without +), or "" if it is none.

    Lenient: a number the library does not know is kept, since WhatsApp knows its own.
    """
    plain = digits.translate(PUNCTUATION).removeprefix("+")
    if not (plain.isascii() and plain.isdigit() and SHORTEST <= len(plain) <= LONGEST) or plain.startswith("0"):
        return ""
    return _mended(plain) or f"+{plain}"


@lru_cache(maxsize=4096)
def region_of(phone: str) -> str:
    """Return the region (ISO) of a number in E.164, or "" when it has none or is not a number."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or ""
    except phonenumbers.NumberParseException:
        return ""


def example_of(region: str) -> str:
    """Return a mobile number, in E.164, such as a region (ISO) has them; "" for a region that there is not."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    found = phonenumbers.example_number_for_type(region.upper(), kind) or phonenumbers.example_number(region.upper())
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164) if found else ""


def _mended(digits: str) -> str:
    """Return the E.164 of a number in an old spelling of Mexico or Brazil, or "" if it is in none."""
    if not (digits.isascii() and digits.isdigit()):
        return ""
    if digits.startswith(MEXICO_OLD_MOBILE) and len(digits) == 13:
        mended = f"+52{digits[3:]}"
    elif digits.startswith(BRAZIL) and len(digits) == 12 and not _is_valid(f"+{digits}"):
        mended = f"+55{digits[2:4]}9{digits[4:]}"  # mobiles gained a ninth digit; old WhatsApp ids lack it
    else:
        return ""
    return mended if _is_valid(mended) else ""


def _is_valid(phone: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return False

"""Languages: measure how much of a text reads as words, to find its encoding. Pure.

A word reads if some language has all its letters. An encoding is right if most words read, and most of them in one
language: "dům" and "Řím" are both Czech; decoded as "dùm" and "Øím", one would be Italian and the other Danish.
"""

import re
from collections import Counter

FRENCH, GERMAN, SPANISH, PORTUGUESE = "àâæçéèêëîïôùûüœ", "äöüß", "áéíóúüñ", "áàâãçéêíóôõú"
ITALIAN, SWEDISH, DANISH, ICELANDIC = "àèéìíòóù", "åäöé", "æøåéóò", "áéíóúýþæöð"
DUTCH, CATALAN = "ëïéèöüó", "àçèéíïòóúü"
_WESTERN = (FRENCH, GERMAN, SPANISH, PORTUGUESE, ITALIAN, SWEDISH, DANISH, ICELANDIC, DUTCH, CATALAN)
POLISH, CZECH, SLOVAK, HUNGARIAN = "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíľňóôšťúýž", "áéíóöőúüű"
ROMANIAN, CROATIAN = "ăâîşţ", "čćđšž"
LITHUANIAN, LATVIAN, ESTONIAN = "ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"
_CENTRAL = (POLISH, CZECH, SLOVAK, HUNGARIAN, ROMANIAN, CROATIAN, GERMAN)
WESTERN = tuple(f"[a-z{letters}]+" for letters in _WESTERN)
CENTRAL = tuple(f"[a-z{letters}]+" for letters in _CENTRAL)
BALTIC = tuple(f"[a-z{letters}]+" for letters in (LITHUANIAN, LATVIAN, ESTONIAN))
HEBREW = "[אבגדהוזחטיכלמנסעפצקרשת]*[א-ת]"  # five letters have a final form
RUSSIAN = "(?=.*[аеёиоуыэюяіїєў]|..?$)[а-яёђѓєѕіїјљњћќўџґ]+"  # longer words have a vowel
TURKISH = "[a-zçğıöşüâîû\u0307]+"
_STRESSED = "άέήίόύώΐΰ"
GREEK = f"(?!.*[{_STRESSED}].*[{_STRESSED}])[α-ρσ-ωϊϋ{_STRESSED}]*[α-ρςτ-ωϊϋ{_STRESSED}]"  # ς ends words, σ never does
ARABIC = "[\u0621-\u0652\u067e\u0686\u0698\u06a9\u06af\u06cc]+"
THAI = "(?:[เ-ไ]?[ก-ฮ][\u0e30-\u0e3a\u0e45\u0e47-\u0e4e]*)+ๆ?"  # marks stand on letters
CHINESE = "[\u3400-\u9fff]+"
JAPANESE = "[\u3041-\u30ff\u3400-\u9fff々]+"
WORDS: dict[str, tuple[str, ...]] = {
    "cp1252": WESTERN,
    "mac_roman": WESTERN,
    "cp1254": (TURKISH,),
    "cp1250": CENTRAL,
    "cp1255": (HEBREW,),
    "cp1251": (RUSSIAN,),
    "cp1253": (GREEK,),
    "cp1256": (ARABIC,),
    "cp932": (JAPANESE,),
    "cp949": ("[가-힣]+",),
    "gb18030": (CHINESE,),
    "euc_jp": (JAPANESE,),
    "big5": (CHINESE,),
    "cp874": (THAI,),
    "iso8859_2": CENTRAL,
    "mac_latin2": CENTRAL,
    "mac_cyrillic": (RUSSIAN,),
    "koi8_r": (RUSSIAN,),
    "cp850": WESTERN,
    "cp852": CENTRAL,
    "cp1257": BALTIC,
    "cp866": (RUSSIAN,),
    "iso8859_5": (RUSSIAN,),
    "cp855": (RUSSIAN,),
    "iso8859_7": (GREEK,),
    "cp737": (GREEK,),
    "mac_greek": (GREEK,),
    "cp857": (TURKISH,),
    "mac_turkish": (TURKISH,),
    "cp862": (HEBREW,),
    "iso8859_6": (ARABIC,),
    "cp720": (ARABIC,),
}  # encoding → its languages' words in lower case; ties go to the first
LANGUAGES = {encoding: [re.compile(word) for word in words] for encoding, words in WORDS.items()}
BETWEEN = re.compile(r"[\x00-\x40\x5b-\x60\x7b-\x7f\u00a0¡¿«»ªº°´·©®™€£“”„‘’‚–—…、。・！？「」『』（）～：\u3000]+")
ODD = re.compile(r"ã[b-df-hj-mp-rtv-z]|õ(?!e)|œ[wpkz]|^ð|ý.*ý")  # not in Portuguese, French or Icelandic words


def readable(text: str, encoding: str) -> tuple[int, int]:
    """Return how well a text reads: minus the words that don't read, then the words in its most frequent language."""
    words = [word for word in BETWEEN.split(text) if not word.isascii()]
    languages = [_languages_of(word, encoding) for word in words]
    read = Counter(at for matching in languages for at in matching)
    return -languages.count([]), max(read.values(), default=0)


def _languages_of(word: str, encoding: str) -> list[int]:
    """Return which of an encoding's languages have a word; none has one with a capital inside."""
    small = word.lower()
    if ODD.search(small) or not (word.isupper() or word[1:] == word[1:].lower()):
        return []
    return [at for at, language in enumerate(LANGUAGES[encoding]) if language.fullmatch(small)]

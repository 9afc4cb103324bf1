"""The encoding in which a spreadsheet saved titles is detected by whether they read as words."""

import pytest

from tests.unit.library.tables.forms import table, titles

HEADER = "Track URI,Track Name,Artist Name(s)"
WESTERN = "Dernière danse|L’été indien|¿Qué Será?|Coração|Über den Wolken|Straßenbahn|Längtan|Ærlig|«Déjà vu» – Noël"
TITLES = {
    "cp1252": f"{WESTERN}|Le Cœur|Ágætis byrjun|Ný batterí|Með suð í eyrum",
    "mac_roman": f"{WESTERN}|Le Cœur",
    "cp850": "Dernière danse|Über den Wolken|Straßenbahn|Corazón Espinado",
    "cp1254": "Şımarık|Kuzu Kuzu|Ağladıkça|İstanbul'da Sonbahar|Gül Döktüm Yollarına",
    "cp1250": "Dziwny jest ten świat|Chcemy być sobą|Przeżyj to sam|Źle się dzieje|Łąka",
    "iso8859_2": "Holubí dům|Jožin z bažin|Lásko má, já stůňu|Řekni, kde ty kytky jsou|Šťastný",
    "mac_latin2": "Holubí dům|Jožin z bažin|Lásko má, já stůňu|Řekni, kde ty kytky jsou",
    "cp852": "Holubí dům|Jožin z bažin|Lásko má, já stůňu|Řekni, kde ty kytky jsou",
    "cp1251": "Группа крови|Звезда по имени Солнце|пачка сигарет|Ещё|Їхали козаки",
    "koi8_r": "Группа крови|Звезда по имени Солнце|Последний герой",
    "cp1253": "Το τραγούδι της αγάπης|Δεν είσαι εδώ|Άνθρωποι μονάχοι|Σ’ αγαπώ",
    "cp1255": "ירושלים של זהב|שיר לשלום|עוד יהיה טוב|אהבה בסוף הקיץ",
    "cp1256": "حافلة ليلية|انت عمري|نسم علينا الهوا|تملي معاك",
    "cp874": "รถเมล์กลางคืน|คิดถึง|ความรัก|เพลงของเรา",
    "cp932": "上を向いて歩こう|残酷な天使のテーゼ|ロビンソン|丸ノ内サディスティック",
    "cp949": "봄날|벚꽃 엔딩|너의 의미|좋은 날|강남스타일",
    "gb18030": "夜班车在路上|月亮代表我的心|小幸运|平凡之路",
    "big5": "夜班車在路上|月亮代表我的心|小幸運|平凡之路",
    "euc_jp": "夜のバス|さくら|東京の空",
    "cp1257": "Žalgiris|Ąžuolas|Pie dabas|Ķēniņš|Gāju meža|Põhjamaa|Ėjau",
}
RUSSIAN, GREEK = "Группа крови|Звезда по имени Солнце|Пачка сигарет", "Το τραγούδι της αγάπης|Δεν είσαι εδώ|Μονάχοι"
TURKISH, HEBREW, ARABIC = "Şımarık|Ağladıkça|Gül Döktüm", "ירושלים של זהב|שיר לשלום", "حافلة ليلية|انت عمري|تملي معاك"
OLDER = {  # DOS, Unix and old Macs
    **dict.fromkeys(["cp866", "cp855", "iso8859_5"], RUSSIAN),
    **dict.fromkeys(["cp737", "iso8859_7", "mac_greek"], GREEK),
    **dict.fromkeys(["cp857", "mac_turkish"], TURKISH),
    **dict.fromkeys(["cp720", "iso8859_6"], ARABIC),
    "cp862": HEBREW,
}
ALSO_CP1250 = {
    "Czech": "Holubí dům|Jožin z bažin|Lásko má, já stůňu|Řekni, kde ty kytky jsou",
    "Hungarian": "Gyöngyhajú lány|Az utcán|Őszi éjjel|Kis kece lányom|Trombitás Frédi|Tűz",
    "Romanian": "Fără cuvinte|Pădurea|Mândră floare",
    "Croatian": "Đurđevdan|Kad zaboraviš juli|Čekaj me|Žute ruže",
}


def rows(names: list[str]) -> str:
    return table(HEADER, *(f'spotify:track:{at:022d},"{name}",Maren' for at, name in enumerate(names)))


@pytest.mark.parametrize(
    ("encoding", "names"),
    [*TITLES.items(), *OLDER.items(), *(("cp1250", names) for names in ALSO_CP1250.values())],
)
def test_titles_are_read_in_the_encoding_they_were_saved_in(encoding: str, names: str) -> None:
    wanted = [*names.split("|"), "Plain"]
    assert titles(rows(wanted).encode(encoding)) == wanted


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
@pytest.mark.parametrize("name", WESTERN.split("|"))
def test_one_title_is_enough_for_the_most_common_encodings(encoding: str, name: str) -> None:
    assert titles(rows(["Plain", name]).encode(encoding)) == ["Plain", name]

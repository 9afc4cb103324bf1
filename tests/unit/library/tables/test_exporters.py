"""Every exporter's format is read: its headers, artist separators, lengths and dates."""

import pytest

from bot.core.library.tables import Table
from tests.unit.library.tables.forms import EXPORTIFY, ID, NACHTBUS, REGEN, URI, only, read, song, table, titles


def test_a_semicolon_in_any_artist_cell_makes_it_the_files_separator() -> None:
    """As in Exportify: "Tyler, The Creator" is one artist."""
    duet = REGEN.replace("Lena Ohm", '"Maren, the Tailor;Otis Vale"')
    songs, _, _ = read(table(EXPORTIFY, NACHTBUS.replace("Lena Ohm", '"Maren, the Tailor"'), duet))
    assert [song.like.song.artists for song in songs] == [("Maren, the Tailor",), ("Maren, the Tailor", "Otis Vale")]
    assert songs[0].features.sets["artists"] == {"Maren, the Tailor"}


def test_a_python_style_list_may_contain_names_with_any_character() -> None:
    text = 'Title,Artists\nBoats,"[\'Tyler, The Creator\', \'A; B\', ""Keb\' Mo\'""]"\nWind,"Ann, Ben"\n'
    songs, _, _ = read(text)
    assert songs[0].like.song.artists == ("Tyler, The Creator", "A; B", "Keb' Mo'")
    assert songs[1].like.song.artists == ("Ann", "Ben")


@pytest.mark.parametrize(
    "cell",
    [
        "[{'id': '1', 'name': 'Tyler, The Creator', 'type': 'artist'}, {'id': '2', 'name': \"Keb' Mo'\"}]",
        "[{'name': 'Tyler, The Creator', 'id': '1'}, {'name': \"Keb' Mo'\", 'id': '2'}, {'id': 'cu",
        '[{"name": "Tyler, The Creator"}, {"name": "Keb\\u0027 Mo\'"}, {"name": null}]',
        '["Tyler, The Creator", "Keb\\u0027 Mo\'", 7]',
        "['Tyler, The Creator', 'Keb\\' Mo\\'']",
    ],
)
def test_artists_as_the_api_describes_them_are_their_names(cell: str) -> None:
    assert song(f"Title\tArtists\nBoats\t{cell}\n").artists == ("Tyler, The Creator", "Keb' Mo'")


def test_an_empty_list_of_artists_is_none_but_a_name_in_brackets_is_one() -> None:
    songs, bad, _ = read("Title\tArtists\nBoats\t[]\nWind\t[unknown]\n")
    assert ([row.line for row in bad], songs[0].like.song.artists) == ([2], ("[unknown]",))


@pytest.mark.parametrize(
    ("cell", "artists"),
    [("Maren and the Tailors", ("Maren and the Tailors",)), ("Vale, Ohm & Fire", ("Vale", "Ohm & Fire"))],
)
def test_a_quoted_cell_after_a_comma_and_a_space_is_one_cell(cell: str, artists: tuple[str, ...]) -> None:
    kept = song(f'TITLE, ARTIST, ALBUM\n"Slow Rain", "{cell}", "Quay, live"\n')
    assert (kept.title, kept.artists, kept.album) == ("Slow Rain", artists, "Quay, live")


WATSONBOX = '"Track URI","Track Name","Artist URI(s)","Artist Name(s)","Album URI","Album Name","Album Artist URI(s)",'
WATSONBOX += '"Album Artist Name(s)","Album Release Date","Disc Number","Track Number","Track Duration (ms)","ISRC"'


def test_watsonbox_escapes_a_comma_in_a_name_with_a_backslash() -> None:
    row = f'"{URI}","Boats","spotify:artist:1, spotify:artist:2","Maren\\, the Tailor, Otis Vale","spotify:album:1",'
    row += '"Quay","spotify:artist:1","311","2016-11-11","1","2","200588","QZAAA2500001"'
    table_song = only(table(WATSONBOX, row))
    assert table_song.like.song.artists == ("Maren, the Tailor", "Otis Vale")
    assert table_song.like.song.duration_ms == 200_588
    assert set(table_song.features.numbers) == {"year", "duration"}  # the band 311 isn't a number


LANGUAGES = {  # watsonbox's Exportify: URI, title, artists, album, release date, length, added at, danceability
    "ar": (
        "رابط الأغنية (URI)|اسم الأغنية|أسماء الفنانين|اسم الألبوم|"
        "تاريخ إصدار الألبوم|مدة الأغنية (بالمللي ثانية)|أضيف في|قابلية الرقص"
    ),
    "de": (
        "Track-URI|Track-Name|Künstlername(n)|Album-Name|"
        "Veröffentlichungsdatum des Albums|Track-Dauer (ms)|Hinzugefügt am|Tanzbarkeit"
    ),
    "el": (
        "URI κομματιού|Όνομα κομματιού|Όνομα/τα καλλιτέχνη|Όνομα άλμπουμ|"
        "Ημερομηνία κυκλοφορίας άλμπουμ|Διάρκεια κομματιού (ms)|Προστέθηκε στις|Χορευτικότητα"
    ),
    "es": (
        "URI de la canción|Nombre de la canción|Nombre(s) del artista|Nombre del álbum|"
        "Fecha de lanzamiento del álbum|Duración de la canción (ms)|Añadido en|Bailabilidad"
    ),
    "fr": (
        "URI du titre|Nom du titre|Nom(s) de l'artiste|Nom de l'album|"
        "Date de sortie de l'album|Durée du titre (ms)|Ajouté le|Danseabilité"
    ),
    "it": (
        "URI della traccia|Nome della traccia|Nome dell'artista|Nome dell'album|"
        "Data di rilascio dell'album|Durata della traccia (ms)|Aggiunto il|Ballabilità"
    ),
    "ja": (
        "トラックURI|トラック名|アーティスト名|アルバム名|"
        "アルバム発売日|トラックの長さ（ミリ秒）|追加日時|ダンサビリティ"
    ),
    "nl": (
        "Nummer URI|Nummernaam|Naam van artiest|Naam van album|"
        "Releasedatum van het album|Nummerduur (ms)|Toegevoegd op|Dansbaarheid"
    ),
    "pt": (
        "URI da faixa|Nome da faixa|Nome(s) do artista|Nome do álbum|"
        "Data de lançamento do álbum|Duração da faixa (ms)|Adicionado em|Dançabilidade"
    ),
    "sv": (
        "Låtens URI|Låtens namn|Artistens namn|Albumets namn|Albumets releasedatum|Låtlängd (ms)|Tillagd vid|Dansbarhet"
    ),
    "tr": (
        "Parça URI|Parça Adı|Sanatçı Adı|Albüm Adı|"
        "Albüm Çıkış Tarihi|Parça Süresi (ms)|Eklenme Tarihi|Dans Edilebilirlik"
    ),
    "zh": ("曲目 URI|曲目名称|艺人名称|专辑名称|专辑发行日期|曲目时长（毫秒）|添加时间|舞蹈性"),
}
CODE_PAGES = {"ar": "cp1256", "de": "mac_roman", "el": "cp1253", "es": "cp1252", "ja": "cp932", "tr": "cp1254"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_exportify_is_read_in_every_language_even_after_a_spreadsheet_saved_it(language: str) -> None:
    header = ",".join(f'"{name}"' for name in LANGUAGES[language].split("|"))
    text = table(header, f'"{URI}","Boats","Maren, Otis","Quay","2016-11-11","200588","2018-10-07T13:50:41Z","0.5"')
    for data in (text.encode(), text.encode(CODE_PAGES.get(language, "utf-16"))):
        table_song = only(data)
        kept = table_song.like.song
        assert (kept.song, kept.title, kept.artists, kept.album) == (URI, "Boats", ("Maren", "Otis"), "Quay")
        assert (kept.year, kept.duration_ms) == (2016, 200_588)
        assert table_song.like.added_at is not None
        assert table_song.features.numbers["danceability"] == 0.5


@pytest.mark.parametrize(
    ("form", "uri", "milliseconds", "code"),
    [
        (
            (
                "\ufefftitle;artist;album;isrc;addedDate;addedBy;duration;url\n"
                f"Nachtbus;Lena Ohm;Linie 9;qzaaa2500001;2024-01-02;;200s;https://open.spotify.com/track/{ID}\n"
            ),
            URI,
            200_000,
            "QZAAA2500001",
        ),  # Soundiiz
        ("title;artist;album;isrc\nNachtbus;Lena Ohm;Linie 9;qz-aaa-25-00001\n", None, None, "QZAAA2500001"),  # Roon
        (
            (
                "Shazam Library\nIndex,TagTime,Title,Artist,URL,TrackKey\n"
                '1,2024-01-02,"Nachtbus","Lena Ohm",https://www.shazam.com/track/1/nachtbus,1\n'
            ),
            None,
            None,
            None,
        ),
        (
            (
                "#,Song,Artist,Popularity,BPM,Genres,Album,Album Date,Time,Dance,Energy,Spotify Track Id,ISRC\n"
                f'1,"Nachtbus","Lena Ohm",40,120,"pop","Linie 9",2019-05-17,03:20,50,40,{ID},QZAAA2500001\n'
            ),
            URI,
            200_000,
            "QZAAA2500001",
        ),  # Chosic
        (
            (
                "Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id\n"
                f"Nachtbus,Lena Ohm,Linie 9,Night,Favorite,QZAAA2500001,{ID}\n"
            ),
            URI,
            None,
            "QZAAA2500001",
        ),  # TuneMyMusic
        ("Name\tArtist\tAlbum\tGenre\tTime\nNachtbus\tLena Ohm\tLinie 9\tPop\t200\n", None, 200_000, None),  # iTunes
        ('TITLE, ARTIST\n"Nachtbus", "Lena Ohm"\n', None, None, None),
        ("My list\nof songs\n\nTitel|Interpret\nNachtbus|Lena Ohm\n", None, None, None),
    ],
)
def test_other_exporters_are_read(form: str, uri: str | None, milliseconds: int | None, code: str | None) -> None:
    kept = song(form)
    assert (kept.title, kept.artists) == ("Nachtbus", ("Lena Ohm",))
    assert kept.song == uri or (uri is None and kept.song.startswith("file:"))
    assert (kept.duration_ms, kept.isrc) == (milliseconds, code)


ITUNES = {  # title, artist, album, genre, length and year, as the program writes them in each language
    "de": "Name|Interpret|Album|Genre|Dauer|Jahr",
    "fr": "Nom|Artiste|Album|Genre|Durée|Année",
    "es": "Nombre|Artista|Álbum|Género|Duración|Año",
    "it": "Nome|Artista|Album|Genere|Durata|Anno",
    "nl": "Naam|Artiest|Album|Genre|Duur|Jaar",
    "pt": "Nome|Artista|Álbum|Gênero|Duração|Ano",
    "sv": "Namn|Artist|Album|Genre|Tid|År",
    "pl": "Nazwa|Wykonawca|Album|Gatunek|Czas|Rok",
    "cs": "Název|Interpret|Album|Žánr|Délka|Rok",
    "ru": "Название|Артист|Альбом|Жанр|Время|Год",
    "ja": "名前|アーティスト|アルバム|ジャンル|時間|年",
    "ko": "이름|아티스트|앨범|장르|시간|년",
    "zh": "名称|艺人|专辑|类型|时间|年份",
}


@pytest.mark.parametrize("headers", ITUNES.values(), ids=ITUNES)
def test_itunes_is_read_in_the_worlds_languages(headers: str) -> None:
    rows = headers.replace("|", "\t") + "\rNachtbus\tLena Ohm\tLinie 9\tPop\t200\t2019\r"
    for data in (rows.encode("utf-16"), rows.encode()):
        table_song = only(data)
        kept = table_song.like.song
        assert (kept.title, kept.artists, kept.album) == ("Nachtbus", ("Lena Ohm",), "Linie 9")
        assert (kept.year, kept.duration_ms, table_song.features.sets["genres"]) == (2019, 200_000, {"Pop"})


@pytest.mark.parametrize(
    "header",
    [
        "track.id,track.name,track.artists[0].name,track.album.name,track.duration_ms,track.external_ids.isrc",
        "trackid,trackname,artistname,albumname,durationms,isrc",
        "track_id,track_name,track_artist,track_album_name,duration_ms,isrc",
        "SPOTIFY TRACK ID,TRACK TITLE,TRACK ARTIST(S),ALBUM TITLE,LENGTH (MS),ISRC CODE",
        "Track Url,Cancion,Artista,A\u0301lbum,Duracion de la cancion (ms),Isrc",
    ],
)
def test_headers_are_recognised_in_any_spelling(header: str) -> None:
    kept = song(table(header, f"{ID},Nachtbus,Lena Ohm,Linie 9,200000,QZAAA2500001"))
    assert (kept.song, kept.title, kept.artists, kept.album) == (URI, "Nachtbus", ("Lena Ohm",), "Linie 9")
    assert (kept.duration_ms, kept.isrc) == (200_000, "QZAAA2500001")


@pytest.mark.parametrize(
    "header",
    ["Artist Name 1,Artist Name 2,Artist Name 3", "artists.0.name,artists.1.name,x", "track.artists[0].name,Artist 2,"],
)
def test_artists_with_a_column_each_are_all_read(header: str) -> None:
    form = f'Song Title,{header}\nBoats,"Tyler, The Creator",Ann,\n'
    assert song(form).artists == ("Tyler, The Creator", "Ann")
    assert song(form.replace(header, "Artist,Artist 2,Tag")).artists == ("Tyler", "The Creator", "Ann")


@pytest.mark.parametrize("header", ["Track,Title,Artist", "Name,Track Name,Artist", "#,Song,Artist", "Name,Title,Band"])
def test_of_two_possible_title_columns_the_more_certain_one_is_used(header: str) -> None:
    assert song(table(header, "3,Nachtbus,Lena Ohm")).title == "Nachtbus"


@pytest.mark.parametrize(
    "header",
    [
        "Deezer - id",
        "Unnamed: 0",
        "Longitude",
        "Tidal - id",
        "artist_mbid",
        "Artist 2",
        "Album Artist Names",
        "Size",
        "Bit Rate",
        "CD-Nummer",
    ],
)
def test_id_and_count_columns_are_not_features(header: str) -> None:
    assert only(table(f"Title,Artist,{header}", "Nachtbus,Lena Ohm,311")).features.numbers == {}


MODERN = (
    "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,Explicit,Added By,Added At"
)


@pytest.mark.parametrize(
    ("cell", "artists"),
    [("Maren, the Tailor", ("Maren, the Tailor",)), ("Ann,Ben", ("Ann", "Ben")), ("10,000 Men", ("10,000 Men",))],
)
def test_exportify_separates_artists_without_spaces(cell: str, artists: tuple[str, ...]) -> None:
    assert song(table(MODERN, f'{URI},"Boats","Quay","{cell}",2019,200000,40,false,u,')).artists == artists


def test_html_in_a_cell_is_the_sign_it_stands_for_and_parts_no_names() -> None:
    songs, _, _ = read('Title,Artist\nDon&#39;t,"Earth &amp; Fire"\nAT&T;,"Ann, Bo"\n')
    assert [row.like.song.title for row in songs] == ["Don't", "AT&T;"]
    assert [row.like.song.artists for row in songs] == [("Earth & Fire",), ("Ann", "Bo")]


def test_spotify_backup_writes_no_header() -> None:
    songs, bad, _ = read(f"My songs\r\nNachtbus\tLena Ohm, Otis\tLinie 9\t{URI}\t2019-05-17\r\n\r\n")
    (table_song,) = songs
    kept = table_song.like.song
    assert (kept.song, kept.title, kept.artists, kept.year) == (URI, "Nachtbus", ("Lena Ohm", "Otis"), 2019)
    assert [row.line for row in bad] == [1]  # the playlist's name


def test_a_first_line_in_brackets_is_not_json() -> None:
    assert titles(f"[1] mix\r\nNachtbus\tLena Ohm\tLinie 9\t{URI}\t2019-05-17\r\n") == ["Nachtbus"]
    assert titles("[Title],[Artist]\nNachtbus,Lena Ohm\n") == ["Nachtbus"]
    assert Table(b"[playlist]\nFile1=boats.mp3\n").fields == {"playlist"}


def test_chosics_values_are_percentages() -> None:
    form = "Song,Artist,BPM,Dance,Energy,Acoustic\nNachtbus,Lena Ohm,120,50,1,100\n"
    same = {"tempo": 120, "danceability": 0.5, "energy": 0.01, "acousticness": 1}
    assert only(form).features.numbers == only(form.replace(",1,100", ",1%,100%")).features.numbers == same
    form = "track_name,artist(s)_name,danceability_%,mode\nNachtbus,Lena Ohm,50,Major\n"
    assert only(form).features.numbers == {"danceability": 0.5, "mode": 1}


@pytest.mark.parametrize(
    "link",
    [
        ID,
        URI,
        f"https://open.spotify.com/track/{ID}?si=0a1b2c",
        f"open.spotify.com/intl-de/track/{ID}",
        f"https://open.spotify.com/embed/track/{ID}#t=3",
    ],
)
@pytest.mark.parametrize("header", ["Track URI", "spotify_id", "Link", "id", "href"])
def test_a_song_is_identified_by_link_uri_or_id(link: str, header: str) -> None:
    assert song(f"{header},Title,Artist\n{link},Nachtbus,Lena Ohm\n").song == URI


def test_concatenated_files_are_read_as_one() -> None:
    same = "".join("\ufeff" + table(EXPORTIFY, row) for row in (NACHTBUS, REGEN))
    assert titles(same) == ["Nachtbus", "Regen"]
    other = table(EXPORTIFY, NACHTBUS, "Artist,Track Name,Track URI", f"Otis,Wind,{URI}")
    assert titles(other) == ["Nachtbus", "Wind"]
    third = table(EXPORTIFY, NACHTBUS, "Title;Artist;Album", "Wind, live;Otis;1,2", "Title,Artist", "Rain,Ben")
    assert titles(third) == ["Nachtbus", "Wind, live", "Rain"]


def test_episodes_and_local_files_are_counted_but_are_not_songs() -> None:
    others = (
        REGEN.replace("spotify:track:", "spotify:episode:"),
        REGEN.replace("spotify:track:0000000000000000000102", "spotify:local:Ann:Demos:Sketch:61"),
        REGEN.replace("spotify:track:", "https://open.spotify.com/episode/"),
    )
    songs, bad, spoken = read(table(EXPORTIFY, NACHTBUS, *others))
    assert ([song.like.song.title for song in songs], bad, spoken) == (["Nachtbus"], [], 3)
    assert read("Title,Artist,Type\nTalk,Ann,Episode\n")[2] == 1
    songs, _, spoken = read("Title,Artist,is_local\nDemo,Ann,True\nRain,Ann,False\n")
    assert ([song.features.numbers for song in songs], spoken) == ([{}], 1)

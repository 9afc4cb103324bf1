"""Headers: the names that exporters give columns, and our fields for them; the only place that knows them. Pure.

Exportify (exportify.net), watsonbox's Exportify (exportify.app) in every language it ships, TuneMyMusic, Soundiiz,
Chosic, Roon, Shazam, iTunes, and headers that people write themselves.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

SPELLINGS = {
    "track_uri": (
        "Track URI | Spotify URI | Spotify Track URI | رابط الأغنية (URI) | Track-URI | URI κομματιού | "
        "URI de la canción | URI du titre | URI della traccia | トラックURI | Nummer URI | URI da faixa | "
        "Låtens URI | Parça URI | 曲目 URI | 歌 Link"
    ),
    "track_id": "Track ID | Spotify Track ID | Spotify Song ID | Track Spotify ID",
    "spotify_id": "Spotify ID | Spotify - id | Spotify Id",
    "url": (
        "Spotify URL | Spotify Link | Track URL | Song URL | Track Link | External URLs Spotify | "
        "Track External URLs Spotify | URL | Link | External URL | Href | Track Href | "
        "Spotify Track Link | Spotify Track URL | Song Link"
    ),
    "isrc": "ISRC | ISRC Code | ISRCs | Track ISRC | External IDs ISRC | Track External IDs ISRC",
    "title": (
        "Track Name | Track Title | Title | Song Title | Song Name | Song | Titel | Titre | Titolo | Título | Tytuł | "
        "Canción | Música | 曲名 | タイトル | 제목 | Название | اسم الأغنية | Όνομα κομματιού | "
        "Nombre de la canción | Nom du titre | Nome della traccia | トラック名 | Nummernaam | Nome da faixa | "
        "Låtens namn | Parça Adı | 曲目名称 | 曲目名稱 | 歌名 | Name | Nom | Nombre | Nome | Naam | Namn | Navn | "
        "Nazwa | Názov | Název | Nimi | Cím | Ad | 名前 | 名称 | 名稱 | 이름 | Track"
    ),
    "artists": (
        "Artist Name(s) | Track Artist(s) | Artist(s) | Artist Name | Artists Name | Artist | Artist Name 1 | "
        "Artist 1 | Artists 0 Name | Track Artists 0 Name | Track Artist Name | Performer | Band | Interpret | "
        "Song Artist | Singer | "
        "Künstler | Artiste | Artista | Artiest | Kunstner | Wykonawca | Artisti | Esittäjä | Előadó | Sanatçı | "
        "アーティスト | 아티스트 | Track Artist | "
        "艺人 | 藝人 | Артист | Исполнитель | أسماء الفنانين | "
        "Künstlername(n) | Όνομα/τα καλλιτέχνη | Nombre(s) del artista | Nom(s) de l'artiste | "
        "Nome dell'artista | アーティスト名 | Naam van artiest | Nome(s) do artista | Artistens namn | "
        "Sanatçı Adı | 艺人名称 | 藝人名稱 | Artist 名"
    ),
    "album": (
        "Album | Album Name | Album Title | Track Album Name | Release | Albumi | Альбом | アルバム | 앨범 | 专辑 | "
        "專輯 | اسم الألبوم | "
        "Όνομα άλμπουμ | Nombre del álbum | Nom de l'album | Nome dell'album | アルバム名 | Naam van album | "
        "Nome do álbum | Albumets namn | Albüm Adı | 专辑名称 | 專輯名稱 | 專輯名"
    ),
    "year": (
        "Year | Release Date | Album Release Date | Track Album Release Date | Album Date | Release Year | "
        "Released Year | Jahr | Année | Año | Ano | Anno | År | Jaar | Rok | Vuosi | Év | Yıl | Год | 年 | 年份 | 년 | "
        "تاريخ إصدار الألبوم | Veröffentlichungsdatum des Albums | "
        "Ημερομηνία κυκλοφορίας άλμπουμ | Fecha de lanzamiento del álbum | Date de sortie de l'album | "
        "Data di rilascio dell'album | アルバム発売日 | Releasedatum van het album | "
        "Data de lançamento do álbum | Albumets releasedatum | Albüm Çıkış Tarihi | 专辑发行日期 | "
        "專輯發行日期 | 專輯發行日"
    ),
    "added_at": (
        "Added At | Date Added | Added | Added Date | Tag Time | Added On | Liked At | Saved At | Add Date | "
        "Hinzugefügt | Date d'ajout | Fecha de incorporación | Data aggiunta | Data de adição | Toegevoegd | "
        "Tillagd | 追加日 | Дата добавления | Data dodania | 추가된 날짜 | "
        "أضيف في | Hinzugefügt am | Προστέθηκε στις | Añadido en | Ajouté le | Aggiunto il | 追加日時 | "
        "Toegevoegd op | Adicionado em | Tillagd vid | Eklenme Tarihi | 添加时间 | 新增時間 | 加入時間"
    ),
    "duration_ms": (
        "Duration (ms) | Track Duration (ms) | Duration Ms | Length (ms) | Milliseconds | "
        "مدة الأغنية (بالمللي ثانية) | Track-Dauer (ms) | Διάρκεια κομματιού (ms) | "
        "Duración de la canción (ms) | Durée du titre (ms) | Durata della traccia (ms) | "
        "トラックの長さ（ミリ秒） | Nummerduur (ms) | Duração da faixa (ms) | Låtlängd (ms) | "
        "Parça Süresi (ms) | 曲目时长（毫秒） | 曲目長度（毫秒） | 曲目時長（毫秒）"
    ),
    "duration": (
        "Duration | Time | Length | Track Duration | Track Time | Duration (s) | Duration (sec) | "
        "Duration (seconds) | Dauer | Durée | Duración | Duração | Durata | Duur | Tid | Czas | Kesto | Délka | "
        "Hossz | Süre | Время | 時間 | 时间 | 시간"
    ),
    "genres": (
        "Genres | Artist Genres | Genre | Track Genre | Género | Genere | Gênero | Gatunek | Tyylilaji | Žánr | "
        "Műfaj | Tür | Жанр | ジャンル | 장르 | 类型 | 類型 | أنواع الفنان | Künstler-Genres | Είδη καλλιτέχνη | "
        "Géneros del artista | Genres de l'artiste | Generi dell'artista | アーティストジャンル | "
        "Genres van de artiest | Gêneros do artista | Artistens genrer | Sanatçı Türleri | 艺人流派 | 藝人曲風"
    ),
    "type": "Type | Item Type",
    "explicit": (
        "Explicit | صريح | Explizit | Ακατάλληλο | Explícito | Explicite | Esplicito | 明示的な内容 | "
        "Expliciet | Explícita | Açık İçerik | 含露骨内容 | 含露骨內容 | 家長指引"
    ),
    "popularity": (
        "Popularity | الشعبية | Beliebtheit | Δημοτικότητα | Popularidad | Popularité | Popolarità | 人気度 | "
        "Populariteit | Popularidade | Popularitet | Popülerlik | 热度 | 熱門度"
    ),
    "danceability": (
        "Danceability | Dance | قابلية الرقص | Tanzbarkeit | Χορευτικότητα | Bailabilidad | Danseabilité | "
        "Ballabilità | ダンサビリティ | Dansbaarheid | Dançabilidade | Dansbarhet | Dans Edilebilirlik | 舞蹈性"
    ),
    "energy": (
        "Energy | الطاقة | Energie | Ενέργεια | Energía | Énergie | Energia | エネルギー | Energi | Enerji | 能量"
    ),
    "key": (
        "Key | المفتاح | Tonart | Τονικότητα | Tonalidad | Tonalité | Chiave | キー | Toonsoort | Tonalidade | "
        "Ton | 调性 | 調性"
    ),
    "loudness": (
        "Loudness | Loud (Db) | Loudness (dB) | Loud | مستوى الصوت | Lautstärke | Ένταση | Volumen | Volume sonore | "
        "Volume | ラウドネス | Luidheid | Ljudstyrka | Ses Seviyesi | 响度 | 響度"
    ),
    "mode": "Mode | النمط | Modus | Τρόπος | Modo | Modalità | モード | Läge | Mod | 调式 | 調式",
    "speechiness": (
        "Speechiness | Speech | محتوى الكلام | Sprachanteil | Ομιλητικότητα | Hablado | Parlabilité | "
        "Linguaggio parlato | スピーチ性 | Spraakzaamheid | Oralidade | Talighet | Konuşma Oranı | 语音度 | "
        "語音度"
    ),
    "acousticness": (
        "Acousticness | Acoustic | الطابع الصوتي | Akustik | Ακουστικότητα | Acústica | Acoustique | Acustica | "
        "アコースティック性 | Akoestiek | Akustiklik | 原声性 | 原音性"
    ),
    "instrumentalness": (
        "Instrumentalness | الطابع الآلي | Instrumentalität | Οργανοκεντρικότητα | Instrumentalidad | "
        "Instrumental | Strumentalità | インストゥルメンタル性 | Instrumentaliteit | Instrumentalidade | "
        "Instrumentalhet | Enstrümantalite | 器乐度 | 器樂度"
    ),
    "liveness": (
        "Liveness | Live | الحيوية | Lebendigkeit | Ζωντάνια | Vivacidad | Vivacité | Vivacità | ライブ感 | "
        "Levendigheid | Vivacidade | Livlighet | Canlılık | 现场感 | 現場感"
    ),
    "valence": (
        "Valence | Happy | الإيجابية | Valenz | Θετικότητα | Valencia | Valenza | 感情値 | Valentie | Valência | "
        "Valens | Duygusallık | 情绪效价 | 情緒效價"
    ),
    "tempo": "Tempo | BPM | Tempo (BPM) | الإيقاع | Ρυθμός | テンポ | 速度",
    "time_signature": (
        "Time Signature | توقيع الزمن | Taktart | Μέτρο | Compás | Mesure | Battuta | 拍子 | Maatstreep | "
        "Compasso | Ölçü İşareti | 拍号 | 拍號"
    ),
    "artist_uris": (
        "Artist URI(s) | Artist ID(s) | روابط الفنانين (URI) | Künstler-URI(s) | URI καλλιτέχνη/ων | "
        "URI(s) del artista | URI(s) de l'artiste | URI dell'artista | アーティストURI | Artiest-URI | "
        "URI(s) do artista | Artistens URI | Sanatçı URI | 艺人 URI | 藝人 URI | Artist Link"
    ),
    "album_uri": (
        "Album URI | Album ID | رابط الألبوم (URI) | Album-URI | URI άλμπουμ | URI del álbum | URI de l'album | "
        "URI dell'album | アルバムURI | URI do álbum | Albumets URI | Albüm URI | 专辑 URI | 專輯 URI | 專輯 Link"
    ),
    "album_artists": (
        "Album Artist Name(s) | Album Artist(s) | Album Artist | أسماء فناني الألبوم | Album-Künstlername(n) | "
        "Όνομα/τα καλλιτέχνη άλμπουμ | Nombre(s) del artista del álbum | Nom(s) de l'artiste de l'album | "
        "Nome dell'artista dell'album | アルバムアーティスト名 | Naam van artiest op het album | "
        "Nome(s) do artista do álbum | Albumartistens namn | Albümdeki Sanatçı Adı | 专辑艺人名称 | "
        "專輯藝人名稱 | 專輯 Artist 名"
    ),
    "album_artist_uris": (
        "Album Artist URI(s) | روابط فناني الألبوم (URI) | Album-Künstler-URI(s) | URI καλλιτέχνη/ων άλμπουμ | "
        "URI(s) del artista del álbum | URI(s) de l'artiste de l'album | URI dell'artista dell'album | "
        "アルバムアーティストURI | Artiest-URI van het album | URI(s) do artista do álbum | Albumartistens URI | "
        "Albümdeki Sanatçı URI | 专辑艺人 URI | 專輯藝人 URI | 專輯 Artist Link"
    ),
    "album_genres": (
        "Album Genres | Parent Genres | أنواع الألبوم | Album-Genres | Είδη άλμπουμ | Géneros del álbum | "
        "Genres de l'album | Generi dell'album | アルバムジャンル | Genres van het album | Gêneros do álbum | "
        "Albumets genrer | Albüm Türleri | 专辑流派 | 專輯曲風"
    ),
    "label": (
        "Label | Record Label | العلامة التجارية | Εταιρεία | Sello | Etichetta | レーベル | Gravadora | "
        "Skivbolag | Plak Şirketi | 唱片公司"
    ),
    "copyrights": (
        "Copyrights | Copyright | حقوق النشر | Urheberrechte | Πνευματικά δικαιώματα | Derechos de autor | "
        "Droits d'auteur | 著作権 | Auteursrechten | Direitos autorais | Upphovsrätt | Telif Hakları | 版权 | "
        "著作權 | 版權"
    ),
    "cover": (
        "Album Image URL | Image URL | Cover | Album Cover | رابط صورة الألبوم | Album-Bild-URL | "
        "URL εικόνας άλμπουμ | URL de la imagen del álbum | URL de l'image de l'album | "
        "URL dell'immagine dell'album | アルバム画像URL | Album afbeelding-URL | URL da imagem do álbum | "
        "Albumets bild-URL | Albüm Resim URL'si | 专辑封面 URL | 專輯封面 URL | 專輯封面條 Link"
    ),
    "preview": (
        "Track Preview URL | Preview URL | Preview | رابط معاينة الأغنية | Track-Vorschau-URL | "
        "URL προεπισκόπησης κομματιού | URL de vista previa de la canción | URL de prévisualisation du titre | "
        "URL di anteprima della traccia | トラックプレビューURL | Voorbeeld-URL | URL de prévia da faixa | "
        "Förhandsgranskning URL | Parça Önizleme URL'si | 曲目试听 URL | 曲目試聽 URL | 曲目試聽 Link"
    ),
    "playable": (
        "Is Playable | قابل للتشغيل | Ist abspielbar | Αναπαράγεται | Es reproducible | Est jouable | "
        "È riproducibile | 再生可能 | Speelbaar | É reproduzível | Är spelbar | Çalınabilir mi? | 可播放 | 播得到"
    ),
    "disc_number": (
        "Disc Number | Disc | CD-Nummer | "
        "رقم القرص | Disc-Nummer | Αριθμός δίσκου | Número de disco | Numéro de disque | "
        "Numero del disco | ディスク番号 | Schijfnummer | Número do disco | Skivnummer | Disk Numarası | "
        "光盘编号 | 光碟編號 | 碟片冧把"
    ),
    "track_number": (
        "Track Number | Track No | Titelnummer | "
        "رقم الأغنية | Track-Nummer | Αριθμός κομματιού | Número de la canción | "
        "Numéro du titre | Numero della traccia | トラック番号 | Nummernummer | Número da faixa | Låtnummer | "
        "Parça Numarası | 曲目编号 | 曲目編號 | 曲目冧把"
    ),
    "added_by": (
        "Added By | أضيف بواسطة | Hinzugefügt von | Προστέθηκε από | Añadido por | Ajouté par | Aggiunto da | "
        "追加者 | Toegevoegd door | Adicionado por | Tillagd av | Ekleyen | 添加者 | 新增者 | 加入者"
    ),
    "index": "Index | Position | No | Nr | Row | Rank",
    "track_key": "Track Key | Camelot",
    "size": "Size | Größe | Taille | Tamaño | Dimensioni | Grootte | Tamanho | Storlek | サイズ",
    "bit_rate": "Bit Rate | Datenrate | Débit | Velocidad de bits | Bitsnelheid",
    "sample_rate": "Sample Rate | Abtastrate",
    "playlist": "Playlist",
    "playlist_name": "Playlist Name",
    "playlist_id": "Playlist ID",
}  # field → its spellings
IDS = ("track_uri", "track_id", "spotify_id", "uri", "id", "url")  # fields that may hold a Spotify id, best first
PERCENT = "_percent"  # suffix of a share's field that's in percent
NUMBERED = re.compile(r"(?:track_)?artists?_(?:name_)?\d+(?:_name)?")
CHOSIC = "dance"  # a header that only Chosic has; its shares are percentages
SHARES = frozenset({"danceability", "energy", "speechiness", "acousticness", "instrumentalness", "liveness", "valence"})


def plain(header: str) -> str:
    """Return a header in lower case with underscores: "Artist Name(s)" and "artistNames" are `artist_names`."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", header))
    return re.sub(r"[\W_]+", "_", parted.casefold().replace("(s)", "s")).strip("_")


def _key(header: str) -> str:
    """Return a header's lookup key: letters and digits without accents ("Cancion" is "Canción")."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", plain(header)) if letter.isalnum())


FIELDS = {
    _key(spelling): (field, rank)
    for field, spellings in SPELLINGS.items()
    for rank, spelling in reversed([*enumerate(spellings.split(" | "))])
}  # key → field, and the rank of the spelling: 0 is surest
LABELS = frozenset({"member", "layer", "verdict", "target", "like", "liked"})  # columns of training files
KNOWN = frozenset({*SPELLINGS, *IDS, *LABELS})


@lru_cache(maxsize=4096)
def field_of(header: str) -> str:
    """Return the field that a header names; unknown headers name themselves."""
    name = plain(header)
    return FIELDS.get(_key(header), (name, 0))[0]


def one_artist(header: str) -> bool:
    """Whether a column holds one of a song's artists, as in YouTube Music's "Artist Name 1", "Artist Name 2"."""
    return NUMBERED.fullmatch(plain(header)) is not None


def surest_first(headers: Sequence[str]) -> list[int]:
    """Return the columns in order of trust: beside "Title", "Track" is only a number."""
    return sorted(range(len(headers)), key=lambda at: FIELDS.get(_key(headers[at]), ("", 0))[1])


def fields_of(headers: Sequence[str]) -> tuple[str, ...]:
    """Return the field of each column, "" if it has no name."""
    fields = tuple(field_of(header) for header in headers)
    chosic = CHOSIC in map(plain, headers)
    return tuple(
        field + PERCENT if field in SHARES and (chosic or "%" in header) else field
        for field, header in zip(fields, headers, strict=True)
    )


def known(headers: Sequence[str]) -> int:
    """Return how many distinct known fields a line names; the header line has the most."""
    return len({field_of(header) for header in headers} & KNOWN)

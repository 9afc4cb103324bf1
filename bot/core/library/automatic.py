"""Automatic: which playlists a service made by itself, judged by their names. Pure.

They say what somebody heard, not what they mean by a playlist.
"""

import re

from bot.core.library.file_match import letters

NAMES = (
    r"liked|starred|shazam(?:ed|s)?|wrapped|daylist|(?:full|all) (?:library|songs)|master catalog",
    r"discover ?weekly|release ?radar|on ?repeat|repeat ?rewind|daily ?mix|time ?capsule",
    r"your (?:all time )?top|(?:your ?)?top ?songs|^my top",
    # German, French, Spanish, Italian, Brazilian Portuguese
    r"deine top|meine top|lieblingssongs|dauerschleife|zeitkapsel|mix der woche",
    r"titres (?:preferes|likes|que vous aimez|les plus ecoutes)|decouvertes de la semaine|radar des sorties|en boucle",
    r"capsule temporelle|(?:mon|mes|ton|tes|vos|votre) top",
    r"mas escuchad[ao]s|que te gustan|tus me gusta|canciones favoritas|descubrimiento semanal|radar de nov\w+|en bucle",
    r"capsula del tiempo|(?:mi|mis|tu|tus) top",
    r"piu ascoltat[aie]|brani (?:preferiti|che ti piacciono)|(?:la tua|le tue|le mie) top",
    r"mais (?:tocad|ouvid|escutad)[ao]s|musicas curtidas|descobertas da semana|(?:meu|minha|seu|sua)s? top",
)
NAME = re.compile(rf"\b(?:{'|'.join(NAMES)})(?![^\W\d_])")


def is_automatic(name: str) -> bool:
    """Whether services name their own lists like that, in any case, with spaces, hyphens or underscores."""
    return NAME.search(letters(name).replace("_", " ")) is not None

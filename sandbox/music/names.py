"""Names: titles and artists put together from words; none of them is anybody's."""

import numpy as np

ADJECTIVES = (
    "Amber", "Broken", "Blue", "Borrowed", "Distant", "Early", "Electric", "Empty", "Faded", "Gentle",
    "Golden", "Hollow", "Idle", "Iron", "Little", "Low", "Midnight", "Northern", "Open", "Paper", "Patient",
    "Quiet", "Restless", "Salt", "Second", "Silver", "Slow", "Small", "Static", "Summer", "Tidal", "Uneven",
    "Velvet", "Warm", "Winter", "Wooden",
)  # fmt: skip
NOUNS = (
    "Airport", "Avenue", "Balcony", "Bicycle", "Bridge", "Candle", "Coast", "Compass", "Corridor", "Engine",
    "Ferry", "Garden", "Harbour", "Hour", "Kettle", "Lantern", "Letter", "Light", "Map", "Mirror", "Morning",
    "Motorway", "Ocean", "Orchard", "Parade", "Platform", "Postcard", "Radio", "River", "Rooftop",
    "Satellite", "Signal", "Staircase", "Station", "Telephone", "Tide", "Tram", "Tunnel", "Umbrella",
    "Valley", "Weather", "Window",
)  # fmt: skip
VERBS = ("Carry", "Chase", "Count", "Forget", "Hold", "Keep", "Leave", "Lose", "Remember", "Send", "Trade", "Wait for")
FIRST = (
    "Ada", "Anton", "Bea", "Casimir", "Delia", "Edda", "Farid", "Greta", "Hana", "Ilse", "Jonah", "Kaya",
    "Lev", "Mina", "Noor", "Otis", "Petra", "Quentin", "Rosa", "Sami", "Tilda", "Uma", "Vera", "Wanda",
    "Yara", "Zeno",
)  # fmt: skip
LAST = (
    "Aldane", "Brisk", "Corvell", "Dray", "Ellmark", "Fennow", "Gallick", "Hosk", "Ivers", "Jarrow", "Kestle",
    "Lorne", "Marrable", "Nyland", "Orrin", "Pellam", "Quill", "Rusk", "Sandel", "Thorne-Vey", "Ulmer",
    "Vance-Oro", "Wexley", "Yorrick",
)  # fmt: skip


def title(rng: np.random.Generator) -> str:
    """Return a title for a song or an album."""
    adjective, noun, other = rng.choice(ADJECTIVES), rng.choice(NOUNS), rng.choice(NOUNS)
    forms = (
        f"{adjective} {noun}",
        f"The {adjective} {noun}",
        f"{noun} & {other}",
        f"{rng.choice(VERBS)} the {noun}",
        f"{adjective} {noun}, {adjective} {other}",
        f"{noun} ({adjective})",
    )
    return str(rng.choice(forms, p=(0.4, 0.15, 0.15, 0.2, 0.05, 0.05)))


def artist_name(rng: np.random.Generator) -> str:
    """Return a name for a band or a person."""
    if rng.random() < 0.5:
        return f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    return f"The {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}s"

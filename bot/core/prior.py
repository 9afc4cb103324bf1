"""Prior: what other people's playlists teach about songs, before this member has said a word. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prior:
    """What `python -m training pretrain` learnt. `digest` names it; a model made with it needs it to serve."""

    digest: str

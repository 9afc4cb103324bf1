"""Table: all mutants, in the order of their promises."""

from tests.mutants.inside import INSIDE
from tests.mutants.playlists import PLAYLISTS
from tests.mutants.services import SERVICES

MUTANTS = tuple(sorted((*PLAYLISTS, *SERVICES, *INSIDE), key=lambda mutant: mutant.promise))

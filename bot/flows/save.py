"""Save: put what a member liked in the feed among their likes, and take out what they took back.

Converges: what is to be done stands in the database until it was done, so a crash or a wait loses nothing, and saving
what is saved already changes nothing.
"""

from collections.abc import Sequence

from bot.adapters.store import Store, shown, songs
from bot.ports import Music

BATCH = 40  # URIs; the most that Spotify takes in one call (Web API, library)


ROUNDS = 3  # what was taken back while it was being saved is taken out in the next


async def save(store: Store, music: Music, member: int) -> int:
    """See to what waits; return how many songs were put in or taken out. Raises a SpotifyError: the rest waits on."""
    done = 0
    for _ in range(ROUNDS):
        count = await _round(store, music, member)
        if not count:
            break
        done += count
    return done


async def _round(store: Store, music: Music, member: int) -> int:
    async with store.writing() as tx:
        waiting = await shown.to_save(tx, member)
        held = await songs.liked_of(tx, member, (each.song for each in waiting))
        for each in waiting:
            if (each.song in held) == (each.saving == "save"):  # a like that was there before is not ours to take out
                await shown.set_saving(tx, member, [each.song], None)
    todo = [each for each in waiting if (each.song in held) != (each.saving == "save")]
    for some in _batches([each.song for each in todo if each.saving == "save"]):
        await music.save(some)
        async with store.writing() as tx:
            await shown.saved(tx, member, some)
    for some in _batches([each.song for each in todo if each.saving == "drop"]):
        await music.unsave(some)
        async with store.writing() as tx:
            await shown.set_saving(tx, member, some, None)
    return len(todo)


def _batches(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]

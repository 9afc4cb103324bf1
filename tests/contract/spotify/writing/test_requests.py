"""The largest library costs as many requests as arithmetic says: one per 50 read, one per 100 written (P5)."""

from collections import Counter
from datetime import timedelta
from math import ceil

from bot.flows.library import sync
from bot.flows.sorting.writing import sort
from sandbox.spotify import Like
from tests.contract.spotify.stage import MARA, START, track
from tests.contract.spotify.writing.writer import OWN, PlaylistWriter

COUNT, FEWER = 10_000, 2_000
READ, WRITTEN = 50, 100  # songs in one request


def requests(writer: PlaylistWriter) -> Counter[str]:
    """The number of requests since the last call, by method."""
    methods = Counter(request.method for request in writer.stage.world.requests)
    writer.stage.world.requests.clear()
    return methods


async def test_p05_ten_thousand_songs_are_read_and_written_with_the_fewest_requests(
    writer: PlaylistWriter, soak: bool
) -> None:
    stage, count = writer.stage, COUNT if soak else FEWER
    tracks = [track(number) for number in range(1_000, 1_000 + count)]
    uris = [made.uri for made in tracks]
    stage.world.publish(tracks)
    likes = [Like(uri, START - timedelta(days=1, seconds=at)) for at, uri in enumerate(uris)]
    stage.world.accounts["mara"].likes = likes
    account = await stage.account(MARA)
    assert account is not None
    await sync.sync(stage.store, writer.music, account, stage.clock())
    assert requests(writer) == {"GET": ceil(count / READ)}

    write = await writer.add(*uris)
    await sort.apply(stage.store, writer.music, write, stage.clock())
    assert writer.songs() == OWN + uris
    sent = requests(writer)
    assert sent.keys() == {"GET", "POST"}
    assert sent["POST"] == ceil(count / WRITTEN)
    assert sent["GET"] <= ceil(len(OWN) / READ) + ceil((len(OWN) + count) / READ), "before and after"

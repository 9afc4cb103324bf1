"""Cleo, a member who shares her likes so that the feed has songs, and the folder with their audio.

Her songs are arranged: a few minutes long, with a highlight to find. The files are cached, so only the first start
renders them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import soundfile
from mutagen.oggvorbis import OggVorbis

from sandbox.music.arranged import Arranged, arranged, play
from sandbox.music.library import Library
from sandbox.music.songs import Song, songs
from sandbox.music.synth import RATE
from sandbox.spotify import Like, Track
from sandbox.stack import Listener, Stack

NAME = "Cleo"
SONGS = 14
DRAWN = 8 * SONGS  # one song in eight is hers, since an artist has some five songs in a row
ISRC = "ZZNBR"
AT_ONCE = 2  # songs
BLOCK = 10 * RATE  # samples


def liked(seed: int, count: int = SONGS) -> list[tuple[Song, Track, Arranged]]:
    """Return songs that nobody else in the sandbox likes, and how to play them."""
    made = songs(seed + 1, DRAWN)[:: DRAWN // SONGS][:count]
    return [_song(song, number) for number, song in enumerate(made)]


def _song(song: Song, number: int) -> tuple[Song, Track, Arranged]:
    played = replace(arranged(number), sound=song.sound)
    length = round(1000 * played.sections[-1].end)
    return song, replace(song.track, duration_ms=length, isrc=f"{ISRC}{number:07d}"), played


def library(mine: Sequence[tuple[Song, Track, Arranged]]) -> Library:
    """Return Cleo's likes. She has no playlists, and the bot computes her songs' features itself."""
    now = datetime.now(UTC)
    likes = tuple(Like(track.uri, now - timedelta(days=age)) for age, (_, track, _) in enumerate(mine, 1))
    return Library(tuple(track for _, track, _ in mine), likes, {}, ())


async def record(mine: Sequence[tuple[Song, Track, Arranged]], folder: Path) -> None:
    """Write the files missing from the folder, as tagged Ogg Vorbis. Cancelled, it ends after those begun."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    turns = asyncio.Semaphore(AT_ONCE)

    async def write(song: Song, track: Track, played: Arranged) -> None:
        async with turns:
            await asyncio.to_thread(_write, track, played, folder / f"{song.id}.ogg")

    await asyncio.gather(*(write(*each) for each in mine))


def _write(track: Track, song: Arranged, path: Path) -> None:
    if path.exists():
        return
    draft, samples = path.with_suffix(".draft"), play(song)
    with soundfile.SoundFile(draft, "w", RATE, samples.shape[1], format="OGG", subtype="VORBIS") as sound:
        for at in range(0, len(samples), BLOCK):  # a whole song at once overflows libvorbis's stack
            sound.write(samples[at : at + BLOCK])
    file: Any = OggVorbis(draft)  # type: ignore[no-untyped-call]
    file.update(title=track.name, artist=list(track.artists), album=track.album, isrc=track.isrc)
    file.save()
    draft.replace(path)


async def join(stack: Stack, seed: int, cache: Path) -> Listener:
    """Add Cleo to the running bot: analyse her files, link her Spotify, and share her likes."""
    mine = liked(seed)
    folder = cache / f"music-{seed}"
    await record(mine, folder)
    await stack.run("-m", "bot", "analyse", "--folder", str(folder))
    cleo = stack.add_listener(NAME, library(mine))
    outcome = await stack.link(cleo)
    await outcome.until(lambda message: "liked song" in message.text())
    await (await cleo.person.command("feed join")).reply()
    return cleo

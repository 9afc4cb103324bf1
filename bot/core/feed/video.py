"""Video: decides whether a video plays a song, and finds its most replayed moment. Pure.

The video's title must contain the song's, its title or channel one of the artists; it mustn't call itself another
version, and both must be equally long. A wrong video is worse than none, so doubt means no.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.feed import heatmap
from bot.core.feed.heatmap import SAME, HeatmapPart
from bot.core.library.file_match import kinds, letters, people, title
from bot.core.records import Song

ID = re.compile(r"[A-Za-z0-9_-]{11}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Video:
    """A video's details on YouTube, its length in `seconds`, and how often each part was replayed."""

    id: str
    title: str
    channel: str
    seconds: float
    parts: tuple[HeatmapPart, ...]


@dataclass(frozen=True, slots=True)
class VideoMoment:
    """Where in a video to start a song (s), and how sure we are, 0 to 1."""

    video: str
    start: float
    confidence: float

    @property
    def url(self) -> str:
        return f"https://www.youtube.com/watch?v={self.video}&t={int(self.start)}s"


def replayed(song: Song, videos: Iterable[Video]) -> VideoMoment | None:
    """Return the most replayed moment of the first video that plays the song and has one."""
    for video in videos:
        if plays(video, song) and (highlight := heatmap.find(video.parts, video.seconds)) is not None:
            return VideoMoment(video.id, highlight.start, highlight.confidence)
    return None


def plays(video: Video, song: Song) -> bool:
    """Return whether the video plays this recording and nothing else."""
    if not song.duration_ms or not abs(video.seconds - song.duration_ms / 1000) <= SAME or not ID.fullmatch(video.id):
        return False
    ours, said, by = title(song.title), f" {letters(video.title)} ", f" {letters(video.channel)} "
    artists = people(song.artists)
    if f" {ours.plain} " not in said or not any(f" {artist} " in said or f" {artist} " in by for artist in artists):
        return False
    beside = said.replace(f" {ours.plain} ", " ", 1)
    for artist in sorted(artists, key=len, reverse=True):
        beside = beside.replace(f" {artist} ", " ")
    return kinds(beside) == ours.kinds

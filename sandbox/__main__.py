"""Play the main job against stand-ins for Discord and Spotify, then keep a page open to try it by hand.

settings, from the environment:
  LIBRARY     a CSV like Exportify's with a column `playlist`: a real library instead of generated songs
  PLAYLISTS   how many of its playlists to use (default 5)
  SONGS       how many of its songs are liked (default 1000)
  LABELS      cards to answer (default 40, or ten per playlist of a real library)
  SEED        random seed (default 0)
  PORT        port of the page (default: a free one)
  TOUR=off    start with the page instead of the tour
  CI=true     play only the tour; exits 0 if it went well
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event

from tqdm import tqdm

from bot import modes
from bot.cli.trouble import words
from sandbox import cleo, page
from sandbox.discord import NoAnswer
from sandbox.music.library import drawn, load
from sandbox.music.songs import Features, Song, hear_all, songs, write_audio
from sandbox.page.stage import Member, Stage
from sandbox.page.tour import TakenOver, Tour
from sandbox.process import cache
from sandbox.stack import BotEnded, Listener, Stack
from sandbox.tour import PATIENCE, Figures, Guide, Plan

SONGS = 240
STYLES = 3  # playlists on the tour
NOWHERE = 0.1  # share of the songs that belong in none of the playlists
LATER = 0.12  # share of the library: liked after the sort
LABELS = 40
EACH = 10  # labels per playlist of a real library
NEW = 5
LOOK = 0.1  # seconds between checks of the tour's log
CACHE = cache(os.environ) / "songs"
LEAST = {"PLAYLISTS": 1, "SONGS": 1, "LABELS": 1, "SEED": 0, "PORT": 0}  # of each setting that is a number
HIGHEST_PORT = 65_535
GOOD = 0.75  # share of the songs placed that must be right, or the tour has failed


def main(arguments: Sequence[str], environment: Mapping[str, str], prog: str = "python -m sandbox") -> int:
    """Run the sandbox; return the exit code."""
    parser(prog).parse_args(arguments)
    try:
        return asyncio.run(_main(environment))
    except (NoAnswer, BotEnded, ValueError, OSError) as error:
        print(f"sandbox: {said(error)}", file=sys.stderr)
        return 1


def said(error: Exception) -> str:
    """Return what went wrong, in one line."""
    match error:
        case NoAnswer():
            return "the bot didn't answer within the 3 s that Discord allows: try again when the machine is less busy"
        case TimeoutError():
            return f"the bot took longer than {PATIENCE:.0f} s for a step of the tour"
        case OSError():
            return words(error, "or name another", port="PORT")
    return str(error)


def parser(prog: str) -> argparse.ArgumentParser:
    """The sandbox takes no arguments, only settings from the environment; `--help` lists them."""
    what, _, how = (__doc__ or "").partition("\n\n")
    form = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(prog=prog, description=what, epilog=how, formatter_class=form)


def numbers(environment: Mapping[str, str]) -> dict[str, int]:
    """Return the settings that are numbers, without those that aren't set. Raises ValueError for a wrong one."""
    return {name: _number(name, environment[name]) for name in LEAST if environment.get(name)}


def _number(name: str, given: str) -> int:
    least, most = LEAST[name], HIGHEST_PORT if name == "PORT" else None
    if given.isdecimal() and int(given) >= least and (most is None or int(given) <= most):
        return int(given)
    wanted = f"of at least {least}" if most is None else f"from {least} to {most}"
    raise ValueError(f"{name} must be a whole number {wanted}, not {given!r}")


def plays_tour(environment: Mapping[str, str]) -> bool:
    """Return whether the sandbox begins with the tour. Raises ValueError for a wrong setting."""
    given = environment.get("TOUR") or "on"
    if given.lower() not in ("on", "off"):
        raise ValueError(f"TOUR must be on or off, not {given!r}")
    return given.lower() == "on"


async def _main(environment: Mapping[str, str]) -> int:
    given, touring = numbers(environment), plays_tour(environment)
    stopped = asyncio.Event()
    for kind in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(kind, stopped.set)
    with tempfile.TemporaryDirectory(prefix="cratekeeper-") as folder:
        stack = Stack(Path(folder), port=given.get("PORT", 0), settings={"FEED_PAGE": "on"})
        playing = asyncio.create_task(_play(stack, environment, given, Tour(paused=not touring)))
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if playing.done():
            return playing.result()
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing
        return 0


async def _play(stack: Stack, environment: Mapping[str, str], given: Mapping[str, int], tour: Tour) -> int:
    seed, library = given.get("SEED", 0), environment.get("LIBRARY")
    stopped = Event()
    try:
        ada, ben, heard = await asyncio.to_thread(_people, stack, library, given, seed, stopped)
    finally:
        stopped.set()  # Ctrl-C doesn't reach the thread
    stack.discord.appoint(stack.guild, ada.person.user)
    stage = _stage(stack, (ada, ben), heard, tour)
    stack.web = page.application(stage)
    async with stack:
        _say(f"The page: {stack.origin}")
        stage.report_bot("starting")
        await stack.import_features(ada.library)
        await stack.start_bot()
        stage.report_bot("running")
        by_hand = environment.get("CI", "").lower() != "true"
        settling = asyncio.create_task(_settle(stack, stage, seed)) if by_hand else None
        try:
            code = await _tour(_guide(stack, ada, stage.tour, given, real=bool(library)), real=bool(library))
            if settling is not None:
                _say(f"Carry on by hand: {stack.origin}   (Ctrl-C ends it and leaves nothing behind)")
                await settling
                await _until_the_bot_ends(stack)
            return code
        finally:
            if settling is not None:
                settling.cancel()
                await asyncio.gather(settling, return_exceptions=True)


async def _settle(stack: Stack, stage: Stage, seed: int) -> None:
    """Add Cleo, whose songs fill the feed. Runs alongside the tour, since analysing her files takes a while."""
    listener = await cleo.join(stack, seed, CACHE)
    stage.members = [*stage.members, _member(listener)]
    _say(
        f"{cleo.NAME} shares {len(listener.account.likes)} songs: /feed join, then /feed play or /feed web.\n"
        "Ada runs the server: /server opens channels to clips, reposts and rounds."
    )


def _guide(stack: Stack, ada: Listener, tour: Tour, given: Mapping[str, int], *, real: bool) -> Guide:
    """Plan ten labels per playlist for a real library, or a fixed number of cards for the generated one."""
    labels = given.get("LABELS", EACH * len(ada.library.truth) if real else LABELS)
    return Guide(stack, ada, tour, Plan(labels, EACH if real else 0, NEW))


async def _tour(guide: Guide, *, real: bool) -> int:
    """Play the tour and print its log; return the exit code."""
    printing = asyncio.create_task(_print(guide.tour))
    try:
        figures = await guide.play()
    except TakenOver:
        return 0
    except Exception:
        print(f"The bot's last words:\n{guide.stack.last_words()}", file=sys.stderr)
        raise
    finally:
        await asyncio.sleep(2 * LOOK)
        printing.cancel()
    _say("\n".join(f"  {caption:<20} {value}" for caption, value in figures.lines().items()))
    return 0 if went_well(figures, real=real) else 1


def went_well(figures: Figures, *, real: bool) -> bool:
    """Whether the bot placed songs by itself, and mostly in the right playlists.

    It must have something to say about the new likes, unless the library is real: there, they may fit nowhere.
    """
    said = figures.new_placed + figures.new_asked > 0
    return figures.placed > 0 and figures.accuracy >= GOOD and (said or real)


async def _print(tour: Tour) -> None:
    """Print the tour's steps and lines as they come."""
    shown = -1
    told = 0
    while True:
        for line in tour.lines[told:]:
            if line.step != shown:
                shown = line.step
                _say(f"{shown + 1}. {tour.steps[shown]}")
            print(f"   {line.text}".replace("\n", "\n   "), flush=True)
        told = len(tour.lines)
        await asyncio.sleep(LOOK)


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)


async def _until_the_bot_ends(stack: Stack) -> None:
    if stack.bot is not None:
        await stack.bot.wait()
        raise BotEnded(stack.last_words())


def _people(
    stack: Stack, path: str | None, given: Mapping[str, int], seed: int, stopped: Event
) -> tuple[Listener, Listener, dict[str, Song]]:
    """Return Ada, who takes the tour, Ben, who can be played by hand, and the songs that have audio, by URI."""
    if path:
        mine = load(Path(path), playlists=given.get("PLAYLISTS", 5), seed=seed, most=given.get("SONGS", 1_000))
        return stack.add_listener("Ada", mine.hold_back(0.02)), stack.add_listener("Ben", mine), {}
    liked, styles = _taste(songs(seed, 4 * SONGS))
    library = drawn(liked, _listen(liked, stopped), datetime.now(UTC), styles=styles)
    by_uri = {song.track.uri: song for song in liked}
    return stack.add_listener("Ada", library.hold_back(LATER)), stack.add_listener("Ben", library), by_uri


def _listen(liked: Sequence[Song], stopped: Event) -> Mapping[str, Features]:
    """Render and analyse the songs; cached, so later starts are quick. Raises InterruptedError once it's stopped."""
    with tqdm(total=len(liked), desc="Listening to generated songs", unit=" songs", leave=False, disable=None) as bar:
        return hear_all(liked, CACHE, progress=lambda done: _advance(bar, done, stopped))


def _advance(bar: "tqdm[None]", done: int, stopped: Event) -> None:
    if stopped.is_set():
        raise InterruptedError
    bar.update(done - bar.n)


def _taste(made: Sequence[Song]) -> tuple[list[Song], list[str]]:
    """Return what somebody likes among all songs: mostly three styles, and a few songs outside their playlists."""
    styles = list(dict.fromkeys(style for song in made for style in song.styles))[:STYLES]
    inside = [song for song in made if set(song.styles) & set(styles)]
    outside = [song for song in made if not set(song.styles) & set(styles)]
    elsewhere = round(SONGS * NOWHERE)
    return inside[: SONGS - elsewhere] + outside[:elsewhere], styles


def _sound(heard: Mapping[str, Song], uri: str) -> bytes | None:
    """Return a generated song's audio, rendered on first use."""
    if uri not in heard:
        return None
    path = CACHE / f"{heard[uri].id}.ogg"
    if not path.exists():
        write_audio(heard[uri], path)
    return path.read_bytes()


def _stage(stack: Stack, people: tuple[Listener, ...], heard: Mapping[str, Song], tour: Tour) -> Stage:
    return Stage(
        discord=stack.discord,
        spotify=stack.spotify,
        guild=stack.guild,
        channel=stack.channel,
        members=[_member(person) for person in people],
        tour=tour,
        songs_held_back=[stack.spotify.tracks[uri] for uri in people[0].library.later],
        sound=partial(_sound, heard) if heard else None,
    )


def _member(listener: Listener) -> Member:
    return Member(listener.person.user, listener.account.id)


if __name__ == "__main__":
    os.umask(modes.UMASK)
    sys.exit(main(sys.argv[1:], os.environ))

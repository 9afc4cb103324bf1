"""Analyse: audio features of sound files, for people or programs; or of a whole music library, to keep."""

import asyncio
import base64
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.adapters import home
from bot.adapters.hearing import Hearing
from bot.config import Settings
from bot.core.features import TAG
from bot.errors import CratekeeperError, SettingsError
from bot.errors.audio import AudioError, CannotLook, ImportRuns, ManyMissing, NamelessAudio
from bot.flows.library.operator.folder_listing import Listing, list_folder
from bot.flows.library.operator.music_folder import FileOutcome, forget_missing, import_folder

ALL_HEARD, SOME_NOT = 0, 1  # exit codes
TAGS_SHOWN = 5


async def hear_files(paths: Sequence[Path], picture: Path | None, *, as_json: bool) -> int:
    """Print what is heard in each file; returns the exit code. Errors are named file by file.

    Raises SettingsError if a picture is wanted of anything but one file.
    """
    if picture is not None and len(paths) != 1:
        raise SettingsError("--picture draws one file, not a folder")
    hearing, failed = Hearing(), 0
    try:
        units = (await hearing.ask("features"))["units"]
        for path in paths:
            try:
                description = await hearing.ask("describe", path, picture=picture is not None)
            except AudioError as error:
                failed += 1
                _tell_error(path, error, as_json=as_json)
                continue
            if picture is not None:
                await asyncio.to_thread(picture.write_bytes, base64.b64decode(description.pop("picture")))
            print(json.dumps({"file": str(path), **description}) if as_json else table(path, description, units))
    finally:
        await hearing.close()
    return SOME_NOT if failed else ALL_HEARD


def table(path: Path, description: Mapping[str, Any], units: Mapping[str, str]) -> str:
    """Return what was heard in a file, a line for each number with its unit."""
    numbers, took, begins = description["numbers"], description["took"], description["highlight"]
    tags = sorted((name for name in numbers if name.startswith(TAG)), key=lambda name: -numbers[name])[:TAGS_SHOWN]
    rows = [(name, f"{numbers[name]:.3f}", unit) for name, unit in units.items() if name in numbers]
    rows.append(("key", description["key"], ""))
    rows.append(("highlight", f"{begins['moment']:.1f}", f"s, confidence {begins['confidence']:.2f} ({begins['way']})"))
    lines = [shown(path), *(f"  {name:<18} {number:>10}  {unit}" for name, number, unit in rows)]
    if tags:
        lines.append("  sounds like: " + ", ".join(f"{name.removeprefix(TAG)} {numbers[name]:.2f}" for name in tags))
    lines.append("  took: " + ", ".join(f"{1000 * seconds:.0f} ms {name}" for name, seconds in took.items()))
    return "\n".join(lines)


def shown(text: object) -> str:
    """Return a text on one line; what a terminal would obey, or cannot show, is written out: names hold anything."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(text))


def _tell_error(path: Path, error: CratekeeperError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"file": str(path), "error": type(error).__name__, "words": str(error)}))
    else:
        print(f"{shown(path)}: {shown(error)}", file=sys.stderr)


async def hear_folder(settings: Settings, folder: Path, *, as_json: bool, forgetting: bool) -> int:
    """Hear what is new below a folder, with a bar that says how far it is; returns the exit code.

    forgetting: let go of all files that are gone, however many.
    """
    from tqdm import tqdm

    counts: Counter[str] = Counter()
    missing: ManyMissing | None = None
    async with AsyncExitStack() as closing:
        home.prepare(settings)
        closing.enter_context(home.locked(settings.data_dir / home.IMPORT_LOCK, ImportRuns()))
        store = await closing.enter_async_context(home.opened(settings))
        hearings = [Hearing() for _ in range(processors())]
        for hearing in hearings:
            closing.push_async_callback(hearing.close)
        # None: no bar where nobody looks, such as in a log
        bar = closing.enter_context(tqdm(unit=" files", disable=as_json or None, dynamic_ncols=True))
        try:
            async for done in import_folder(store, hearings, folder, _now):
                counts[done.how] += 1
                bar.total = bar.n + 1 + done.left
                bar.update()
                _tell(done, bar, as_json=as_json)
        except ManyMissing as many:
            missing = many
        if forgetting:
            counts["gone"] += len(await forget_missing(store, folder))
            missing = None
    listing = await asyncio.to_thread(list_folder, folder)
    _tell_rest(listing, missing, as_json=as_json)
    if not as_json:
        print(f"{len(listing.sounds)} {'file' if len(listing.sounds) == 1 else 'files'}: {summary(counts, listing)}")
    return SOME_NOT if counts["failed"] or listing.nameless or listing.away or missing else ALL_HEARD


def _tell_rest(listing: Listing, missing: ManyMissing | None, *, as_json: bool) -> None:
    """Name what was not heard, nor let go of."""
    for path in listing.nameless:
        _tell_error(path, NamelessAudio(), as_json=as_json)
    for away, why in listing.away.items():
        _tell_error(Path(away), CannotLook(why), as_json=as_json)
    if missing is not None:
        _tell_error(listing.root, missing, as_json=as_json)


def processors() -> int:
    """Return how many processors this process may use: all there are where the system (macOS) doesn't say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def summary(counts: Mapping[str, int], listing: Listing) -> str:
    """Return what became of a folder's files, in words."""
    untouched = len(listing.sounds) - sum(counts[how] for how in ("heard", "failed", "moved", "same"))
    kinds = ", ".join(f"{count} {ending}" for ending, count in sorted(listing.unread.items()))
    return (
        f"{counts['heard']} heard, {counts['failed']} that cannot be heard, "
        f"{counts['moved']} heard before by another name, "
        f"{counts['same']} moved in time only, {untouched} as they were"
        + (f", {counts['gone']} gone" if counts["gone"] else "")
        + (f"; {listing.unread.total()} of kinds that are not read passed over ({kinds})" if kinds else "")
    )


def _tell(done: FileOutcome, bar: Any, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"file": done.path, "how": done.how, "left": done.left, "words": done.error}), flush=True)
    elif done.how == "failed":
        bar.write(f"{shown(done.path)}: {shown(done.error)}", file=sys.stderr)


def _now() -> datetime:
    return datetime.now(UTC)

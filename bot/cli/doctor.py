"""Doctor: checks everything the bot needs, and says how to fix what's missing."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException

import aiohttp

from bot.adapters import home
from bot.adapters.artefacts import models_of
from bot.adapters.backup.daily import made_in
from bot.adapters.hearing import Hearing
from bot.adapters.jobs import stuck_in
from bot.adapters.prior import NAME, SHIPPED, Taught, read_from
from bot.adapters.prior import read as read_prior
from bot.adapters.scorer import Scorer
from bot.adapters.spotify import PURPOSE
from bot.adapters.store import pace, setbacks
from bot.adapters.store.engine import known_revisions
from bot.adapters.vault import KEYS, Vault
from bot.adapters.ytdlp import YtDlp
from bot.cli import health
from bot.cli.trouble import words
from bot.config import Settings
from bot.errors import CratekeeperError, PriorCorrupt
from bot.flows.account import keys, notify, prior_consent
from bot.flows.social import reports
from bot.flows.sorting import train

LONGEST_WAIT = 1800  # seconds that a job may wait; a member's jobs are done one after the other
LEAST_FREE = 500 * 2**20  # bytes; a database, its backup and some models
MOST_SKEW = timedelta(seconds=30)  # OAuth and Discord's timestamps tolerate no more
OLDEST_BACKUP = timedelta(hours=26)  # a day, and time to make it
AGAIN = "Learn it again with python -m training pretrain --members [CORPUS …],"
TIMEOUT = aiohttp.ClientTimeout(total=10)
NOTHING: Mapping[str, str] = {}
UNREACHABLE = (OSError, aiohttp.ClientError, TimeoutError, ValueError)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: what was checked, whether it's all right, and what was found or what to do."""

    what: str
    well: bool
    word: str


class Unwell(Exception):
    """A check that failed; the message says what to do."""


async def examine(settings: Settings, misspelt: Mapping[str, str] = NOTHING) -> int:
    """Print every finding; return 0 if all is well, 1 otherwise. misspelt: names that are almost a setting's."""
    findings = [_settings(misspelt), *[finding async for finding in _findings(settings)]]
    for finding in findings:
        print(f"{'ok ' if finding.well else 'NO '} {finding.what:<18} {finding.word}")
    return 0 if all(finding.well for finding in findings) else 1


def _settings(misspelt: Mapping[str, str]) -> Finding:
    if not misspelt:
        return Finding("settings", True, "all valid")
    said = "; ".join(f"{name} isn't one: did you mean {right}?" for name, right in misspelt.items())
    return Finding("settings", False, said)


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    checks: dict[str, Callable[[Settings], Awaitable[str]]] = {
        "running": _running,
        "encryption keys": _keys,
        "disk": _disk,
        "database": _database,
        "storage": _storage,
        "models": _models,
        "prior": _prior,
        "hearing": _hearing,
        "jobs": _jobs,
        "backups": _backups,
        "set aside": _aside,
        "reports": _reports,
        "consents": _consents,
        "sources": _sources,
        "videos": _videos,
        "clock": _clock,
        "Discord token": _token,
        "Discord intents": _intents,
        "Discord commands": _commands,
        "Spotify app": _spotify_app,
        "redirect URI": _redirect,
    }
    for what, check in checks.items():
        try:
            yield Finding(what, True, await check(settings))
        except (Unwell, CratekeeperError) as problem:
            yield Finding(what, False, str(problem))
        except UNREACHABLE as problem:
            yield Finding(what, False, words(problem))


async def _running(settings: Settings) -> str:
    """What the bot that runs on this data folder says of itself. Everything else only reads what it uses."""
    if not (settings.data_dir / home.LOCK).exists() or not home.is_lived_in(settings):
        return "no bot runs on this data folder"
    try:
        said = json.loads((await asyncio.to_thread(health.answer, settings, health.HEALTH))[1])
    except (OSError, HTTPException, ValueError):
        where = f"port {settings.http_port}; look at its log, or examine it where it runs (in its container)"
        raise Unwell(f"a bot runs, and doesn't answer on {where}") from None
    if not said.get("ready"):
        raise Unwell(f"a bot runs, and isn't ready. {said.get('reason')} Look at its log.")
    waited = float(str(said.get("oldest_job_seconds") or 0))
    if waited > LONGEST_WAIT:
        raise Unwell(f"a bot runs, and a job has waited for {waited / 60:.0f} minutes; look at its log")
    return "a bot runs, and is ready"


async def _keys(settings: Settings) -> str:
    """Raises Unwell if tokens were sealed with other keys, such as another data folder's."""
    async with home.opened(settings) as store:
        accounts = await keys.examine(store, Vault(await home.keys(store, settings)), PURPOSE)
    if lost := accounts[keys.Outcome.UNREADABLE]:
        whose = "ENCRYPTION_KEYS" if settings.encryption_keys else str(settings.data_dir / KEYS)
        raise Unwell(
            f"they don't open the tokens of {lost} of {accounts.total()} accounts: put back this database's own "
            f"keys, in {whose}; without them, these members have to link again"
        )
    return "good" + ("" if settings.encryption_keys else f"; back up {settings.data_dir / KEYS}: tokens depend on it")


async def _disk(settings: Settings) -> str:
    home.prepare(settings)
    folders = {settings.data_dir, settings.data_dir if settings.on_server else settings.database_path.parent}
    free = {folder: shutil.disk_usage(folder).free for folder in folders}
    folder = min(free, key=lambda folder: free[folder])
    if free[folder] < LEAST_FREE:
        raise Unwell(f"{free[folder] // 2**20} MB free in {folder}; free up at least {LEAST_FREE // 2**20} MB")
    return f"{free[folder] // 2**30} GB free in {folder}"


async def _database(settings: Settings) -> str:
    """A running bot's is checked quickly: as long as somebody reads it, what was deleted can't be removed from it."""
    home.prepare(settings)
    live = home.is_lived_in(settings)
    await asyncio.to_thread(home.verify, settings, thoroughly=not live)
    async with home.opened(settings) as store:
        said = f"undamaged and up to date (schema {max(known_revisions())}), at {store}"
    return f"{said}; stop the bot for a thorough check" if live else said


async def _storage(settings: Settings) -> str:
    models = models_of(settings)
    await asyncio.to_thread(models.check)
    return f"models are in {models}"


async def _models(settings: Settings) -> str:
    async with home.opened(settings) as store:
        lost = await train.lost(store, Scorer(models_of(settings)))
    if lost:
        named = ", ".join(model.digest[:12] for model in lost)
        raise Unwell(f"can't be used: {named}; the bot trains each again when it needs it, as after an upgrade")
    return "none damaged"


async def _consents(settings: Settings) -> str:
    """How many consents end soon. Their members are told, so that's no problem of the bot's."""
    async with home.opened(settings) as store:
        left = await notify.ending(store, datetime.now(UTC))
    if not left:
        return f"none ends within {notify.WARN_DAYS[0]} days"
    end = "one ends" if len(left) == 1 else f"{len(left)} end"
    return f"{end} within {notify.WARN_DAYS[0]} days, the next in {min(left)}; members are told in time"


async def _prior(settings: Settings) -> str:
    """Raises Unwell if one is damaged, or if members it was learned from have left since."""
    models = models_of(settings)
    file = f"{models}/{NAME}"
    shipped = await _shipped(settings)
    try:
        taught = await asyncio.to_thread(lambda: read_from(models, NAME, models.version(NAME)))
    except PriorCorrupt as problem:
        if isinstance(problem.__cause__, OSError):
            raise problem.__cause__ from None  # the disk's fault, not the file's
        raise Unwell(f"{problem}; it's not used. {AGAIN} or delete {file}") from problem
    if taught is None:
        return f"{shipped}; python -m training pretrain makes one of your own"
    if gone := await _gone(settings, taught):
        raise Unwell(f"{gone} of the members it was learned from no longer teach it. {AGAIN} or delete {file}")
    known = f"{len(taught.prior.keys)} artists; members it was learned from, besides your playlists: {taught.members}"
    return f"{known}; {shipped}"


async def _shipped(settings: Settings) -> str:
    if not settings.prior:
        return "the included one is off"
    try:
        taught = await asyncio.to_thread(read_prior, SHIPPED)
    except PriorCorrupt as problem:
        raise Unwell(f"the included one: {problem}; it's not used. Reinstall Cratekeeper") from problem
    if taught is None:
        raise Unwell(f"the included one is missing: {SHIPPED}. Reinstall Cratekeeper, or set PRIOR=off")
    return f"the included one knows {len(taught.prior.keys)} artists from Wikipedia"


async def _gone(settings: Settings, taught: Taught) -> int:
    async with home.opened(settings) as store, store.reading() as tx:
        return await prior_consent.left(tx, taught.prior.version, taught.members)


async def _hearing(_: Settings) -> str:
    hearing = Hearing()
    try:
        return guards_in_words(await hearing.guards())
    finally:
        await hearing.close()


def guards_in_words(guards: Mapping[str, bool]) -> str:
    """Return what the audio process can't do on this machine, and what it can but shouldn't."""
    refused = ", ".join(what for what, held in guards.items() if held)
    open_ways = ", ".join(what for what, held in guards.items() if not held)
    said = [f"its process can't {refused}"] if refused else []
    return "; ".join([*said, f"on this machine, it can {open_ways}"] if open_ways else said)


async def _jobs(settings: Settings) -> str:
    stuck = await asyncio.to_thread(stuck_in, settings.jobs_url)
    if stuck:
        raise Unwell(f"started five times without finishing: {', '.join(stuck)}; the log says why")
    return "none stuck"


async def _backups(settings: Settings) -> str:
    folder = settings.backup_dir
    if settings.on_server:
        return f"make them with PostgreSQL's own tools (pg_dump), and copy {settings.data_dir}"
    if folder is None:
        return "BACKUP_DIR is empty: make them by hand (python -m bot backup FILE)"
    if not folder.parent.exists():  # perhaps a disk: it's not made, or backups would be on this one
        raise Unwell(f"{folder.parent} is missing: mount it or make it, or change BACKUP_DIR")
    now, all_made = datetime.now(UTC), await asyncio.to_thread(made_in, folder) if folder.exists() else {}
    made = [moment for moment in all_made if moment <= now]  # a clock that ran ahead dated the others
    if not made:
        raise Unwell(f"none in {folder} yet; a running bot makes one within minutes, or its log says why not")
    age = now - max(made)
    said = f"{len(made)} in {folder}, the newest {_in_words(age)} old"
    if age > OLDEST_BACKUP:
        raise Unwell(f'{said}; start the bot, or look for "daily backup" in its log')
    beside = folder.stat().st_dev == settings.data_dir.stat().st_dev
    return said + ("; on the same disk as the data, so keep others elsewhere" if beside else "")


def _in_words(age: timedelta) -> str:
    """Return an age in whole hours, or days from two on."""
    hours = max(0, int(age.total_seconds() // 3600))
    return f"{hours // 24} days" if hours >= 48 else f"{hours} h"


async def _aside(settings: Settings) -> str:
    """What failed five times in a row; the bot tries it again once a day and at each start."""
    async with home.opened(settings) as store, store.reading() as tx:
        setbacks_aside = await setbacks.aside(tx)
    if setbacks_aside:
        named = ", ".join(f"{setback.kind} {setback.subject} (#{setback.reference})" for setback in setbacks_aside)
        raise Unwell(f"failed five times: {named}; look for the # in the log. It runs again daily and at each start.")
    return "nothing"


async def _reports(settings: Settings) -> str:
    """How many reports are open. The server's managers deal with them, so that's no problem of the bot's."""
    async with home.opened(settings) as store:
        waiting = await reports.open_ones(store, datetime.now(UTC))
    return f"{waiting} open; the log names the songs that no channel could be told about" if waiting else "none open"


async def _sources(settings: Settings) -> str:
    """Which services are asked for features. One that is down or asks us to wait isn't a problem to fix here."""
    now = datetime.now(UTC)
    async with home.opened(settings) as store, store.reading() as tx:
        waits = {name: await pace.cooldown(tx, f"source:{name}") for name in settings.services}
    said = [
        f"{name} (left alone until {until:%H:%M} UTC)" if until and until > now else name
        for name, until in waits.items()
    ]
    return f"asked for features: {', '.join(said)}" if said else "no service is asked for features; your files are used"


def set_the_clock(platform: str) -> str:
    """Return how to set the clock on a platform, as `sys.platform` names it."""
    if platform == "darwin":
        return "run sudo sntp -sS time.apple.com, and in System Settings let Date & Time be set automatically"
    return "switch on time synchronisation (timedatectl set-ntp true)"


async def _clock(settings: Settings) -> str:
    """Raises Unwell if the clock differs from Spotify's, or from Discord's while Spotify can't be reached."""
    said = await _date_at_one_of(settings.spotify_accounts_url, settings.discord_api_url)
    skew = abs(datetime.now(UTC) - said)
    if skew > MOST_SKEW:
        raise Unwell(f"{skew.total_seconds():.0f} s off; {set_the_clock(sys.platform)}")
    return "right"


async def _date_at_one_of(first: str, second: str) -> datetime:
    """Ask the second address if the first can't be reached; if neither can, raise the first one's error."""
    try:
        return await _date_at(first)
    except UNREACHABLE as error:
        with suppress(*UNREACHABLE):
            return await _date_at(second)
        raise error from None


async def _date_at(url: str) -> datetime:
    async with aiohttp.ClientSession(timeout=TIMEOUT) as http, http.get(url, allow_redirects=False) as answer:
        return parsedate_to_datetime(answer.headers.get("Date", ""))


async def _discord(settings: Settings, path: str) -> dict[str, object]:
    headers = {"Authorization": f"Bot {settings.discord_token}"}
    url = settings.discord_api_url + path
    async with aiohttp.ClientSession(timeout=TIMEOUT) as http, http.get(url, headers=headers) as answer:
        if answer.status == 401:
            raise Unwell("refused: copy DISCORD_TOKEN again from the Bot page in Discord's developer portal")
        if answer.status != 200:
            raise Unwell(f"Discord answered {answer.status} to {path}; try again later")
        application: dict[str, object] = await answer.json()
        return application


async def _videos(settings: Settings) -> str:
    if not settings.yt_dlp:
        return "YT_DLP is empty: no links to most replayed moments"
    if not YtDlp(settings.yt_dlp, os.environ.get("PATH", os.defpath)).installed():
        raise Unwell(f"YT_DLP is {settings.yt_dlp}, which doesn't exist: install yt-dlp, or leave YT_DLP empty")
    return f"{settings.yt_dlp} finds most replayed moments"


async def _token(settings: Settings) -> str:
    return f"good: logged in as {(await _discord(settings, '/users/@me'))['username']}"


async def _intents(settings: Settings) -> str:
    await _discord(settings, "/gateway/bot")
    return "guilds, guild_reactions, dm_reactions; none needs approval"


async def _commands(settings: Settings) -> str:
    application = await _discord(settings, "/applications/@me")
    invite = f"https://discord.com/oauth2/authorize?client_id={application['id']}&scope=bot+applications.commands"
    return f"invite the bot: {invite}&permissions=309237763136"


async def _spotify_app(settings: Settings) -> str:
    if not settings.spotify_client_id:
        return "none: members bring their own client id (/link client_id:) or a file (/library import)"
    form = {"grant_type": "refresh_token", "refresh_token": "none", "client_id": settings.spotify_client_id}
    url = f"{settings.spotify_accounts_url}/api/token"
    async with aiohttp.ClientSession(timeout=TIMEOUT) as http, http.post(url, data=form) as answer:
        said = await answer.json(content_type=None)
    if isinstance(said, dict) and said.get("error") == "invalid_client":
        raise Unwell("Spotify doesn't know SPOTIFY_CLIENT_ID; copy it again from developer.spotify.com/dashboard")
    return "known to Spotify; add your members under User Management (five at most)"


async def _redirect(settings: Settings) -> str:
    word = f"register exactly {settings.redirect_uri} in the Spotify app's settings"
    return word if settings.public_https else word + "; to link, members paste the address they land on"

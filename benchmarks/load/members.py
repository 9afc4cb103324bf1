"""Members: who uses the bot. Each has songs of three styles, a playlist for each, and a linked Spotify account."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.load.deployment import Deployed
from bot.adapters.spotify import SCOPES, oauth, seal_tokens
from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.sorting import playlists
from bot.adapters.vault import Vault
from bot.core.records import Account
from sandbox.discord import Channel, Guild, Message, Person
from sandbox.music.library import Library
from sandbox.spotify import App, Like, Track
from sandbox.spotify.model import SEATS, spotify_id
from sandbox.stack import Listener

SONGS, LATER = 60, 20  # liked songs of a member, and songs to like while the load is on
STYLES = ("Late night", "Run", "Kitchen")
SOUNDS = ("energy", "valence", "acousticness")  # each stands out in one of the styles
LEARNERS = 10  # one member in so many is trained a model; the others never have enough labels
NEVER = 10**6  # labels that a training waits for
MISTAKES = 10  # in 20: so that songs are placed
SHARDS = 2  # servers are spread over so many evenly


@dataclass(slots=True)
class Resident:
    """A member, the card before them, and how many songs they've liked meanwhile."""

    listener: Listener
    card: Message | None = None
    liked: int = 0

    @property
    def number(self) -> int:
        return self.listener.person.user.id

    @property
    def right(self) -> str | None:
        """The playlist that the card's song belongs in; None without a card that asks about one."""
        heading = self.card.text().partition("###")[2] if self.card else ""
        library = self.listener.library
        return next((library.belongs(track.uri)[0] for track in library.tracks if track.id in heading), None)


async def move_in(stack: Deployed, count: int, servers: int) -> list[Resident]:
    """Add members to the servers in turn, and store each with an account whose likes are yet to be read."""
    places = rooms(stack, servers)
    residents = [_resident(stack, number, places[number % servers]) for number in range(count)]
    store, vault = Store(stack.database_url), Vault([stack.key])
    await store.migrate()
    for number, resident in enumerate(residents):
        async with store.writing() as tx:
            await _store(tx, stack, vault, resident, learns=number % LEARNERS == 0)
    await store.close()
    songs = tuple(cells for resident in residents for cells in resident.listener.library.features)
    await stack.import_features(Library((), (), {}, songs))
    return residents


def rooms(stack: Deployed, servers: int) -> list[Channel]:
    """Return a channel in each of so many servers, which belong to the shards in turn."""
    found: list[Channel] = []
    while len(found) < servers:
        guild: Guild = stack.discord.add_guild(f"Server {len(found)}")
        if (guild.id >> 22) % SHARDS == len(found) % SHARDS:
            found.append(next(iter(guild.channels.values())))
        else:
            stack.discord.leave(guild, stack.discord.bot)
    return found


def _resident(stack: Deployed, number: int, channel: Channel) -> Resident:
    name = f"member{number}"
    user = stack.discord.add_user(name)
    assert channel.guild is not None  # noqa: S101 - it's a server's
    stack.discord.join(channel.guild, user)
    songs = library(number)
    account = songs.open_account(stack.spotify, name, name)
    _app(stack, number).allow(account.id)
    return Resident(Listener(Person(stack.discord, user, channel), account, songs))


def _app(stack: Deployed, number: int) -> App:
    """Return the member's Spotify app; each has five seats."""
    client_id = f"{number // SEATS:032x}"
    known = stack.spotify.apps.get(client_id)
    return known or stack.spotify.register(App(client_id, stack.app.redirect_uris))


async def _store(tx: Tx, stack: Deployed, vault: Vault, resident: Resident, *, learns: bool) -> None:
    now, member, account = datetime.now(UTC), resident.number, resident.listener.account
    app = next(app for app in stack.spotify.apps.values() if account.id in app.users)
    (address,) = app.redirect_uris
    code = stack.spotify.agree(app, account.id, frozenset(SCOPES.split()), address, "")
    grant = stack.spotify.tokens.exchange(app, code, address, "")
    tokens = oauth.tokens({"access_token": grant.access, "refresh_token": grant.refresh, "scope": SCOPES}, now)
    await members.ensure(tx, member, now)
    await members.change(tx, member, source="spotify", next_poll_at=now + timedelta(hours=1))
    sealed = seal_tokens(vault, member, tokens)
    await members.save_account(tx, Account(member, app.client_id, account.account_id, account.id, sealed, now))
    layer = await playlists.ensure_layer(tx, member, "main")
    for style in STYLES:
        made = stack.spotify.create_playlist(account.id, style)
        kept = await playlists.add(tx, layer, style, made.id, "🟦")
        await playlists.change(tx, kept.playlist, mistakes=MISTAKES)
    if not learns:
        await playlists.change_layer(tx, layer.layer, tried=NEVER)


def library(number: int) -> Library:
    """Return a member's songs, with artists and a sound of their own for each style; the last ones are liked later."""
    tracks = tuple(_track(number, at) for at in range(SONGS + LATER))
    truth = {style: tuple(track.uri for track in tracks[at :: len(STYLES)]) for at, style in enumerate(STYLES)}
    now = datetime.now(UTC)
    likes = tuple(Like(track.uri, now - timedelta(days=1 + at)) for at, track in enumerate(tracks[:SONGS]))
    later = tuple(track.uri for track in tracks[SONGS:])
    return Library(tracks, likes, truth, tuple(map(_cells, tracks, range(len(tracks)))), later)


def _track(number: int, at: int) -> Track:
    artist = f"Artist {number}-{at % (4 * len(STYLES))}"
    return Track(spotify_id("load", number, at), f"Song {at}", (artist,), f"Album {at // 12}", "2019", 200_000)


def _cells(track: Track, at: int) -> dict[str, str | float]:
    sound = {name: 0.85 if at % len(STYLES) == style else 0.15 + at % 7 / 100 for style, name in enumerate(SOUNDS)}
    said = {"genres": "", "artists": track.artists[0], "year": track.release_date}
    return {"track_id": track.id, "isrc": "", **sound, **said}

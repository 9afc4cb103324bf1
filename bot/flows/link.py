"""Link: a member lets us at their Spotify account, and takes that back.

`begin` makes a consent page's address; the member comes back to the callback (or pastes the address of the page they
landed on), and `finish` exchanges the code. The state is 256 random bits, single-use, good for ten minutes and bound to
the member: only its hash is kept, so it can be neither guessed nor read from a backup (promise P32).
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.adapters.spotify import Spotify, seal_tokens
from bot.adapters.store import Store, Tx, answers, members, notices, playlists, songs, whole
from bot.adapters.vault import Vault
from bot.config import is_client_id
from bot.core.records import Account
from bot.errors import BadChoice, LinkRefused, SpotifyError
from bot.flows.erase import sweep_models

GOOD_FOR = timedelta(minutes=10)
CONSENT = timedelta(days=182)  # Spotify ends a consent after six months, whatever is refreshed (since 20 July 2026)
VERIFIER = "verifier"  # purpose under which the vault seals it
SEALED_SONG = "sealed:"  # marks an answer whose song's id was made unreadable at unlink


@dataclass(frozen=True, slots=True)
class Linked:
    member: int
    name: str


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def begin(
    store: Store, vault: Vault, spotify: Spotify, member: int, client_id: str, redirect_uri: str, now: datetime
) -> str:
    """Return the address of the consent page. Raises BadChoice when the client id cannot be one."""
    if not is_client_id(client_id):
        raise BadChoice("A client id has 32 characters, 0-9 and a-f: you find it in Spotify's developer dashboard.")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.open_link(
            tx,
            digest=_digest(state),
            member=member,
            client_id=client_id,
            verifier=vault.seal(member, VERIFIER, verifier.encode()),
            redirect_uri=redirect_uri,
            expires_at=now + GOOD_FOR,
        )
    return spotify.consent_url(client_id, redirect_uri, state, challenge(verifier))


async def finish(
    store: Store,
    vault: Vault,
    spotify: Spotify,
    state: str,
    code: str | None,
    now: datetime,
    by: int | None = None,
) -> Linked:
    """Exchange the code and keep the account; its first sync is due from then on.

    `by` is the member who pasted the address, where that is how it came. Raises LinkRefused for a state that is
    unknown, used, expired or somebody else's, or when consent was denied (`code` is None); NotOnAllowList when the
    app has no seat for the account: then nothing is kept.
    """
    async with store.writing() as tx:
        begun = await members.take_link(tx, _digest(state))
    if begun is None or begun["expires_at"] <= now or code is None or by not in (None, begun["member"]):
        raise LinkRefused
    member, client_id = begun["member"], begun["client_id"]
    verifier = vault.open(member, VERIFIER, begun["verifier"]).decode()
    try:
        tokens = await spotify.exchange(client_id, code, verifier, begun["redirect_uri"])
        profile = await spotify.profile(client_id, tokens)
    except SpotifyError as error:
        await _tell(store, member, error, now)
        raise
    sealed = seal_tokens(vault, member, tokens)
    account = Account(member, client_id, profile.user_key, profile.name, sealed, consented_at=now)
    async with store.writing() as tx:
        await _keep(tx, account, now)
    return Linked(member, profile.name)


async def _tell(store: Store, member: int, error: SpotifyError, now: datetime) -> None:
    """The page that the browser shows is constant; what went wrong, the member reads in Discord."""
    async with store.writing() as tx:
        await notices.add(tx, member, "problem", {"text": error.for_member(), "job": "link"}, now)


async def _keep(tx: Tx, account: Account, now: datetime) -> None:
    """Keep the account; another one than before takes nothing over from it."""
    before = await members.account(tx, account.member)
    if before is not None and before.user_key != account.user_key:
        await whole.forget_spotify(tx, account.member)
    await members.save_account(tx, account)
    await members.change(tx, account.member, source="spotify", next_poll_at=now, polls=0)


def pasted(address: str) -> tuple[str, str | None]:
    """Return (state, code) of the address that a member pasted. Raises LinkRefused when it holds no state."""
    query = parse_qs(urlsplit(address.strip()).query)
    state, code = query.get("state", []), query.get("code", [])
    if len(state) != 1 or len(code) > 1:
        raise LinkRefused("That is not the address of the page you landed on: it has `state=` and `code=` in it.")
    return state[0], code[0] if code else None


async def unlink(store: Store, vault: Vault, models_dir: Path, member: int) -> None:
    """Delete the tokens and everything that came from Spotify, at once.

    The member's own answers stay, but the songs in them become unreadable: linked again, the same songs match again.
    Playlists stay as names: handed over again, they have their labels back. Models go; they are soon trained again.
    """
    async with store.writing() as tx:
        for layer in await playlists.layers(tx, member):
            await answers.rename_songs(tx, layer.layer, lambda song: seal_song(vault, member, song))
        await whole.forget_spotify(tx, member)
        await songs.forget_unused(tx)
        await sweep_models(tx, models_dir)
        await members.change(tx, member, source=None, next_poll_at=None)
    await store.scrub()


def seal_song(vault: Vault, member: int, song: str) -> str:
    """Return a name for the song that only this bot can recognise, and only for this member."""
    if song.startswith(SEALED_SONG):
        return song
    return SEALED_SONG + hmac.new(vault.derive(member, "song"), song.encode(), "sha256").hexdigest()


async def recognise(tx: Tx, vault: Vault, member: int) -> None:
    """Give sealed answers their songs back, as far as the library holds them again."""
    known = {seal_song(vault, member, song): song for song in await songs.liked(tx, member)}
    for layer in await playlists.layers(tx, member):
        await answers.rename_songs(tx, layer.layer, lambda song: known.get(song, song))


def days_left(account: Account, now: datetime) -> int:
    """Return the whole days until the consent ends."""
    return max(0, (account.consented_at + CONSENT - now).days)

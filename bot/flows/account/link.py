"""Link: a member lets us at their Spotify account, and takes that back.

`begin` makes the address of a consent page. Anybody may open it, so agreeing there links nothing: `arrive` exchanges
what the browser came back with and hands out a short code, which only that browser shows. The member who began types
it into Discord (`prove`), sees whose account it is, and says yes (`finish`) (promise P37).

The state is 256 random bits, single-use, good for ten minutes and bound to the member: only its hash is kept, so it can
be neither guessed nor read from a backup (promise P32).
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.adapters.spotify import Spotify, seal_tokens
from bot.adapters.store import Store, Tx, personal_data
from bot.adapters.store.account import members, notices
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.adapters.store.sorting import answers
from bot.adapters.vault import Vault
from bot.config import is_client_id
from bot.core.records import Account
from bot.errors import BadChoice, LinkRefused, SpotifyError, WrongCode
from bot.flows.account.erase import delete_rows, forget_unused, sweep_models
from bot.ports import SpotifyProfile, Tokens

GOOD_FOR = timedelta(minutes=10)  # a link, and the code that its page shows
CONSENT = timedelta(days=182)  # Spotify ends a consent after six months, whatever is refreshed (since 20 July 2026)
VERIFIER = "verifier"  # purpose under which the vault seals it
SEALED_SONG = "sealed:"  # marks an answer whose song's id was made unreadable at unlink
TRIES = 5  # to type the code
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without those that are taken for one another
CODE_LENGTH = 8  # of 30 letters: five guesses hit once in 130 thousand million links
UNLINKING = "unlinking"  # the source of a member's library while what came from it is being deleted
NOBODY_AGREED = (
    "No link of yours waits for a code: nobody agreed at Spotify within ten minutes, or it was finished or cancelled. "
    "Use /link for a new one."
)
SAID_NO = "You said no at Spotify, so nothing was linked. Use /link to try again."
EARLIER = "That is an earlier link. Enter the code of the newest page, or use /link for a new one."
NO_ACCOUNT = "No Spotify account is linked, so there is nothing to unlink. /data delete removes what else I keep."


@dataclass(frozen=True, slots=True)
class Linked:
    member: int
    name: str


@dataclass(slots=True)
class Consent:
    """An account whose owner agreed, before the member has said that it is theirs."""

    member: int
    discord: str  # the name of the member who began, as the page shows it
    client_id: str
    profile: SpotifyProfile
    tokens: Tokens
    code: str = field(repr=False)
    expires_at: datetime
    tries: int = TRIES


class Linking:
    """Links that are under way.

    Consents wait in memory, at most one a member: what nobody confirmed never reaches the disk or a backup.
    """

    def __init__(self, store: Store, vault: Vault, spotify: Spotify, clock: Callable[[], datetime]) -> None:
        self._store, self._vault, self._spotify, self._clock = store, vault, spotify, clock
        self._consents: dict[int, Consent] = {}

    async def begin(self, member: int, name: str, client_id: str, redirect_uri: str) -> str:
        """Return the address of the consent page; an earlier one of the member is void from now on.

        `name` is what Discord calls the member. Raises BadChoice when the client id cannot be one.
        """
        if not is_client_id(client_id):
            raise BadChoice("A client id has 32 characters, 0-9 and a-f: you find it in Spotify's developer dashboard.")
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        now = self._clock()
        async with self._store.writing() as tx:
            await members.ensure(tx, member, now)
            await members.open_link(
                tx,
                digest=_digest(state),
                member=member,
                name=name,
                client_id=client_id,
                verifier=self._vault.seal(member, VERIFIER, verifier.encode()),
                redirect_uri=redirect_uri,
                expires_at=now + GOOD_FOR,
            )
        return self._spotify.consent_url(client_id, redirect_uri, state, challenge(verifier))

    async def arrive(self, state: str, code: str | None) -> Consent:
        """Exchange what a browser came back with, and keep nothing yet.

        Raises LinkRefused for a state that is unknown, used or expired, or when consent was denied (`code` is None);
        NotOnAllowList when the app has no seat for the account.
        """
        begun = await self._take(state)
        try:
            return await self._exchange(begun, code)
        except SpotifyError as error:
            await self._tell(begun["member"], error)
            raise

    async def arrive_pasted(self, member: int, address: str) -> Consent:
        """The same with the address that the member pasted. Raises LinkRefused also when somebody else began it."""
        state, code = pasted(address)
        begun = await self._take(state)
        if begun["member"] != member:
            raise LinkRefused
        return await self._exchange(begun, code)

    def prove(self, member: int, typed: str) -> Consent:
        """Return the consent whose code the member typed. Raises WrongCode, and LinkRefused where there is none."""
        consent = self._waiting(member)
        if not hmac.compare_digest(_letters(typed).encode(), _letters(consent.code).encode()):
            consent.tries -= 1
            if not consent.tries:
                self.forget(member)
            raise WrongCode(consent.tries)
        return consent

    async def finish(self, member: int, code: str) -> Linked:
        """Keep the account that the member was shown; its first sync is due from then on.

        Raises LinkRefused where there is no such consent any more.
        """
        try:
            consent = self.prove(member, code)
        except WrongCode:
            raise LinkRefused(EARLIER) from None
        self.forget(member)
        sealed = seal_tokens(self._vault, member, consent.tokens)
        profile, now = consent.profile, self._clock()
        account = Account(member, consent.client_id, profile.user_key, profile.name, sealed, consented_at=now)
        async with self._store.reading() as tx:
            before = await members.account(tx, member)
        if before is not None and before.user_key != account.user_key:
            await delete_rows(self._store, member, personal_data.LARGE_FROM_SPOTIFY)
        async with self._store.writing() as tx:
            if await members.get(tx, member) is None:  # erased meanwhile
                raise LinkRefused
            await _keep(tx, account, now)
        self._spotify.know(profile)
        return Linked(member, profile.name)

    def forget(self, member: int) -> bool:
        """Drop a consent that the member has not confirmed; return whether there was one."""
        return self._consents.pop(member, None) is not None

    async def sweep(self) -> None:
        """Drop the links and consents that are too old, also when nobody comes back for them."""
        now = self._clock()
        for consent in [each for each in self._consents.values() if each.expires_at <= now]:
            self.forget(consent.member)
        async with self._store.writing() as tx:
            await members.sweep_links(tx, now)

    def _waiting(self, member: int) -> Consent:
        consent = self._consents.get(member)
        if consent is None or consent.expires_at <= self._clock():
            self.forget(member)
            raise LinkRefused(NOBODY_AGREED)
        return consent

    async def _take(self, state: str) -> dict[str, Any]:
        """Take out the link of this state: whoever comes second finds nothing. Raises LinkRefused.

        It is looked for before anything is written: what strangers make up holds up nobody's writes.
        """
        async with self._store.reading() as tx:
            if not await members.is_linking(tx, _digest(state)):
                raise LinkRefused
        async with self._store.writing() as tx:
            begun = await members.take_link(tx, _digest(state))
        if begun is None or begun["expires_at"] <= self._clock():
            raise LinkRefused
        return begun

    async def _exchange(self, begun: dict[str, Any], code: str | None) -> Consent:
        if code is None:
            raise LinkRefused(SAID_NO)
        member, client_id = begun["member"], begun["client_id"]
        verifier = self._vault.open(member, VERIFIER, begun["verifier"]).decode()
        tokens = await self._spotify.exchange(client_id, code, verifier, begun["redirect_uri"])
        profile = await self._spotify.profile(client_id, tokens)
        async with self._store.reading() as tx:
            if await members.get(tx, member) is None:  # erased meanwhile: nothing of them is held
                raise LinkRefused
        until = self._clock() + GOOD_FOR
        self._consents[member] = Consent(member, begun["name"], client_id, profile, tokens, _new_code(), until)
        return self._consents[member]

    async def _tell(self, member: int, error: SpotifyError) -> None:
        """The page in the browser says nothing of what went wrong; the member reads it in Discord."""
        async with self._store.writing() as tx:
            if await members.get(tx, member) is None:  # erased meanwhile
                return
            await notices.add(tx, member, "problem", {"text": error.for_asker(), "job": "link"}, self._clock())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _new_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def _letters(typed: str) -> str:
    """What counts of a code, however it was typed."""
    return "".join(filter(str.isalnum, typed)).upper()


async def _keep(tx: Tx, account: Account, now: datetime) -> None:
    """Keep the account; another one than before takes nothing over from it."""
    before = await members.account(tx, account.member)
    if before is not None and before.user_key != account.user_key:
        await personal_data.forget_spotify(tx, account.member)
    await members.save_account(tx, account)
    await members.change(tx, account.member, source="spotify", next_poll_at=now, polls=0)


def pasted(address: str) -> tuple[str, str | None]:
    """Return (state, code) of the address that a member pasted. Raises LinkRefused when it holds no state."""
    try:
        query = parse_qs(urlsplit(address.strip()).query)
    except ValueError:  # half an IPv6 address, say
        query = {}
    state, code = query.get("state", []), query.get("code", [])
    if len(state) != 1 or len(code) > 1:
        raise LinkRefused("That is not the address of the page you landed on: it has `state=` and `code=` in it.")
    return state[0], code[0] if code else None


async def app_of(store: Store, member: int) -> str:
    """Return the client id of the app by which the member is linked; empty where they are not."""
    async with store.reading() as tx:
        account = await members.account(tx, member)
    return account.client_id if account is not None else ""


async def check_linked(store: Store, member: int) -> None:
    """Raises BadChoice where no Spotify account is linked: a library from a file is not deleted by unlinking."""
    async with store.reading() as tx:
        if await members.account(tx, member) is None:
            raise BadChoice(NO_ACCOUNT)


async def unlink(store: Store, vault: Vault, models_dir: Path, member: int) -> bool:
    """Delete the tokens and everything that came from Spotify, at once; returns whether their bytes are gone too.

    The member's own answers stay, but the songs in them become unreadable: linked again, the same songs match again.
    Playlists stay as names: handed over again, they have their labels back. Models go; they are soon trained again.
    Cut short, `unlink_rest` goes on with it at the next start. Somebody who is linked anew meanwhile stays so.
    """
    async with store.writing() as tx:
        await members.change(tx, member, source=UNLINKING, next_poll_at=None)
        await members.delete_account(tx, member)
    async with store.reading() as tx:
        told = await answers.songs(tx, member)
    await _rename(store, member, await asyncio.to_thread(_sealed, vault, member, told))
    await delete_rows(store, member, personal_data.LARGE_FROM_SPOTIFY)
    async with store.writing() as tx:
        told = await answers.songs(tx, member)  # those said meanwhile
        if await members.account(tx, member) is None:
            await answers.rename_songs(tx, member, _sealed(vault, member, told))
            await personal_data.forget_spotify(tx, member)
            await sweep_models(tx, models_dir)
            await members.change(tx, member, source=None)
    await forget_unused(store)
    return await store.scrub()


async def unlink_rest(store: Store, vault: Vault, models_dir: Path) -> None:
    """Go on with unlinking that a stop or a crash cut short."""
    async with store.reading() as tx:
        begun = await members.with_source(tx, UNLINKING)
    for member in begun:
        await unlink(store, vault, models_dir, member)


async def _rename(store: Store, member: int, names: Mapping[str, str]) -> None:
    """Rename songs in the member's answers, a slice at a time: others write in between."""
    for piece in chunks(names):
        async with store.writing() as tx:
            await answers.rename_songs(tx, member, {song: names[song] for song in piece})


def _sealed(vault: Vault, member: int, songs: Iterable[str]) -> dict[str, str]:
    """Return sealed names for those of the songs that have none."""
    return {song: seal_song(vault, member, song) for song in songs if not song.startswith(SEALED_SONG)}


def seal_song(vault: Vault, member: int, song: str) -> str:
    """Return a name for the song that only this bot can recognise, and only for this member."""
    if song.startswith(SEALED_SONG):
        return song
    return SEALED_SONG + hmac.new(vault.derive(member, "song"), song.encode(), "sha256").hexdigest()


async def recognise(store: Store, vault: Vault, member: int) -> None:
    """Give sealed answers their songs back, as far as the library holds them again."""
    async with store.reading() as tx:
        sealed = {song for song in await answers.songs(tx, member) if song.startswith(SEALED_SONG)}
        held = list(await songs.liked(tx, member)) if sealed else []
    named = await asyncio.to_thread(_sealed, vault, member, held)
    await _rename(store, member, {name: song for song, name in named.items() if name in sealed})


def days_left(account: Account, now: datetime) -> int:
    """Return the whole days until the consent ends."""
    return max(0, (account.consented_at + CONSENT - now).days)

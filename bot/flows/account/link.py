"""Link: a member gives us access to their Spotify account, and takes it back.

`begin` makes the address of a consent page. Anybody may open it, so agreeing there doesn't link anything: `arrive`
exchanges the browser's code and issues a short code, shown only in that browser. The member who began types it into
Discord (`prove`), sees whose account it is, and confirms (`finish`) (promise P37). Any process can take each step.

The state is 256 random bits, single-use, valid for ten minutes and bound to the member. Only its hash is stored, so it
can't be guessed or read from a backup (promise P32).
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from bot.adapters.store import Store, Tx, personal_data
from bot.adapters.store.account import links, members, notices
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.adapters.store.sorting import answers
from bot.config import is_client_id
from bot.core.notices import NoticeKind
from bot.core.records import Account
from bot.errors import LinkRefused, VaultError, WrongCode
from bot.errors.account import (
    BadClientId,
    ConsentDenied,
    EarlierLink,
    NotALinkAddress,
    NothingToConfirm,
    NothingToUnlink,
)
from bot.errors.spotify import SpotifyError
from bot.errors.stored import dumped
from bot.flows.account.erase import clear_away, delete_rows, forget_unused
from bot.flows.account.sessions import digest
from bot.ports import Artefacts, Clock, Consents, Secrets, SpotifyProfile

GOOD_FOR = timedelta(minutes=10)  # for a link, and for the code on its page
CONSENT = timedelta(days=182)  # Spotify ends a consent after six months, even if refreshed (since 20 July 2026)
VERIFIER = "verifier"  # its purpose in the vault
CONSENT_BY = "consent "  # purpose in the vault, followed by the code: without it, not even our keys open a consent
SEALED_SONG = "sealed:"  # marks an answer whose song was made unreadable by unlinking
TRIES = 5  # to type the code
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without letters that look alike
CODE_LENGTH = 8  # characters of 30: five guesses succeed once in 130 thousand million links
UNLINKING = "unlinking"  # the library's source while its songs are being deleted


class Begun(NamedTuple):
    """A link that waits for consent: the address of the consent page, and the link's number."""

    url: str
    number: int


@dataclass(frozen=True, slots=True)
class Linked:
    member: int
    name: str


@dataclass(frozen=True, slots=True)
class Consent:
    """An account whose owner agreed, before the member has confirmed that it's theirs."""

    discord: str  # Discord name of the member who began, as shown on the page
    client_id: str
    profile: SpotifyProfile
    tokens: bytes = field(repr=False)  # sealed
    code: str = field(repr=False)


class Linking:
    """Links in progress.

    Consents wait in the database, at most one per member, encrypted with a key that their code is part of.
    """

    def __init__(self, store: Store, vault: Secrets, spotify: Consents, clock: Clock) -> None:
        self._store, self._vault, self._spotify, self._clock = store, vault, spotify, clock

    async def begin(self, member: int, name: str, client_id: str, redirect_uri: str) -> Begun:
        """Return a new link; it replaces an earlier one of the member.

        `name` is the member's Discord name. Raises BadClientId.
        """
        if not is_client_id(client_id):
            raise BadClientId
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        now = self._clock()
        async with self._store.writing() as tx:
            await members.ensure(tx, member, now)
            await links.begin(
                tx,
                digest=digest(state),
                member=member,
                name=name,
                client_id=client_id,
                verifier=self._vault.seal(member, VERIFIER, verifier.encode()),
                redirect_uri=redirect_uri,
                expires_at=now + GOOD_FOR,
            )
        return Begun(self._spotify.consent_url(client_id, redirect_uri, state, challenge(verifier)), number(state))

    async def arrive(self, state: str, code: str | None) -> Consent:
        """Exchange the browser's code for a consent, which waits for the code that its page shows.

        Raises LinkRefused if the state is unknown, used or expired, or consent was denied (`code` is None);
        NotOnAllowList if the app has no seat for the account.
        """
        begun = await self._take(state)
        try:
            return await self._exchange(begun, code)
        except SpotifyError as error:
            await self._tell(begun["member"], number(state), error)
            raise

    async def arrive_pasted(self, member: int, address: str) -> Consent:
        """Exchange a pasted address as `arrive` does. Also raises LinkRefused if somebody else began the link."""
        state, code = pasted(address)
        begun = await self._take(state)
        if begun["member"] != member:
            raise LinkRefused
        return await self._exchange(begun, code)

    async def prove(self, member: int, typed: str) -> Consent:
        """Return the consent whose code the member typed. Raises WrongCode, and NothingToConfirm if there is none."""
        return (await self._proved(member, typed))[0]

    async def _proved(self, member: int, typed: str) -> tuple[Consent, bytes]:
        """Return the consent whose code the member typed, and how it's stored; a wrong one costs a try."""
        async with self._store.writing() as tx:
            waiting = await links.consent(tx, member, self._clock())
            if waiting is None:
                raise NothingToConfirm
            consent, left = self._opened(member, typed, waiting["sealed"]), waiting["tries"] - 1
            if consent is None:
                await links.leave_tries(tx, member, left)
        if consent is None:
            raise WrongCode(left)
        return consent, waiting["sealed"]

    async def replaces(self, member: int, code: str) -> bool:
        """Whether `finish` would replace another account. Raises as `finish` does."""
        consent, _ = await self._confirmed(member, code)
        async with self._store.reading() as tx:
            return _was_another(await members.account(tx, member), consent.profile)

    async def _confirmed(self, member: int, code: str) -> tuple[Consent, bytes]:
        """Return what `_proved` does for a code that a button has."""
        try:
            return await self._proved(member, code)
        except WrongCode:
            raise EarlierLink from None

    async def finish(self, member: int, code: str) -> Linked:
        """Store the account that the member was shown; its first sync is due at once.

        Raises LinkRefused if the consent no longer exists.
        """
        consent, stored = await self._confirmed(member, code)
        profile, now = consent.profile, self._clock()
        account = Account(member, consent.client_id, profile.user_key, profile.name, consent.tokens, consented_at=now)
        async with self._store.reading() as tx:
            before = await members.account(tx, member)
        if _was_another(before, profile):
            await delete_rows(self._store, member, personal_data.LARGE_FROM_SPOTIFY)
        async with self._store.writing() as tx:
            if not await links.take_consent(tx, member, stored):  # used or erased meanwhile
                raise LinkRefused
            await _keep(tx, account, profile, now)
        self._spotify.know(profile)
        return Linked(member, profile.name)

    async def forget(self, member: int) -> bool:
        """Drop an unconfirmed consent; return whether there was one."""
        async with self._store.writing() as tx:
            return await links.drop(tx, member)

    async def sweep(self) -> None:
        """Drop expired links and consents."""
        async with self._store.writing() as tx:
            await links.sweep(tx, self._clock())

    async def _take(self, state: str) -> dict[str, Any]:
        """Remove and return this state's link, so it works only once. Raises LinkRefused.

        It's looked up before anything is written: made-up states never block real writes.
        """
        async with self._store.reading() as tx:
            if not await links.waits(tx, digest(state)):
                raise LinkRefused
        async with self._store.writing() as tx:
            begun = await links.take(tx, digest(state))
        if begun is None or begun["expires_at"] <= self._clock():
            raise LinkRefused
        return begun

    async def _exchange(self, begun: dict[str, Any], code: str | None) -> Consent:
        if code is None:
            raise ConsentDenied
        member, client_id = begun["member"], begun["client_id"]
        verifier = self._vault.open(member, VERIFIER, begun["verifier"]).decode()
        tokens = await self._spotify.exchange(client_id, code, verifier, begun["redirect_uri"])
        profile = await self._spotify.profile(client_id, tokens)
        consent = Consent(begun["name"], client_id, profile, self._spotify.sealed(member, tokens), _new_code())
        async with self._store.writing() as tx:
            if await members.get(tx, member) is None:  # erased meanwhile: nothing of them is held
                raise LinkRefused
            sealed, until = self._sealed(member, consent), self._clock() + GOOD_FOR
            await links.agree(tx, member=member, sealed=sealed, tries=TRIES, expires_at=until)
        return consent

    def _sealed(self, member: int, consent: Consent) -> bytes:
        """Encrypt a consent so that only its code opens it."""
        profile = consent.profile
        fields = [
            consent.discord,
            consent.client_id,
            profile.user_key,
            profile.name,
            profile.id,
            consent.tokens.decode(),
        ]
        return self._vault.seal(member, CONSENT_BY + _letters(consent.code), json.dumps(fields).encode())

    def _opened(self, member: int, typed: str, sealed: bytes) -> Consent | None:
        """Return the consent that this code opens, if it does."""
        code = _letters(typed)
        try:
            opened = self._vault.open(member, CONSENT_BY + code, sealed)
        except VaultError:
            return None
        discord, client_id, user_key, name, user_id, tokens = json.loads(opened)
        return Consent(discord, client_id, SpotifyProfile(user_key, name, user_id), tokens.encode(), code)

    async def _tell(self, member: int, link: int, error: SpotifyError) -> None:
        """Tell the member in Discord what went wrong; the browser page doesn't."""
        body = {"error": dumped(error), "job": "link", "about": link, "asked": True}
        async with self._store.writing() as tx:
            if await members.get(tx, member) is not None:  # not erased meanwhile
                await notices.add(tx, member, NoticeKind.PROBLEM, body, self._clock())


def number(state: str) -> int:
    """Return a number that tells a link from the member's others, so that its failure isn't shown at a newer one."""
    return int(digest(state)[:12], 16)


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _new_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def _letters(typed: str) -> str:
    """Return the significant characters of a typed code."""
    return "".join(filter(str.isalnum, typed)).upper()


async def _keep(tx: Tx, account: Account, profile: SpotifyProfile, now: datetime) -> None:
    """Store the account; a different account than before inherits nothing."""
    if _was_another(await members.account(tx, account.member), profile):
        await personal_data.forget_spotify(tx, account.member)
    await members.save_account(tx, account)
    await members.change(tx, account.member, source="spotify", next_poll_at=now, polls=0)


def _was_another(before: Account | None, profile: SpotifyProfile) -> bool:
    """Whether the account from before isn't this one, by either name: Spotify may have left out its account_id."""
    return before is not None and before.user_key not in (profile.user_key, profile.id)


def pasted(address: str) -> tuple[str, str | None]:
    """Return (state, code) from a pasted address. Raises NotALinkAddress."""
    try:
        query = parse_qs(urlsplit(address.strip()).query)
    except ValueError:  # for example, half an IPv6 address
        query = {}
    state, code = query.get("state", []), query.get("code", [])
    if len(state) != 1 or len(code) > 1:
        raise NotALinkAddress
    return state[0], code[0] if code else None


async def app_of(store: Store, member: int) -> str:
    """Return the client id of the app that links the member; empty if they aren't linked."""
    async with store.reading() as tx:
        account = await members.account(tx, member)
    return account.client_id if account is not None else ""


async def check_linked(store: Store, member: int) -> None:
    """Raise NothingToUnlink if no Spotify account is linked: unlinking doesn't delete a library from a file."""
    async with store.reading() as tx:
        if await members.account(tx, member) is None:
            raise NothingToUnlink


async def unlink(store: Store, vault: Secrets, files: Artefacts, member: int) -> bool:
    """Delete the tokens and everything from Spotify, at once; return whether their bytes are gone, too.

    The member's answers stay, but their songs become unreadable until the same songs are linked again. Playlists stay
    as names, and get their labels back when they're added again. Models are deleted, and soon retrained. If
    interrupted, `unlink_rest` continues at the next start. A member who has linked again in between stays linked.
    """
    async with store.writing() as tx:
        await members.change(tx, member, source=UNLINKING, next_poll_at=None)
        await members.delete_account(tx, member)
    async with store.reading() as tx:
        told = await answers.songs(tx, member)
    await _rename(store, member, await asyncio.to_thread(_sealed, vault, member, told))
    await delete_rows(store, member, personal_data.LARGE_FROM_SPOTIFY)
    async with store.writing() as tx:
        told = await answers.songs(tx, member)  # answers given in between
        if await members.account(tx, member) is None:
            await answers.rename_songs(tx, member, _sealed(vault, member, told))
            await personal_data.forget_spotify(tx, member)
            await members.change(tx, member, source=None)
    await forget_unused(store)
    return await clear_away(store, files)


async def unlink_rest(store: Store, vault: Secrets, files: Artefacts) -> None:
    """Continue unlinking that a stop or a crash interrupted."""
    async with store.reading() as tx:
        begun = await members.with_source(tx, UNLINKING)
    for member in begun:
        await unlink(store, vault, files, member)


async def _rename(store: Store, member: int, names: Mapping[str, str]) -> None:
    """Rename songs in the member's answers, in slices: others write in between."""
    for piece in chunks(names):
        async with store.writing() as tx:
            await answers.rename_songs(tx, member, {song: names[song] for song in piece})


def _sealed(vault: Secrets, member: int, songs: Iterable[str]) -> dict[str, str]:
    """Return sealed names for those of the songs that aren't sealed."""
    return {song: seal_song(vault, member, song) for song in songs if not song.startswith(SEALED_SONG)}


def seal_song(vault: Secrets, member: int, song: str) -> str:
    """Return a name for the song that only this bot can recognise, and only for this member."""
    if song.startswith(SEALED_SONG):
        return song
    return SEALED_SONG + hmac.new(vault.derive(member, "song"), song.encode(), "sha256").hexdigest()


async def recognise(store: Store, vault: Secrets, member: int) -> None:
    """Restore the songs in sealed answers, as far as the library holds them again."""
    async with store.reading() as tx:
        sealed = {song for song in await answers.songs(tx, member) if song.startswith(SEALED_SONG)}
        held = list(await songs.liked(tx, member)) if sealed else []
    named = await asyncio.to_thread(_sealed, vault, member, held)
    await _rename(store, member, {name: song for song, name in named.items() if name in sealed})


def days_left(account: Account, now: datetime) -> int:
    """Return the whole days until the consent ends."""
    return max(0, (account.consented_at + CONSENT - now).days)

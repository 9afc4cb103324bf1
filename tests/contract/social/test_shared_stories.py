"""Stories of a group's playlist: who joins, leaves, is removed, hides or is erased, and what they bring and vote."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from discord import ui
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from bot.adapters.store import Store, personal_data
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.social import shared_playlists as table
from bot.chat.layout import Page
from bot.chat.social.pages import groups as group_pages
from bot.chat.social.pages import shared_playlists as pages
from bot.core.records import Actor
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Shared
from bot.errors import BadChoice
from bot.errors.social import (
    HostsOnly,
    HostStays,
    NoSuchShared,
    NotInGroup,
    NotOnRecord,
    RemovedFromGroup,
    SongThere,
    VotedOut,
)
from bot.flows.feed.catalogue_index import key
from bot.flows.social.shared import groups, hosting
from bot.flows.social.shared import playlists as shared_playlists
from tests.contract.social.shared_stage import URIS, song
from tests.databases import new_store
from tests.machines import Machine, stories

ADA, BOB, CYD, EVA = PEOPLE = (11, 12, 13, 14)
SONGS = URIS[:7]  # votes can drop two of them: five always stay
WHO, WHAT = st.sampled_from(PEOPLE), st.sampled_from(SONGS)
DAYS = timedelta(days=2)  # between what they do, so that no limit of a day is reached


@dataclass
class OnRecord:
    """A song as the model knows it. votes: by member, whether to keep it."""

    by: int | None
    stands: bool
    votes: dict[int, bool]

    @property
    def keeps(self) -> int:
        return sum(self.votes.values())

    @property
    def drops(self) -> int:
        return len(self.votes) - self.keeps

    @property
    def voted_out(self) -> bool:
        return self.drops > self.keeps and self.drops >= rules.AT_LEAST


class Sharing(Machine):
    """`partners`: who's in the group; `out`: whom it's closed to, and who removed them; `hidden`; `record`: by song."""

    @initialize()
    def begin(self) -> None:
        self.store = new_store(self.folder / "shared.db")
        self.opened.push_async_callback(self.store.close)
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.shared = self.run(self._opened())
        self.host: int | None = ADA
        self.partners, self.hidden = {ADA}, set[int]()
        self.out: dict[int, int | None] = {}
        self.record: dict[str, OnRecord] = {}
        for person in PEOPLE:
            self.join(person)
        for at, what in enumerate(SONGS[:-1]):
            self.bring(PEOPLE[at % 2], what)

    async def _opened(self) -> Shared:
        async with self.store.writing() as tx:
            await songs.save(tx, map(song, SONGS), self.now)
        number = await shared_playlists.open_new(self.store, self.actor(ADA), "Kitchen")
        return (await shared_playlists.show(self.store, ADA, None, number)).shared

    @property
    def number(self) -> int:
        return self.shared.shared

    def actor(self, member: int) -> Actor:
        return Actor(member, None, self.now)

    def told(self, work, *refusals: tuple[bool, type[BadChoice]]) -> bool:
        """Return whether it's done; if not, it's refused for the first reason that applies."""
        self.now += DAYS
        refusal = next((refusal for applies, refusal in refusals if applies), None)
        if refusal is None:
            self.run(work())
        else:
            with pytest.raises(refusal):
                self.run(work())
        return refusal is None

    # Who's in it

    @rule(who=WHO)
    def join(self, who: int) -> None:
        def work():
            invited = shared_playlists.invitation(self.shared)
            return shared_playlists.join(self.store, who, self.number, invited, self.now)

        if self.told(work, (not self.partners, NoSuchShared), (who in self.out, RemovedFromGroup)):
            self.partners.add(who)

    @rule(who=WHO)
    def leave(self, who: int) -> None:
        def work():
            return shared_playlists.leave(self.store, self.actor(who), self.number)

        if self.told(work, (who not in self.partners, NoSuchShared), (who == self.host, HostStays)):
            self.partners.discard(who)

    @rule(by=WHO, who=WHO)
    def remove(self, by: int, who: int) -> None:
        refusals = [
            (by not in self.partners, NoSuchShared),
            (by != self.host, HostsOnly),
            (who == by, HostStays),
            (who not in self.partners, NotInGroup),
        ]
        if self.told(lambda: groups.remove(self.store, by, self.number, who, self.now), *refusals):
            self.partners.discard(who)
            self.out[who] = by

    @rule(by=WHO, who=WHO)
    def let_back_in(self, by: int, who: int) -> None:
        refusals = (by not in self.partners, NoSuchShared), (by != self.host, HostsOnly)
        if self.told(lambda: groups.let_back_in(self.store, by, self.number, who), *refusals):
            self.out.pop(who, None)

    @rule(who=WHO)
    def stop_hosting(self, who: int) -> None:
        if self.told(lambda: hosting.stop(self.store, who, self.number), (who != self.host, HostsOnly)):
            self.host = None

    @precondition(lambda self: self.host is None)
    @rule(who=WHO)
    def host_it(self, who: int) -> None:
        def work():
            return hosting.confirm(self.store, self.actor(who), self.number)

        if self.told(work, (who not in self.partners, NoSuchShared)):
            self.host = who

    @rule(who=WHO, hidden=st.booleans())
    def hide(self, who: int, hidden: bool) -> None:
        self.run(self._hide(who, hidden))
        (self.hidden.add if hidden else self.hidden.discard)(who)

    async def _hide(self, who: int, hidden: bool) -> None:
        async with self.store.writing() as tx:
            await members.ensure(tx, who, self.now)
            await members.change(tx, who, hidden=hidden)

    @rule(who=WHO)
    def erase(self, who: int) -> None:
        self.run(self._erase(who))
        self.partners.discard(who)
        self.hidden.discard(who)
        self.out = {member: None if by == who else by for member, by in self.out.items() if member != who}
        self.host = None if self.host == who else self.host
        for on_record in self.record.values():
            on_record.by = None if on_record.by == who else on_record.by
            on_record.votes.pop(who, None)

    async def _erase(self, who: int) -> None:
        async with self.store.writing() as tx:
            await personal_data.erase(tx, who)

    # What's in it

    @rule(who=WHO, what=WHAT)
    def bring(self, who: int, what: str) -> None:
        known = self.record.get(what)
        refusals = [
            (who not in self.partners, NoSuchShared),
            (known is not None and known.stands, SongThere),
            (known is not None and known.voted_out, VotedOut),
        ]
        if self.told(lambda: shared_playlists.add(self.store, self.actor(who), self.number, song(what)), *refusals):
            self.record[what] = OnRecord(who, True, known.votes if known else {})

    @precondition(lambda self: self.partners)
    @rule(data=st.data(), what=WHAT, keep=st.sampled_from([False, False, True]))
    def vote(self, data: st.DataObject, what: str, keep: bool) -> None:
        who = data.draw(st.sampled_from(sorted(self.partners)))

        def work():
            return shared_playlists.vote(self.store, self.actor(who), self.number, key(what), keep)

        known = self.record.get(what)
        if not self.told(work, (known is None, NotOnRecord)) or known is None or not (keep or known.stands):
            return
        kept_by_others = any(vote for member, vote in known.votes.items() if member != who)
        if not keep and known.by == who and not kept_by_others:
            known.stands = False
            return
        known.votes[who] = keep
        standing = sum(on_record.stands for on_record in self.record.values())
        if known.stands and known.voted_out and standing > rules.STAYING:
            known.stands = False
        elif not known.stands and known.keeps > known.drops:
            known.stands = True

    @rule()
    def restart(self) -> None:
        self.run(self.store.close())
        self.store = Store(self.store.url)
        self.opened.push_async_callback(self.store.close)

    @invariant()
    def the_group_sees_it_all_and_nobody_else_anything(self) -> None:
        for person in PEOPLE:
            if person in self.partners:
                self.run(self._shown(person))
            else:
                assert self.run(shared_playlists.lists(self.store, person, None)) == []
                for look in (self._shown(person), groups.show(self.store, person, self.number)):
                    with pytest.raises(NoSuchShared):
                        self.run(look)

    async def _shown(self, person: int) -> None:
        view = await shared_playlists.show(self.store, person, None, self.number)
        votes = {(vote.song, vote.member): vote.keep for vote in view.votes}
        assert {one.song: (one.brought_by, one.stands) for one in view.record} == {
            song: (known.by, known.stands) for song, known in self.record.items()
        }
        assert votes == {
            (song, member): keep for song, known in self.record.items() for member, keep in known.votes.items()
        }
        assert view.named == self.partners - self.hidden
        assert mentioned(lambda page: pages.show(view, person, self.now, page)) <= self.partners - self.hidden
        group = await groups.show(self.store, person, self.number)
        assert set(group.partners) == self.partners
        members_page = {*self.partners, *self.out, *self.out.values()} - self.hidden
        assert mentioned(lambda page: group_pages.page(group, person, page)) <= members_page

    @invariant()
    def a_group_that_everybody_left_is_gone(self) -> None:
        assert (self.run(self._kept()) is not None) == bool(self.partners)

    async def _kept(self) -> Shared | None:
        async with self.store.reading() as tx:
            return await table.get(tx, self.number)


def mentioned(show: Callable[[int], Page]) -> set[int]:
    """Return whom the pages mention."""
    texts = [item.content for at in (0, 1) for item in show(at).walk_children() if isinstance(item, ui.TextDisplay)]
    return {int(member) for text in texts for member in re.findall(r"<@(\d+)>", text)}


pytestmark = pytest.mark.slow
test_whoever_comes_and_goes_a_group_names_only_those_who_are_in_it = Sharing.TestCase
test_whoever_comes_and_goes_a_group_names_only_those_who_are_in_it.settings = stories(0.15, steps=30)

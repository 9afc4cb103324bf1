"""Presses that arrive twice, late, out of order or from somebody else, through the gateway (promises P14, P15)."""

import asyncio
import random
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from bot.chat.gateway.client import all_taps
from sandbox.discord import Exchange, Interaction, InteractionKind, Message, Person
from sandbox.discord.client.outcome import Outcome
from sandbox.discord.client.person import find_button
from sandbox.discord.model import Json
from tests.e2e.chat_stage import answer, asked_about, styled, with_file
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.trained_stage import Trained

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-a")]
LIBRARY = styled(12, seed=91)
FORGED = 150
AT_ONCE = 50  # forged presses
FORMS = {"named": "name", "listnamed": "name", "token": "name", "coded": "code", "pasted": "address", "erase": "word"}
FORMS |= {"freporting": "words"}  # each form's own field
ODD = ("", " \n\t", "\0", "\u202e", "\ufeff", "٣²", "☃\U0001f9ff", "<@&1> `@everyone`", "x" * 4_000, "http://[")
ODD += ("http://\0/callback?code=%zz&state=%", "?code=1&code=2&state=1", string.printable)
SELECTS = ("pick", "these", "upick", "out", "whyof", "version", "keep")
OF_THE_HOUR = {
    "spent",
    "turn",
    "app",
    "notice",
    "member",
    "account",
}  # tables that change while nobody presses


@dataclass(frozen=True)
class Press:
    """A press that Discord has accepted: the interaction, and the event to send to the bot, once or several times."""

    stack: CheckedStack
    made: Interaction
    event: Json

    @classmethod
    def of(cls, stack: CheckedStack, person: Person, card: Message, name: str) -> "Press":
        button = find_button(card, name)
        data = {"id": button.component_id, "component_type": 2, "custom_id": button.custom_id}
        number, token, now = stack.discord.ids.next(), secrets.token_urlsafe(48), stack.discord.now()
        kind = InteractionKind.COMPONENT
        made = Interaction(number, token, kind, person.user, card.channel, data, now, message=card)
        stack.discord.interactions[made.id] = made
        return cls(stack, made, stack.discord.payloads.interaction(made))

    def tell(self) -> None:
        self.stack.discord.sessions.dispatch("INTERACTION_CREATE", self.event)

    async def answered(self, times: int = 1) -> None:
        await self.stack.discord.wait_for(lambda: len(self._answers()) == times, PATIENCE)

    def _answers(self) -> list[Exchange]:
        return [call for call in self.stack.discord.log if f"/interactions/{self.made.id}/" in call.path]


async def test_p14_of_two_presses_out_of_order_the_newest_counts(stack: CheckedStack) -> None:
    person = await with_file(stack, "ana", "Late night", "Run", library=LIBRARY)
    card = await answer(person.command("label"))
    song = asked_about(card, LIBRARY).uri
    older, newer = (Press.of(stack, person, card, name) for name in ("Late night", "Run"))
    for press in (newer, older):
        press.tell()
        await press.answered()
    kept = stack.labels(person)
    assert [(song, chosen) for song, _, chosen in kept] == [
        (song, [stack.playlist(person, n)]) for n in ("Late night", "Run")
    ]
    assert "1 label" in (await answer(person.command("status"))).text()


async def test_p14_a_press_delivered_twice_is_one_label_and_no_error(stack: CheckedStack) -> None:
    person = await with_file(stack, "bix", "Late night", "Run", library=LIBRARY)
    card = await answer(person.command("label"))
    press = Press.of(stack, person, card, "Run")
    press.tell()
    press.tell()
    await press.answered(2)
    assert len(stack.labels(person)) == 1
    press.tell()  # late: the card already shows another song
    await press.answered(3)
    assert len(stack.labels(person)) == 1


async def test_a_cards_undo_delivered_twice_reverts_one_label(stack: CheckedStack) -> None:
    person = await with_file(stack, "cal", "Late night", "Run", library=LIBRARY)
    card = await answer(person.command("label"))
    for count in (1, 2):
        await person.click(card, "Run")
        await stack.until(lambda count=count: len(stack.labels(person)) == count)
    first, _ = stack.labels(person)
    await stack.tell_again(await person.click(card, "Undo"))
    assert stack.labels(person) == [first]


async def test_an_undo_delivered_twice_reverts_one_write(stack: CheckedStack, ada: Trained) -> None:
    receipt = await ada.apply(await ada.dry_run())
    applied = ada.contents()
    menu = (await answer(ada.person.click(receipt, "Not there"))).selects()[0]
    await ada.person.select(receipt, menu.custom_id, [menu.options[0].value])
    await stack.until(lambda: ada.contents() != applied)
    newest = "select state from write where member = ? order by write desc limit 1"
    await stack.until(lambda: stack.rows(newest, ada.person.user.id) == [("done",)])
    query = "select count(*) from write where member = ? and kind = 'undo'"
    ((before,),) = stack.rows(query, ada.person.user.id)
    outcome = await ada.person.command("undo")
    await stack.tell_again(outcome)
    assert stack.rows(query, ada.person.user.id) == [(before + 1,)]
    await outcome.until(lambda message: "Undone" in message.text(), PATIENCE)
    assert ada.contents() == applied
    await ada.undo(await answer(ada.person.click(receipt, "Back")))


def everything_of(stack: CheckedStack, member: int) -> dict[str, list[object]]:
    """A member's rows in every table that changes only when somebody acts."""
    tables = {name for (name,) in stack.rows("select name from sqlite_master where type = 'table'")} - OF_THE_HOUR
    owned = [name for name in tables if stack.rows("select 1 from pragma_table_info(?) where name = 'member'", name)]
    return {name: stack.rows(f'select * from "{name}" where member = ?', member) for name in owned}  # noqa: S608


def numbers(stack: CheckedStack, member: int) -> dict[str, str]:
    """The id of one thing of each kind that a button can carry, all owned by the member."""
    one = {
        "card": "select card from card where member = ? order by created_at desc",
        "write": 'select "write" from "write" where member = ? order by 1 desc',
        "layer": "select layer from layer where member = ?",
        "playlist": "select playlist from playlist where member = ?",
        "change": "select change from change where member = ? and action = 'add'",
        "model": "select model from model where member = ?",
    }
    return {name: str(stack.rows(query, member)[0][0]) for name, query in one.items()}


@pytest.mark.slow
async def test_p15_nobodys_buttons_work_for_somebody_else(stack: CheckedStack, ada: Trained) -> None:
    receipt = await ada.apply(await ada.dry_run())
    stranger = await with_file(stack, "cat", "Run", library=LIBRARY)
    theirs = numbers(stack, ada.person.user.id)
    before, contents = everything_of(stack, ada.person.user.id), ada.contents()
    ids = [
        f"ck1:{what}:{theirs[key]}:{theirs['playlist']}" for what in all_taps() for key in ("card", "write", "layer")
    ]
    choosing = [custom_id for custom_id in ids if custom_id.split(":")[1] in SELECTS]
    forged_ones: list[tuple[str, ...]] = [(custom_id,) for custom_id in ids]
    forged_ones += [(custom_id, theirs[value]) for custom_id in choosing for value in ("playlist", "change", "model")]
    try:
        presses = await pressed_in_turn(stack, stranger, forged_ones)
        assert everything_of(stack, ada.person.user.id) == before
        assert ada.contents() == contents
        shown = [message for press in presses for message in press.messages()]
        assert {message.visible_to for message in shown} == {stranger.user.id}
        assert not any(track.id in message.text() for message in shown for track in ada.library.tracks)
    finally:  # the tests that follow need songs to place
        await ada.undo(receipt)


async def pressed_in_turn(stack: CheckedStack, person: Person, presses: Sequence[tuple[str, ...]]) -> list[Any]:
    """Press some at a time, so that a busy machine answers each within Discord's time."""
    begun = list[Any]()
    for at in range(0, len(presses), AT_ONCE):
        some = [stack.begin_forged(person, *press) for press in presses[at : at + AT_ONCE]]
        await asyncio.gather(*(stack.acknowledged(press) for press in some))
        begun += some
    return begun


async def test_p15_forged_ids_are_answered_privately_and_write_nothing(stack: CheckedStack) -> None:
    person = await with_file(stack, "dot", "Run", library=LIBRARY)
    before, rng = everything_of(stack, person.user.id), random.Random(15)
    harmless = [what for what in all_taps() if what not in ("link", "unlink", "label", "train", "new", "paste", "code")]
    presses = [stack.begin_forged(person, forged(rng, harmless)) for _ in range(FORGED)]
    await asyncio.gather(*(stack.acknowledged(press) for press in presses))
    after = everything_of(stack, person.user.id)
    assert {name for name in before if before[name] != after[name]} <= {"link_state", "card"}


def forged(rng: random.Random, known: list[str]) -> str:
    letters = string.ascii_letters + string.digits + "-_:é☃\0 "
    what = rng.choice([*known, "nothing", "", "IN"])
    key = "".join(rng.choices(letters, k=rng.randrange(45))) if rng.random() < 0.5 else str(rng.randrange(2**64))
    return f"{rng.choice(['ck1', 'ck1', 'ck1', 'ck2', ''])}:{what}:{key}:{rng.randrange(10 ** rng.randrange(1, 25))}"[
        :100
    ]


async def test_p15_whatever_a_form_says_is_answered_in_words(stack: CheckedStack) -> None:
    person, keys = await with_file(stack, "fay", "Run", library=LIBRARY), ("days", "reason", *FORMS.values())
    for fields in [{}, *(dict.fromkeys(keys, text) for text in ODD)]:
        for made in [stack.begin_form(person, f"ck1:{what}", fields) for what in FORMS]:
            await stack.acknowledged(made)
            said = await Outcome(stack.discord, made).reply(PATIENCE)
            assert "Something went wrong" not in said.text(), made.data
            assert said.visible_to == person.user.id

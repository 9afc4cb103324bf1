"""Prior teachers: who may teach a prior, what they taught, whether it helped, and the file the bot reads.

Corpora are files of playlists that the operator may use, a table of DBpedia's artists and, on request, members of the
bot's database who opted in. Everything is read again each time, so members who left no longer teach.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.adapters.prior import NAME, Taught, to_bytes
from bot.adapters.store import Store
from bot.core.sorting.learning.prior import Prior
from bot.flows.account import prior_consent
from bot.ports import Artefacts
from training.evaluation.evaluate import run_all
from training.evaluation.measure import Measurement, compare
from training.evaluation.people import Person, corpora_without, draw_members
from training.evaluation.summary import gains
from training.model.from_database import database_in, models_in, store_in
from training.pretrain import Corpus, pretrain
from training.problems import InputProblem
from training.progress import bar

NOBODY = Person("", {}, {})
KS, NS, DRAWS = (3, 5), (1, 5), 3  # for a check: playlists per member, labels per playlist, members per size and person
MOST_CHECKED = 8  # people; each needs a prior of their own
SEED = 0

Gain = dict[str, Any]  # n, mean, members: [low, high], persons: [low, high]; in accuracy


@dataclass(frozen=True)
class Teachers:
    """Everyone who may teach; `members` are the ids of those in the bot's database."""

    people: Sequence[Person]
    members: frozenset[int] = frozenset()


def learn(people: Sequence[Person], others: Sequence[Corpus] = ()) -> Prior:
    """Return the prior that people and other corpora teach. Raises InputProblem if there's nothing to learn from."""
    prior = pretrain([*corpora_without(NOBODY, people), *others])
    if not prior.company.any():
        raise InputProblem("nothing to learn: no playlists of at least three songs share artists with others")
    return prior


def members_in(env: Mapping[str, str]) -> Teachers:
    """Return the members of the bot's database who opted in. Raises InputProblem if there's no database."""
    return asyncio.run(_members(database_in(env)))


async def _members(store: Store) -> Teachers:
    async with store:
        await store.migrate()
        async with store.reading() as tx:
            taught = await prior_consent.taught_playlists(tx)
    people = [Person(f"member:{each.member}", each.songs, each.playlists) for each in taught]
    return Teachers(people, frozenset(each.member for each in taught))


def publish(prior: Prior, members: frozenset[int], env: Mapping[str, str]) -> str:
    """Save the prior where the bot looks for it, and note in its database who taught it; return where it is."""
    files = models_in(env)
    asyncio.run(_publish(store_in(env), files, prior, members))
    return f"{files}/{NAME}"


async def _publish(store: Store, files: Artefacts, prior: Prior, members: frozenset[int]) -> None:
    """Write file and notes in one transaction, so that the one is never without the other."""
    content = to_bytes(Taught(prior, len(members)))
    async with store:
        if not store.exists:
            files.put(NAME, content)
            return
        await store.migrate()
        async with store.writing() as tx:
            await prior_consent.record_teachers(tx, prior.version, set(members))
            await asyncio.to_thread(files.put, NAME, content)


def check(people: Sequence[Person], jobs: int, others: Sequence[Corpus] = ()) -> list[Gain]:
    """Return how much accuracy others' playlists add for someone who isn't among them: one record per number of labels.

    Leaves out each person in turn, as in `evaluate`. Empty if nobody has enough playlists, or there's only one person.
    """
    drawn = ((person, _drawn(person)) for person in sorted(people, key=lambda person: person.name))
    tested = [(person, members) for person, members in drawn if members][:MOST_CHECKED]
    tasks = [task for person, members in bar(tested, "priors") for task in _tasks(person, members, people, others)]
    rows: list[Measurement] = [row for measured in bar(run_all(tasks, jobs), "fits", len(tasks)) for row in measured]
    return gains(rows)


def _drawn(person: Person) -> list[Any]:
    return [member for k in KS for member in draw_members(person, k, DRAWS, max(NS), SEED)]


def _tasks(
    person: Person, members: Sequence[Any], people: Sequence[Person], others: Sequence[Corpus]
) -> Iterator[Callable[[], Any]]:
    if corpora := [*corpora_without(person, people), *others]:
        prior = pretrain(corpora)
        yield from (partial(compare, member, prior, NS) for member in members)


def is_worse(gains: Iterable[Gain]) -> bool:
    """Whether the prior lowers accuracy by more than the random draw of members explains (95 %)."""
    return any(gain["members"][1] < 0 for gain in gains)

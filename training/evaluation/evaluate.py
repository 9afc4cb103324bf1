"""Evaluate: the benchmark. Simulates members from real people's playlists, on the path that serves.

For each person, the prior is trained again, without that person's playlists and others' near-duplicates of them.
Results depend only on files, protocol and seed, not on the number of processes.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

from bot.core.sorting.learning.prior import Prior
from training.evaluation.expectations import expectations
from training.evaluation.measure import measure
from training.evaluation.people import Person, SimulatedMember, corpora_without, draw_members, in_two
from training.evaluation.studies.asking import CHOSEN, PLAYLISTS, QUESTIONS, RANDOM, Curve, ask_member
from training.evaluation.studies.bulk import BULK_NS, Bulk, compare_bulk
from training.evaluation.studies.evidence import EVIDENCE_NS, Evidence, compare_evidence, weigh
from training.evaluation.studies.likes import LikedFolds, try_likes
from training.evaluation.summary import gains, summarise, summarise_asking
from training.pretrain import pretrain
from training.problems import InputProblem
from training.progress import bar

KS, NS = (3, 5, 10), (1, 2, 5, 10, 20)  # playlists per member; labels per playlist


@dataclass(frozen=True)
class Protocol:
    """What's drawn: `draws` members of each size from each person.

    asking_draws, bulk_draws, evidence_draws: how many of those with PLAYLISTS playlists also answer questions, answer
    in bulk, and label in every other way.
    """

    ks: tuple[int, ...] = KS
    ns: tuple[int, ...] = NS
    draws: int = 15
    asking_draws: int = 5
    bulk_draws: int = 5
    evidence_draws: int = 0
    questions: int = QUESTIONS
    seed: int = 0


@dataclass(frozen=True)
class Material:
    """Who is tested, whose playlists only teach, and likes without playlists. prior: given, instead of learned."""

    people: Sequence[Person]
    corpora: Sequence[Person] = ()
    likes: Sequence[LikedFolds] = ()
    prior: Prior | None = None


Task = Callable[[], Any]


def evaluate(material: Material, protocol: Protocol, jobs: int) -> dict[str, Any]:
    """Return all figures. Raises InputProblem if no member can be drawn."""
    drawn = {person.name: list(_members(person, protocol)) for person in material.people}
    if not any(drawn.values()):
        raise InputProblem("no member can be drawn: too few playlists of 30 to 1,500 songs in any of the files")
    priors = {person.name: prior_for(person, material) for person in bar(_tested(material), "priors")}
    tasks: list[Task] = [task for name, members in drawn.items() for task in _tasks(members, priors[name], protocol)]
    tasks += [partial(try_likes, like, priors[like.name], protocol.seed) for like in material.likes]
    outcomes = list(bar(run_all(tasks, jobs), "fits", len(tasks)))
    rows = [row for outcome in outcomes if isinstance(outcome, list) for row in outcome]
    bulk = [row for outcome in outcomes if isinstance(outcome, Bulk) for row in outcome.rows]
    evidence = [row for outcome in outcomes if isinstance(outcome, Evidence) for row in outcome.rows]
    curves = [outcome for outcome in outcomes if isinstance(outcome, Curve)]
    liked = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    return {
        "protocol": asdict(protocol),
        "drawn": {name: Counter(str(member.k) for member in members) for name, members in drawn.items()},
        "in_two": {person.name: round(in_two(person), 4) for person in material.people},
        "figures": summarise(rows),
        "gains": gains(rows),
        "expectations": expectations(rows),
        "asking": summarise_asking(curves),
        "bulk": summarise(bulk),
        "evidence": weigh(evidence),
        "likes": {like.name: figures for like, figures in zip(material.likes, liked, strict=True)},
    }


def _members(person: Person, protocol: Protocol) -> Iterator[SimulatedMember]:
    for k in protocol.ks:
        yield from draw_members(person, k, protocol.draws, max(protocol.ns), protocol.seed)


def _tested(material: Material) -> list[Person]:
    return [*material.people, *(likes.person for likes in material.likes)]


def prior_for(person: Person, material: Material) -> Prior | None:
    """Return the given prior, or the one taught by everybody else; None if there's nobody else."""
    if material.prior is not None:
        return material.prior
    corpora = corpora_without(person, [*material.people, *material.corpora])
    return pretrain(corpora) if corpora else None


def _tasks(members: Sequence[SimulatedMember], prior: Prior | None, protocol: Protocol) -> Iterator[Task]:
    yield from (partial(measure, member, prior, protocol.ns) for member in members)
    of_size = [member for member in members if member.k == PLAYLISTS]
    for way in (CHOSEN, RANDOM):
        for member in of_size[: protocol.asking_draws]:
            yield partial(ask_member, member, prior, way, protocol.questions, protocol.seed)
    yield from (partial(compare_bulk, member, prior, BULK_NS) for member in of_size[: protocol.bulk_draws])
    for member in of_size[: protocol.evidence_draws]:
        yield partial(compare_evidence, member, prior, EVIDENCE_NS, protocol.seed)


def run_all(tasks: Sequence[Task], jobs: int) -> Iterator[Any]:
    """Yield each task's result, in order, using that many processes."""
    if jobs == 1:
        yield from (_run(task) for task in tasks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:  # fresh interpreters: one BLAS thread
        yield from pool.map(_run, tasks)


def _run(task: Task) -> Any:
    return task()

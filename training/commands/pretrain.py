"""`pretrain` and `convert-dbpedia`: a prior, saved where the bot or `fit` reads it, and a table to learn it from."""

import argparse
import time
from collections.abc import Sequence

from bot.adapters.prior import Taught, to_bytes
from bot.core.sorting.learning.prior import Prior
from bot.disk import write_whole
from training import prior_teachers
from training.dbpedia import corpus_of, read_dumps, read_table, write_table
from training.evaluation.people import Person, read_person, refuse_twice
from training.files import make_ready
from training.pretrain import Corpus
from training.problems import KEPT, PUBLISHED, InputProblem
from training.progress import bar


def pretrain_command(options: argparse.Namespace) -> int:
    """Learn a prior from playlists, and save it where the bot or `fit` reads it; with --check, unless it does harm."""
    began = time.monotonic()
    make_ready(None, options.out)
    taught_by = prior_teachers.members_in(options.env) if options.members else prior_teachers.Teachers([])
    people = [*(read_person(path) for path in bar(options.data, "files")), *taught_by.people]
    refuse_twice(person.name for person in people)
    others = [corpus_of(read_table(options.dbpedia))] if options.dbpedia else []
    if not people and not others:
        raise InputProblem("nobody to learn from: give files of playlists, or --members who switched it on")
    prior = prior_teachers.learn(people, others)
    _say_learned(people, others, prior, time.monotonic() - began)
    if options.check and not _helps(people, options.jobs, others):
        return KEPT
    print(f"prior {prior.version}: {_put(prior, taught_by.members, options)}")
    return PUBLISHED


def convert_dbpedia_command(options: argparse.Namespace) -> int:
    """Make a table of artists from DBpedia's files of triples."""
    make_ready(None, options.out)
    artists = read_dumps(bar(options.dumps, "files"))
    write_table(options.out, artists)
    linked = sum(bool(about.associated) for about in artists)
    print(f"{len(artists)} artists, {linked} with associated acts: {options.out}")
    return PUBLISHED


def _put(prior: Prior, members: frozenset[int], options: argparse.Namespace) -> str:
    if options.out is None:
        return prior_teachers.publish(prior, members, options.env)
    write_whole(options.out, to_bytes(Taught(prior, len(members))))
    return str(options.out)


def _say_learned(people: Sequence[Person], others: Sequence[Corpus], prior: Prior, seconds: float) -> None:
    lists = sum(len(person.playlists) for person in people)
    sources = [f"{len(people)} people, {lists} playlists"] if people else []
    sources += [f"{len(corpus.songs)} artists of DBpedia" for corpus in others]
    counts = f"{', '.join(sources)}, {len(prior.keys)} artists, {len(prior.words)} words"
    print(f"{counts}, {seconds:.0f} s. To measure whether it helps: --check")


def _helps(people: Sequence[Person], jobs: int, others: Sequence[Corpus]) -> bool:
    """Print the check's result; return whether the prior may be used."""
    gains = prior_teachers.check(people, jobs, others)
    if not gains:
        print("not checked: that needs two people, one with at least three playlists of 30 songs")
    for gain in gains:
        low, high = (f"{100 * bound:+.1f}" for bound in gain["members"])
        print(
            f"checked: {100 * gain['mean']:+.1f} points of accuracy at {gain['n']} labels a playlist ({low} to {high})"
        )
    if worse := prior_teachers.is_worse(gains):
        print("kept the previous one: this prior does harm")
    return not worse

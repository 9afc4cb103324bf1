"""Table: how each promise is broken on purpose, and where the promise's tests are, the fastest first."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Edit:
    """A text that occurs once in a file of the project, and what replaces it."""

    file: str
    text: str
    instead: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A way to break a promise. tests: files or folders below `tests`."""

    promise: int
    broken: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]

    def is_meant_by(self, word: str) -> bool:
        return word.casefold() in (f"p{self.promise}", f"p{self.promise:02d}") or word in self.broken


def occurrences(project: Path, edit: Edit) -> int:
    return (project / edit.file).read_text().count(edit.text)


def mutant(promise: int, broken: str, tests: str, file: str, text: str, instead: str, *more: Edit) -> Mutant:
    """Return a mutant of one file, or of `more`. tests: separated by spaces."""
    return Mutant(promise, broken, tuple(tests.split()), (Edit(file, text, instead), *more))


CONVERGE = "bot/flows/sorting/writing/converge.py"
JOURNAL = "bot/core/sorting/journal.py"
SORT = "bot/flows/sorting/writing/sort.py"
WRITES = "bot/adapters/store/sorting/writes.py"
LABEL = "bot/chat/sorting/label.py"
SENDER = "bot/adapters/spotify/sender.py"
CLIENT = "bot/adapters/spotify/client.py"
ENGINE = "bot/adapters/store/engine.py"
JOBS = "bot/adapters/jobs.py"
UPKEEP = "bot/upkeep.py"
ERASE = "bot/adapters/store/personal_data.py"

MUTANTS = (
    # Playlists
    mutant(
        1,
        "batches are sent without being journalled",
        "crash/sorting/test_sort.py",
        CONVERGE,
        "        await self._note(sent)\n        try:",
        "        try:",
    ),
    mutant(
        1,
        "a write counts as done before it's carried out",
        "crash/sorting/test_sort.py",
        SORT,
        "    listed = await _listed(music, order)\n",
        "    async with store.writing() as tx:\n"
        "        await writes.set_state(tx, write, WriteState.DONE, applied_at=now)\n"
        "    listed = await _listed(music, order)\n",
    ),
    mutant(
        1,
        "lines count as written before they're sent",
        "crash/sorting/test_sort.py",
        CONVERGE,
        "replace(line, state=LineState.ATTEMPTED, sends=line.sends + 1, sent_at=self._clock(), problem=None)",
        "replace(line, state=LineState.WRITTEN, sends=line.sends + 1, sent_at=self._clock(), problem=None)",
    ),
    mutant(
        1,
        "confirmed writes without a job aren't resumed",
        "e2e/sorting/test_sort.py",
        UPKEEP,
        '            "writes": self._resume_writes,\n',
        "",
    ),
    mutant(
        2,
        "an add with an unknown result is repeated at once",
        "contract/spotify/writing/test_writes.py contract/spotify/test_spotify_adapter.py crash/sorting/test_sort.py",
        JOURNAL,
        "            return line.sent_at + (SETTLE if unchanged else 2 * SETTLE)",
        "            return None",
    ),
    mutant(
        2,
        "songs that are there already are added again",
        "contract/spotify/writing/test_writes.py unit/sorting/test_plan.py",
        "bot/core/sorting/plan.py",
        "for song, position in add if song not in present}",
        "for song, position in add}",
    ),
    mutant(
        2,
        "a request that was answered 5xx is repeated by the sender",
        "contract/spotify/writing/test_writes.py contract/spotify/test_spotify_adapter.py crash/sorting/test_sort.py",
        SENDER,
        "            self._outage.failed(self._steady())\n            raise SpotifyDown(str(refusal)) from None",
        "            return await self._in_thread(send)",
    ),
    mutant(
        3,
        "a line is sent again without end",
        "contract/spotify/writing/test_manual_edits.py",
        JOURNAL,
        "case LineState.ATTEMPTED if line.sends == TRIES or line.sends > MOST_SENDS:",
        "case LineState.ATTEMPTED if False:",
    ),
    mutant(
        3,
        "no word about a playlist that keeps changing",
        "contract/spotify/writing/test_manual_edits.py",
        JOURNAL,
        "return replace(line, state=LineState.REFUSED, problem=Refused.UNANSWERED)",
        "return replace(line, state=LineState.WRITTEN)",
    ),
    mutant(
        3,
        "songs removed during a write are put back",
        "contract/spotify/writing/test_manual_edits.py",
        JOURNAL,
        "return replace(line, state=LineState.REFUSED, problem=Refused.CHANGED)",
        "return replace(line, state=LineState.WANTED)",
    ),
    mutant(
        4,
        "the store takes all songs of a playlist to be ours",
        "contract/spotify/writing/test_manual_edits.py contract/spotify/writing/test_history.py",
        WRITES,
        "    return frozenset(await _put_in(tx, playlist))\n",
        "    from bot.adapters.store.sorting.playlists import items\n\n"
        "    return frozenset(item.song for item in await items(tx, playlist) if item.song)\n",
    ),
    mutant(
        4,
        "the plan removes songs that aren't ours",
        "unit/sorting/test_plan.py",
        "bot/core/sorting/plan.py",
        "gone = frozenset(remove) & ours & present",
        "gone = frozenset(remove) & present",
    ),
    mutant(
        5,
        "songs are written fifty at a time",
        "contract/spotify/writing/test_requests.py",
        "bot/core/sorting/plan.py",
        "BATCH = 100 ",
        "BATCH = 50 ",
    ),
    # Spotify
    mutant(
        6,
        "the cooldown isn't in the database",
        "contract/spotify/test_spotify_waiting.py",
        SENDER,
        "            await limits.cool_down(tx, client_id, until, refusal.reason or str(refusal.status))\n",
        "",
    ),
    mutant(
        7,
        "an outage has no back-off",
        "contract/spotify/test_spotify_waiting.py",
        "bot/adapters/spotify/pace.py",
        "2 ** min(self._failures, 30)",
        "1",
    ),
    mutant(
        8,
        "no warning before a consent ends",
        "contract/upkeep/test_upkeep.py",
        UPKEEP,
        '            "consents": partial(notify.warn_of_consent, store),\n',
        "",
    ),
    mutant(
        8,
        "a warning comes once only",
        "contract/upkeep/test_upkeep.py",
        "bot/flows/account/notify.py",
        "account.warned_days not in (due[-1], ENDED)",
        "account.warned_days is None",
    ),
    mutant(
        9,
        "a member's requests refresh the token at the same time",
        "contract/spotify/test_spotify_tokens.py",
        CLIENT,
        "        async with line.lock:\n",
        "        if True:\n",
    ),
    mutant(
        10,
        "a reply without a refresh token loses the old one",
        "contract/spotify/test_spotify_tokens.py",
        "bot/adapters/spotify/oauth.py",
        "refresh = refresh or (before.refresh if before else None)",
        'refresh = refresh or ""',
    ),
    # Discord
    mutant(
        13,
        "a tap is acknowledged before it's committed",
        "crash/sorting/test_label.py",
        LABEL,
        '    """Keep the answer, then turn the message into the next card."""\n',
        "    await reply.pause(context.interaction)\n",
    ),
    mutant(
        13,
        "a tap inside an update is acknowledged before it's committed",
        "e2e/sorting/test_watch.py",
        LABEL,
        '    """Keep the answer, then show the update again with it."""\n',
        "    await reply.pause(context.interaction)\n",
    ),
    mutant(
        13,
        "commits aren't synced to the disk",
        "contract/test_store.py",
        ENGINE,
        '"synchronous = FULL"',
        '"synchronous = OFF"',
    ),
    mutant(
        14,
        "the newest answer is the one that arrived last",
        "unit/chat/test_presses.py e2e/discord/test_presses.py",
        "bot/core/sorting/labels.py",
        "for answer in sorted(answers, key=lambda given: given.event):",
        "for answer in answers:",
        Edit(
            "bot/adapters/store/sorting/answers.py",
            "async for row in in_turns(await tx.execute(query.order_by(ANSWER.c.event)))]",
            "async for row in in_turns(await tx.execute(query.order_by(ANSWER.c.answer)))]",
        ),
    ),
    mutant(
        14,
        "an answer that arrives twice counts twice",
        "unit/chat/test_presses.py e2e/discord/test_presses.py",
        "bot/adapters/store/sorting/answers.py",
        "if (answer.song, answer.event) not in before",
        "if True",
        Edit("bot/flows/once.py", "            noted.set_result(number in new)", "            noted.set_result(True)"),
    ),
    mutant(
        14,
        "presses are ordered by when they arrive",
        "e2e/discord/test_presses.py",
        LABEL,
        "said = Press(kind, chosen, context.interaction.id)",
        'said = Press(kind, chosen, __import__("time").time_ns())',
    ),
    mutant(
        15,
        "anybody may press a card's buttons",
        "unit/chat/test_presses.py",
        "bot/flows/sorting/label.py",
        "    if kept.member != member:",
        "    if False:",
    ),
    mutant(
        18,
        "a malformed event ends the connection, and the process stays",
        "e2e/discord/test_malformed.py",
        "bot/chat/events.py",
        "            parsers[name] = partial(_act, client, name, parse)",
        "            pass",
        Edit(
            "bot/app.py",
            "await asyncio.wait({ticking, refreshing, chatting, stopping}, ",
            "await asyncio.wait({ticking, refreshing, stopping}, ",
        ),
    ),
    # The store
    mutant(
        22,
        "coroutines share a connection",
        "contract/test_store.py",
        ENGINE,
        "pool_size=5, max_overflow=10, hide_parameters=True",
        'poolclass=__import__("sqlalchemy").StaticPool, hide_parameters=True',
    ),
    mutant(
        23,
        "a newer schema isn't refused",
        "contract/test_store.py",
        ENGINE,
        "    if revision and revision not in known:\n        raise NewerSchema\n",
        "    if revision not in known:\n        return\n",
    ),
    mutant(
        23,
        "a half-made migration counts as made",
        "crash/test_migrations.py",
        "bot/adapters/store/migrations/env.py",
        "    transaction_per_migration=True,",
        "    transaction_per_migration=False, transactional_ddl=False,",
    ),
    # Jobs
    mutant(
        26,
        "jobs of one member overlap",
        "crash/test_jobs.py",
        JOBS,
        "partition_concurrency=1",
        "partition_concurrency=4",
    ),
    mutant(
        26,
        "jobs of a killed process aren't resumed",
        "crash/test_stop.py",
        JOBS,
        '"executor_id": "bot"',
        '"executor_id": f"bot-{secrets.token_hex(4)}"',
        Edit(UPKEEP, '            "jobs": self._take_up_jobs,\n', ""),
    ),
    mutant(
        27,
        "jobs have no grace bound at a stop",
        "crash/test_stop.py",
        JOBS,
        "workflow_completion_timeout_sec=grace",
        "workflow_completion_timeout_sec=3600",
    ),
    # Models
    mutant(
        28,
        "a model's hash isn't checked",
        "unit/training/test_scorer.py",
        "bot/adapters/scorer.py",
        "    if hashlib.sha256(content).hexdigest() != digest:",
        "    if False:",
    ),
    mutant(
        28,
        "a damaged model isn't learned again",
        "e2e/process/test_start.py",
        UPKEEP,
        '            "models": self._retrain_lost,\n',
        "",
    ),
    mutant(
        30,
        "arrays may be pickled",
        "unit/test_architecture.py unit/sorting/test_prior.py",
        "bot/adapters/prior.py",
        "npy.read_array(io.BytesIO(stream.read()), allow_pickle=False)",
        "npy.read_array(io.BytesIO(stream.read()), allow_pickle=True)",
    ),
    # Privacy
    mutant(
        34,
        "a renewed token is logged",
        "contract/spotify/test_secrets.py e2e/account/test_secrets.py",
        CLIENT,
        "            fresh = oauth.tokens(await self._grant(account.client_id, form), now, tokens)\n",
        "            fresh = oauth.tokens(await self._grant(account.client_id, form), now, tokens)\n"
        '            __import__("logging").getLogger("bot").info("renewed: %s", fresh.access)\n',
    ),
    mutant(
        35,
        "erasing leaves out a table",
        "contract/test_store.py crash/account/test_erase.py",
        ERASE,
        "        if table is not schema.erasure:\n",
        "        if table not in (schema.erasure, schema.profile):\n",
    ),
    mutant(
        35,
        "erasing doesn't rewrite the file",
        "contract/test_store.py crash/account/test_erase.py",
        ENGINE,
        '_outside_transactions("VACUUM", EMPTY_LOG)',
        "_outside_transactions(EMPTY_LOG)",
    ),
    mutant(
        35,
        "the store leaves deleted bytes",
        "contract/test_store.py crash/account/test_erase.py",
        ENGINE,
        '        "secure_delete = ON",\n',
        "",
    ),
    mutant(
        35,
        "the queue leaves deleted bytes",
        "contract/test_store.py crash/account/test_erase.py",
        JOBS,
        '"secure_delete = ON", ',
        "",
    ),
)

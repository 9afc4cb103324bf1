"""Mutants of the promises about playlists (P1 to P5, P41, P43)."""

from tests.mutants.mutant import mutant

PLAYLISTS = (
    mutant(
        1,
        "batches are sent without being journalled",
        "crash/sorting/test_sort.py",
        "bot/flows/sorting/writing/converge.py",
        "        await self._note(sent, beginning=True)\n        try:",
        "        try:",
    ),
    mutant(
        1,
        "a write counts as done before it's carried out",
        "crash/sorting/test_sort.py",
        "bot/flows/sorting/writing/sort.py",
        "    listed = await _listed(music, order)\n",
        "    async with store.writing() as tx:\n"
        "        await writes.set_state(tx, write, WriteState.DONE, applied_at=now)\n"
        "    listed = await _listed(music, order)\n",
    ),
    mutant(
        1,
        "lines count as written before they're sent",
        "crash/sorting/test_sort.py",
        "bot/flows/sorting/writing/converge.py",
        "replace(line, state=LineState.ATTEMPTED, sends=line.sends + 1, sent_at=self._clock(), problem=None)",
        "replace(line, state=LineState.WRITTEN, sends=line.sends + 1, sent_at=self._clock(), problem=None)",
    ),
    mutant(
        1,
        "confirmed writes without a job aren't resumed",
        "e2e/sorting/test_sort.py",
        "bot/upkeep.py",
        '            "writes": self._resume_writes,\n',
        "",
    ),
    mutant(
        2,
        "an add with an unknown result is repeated at once",
        "contract/spotify/writing/test_writes.py contract/spotify/test_spotify_adapter.py crash/sorting/test_sort.py",
        "bot/core/sorting/writing/journal.py",
        "            return line.sent_at + (SETTLE if unchanged else 2 * SETTLE)",
        "            return None",
    ),
    mutant(
        2,
        "songs that are there already are added again",
        "unit/sorting/test_plan.py",
        "bot/core/sorting/writing/plan.py",
        "for song, position in add if song not in present}",
        "for song, position in add}",
    ),
    mutant(
        2,
        "a request that was answered 5xx is repeated by the sender",
        "contract/spotify/writing/test_writes.py contract/spotify/test_spotify_adapter.py crash/sorting/test_sort.py",
        "bot/adapters/spotify/sender.py",
        "            self._outage.failed(self._steady())\n            raise SpotifyDown(str(refusal)) from None",
        "            return await self._in_thread(send)",
    ),
    mutant(
        2,
        "a playlist that may have been made is requested again",
        "contract/spotify/writing/test_create.py",
        "bot/flows/sorting/writing/create.py",
        "    if making.asked_at is not None:\n",
        "    if False:\n",
    ),
    mutant(
        3,
        "a line is sent again without end",
        "contract/spotify/writing/test_manual_edits.py",
        "bot/core/sorting/writing/journal.py",
        "case LineState.ATTEMPTED if line.sends == TRIES or line.sends > MOST_SENDS:",
        "case LineState.ATTEMPTED if False:",
    ),
    mutant(
        3,
        "no word about a playlist that keeps changing",
        "contract/spotify/writing/test_manual_edits.py",
        "bot/core/sorting/writing/journal.py",
        "return replace(line, state=LineState.REFUSED, problem=Refused.UNANSWERED)",
        "return replace(line, state=LineState.WRITTEN)",
    ),
    mutant(
        3,
        "songs removed during a write are put back",
        "contract/spotify/writing/test_manual_edits.py",
        "bot/core/sorting/writing/journal.py",
        "return replace(line, state=LineState.REFUSED, problem=Refused.CHANGED)",
        "return replace(line, state=LineState.WANTED)",
    ),
    mutant(
        4,
        "the store takes all songs of a playlist to be ours",
        "contract/spotify/writing/test_manual_edits.py contract/spotify/writing/test_history.py",
        "bot/adapters/store/sorting/writes.py",
        "    return frozenset(await _put_in(tx, playlist))\n",
        "    from bot.adapters.store.sorting.playlists import items\n"
        "\n"
        "    return frozenset(item.song for item in await items(tx, playlist) if item.song)\n",
    ),
    mutant(
        4,
        "the plan removes songs that aren't ours",
        "unit/sorting/test_plan.py",
        "bot/core/sorting/writing/plan.py",
        "gone = frozenset(remove) & ours & present",
        "gone = frozenset(remove) & present",
    ),
    mutant(
        5,
        "songs are written fifty at a time",
        "contract/spotify/writing/test_requests.py",
        "bot/core/sorting/writing/plan.py",
        "BATCH = 100 ",
        "BATCH = 50 ",
    ),
    mutant(
        41,
        "a large loss is believed at once",
        "contract/library/test_short_answers.py",
        "bot/flows/library/likes.py",
        "and library.account.doubted_at is None:",
        "and False:",
    ),
    mutant(
        43,
        "a write is called done before it's read back",
        "contract/spotify/writing/test_undo.py",
        "bot/flows/sorting/writing/sort.py",
        "        raise Unsettled(min(later))\n",
        "        async with store.writing() as tx:\n"
        "            await writes.set_state(tx, write, WriteState.DONE, applied_at=now)\n"
        "        raise Unsettled(min(later))\n",
    ),
    mutant(
        43,
        "a shared playlist is called written before it's read back",
        "contract/social/test_publish.py",
        "bot/flows/social/shared/publish.py",
        "        if again is None and tell:\n",
        "        if tell:\n",
    ),
)

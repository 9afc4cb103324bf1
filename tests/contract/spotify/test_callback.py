"""The link flow behind the callback, over real HTTP: a state works for one member, for ten minutes, once."""

import asyncio
import random
import string
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from bot.errors import LinkRefused
from sandbox.spotify.accounts.tokens import s256
from tests.contract.spotify.site import Site, back
from tests.contract.spotify.stage import BACK, IDA, MARA, OLE, TOKEN, Stage, agree, returned

FUZZED = 10_000
AT_ONCE, PIPELINED = 4, 25  # connections, and pipelined requests on each


async def test_p32_consent_uses_pkce_s256_and_a_256_bit_state(stage: Stage) -> None:
    query = parse_qs(urlsplit(await stage.begin(MARA)).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [BACK]
    assert query["show_dialog"] == ["true"]
    assert len(query["state"][0]) == len(query["code_challenge"][0]) == 43
    async with stage.store.reading() as tx:
        (row,) = (await tx.exec_driver_sql("SELECT digest, verifier FROM link_state")).all()
    assert query["state"][0] not in row.digest
    verifier = stage.vault.open(MARA, "verifier", row.verifier).decode()
    assert s256(verifier) == query["code_challenge"][0]


async def test_p32_a_state_works_once(stage: Stage, linking: Site) -> None:
    path = back(await agree(await stage.begin(MARA), "mara"))
    assert (await linking.get(path))[0] == 200
    assert (await linking.get(path))[0] == 400
    assert len(stage.asked(TOKEN)) == 1


async def test_p32_of_two_concurrent_returns_one_is_accepted(stage: Stage, linking: Site) -> None:
    path = back(await agree(await stage.begin(MARA), "mara"))
    answers = await asyncio.gather(*(linking.get(path) for _ in range(10)))
    assert sorted(answer[0] for answer in answers) == [200] + [400] * 9
    assert len(stage.asked(TOKEN)) == 1


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (600, 400)])
async def test_p32_a_state_lasts_ten_minutes(stage: Stage, linking: Site, seconds: int, status: int) -> None:
    path = back(await agree(await stage.begin(MARA), "mara"))
    stage.clock.pass_by(seconds=seconds)
    assert (await linking.get(path))[0] == status
    assert len(stage.asked(TOKEN)) == (status == 200)


async def test_p32_a_state_belongs_to_the_member_who_started(stage: Stage) -> None:
    landing = await agree(await stage.begin(MARA), "mara")
    with pytest.raises(LinkRefused):
        await stage.linking.arrive_pasted(IDA, landing)
    assert stage.asked(TOKEN) == []
    assert await stage.account(IDA) is None


async def test_p32_cancelled_consent_exchanges_nothing(stage: Stage, linking: Site) -> None:
    state = parse_qs(urlsplit(await stage.begin(MARA)).query)["state"][0]
    assert (await linking.get(f"/callback?error=access_denied&state={state}"))[0] == 400
    assert stage.asked(TOKEN) == []


async def test_p32_a_code_from_another_consent_is_refused_by_its_challenge(stage: Stage, linking: Site) -> None:
    hers, mine = await stage.begin(MARA), await stage.begin(IDA)
    _, stolen = returned(await agree(hers, "mara"))
    state = parse_qs(urlsplit(mine).query)["state"][0]
    assert (await linking.get(f"/callback?code={stolen}&state={state}"))[0] == 400
    assert await stage.account(IDA) is None


@pytest.mark.slow
async def test_p32_ten_thousand_fuzzed_returns_exchange_nothing(stage: Stage, linking: Site) -> None:
    real, used, late = [await agree(await stage.begin(member), "mara") for member in (MARA, IDA, OLE)]
    assert (await linking.get(back(used)))[0] == 200
    exchanged, chance = len(stage.asked(TOKEN)), random.Random(32)
    queries = [mutated(chance, *returned(chance.choice([real, used, late]))) for _ in range(FUZZED)]
    assert await statuses(linking.port, queries) == {400}
    assert len(stage.asked(TOKEN)) == exchanged
    stage.clock.pass_by(minutes=9)
    assert (await linking.get(back(real)))[0] == 200
    stage.clock.pass_by(minutes=1)
    assert (await linking.get(back(late)))[0] == 400


def mutated(chance: random.Random, state: str, code: str) -> str:
    """A mutation of a valid query; its state is never the one that was issued."""
    spot, other = chance.randrange(len(state)), chance.choice(string.printable + "äß\u2028\x00")
    noise = "".join(chance.choices(string.ascii_letters + string.digits + "-_", k=chance.choice([1, 42, 43, 44, 300])))
    bad = chance.choice(
        [
            state[:spot],
            state + other,
            state[:spot] + other + state[spot + 1 :] if other != state[spot] else state.swapcase() + "x",
            state[1:] + state[0] + "x",
            noise,
        ]
    )
    parts = [f"state={quote(bad)}", f"code={quote(chance.choice([code, noise, '', bad]))}"]
    match chance.randrange(8):
        case 0:
            parts.append(f"state={quote(state)}")
        case 1:
            parts.append(f"error={quote(noise)}")
        case 2:
            parts.append(f"{quote(noise)}={quote(bad)}")
        case 3 | 4:
            parts.pop(chance.randrange(2))
        case 5:
            parts.append(f"code={quote(code)}")
        case 6:
            parts[0] += "%0A"
    chance.shuffle(parts)
    return "&".join(parts)


async def statuses(port: int, queries: list[str]) -> set[int]:
    """Send the queries pipelined over a few connections. Returns the response statuses."""
    shares = [queries[start::AT_ONCE] for start in range(AT_ONCE)]
    return set().union(*await asyncio.gather(*(answered(port, share) for share in shares)))


async def answered(port: int, queries: list[str]) -> set[int]:
    seen, (reader, writer) = set(), await asyncio.open_connection("127.0.0.1", port)
    for start in range(0, len(queries), PIPELINED):
        piece = queries[start : start + PIPELINED]
        writer.write(b"".join(f"GET /callback?{query} HTTP/1.1\r\nHost: bot\r\n\r\n".encode() for query in piece))
        for _ in piece:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            seen.add(int(head.split()[1]))
            await reader.readexactly(int(head.partition("content-length: ")[2].split()[0]))
    writer.close()
    return seen

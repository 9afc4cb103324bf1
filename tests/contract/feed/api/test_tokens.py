"""Tokens over HTTP: only requests with a valid token are answered, within its rate limit."""

from itertools import product
from pathlib import Path

import pytest

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import personal_data
from bot.errors import BadChoice, NotLinked
from bot.flows.account import tokens
from bot.flows.feed.api import Api
from bot.flows.feed.recommend import Recommender
from tests.contract.feed.api.stage import ADA, ADDRESSES, BEN, Stage, staged


async def test_requests_without_a_valid_token_are_refused(stage: Stage) -> None:
    revoked, expired = await stage.issue(ADA), await stage.issue(ADA, days=1)
    mine = await tokens.active(stage.store, ADA, stage.clock())
    await tokens.revoke(stage.store, ADA, mine[1].token)
    stage.clock.pass_by(days=1)
    tokens_that_are_none = (None, "", "x", f"ck_{'a' * 43}", f"{stage.ada}a", stage.ada.upper(), revoked, expired, "é")
    for path, token, method in product(ADDRESSES, tokens_that_are_none, ("GET", "HEAD", "PUT", "DELETE")):
        answer = await stage.ask(path, token, method)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert (await stage.ask("/api/songs", Authorization=f"Basic {stage.ada}")).status == 401
    assert (await stage.ask("/api/songs", stage.ada)).status == 200


async def test_a_token_expires_exactly_when_stated(stage: Stage) -> None:
    short = await stage.issue(ADA, days=1)
    stage.clock.pass_by(seconds=86_399)
    assert (await stage.ask("/api/songs", short)).status == 200
    stage.clock.pass_by(seconds=1)
    assert (await stage.ask("/api/songs", short)).status == 401


async def test_requests_are_limited_per_token_and_the_limit_recovers(tmp_path: Path, made: Path) -> None:
    async with staged(tmp_path, made, rate=4) as stage:
        left = [(await stage.ask("/api/songs", stage.ada)).headers["RateLimit"] for _ in range(4)]
        assert left == ['"token";r=3;t=15', '"token";r=2;t=30', '"token";r=1;t=45', '"token";r=0;t=60']
        for path in ("/api/songs", "/api/nowhere"):
            refused = await stage.ask(path, stage.ada)
            assert (refused.status, refused.headers["Retry-After"]) == (429, "15")
            assert refused.headers["RateLimit-Policy"] == '"token";q=4;w=60'
            assert refused.headers["RateLimit"] == '"token";r=0;t=60'
            assert refused.json["title"] == "Too Many Requests"
        assert (await stage.ask("/api/songs", stage.ben)).status == 200
        assert (await stage.ask("/api/openapi.json")).status == 200
        stage.clock.pass_by(seconds=15)
        assert (await stage.ask("/api/songs", stage.ada)).status == 200
        assert (await stage.ask("/api/songs", stage.ada)).status == 429


async def test_only_hashes_of_tokens_are_kept_and_when_each_was_used(stage: Stage) -> None:
    await stage.ask("/api/songs", stage.ada)
    (mine,) = await tokens.active(stage.store, ADA, stage.clock())
    assert mine.used_at == stage.clock()
    (other,) = await tokens.active(stage.store, BEN, stage.clock())
    assert other.used_at is None
    kept = b"".join(path.read_bytes() for path in stage.store.path.parent.rglob("*") if path.is_file())
    assert stage.ada.encode() not in kept
    assert stage.ada.removeprefix(tokens.PREFIX).encode() not in kept


async def test_a_tokens_name_and_lifetime_are_limited(stage: Stage) -> None:
    for name, days in (("", 1), (" ", 1), ("x" * 41, 1), ("x", 0), ("x", -1), ("x", 366)):
        with pytest.raises(BadChoice):
            await tokens.issue(stage.store, ADA, name, days, stage.clock())


async def test_expired_tokens_make_room_for_new_ones(stage: Stage) -> None:
    for _ in range(4):
        await stage.issue(ADA, days=1)
    with pytest.raises(BadChoice):
        await stage.issue(ADA)
    stage.clock.pass_by(days=1)
    new = await stage.issue(ADA)
    assert (await stage.ask("/api/songs", new)).status == 200


async def test_p35_a_request_during_a_deletion_does_not_bring_the_member_back(stage: Stage, tmp_path: Path) -> None:
    scorer = Scorer(Folder(tmp_path / "models"))
    offered = Api(stage.store, stage.catalogue, Recommender(stage.store, stage.catalogue, scorer), stage.clock)
    file = (await stage.everything(stage.ben))[0]["id"]
    async with stage.store.writing() as tx:
        await personal_data.erase(tx, BEN)
    with pytest.raises(NotLinked):
        await offered.dislike(BEN, file)
    assert (await stage.ask("/api/songs", stage.ben)).status == 401
    async with stage.store.reading() as tx:
        assert not [rows async for _, rows in personal_data.export(tx, BEN) if rows]

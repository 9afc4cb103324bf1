"""The accounts service: consent with PKCE, codes, tokens, and how they expire."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from sandbox.spotify import App, Fault, World
from sandbox.spotify.accounts.tokens import s256
from sandbox.spotify.model import redirect_allowed
from tests.contract.sandbox_spotify.client import BACK, SCOPES, VERIFIER, Client, Clock, code_of


@pytest.mark.parametrize(
    ("uri", "allowed"),
    [
        ("https://bot.example/callback", True),
        ("http://127.0.0.1:8000/callback", True),
        ("http://[::1]:8000/callback", True),
        ("http://localhost:8000/callback", False),
        ("http://bot.example/callback", False),
        ("https://bot.example/callback#part", False),
    ],
)
def test_redirect_uris_are_https_or_a_loopback_ip(uri: str, allowed: bool) -> None:
    assert redirect_allowed(uri) is allowed
    if not allowed:
        with pytest.raises(ValueError, match="redirect address"):
            App("app", frozenset({uri}))


def test_an_app_has_five_seats() -> None:
    app = App("app", frozenset(), users={"a", "b", "c", "d", "e"})
    with pytest.raises(ValueError, match="seats"):
        app.allow("f")


async def test_consent_redirects_with_code_and_state(client: Client) -> None:
    address = await client.agree("mara")
    assert address.startswith(BACK + "?")
    assert parse_qs(urlsplit(address).query)["state"] == ["st"]
    status, tokens = await client.exchange(code_of(address))
    assert status == 200
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert set(tokens["scope"].split()) == set(SCOPES.split())


async def test_the_consent_page_names_accounts_and_scopes(client: Client, world: World) -> None:
    world.open_account("eve", "<Eve>")
    query = {
        "response_type": "code", "client_id": "app", "redirect_uri": BACK, "scope": "user-library-read",
        "code_challenge": s256(VERIFIER), "code_challenge_method": "S256",
    }  # fmt: skip
    async with client.session.get(f"{client.root}/accounts/authorize", params=query) as answer:
        page = await answer.text()
    assert "Agree as Mara" in page
    assert "See your liked songs" in page
    assert "<Eve>" not in page


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "other"},
        {"redirect_uri": BACK + "/"},
        {"response_type": "token"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"scope": "everything"},
    ],
)
async def test_a_malformed_consent_request_is_refused_without_redirect(client: Client, changed: dict[str, str]) -> None:
    assert (await client.agree("mara", **changed)).startswith("400")


@pytest.mark.parametrize("changed", [{"code_verifier": "another"}, {"redirect_uri": "https://elsewhere.example"}])
async def test_a_code_is_bound_to_verifier_and_uri_and_spent_by_a_wrong_one(
    client: Client, changed: dict[str, str]
) -> None:
    code = code_of(await client.agree("mara"))
    for attempt in (changed, {}):
        status, answer = await client.exchange(code, **attempt)
        assert (status, answer["error"]) == (400, "invalid_grant")


async def test_a_code_works_once_and_for_ten_minutes(client: Client, clock: Clock) -> None:
    code = code_of(await client.agree("mara"))
    assert (await client.exchange(code))[0] == 200
    assert (await client.exchange(code))[1]["error"] == "invalid_grant"
    late = code_of(await client.agree("mara"))
    clock.pass_by(minutes=10)
    assert (await client.exchange(late))[1]["error"] == "invalid_grant"


async def test_cancelling_redirects_with_access_denied(client: Client) -> None:
    query = {
        "response_type": "code", "client_id": "app", "redirect_uri": BACK, "state": "st",
        "code_challenge": s256(VERIFIER), "code_challenge_method": "S256",
    }  # fmt: skip
    address, form = f"{client.root}/accounts/authorize", {"decision": "cancel"}
    async with client.session.post(address, params=query, data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"{BACK}?error=access_denied&state=st"


async def test_an_app_with_a_secret_must_send_it(client: Client, world: World) -> None:
    world.register(App("kept", frozenset({BACK}), secret="s3cret", users={"mara"}))
    code = code_of(await client.agree("mara", client_id="kept", code_challenge=""))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    address = f"{client.root}/accounts/api/token"
    for secret, status in (("wrong", 400), ("s3cret", 200)):
        headers = {"Authorization": aiohttp.encode_basic_auth("kept", secret)}
        async with client.session.post(address, data=form, headers=headers) as answer:
            assert answer.status == status


async def test_access_lasts_an_hour_and_refresh_renews_it(mara: Client, clock: Clock) -> None:
    clock.pass_by(hours=1)
    assert (await mara.call("GET /me"))[0] == 401
    status, tokens = await mara.token(grant_type="refresh_token", refresh_token=mara.refresh)
    assert status == 200
    mara.access = tokens["access_token"]
    assert (await mara.call("GET /me"))[0] == 200


async def test_p08_a_refresh_token_expires_six_months_after_consent_however_often_it_was_used(
    mara: Client, clock: Clock
) -> None:
    clock.time = datetime(2027, 4, 30, 12, tzinfo=UTC)
    status, tokens = await mara.token(grant_type="refresh_token", refresh_token=mara.refresh)
    assert status == 200
    clock.time = datetime(2027, 5, 1, 12, tzinfo=UTC)
    for token in (mara.refresh, tokens["refresh_token"]):
        status, answer = await mara.token(grant_type="refresh_token", refresh_token=token)
        assert (status, answer["error"]) == (400, "invalid_grant")


async def test_revoking_ends_access_at_once(mara: Client, world: World) -> None:
    world.revoke("mara")
    assert (await mara.call("GET /me"))[0] == 401
    status, answer = await mara.token(grant_type="refresh_token", refresh_token=mara.refresh)
    assert (status, answer["error"]) == (400, "invalid_grant")


async def test_p10_a_refresh_response_may_lack_a_new_refresh_token(mara: Client, world: World) -> None:
    world.faults.append(Fault("POST /accounts/api/token", "omit-refresh-token"))
    _, tokens = await mara.token(grant_type="refresh_token", refresh_token=mara.refresh)
    assert "refresh_token" not in tokens
    assert (await mara.token(grant_type="refresh_token", refresh_token=mara.refresh))[0] == 200


async def test_refresh_tokens_can_be_made_single_use(mara: Client, world: World) -> None:
    world.tokens.single_use = True
    assert (await mara.token(grant_type="refresh_token", refresh_token=mara.refresh))[0] == 200
    assert (await mara.token(grant_type="refresh_token", refresh_token=mara.refresh))[0] == 400

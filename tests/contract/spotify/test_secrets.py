"""Secrets that no log, error or repr may show, at any level."""

import io
import logging
import traceback
from contextlib import suppress
from typing import Any

import pytest

from bot.adapters.spotify import open_tokens
from bot.errors import CratekeeperError
from bot.flows.account import link
from bot.messages.errors import describe
from sandbox.spotify import App
from sandbox.stack import code_on
from tests.contract.spotify.site import Site, back
from tests.contract.spotify.stage import APP, BACK, KEY, LIKES, MARA, TOKEN, URIS, Stage, agree, returned


class Everything(logging.Handler):
    """Stores every log record as text, including tracebacks and arguments."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.text = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.text.write(f"{record.name} {self.format(record)} {record.args!r}\n")


@pytest.fixture
def everything() -> Any:
    """All loggers at DEBUG; spotipy, urllib3, aiohttp, sqlalchemy and aiosqlite explicitly."""
    handler, root = Everything(), logging.getLogger()
    names = [*logging.root.manager.loggerDict, "spotipy.client", "spotipy.oauth2", "urllib3.connectionpool"]
    before = {name: logging.getLogger(name).level for name in names} | {"": root.level}
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


async def test_p34_no_secret_shows_in_logs_errors_or_reprs_at_any_level(
    stage: Stage, linking: Site, everything: Everything, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.world.apps.clear()
    stage.world.register(App(APP, frozenset({BACK}), secret="canary-secret", users={"mara"}))
    stage.restart(**{APP: "canary-secret"})
    shown, secrets = io.StringIO(), {"canary-secret", KEY}

    # Link through the callback, then make every kind of Spotify request.
    address = await agree(await stage.begin(MARA), "mara")
    secrets |= {*returned(address), await verifier_of(stage)}
    status, page, _ = await linking.get(back(address))
    assert status == 200
    shown.write(page.replace(code := code_on(page), "") + repr(await stage.linking.prove(MARA, code)))
    secrets.add(code)
    await stage.linking.finish(MARA, code)
    secrets |= await tokens_of(stage)
    music = await stage.music(MARA)
    await music.likes(0)
    made = await music.create("Run")
    await music.add(made.id, URIS[:2], None)
    await music.remove(made.id, URIS[:1], None)
    await music.contents(made.id)
    await music.playlists()

    # Everything that can fail, at the Web API and the accounts service.
    for match in (LIKES, TOKEN):
        for kind, more in (("status", {"status": 401}), ("status", {"status": 403}), ("drop", {}), ("quota", {})):
            stage.clock.pass_by(days=2)
            stage.fault(match, kind, **more)
            await shown_failure(shown, music.likes(0))
            secrets |= await tokens_of(stage)
    stage.clock.pass_by(days=2)
    again = await agree(await stage.begin(MARA), "mara")
    secrets |= {*returned(again), await verifier_of(stage)}
    stage.fault(TOKEN, "status", status=500)
    assert (await linking.get(back(again)))[0] == 503
    assert (await linking.get(back(again)))[0] == 400
    stage.world.revoke("mara")
    stage.clock.pass_by(days=2)
    await shown_failure(shown, music.likes(0))

    account = await stage.account(MARA)
    shown.write(repr([stage.spotify, stage.vault, music, account, stage.store]))
    out = capfd.readouterr()
    said = everything.text.getvalue() + shown.getvalue() + out.out + out.err
    assert len(secrets) > 10
    assert "GET /spotify/v1/me/tracks" in said  # proves that the test captures urllib3's log
    assert [secret[:6] for secret in secrets if secret in said] == []


async def tokens_of(stage: Stage) -> set[str]:
    account = await stage.account(MARA)
    if account is None or not account.tokens:
        return set()
    tokens = open_tokens(stage.vault, MARA, account.tokens)
    return {tokens.access, tokens.refresh}


async def verifier_of(stage: Stage) -> str:
    async with stage.store.reading() as tx:
        row = (await tx.exec_driver_sql("SELECT verifier FROM link_state")).one()
    return stage.vault.open(MARA, link.VERIFIER, row.verifier).decode()


async def shown_failure(shown: io.StringIO, call: Any) -> None:
    with suppress(CratekeeperError):
        try:
            await call
        except CratekeeperError as error:
            shown.write(f"{error!r} {error} {describe(error)} {vars(error)}\n{traceback.format_exc()}")
            raise

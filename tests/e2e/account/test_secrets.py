"""No secret shows anywhere, even when everything is logged (promise P34).

Every test in the stack is checked for this; these are the flows that handle secrets and fail.
"""

import aiohttp
import pytest

from sandbox.spotify import Fault
from sandbox.stack import code_on, consent_url
from tests.e2e.chat_stage import answer, styled
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.wire_checks import shown

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("stack-a"),
    pytest.mark.usefixtures("provoked"),
]
FOREIGN = "someone-elses-secret-state-0123456789"


async def test_p34_links_that_fail_and_tokens_that_are_renewed_show_no_secret(stack: CheckedStack) -> None:
    sam = stack.add_listener("Sam", styled(9, seed=111))
    said = [await answer(sam.person.command("link"))]
    stack.spotify.faults.append(Fault("POST /accounts/api/token", "apply-then", status=500))
    pages = [await stack.agree(consent_url(said[0]), sam.account)]
    await stack.until(lambda: "Spotify answers again" in stack.log.read_text() or stack.calls(sam.account) == [])
    outcome = await sam.person.command("link")
    said.append(await outcome.reply())
    landing = await stack.consent(consent_url(said[1]), sam.account)
    async with aiohttp.ClientSession() as browser:
        for address in (landing.replace("state=", "state=x"), f"{landing}&code=again", landing, landing):
            async with browser.get(address) as page:
                pages.append(await page.text())
        code = code_on(pages[3])
        await stack.confirm(sam.person, said[1], pages[3])
        async with browser.get(f"{stack.public_url}/callback?state={FOREIGN}&code={FOREIGN}") as page:
            pages.append(await page.text())
        async with browser.get(f"{stack.public_url}/health") as page:
            pages.append(await page.text())
    await outcome.until(lambda message: "9 liked songs" in message.text(), PATIENCE)
    stack.spotify.tokens.expire_access("sam")
    await (await sam.person.command("sync")).until(lambda message: "9" in message.text(), PATIENCE)
    assert stack.rows("select 1 from account where member = ?", sam.person.user.id) == [(1,)]

    secrets = stack.secrets() | stack.codes() | {FOREIGN[:20]}
    assert shown(stack.log.read_text(), secrets) == []
    assert code not in stack.log.read_text()
    assert shown("\n".join(pages), secrets) == []
    kept = b"".join(path.read_bytes() for path in stack.data.rglob("*") if path.is_file())
    assert shown(kept.decode("latin-1").replace("\n", " "), secrets) == []

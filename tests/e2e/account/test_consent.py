"""A consent needs the same person at both ends (promise P37): two people, a real browser, and Discord."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from sandbox.browser import chromium
from sandbox.discord import Message
from sandbox.spotify import Fault
from sandbox.stack import Listener, consent_url
from tests.e2e.chat_stage import answer, labels, styled
from tests.e2e.checked_stack import PATIENCE, CheckedStack

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-a")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def agreed(browser: Browser, message: Message, who: Listener) -> tuple[Page, str]:
    """The page that their browser lands on after they agree with their own account, and the code it shows."""
    page = await (await browser.new_context()).new_page()
    await page.goto(consent_url(message))
    await page.get_by_role("button", name=f"Agree as {who.account.display_name}").click()
    return page, await page.locator("output").inner_text()


def accounts(stack: CheckedStack, *people: Listener) -> list[str]:
    """The names of the Spotify accounts linked to these people."""
    marks = ",".join("?" * len(people))
    query = f"select name from account where member in ({marks})"  # noqa: S608
    return [name for (name,) in stack.rows(query, *(listener.person.user.id for listener in people))]


async def test_p37_opening_somebody_elses_link_links_nothing(stack: CheckedStack, browser: Browser) -> None:
    eve, vic = stack.add_listener("Eve", styled(9, 171)), stack.add_listener("Vic", styled(9, 172))
    message = await answer(eve.person.command("link"))
    page, code = await agreed(browser, message, vic)
    said = await page.locator("body").inner_text()
    assert "You agreed as Vic on Spotify" in said
    assert "@eve (Eve)" in said, "Vic sees which Discord account would be linked"
    assert "don't give the code below to anyone" in said
    assert accounts(stack, eve, vic) == []

    for left in ("4 more tries", "3 more tries", "2 more tries", "1 more try", "last try"):  # Eve guesses
        form = await eve.person.click(message, "Enter the code")
        outcome = await eve.person.submit(form, code="2222-2222")
        await outcome.until(lambda message, left=left: left in message.text(), PATIENCE)
    form = await eve.person.click(message, "Enter the code")
    outcome = await eve.person.submit(form, code=code)
    assert "Try again" in labels(await outcome.until(lambda message: "no link of yours" in message.text(), PATIENCE))

    his = await answer(vic.person.command("link"))  # the code doesn't work for Vic either, who didn't start the link
    form = await vic.person.click(his, "Enter the code")
    await (await vic.person.submit(form, code=code)).until(
        lambda message: "no link of yours" in message.text(), PATIENCE
    )
    assert accounts(stack, eve, vic) == []
    assert "GET /v1/me/tracks" not in stack.calls(vic.account)


async def test_p37_the_member_sees_which_spotify_account_it_is_before_it_is_linked(
    stack: CheckedStack, browser: Browser
) -> None:
    una = stack.add_listener("Una", styled(9, 173))
    message = await answer(una.person.command("link"))
    page, code = await agreed(browser, message, una)
    assert page.url.startswith(f"{stack.public_url}/callback")
    form = await una.person.click(message, "Enter the code")
    asked = await answer(una.person.submit(form, code=code.lower()))
    assert "*Una* on Spotify" in asked.text()
    assert accounts(stack, una) == []
    await answer(una.person.click(asked, "Cancel"))
    forged = await stack.forge(una.person, f"ck1:linkit:{code}")
    await forged.until(lambda message: "no link of yours" in message.text(), PATIENCE)
    assert accounts(stack, una) == []

    await stack.link(una)
    assert accounts(stack, una) == ["Una"]
    await page.goto(page.url)
    assert "used up" in await page.locator("body").inner_text()


@pytest.mark.usefixtures("provoked")
async def test_a_link_that_failed_leaves_a_newer_one_its_buttons(stack: CheckedStack) -> None:
    rae = stack.add_listener("Rae", styled(9, seed=174))
    older = await answer(rae.person.command("link"))
    stack.spotify.faults += [
        Fault("POST /accounts/api/token", "slow", seconds=1),
        Fault("GET /v1/me", "status", None, status=500),
    ]
    failing = asyncio.create_task(stack.agree(consent_url(older), rae.account))
    await stack.until(lambda: len(stack.spotify.faults) < 2 or stack.spotify.faults[0].times == 0)
    newer = await answer(rae.person.command("link"))
    assert "work just now" in await failing
    await stack.until(lambda: not labels(older))
    stack.spotify.faults.clear()
    assert "Enter the code" in labels(newer)

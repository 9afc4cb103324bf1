"""What a page or the API answers when something fails."""

import re

import aiohttp
import pytest
from aiohttp import web

from bot.errors import StoreFull
from bot.web.http.problems import MEDIA, described
from tests.contract.feed.served import served


@pytest.mark.parametrize(("failure", "status"), [(RuntimeError("a defect"), 500), (StoreFull(), 503)])
async def test_p19_a_request_that_fails_is_answered_with_a_reference_to_one_log_line(
    caplog: pytest.LogCaptureFixture, failure: Exception, status: int
) -> None:
    async def fail(_: web.Request) -> web.Response:
        raise failure

    pages = web.Application(middlewares=[described])
    pages.router.add_get("/failing", fail)
    async with served("/pages", pages) as origin, aiohttp.request("GET", f"{origin}/pages/failing") as answer:
        said = await answer.json(content_type=MEDIA)
    assert answer.status == said["status"] == status
    (reference,) = re.findall(r"#\w{4}$", said["detail"])
    assert len([line for line in caplog.messages if reference in line]) == 1

"""Linking in Discord when a page can show the code."""

from types import SimpleNamespace
from typing import Any

import pytest

from bot.chat.account.link import on_pasted
from bot.chat.gateway.bot import Context
from bot.config import parse
from bot.errors import BadChoice
from tests.conftest import NOW


async def test_p37_with_https_a_pasted_address_is_refused() -> None:
    settings = parse({"DISCORD_TOKEN": "x", "PUBLIC_URL": "https://crates.example"})
    interaction: Any = SimpleNamespace(client=SimpleNamespace(services=SimpleNamespace(settings=settings)))
    with pytest.raises(BadChoice, match="code"):
        await on_pasted(Context(interaction, 1, NOW))

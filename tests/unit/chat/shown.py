"""What a page says, and whether Discord would take it."""

from discord import ui

from bot.chat.layout import Page
from sandbox.discord.rules.components import check_components
from sandbox.discord.rules.form import Form as Sheet


def said(page: Page) -> str:
    return "\n".join(item.content for item in page.walk_children() if isinstance(item, ui.TextDisplay))


def check(page: Page) -> None:
    """Raise InvalidForm if Discord would reject the page."""
    sheet = Sheet()
    files = frozenset(file.filename for file in page.files)
    check_components(sheet, ("components",), page.to_components(), v2=True, files=files)
    sheet.finish()

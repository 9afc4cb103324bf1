"""Layout: pages built from Components V2: texts, pictures and buttons.

A tap is a button or select whose id says everything, so it works for good: after a restart and after an upgrade (P16).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import discord
from discord import ui

from bot.chat import ids
from bot.chat.ids import Id
from bot.core.records import Song
from bot.messages import _, formatting, mentions

MOST_TEXT = 4000  # characters in all the texts of a message
MOST_OPTIONS = 25  # of a select; of suggestions as well
MOST_BUTTONS = 5  # in a row
LABEL, PLACEHOLDER, ALT, TITLE = 80, 150, 1024, 45  # characters
LONGEST_VALUE = 100  # of an option
Option = discord.SelectOption
Item = ui.Item[Any]
Row = ui.ActionRow[Any]
SECONDARY = discord.ButtonStyle.secondary
PRIMARY = discord.ButtonStyle.primary
GREEN = discord.ButtonStyle.success
RED = discord.ButtonStyle.danger


class Tap(ui.DynamicItem[Item], template=ids.PATTERN):
    """The one kind of button and select in this bot; `Bot.on_interaction` looks up its handler by its id."""


class Page(ui.LayoutView):
    """A message's content. Taps are all that listens in it, and the bot registers those once.

    So a page is "finished" from the start, and discord.py neither stores it nor runs a timer for it. (A stored view
    that mixes a dynamic item with another and times out unregisters the dynamic item for the whole bot.)
    """

    def __init__(self, *items: Item | str | None, files: Sequence[discord.File] = ()) -> None:
        super().__init__(timeout=None)
        self.files = list(files)
        for item in items:
            if item:
                self.add_item(text(item) if isinstance(item, str) else item)
        self._fit()

    def _fit(self) -> None:
        """Shorten the longest text while all together are too long: Discord would refuse the whole page."""
        texts = [item for item in self.walk_children() if isinstance(item, ui.TextDisplay)]
        while (over := sum(len(shown.content) for shown in texts) - MOST_TEXT) > 0:
            longest = max(texts, key=lambda shown: len(shown.content))
            longest.content = formatting.clip(longest.content, max(1, len(longest.content) - over))

    def is_finished(self) -> bool:
        return True


class Form(ui.Modal):
    """A modal whose id says what it's for, so that it works even if the bot was restarted meanwhile."""

    def __init__(self, title: str, what: Id, *labels: ui.Label[Any] | str) -> None:
        super().__init__(title=formatting.clip(title, TITLE), custom_id=str(what))
        for label in labels:
            self.add_item(ui.TextDisplay(label) if isinstance(label, str) else label)

    def is_finished(self) -> bool:
        return True


def field(label: str, key: str, longest: int, placeholder: str = "") -> ui.Label[Any]:
    """One line, which must be filled in."""
    box = ui.TextInput[Any](custom_id=key, max_length=longest, placeholder=formatting.clip(placeholder, 100) or None)
    return ui.Label(text=formatting.clip(label, TITLE), component=box)


def paragraph(label: str, key: str, longest: int) -> ui.Label[Any]:
    """Several lines, which may stay empty."""
    style = discord.TextStyle.paragraph
    box = ui.TextInput[Any](custom_id=key, style=style, max_length=longest, required=False)
    return ui.Label(text=formatting.clip(label, TITLE), component=box)


def choice(label: str, key: str, options: Iterable[Option]) -> ui.Label[Any]:
    """One of up to 25 options, in a form."""
    select = ui.Select[Any](custom_id=key, options=list(options)[:MOST_OPTIONS])
    return ui.Label(text=formatting.clip(label, TITLE), component=select)


def text(content: str) -> ui.TextDisplay[Any]:
    """A text, in which the commands that it names can be pressed."""
    return ui.TextDisplay(formatting.clip(mentions.clickable(content), MOST_TEXT))


def small(content: str) -> str:
    """Footer type."""
    return "\n".join(f"-# {line}" for line in content.splitlines())


def row(*items: Item | None) -> Row:
    return ui.ActionRow(*(item for item in items if item))


def rows(items: Sequence[Item]) -> list[Row]:
    """Return the buttons in rows of five."""
    return [ui.ActionRow(*items[at : at + MOST_BUTTONS]) for at in range(0, len(items), MOST_BUTTONS)]


def button(
    label: str, what: Id, style: discord.ButtonStyle = SECONDARY, *, emoji: str | None = None, disabled: bool = False
) -> Tap:
    """A button; without a usable label it shows the emoji alone."""
    shown = formatting.plain(label, LABEL)
    return Tap(ui.Button(label=shown, custom_id=str(what), style=style, emoji=emoji, disabled=disabled))


def link(label: str, url: str) -> ui.Button[Any]:
    return ui.Button(label=formatting.plain(label, LABEL), url=url)


def option(label: str, value: str | int, note: str = "", *, emoji: str | None = None, chosen: bool = False) -> Option:
    shown = formatting.plain(note, 100) if note else None
    return Option(label=formatting.plain(label, 100), value=str(value), description=shown, emoji=emoji, default=chosen)


def menu(what: Id, placeholder: str, options: Iterable[Option], *, least: int = 1, most: int = 1) -> Row:
    """A row with a select of up to 25 options, of which `least` to `most` are chosen."""
    shown = list(options)[:MOST_OPTIONS]
    select = ui.Select[Any](
        custom_id=str(what),
        placeholder=formatting.plain(placeholder, PLACEHOLDER),
        options=shown,
        min_values=least,
        max_values=min(most, len(shown)),
    )
    return row(Tap(select))


def channels(what: Id, placeholder: str, chosen: Iterable[int], *, most: int) -> Row:
    """A row with a select of a server's text channels: none to `most` of them, at first those chosen before."""
    kind = discord.SelectDefaultValueType.channel
    select = ui.ChannelSelect[Any](
        custom_id=str(what),
        placeholder=formatting.plain(placeholder, PLACEHOLDER),
        channel_types=[discord.ChannelType.text],
        default_values=[discord.SelectDefaultValue(id=channel, type=kind) for channel in chosen],
        min_values=0,
        max_values=most,
    )
    return row(Tap(select))


def picture(url: str, alt: str) -> ui.MediaGallery[Any]:
    return ui.MediaGallery(discord.MediaGalleryItem(url, description=formatting.plain(alt, ALT)))


def with_cover(content: str, song: Song) -> Item:
    """Text with a song's cover beside it, or alone if there's none."""
    if not song.cover:
        return text(content)
    alt = formatting.plain(_("Cover of {song}", song=song.line), ALT)
    return ui.Section(text(content), accessory=ui.Thumbnail(song.cover, description=alt))


def with_button(content: str, tap: Tap) -> Item:
    """Text with a button beside it."""
    return ui.Section(text(content), accessory=tap)


def options_in(message: discord.Message | None, what: str) -> list[str]:
    """Return the options of a message's select with that handler, in order."""
    tree = components(message.components if message is not None else ())
    selects = [item for item in tree if getattr(item, "custom_id", None) == str(ids.of(what))]
    return [str(option.value) for select in selects for option in select.options]


def components(tree: Any) -> Iterator[Any]:
    """Return what a message is made of, with what's inside of it."""
    for component in tree:
        yield component
        yield from components(getattr(component, "children", ()))


def attached(file: discord.File) -> ui.File[Any]:
    """An attachment; Discord shows one only if a component points to it."""
    return ui.File(f"attachment://{file.filename}")

"""A small bot on the real discord.py, with one of everything; the contract tests run it in its own process.

DISCORD_API_URL=… DISCORD_GATEWAY_URL=… DISCORD_TOKEN=… python demo_bot.py
"""

import asyncio
import io
import os
import re
from typing import Any

import discord
import yarl
from discord import app_commands, ui

Interaction = discord.Interaction[Any]
INTENTS = discord.Intents(guilds=True, guild_reactions=True, dm_reactions=True)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


class Counter(ui.DynamicItem[ui.Button[ui.View]], template=r"count:v1:(?P<count>\d+)"):
    """A button that stores its count in its custom id."""

    def __init__(self, count: int) -> None:
        super().__init__(ui.Button(label=f"Pressed {count}", custom_id=f"count:v1:{count}", emoji="🎵"))
        self.count = count

    @classmethod
    async def from_custom_id(cls, _i: Interaction, _item: ui.Item[Any], match: re.Match[str], /) -> "Counter":
        return cls(int(match["count"]))

    async def callback(self, interaction: Interaction) -> None:
        await interaction.response.edit_message(view=counting(self.count + 1))


class Crates(ui.View):
    """A select, a select of people, a link and a button that opens a form."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.Button(label="Website", url="https://example.org/"))

    @ui.select(
        placeholder="Which crates?",
        max_values=2,
        options=[discord.SelectOption(label=name, value=f"crate-{name}") for name in ("Run", "Late night", "Rain")],
    )
    async def crates(self, interaction: Interaction, select: ui.Select[Any]) -> None:
        await interaction.response.send_message(f"You chose {', '.join(select.values)}", ephemeral=True)

    @ui.select(cls=ui.UserSelect, placeholder="With whom?")
    async def friend(self, interaction: Interaction, select: ui.UserSelect[Any]) -> None:
        await interaction.response.send_message(f"Shared with {select.values[0].name}", ephemeral=True)

    @ui.button(label="Name a crate")
    async def name(self, interaction: Interaction, _: ui.Button[Any]) -> None:
        await interaction.response.send_modal(NameForm())

    @ui.button(label="Think")
    async def think(self, interaction: Interaction, _: ui.Button[Any]) -> None:
        await interaction.response.defer()
        await asyncio.sleep(0.05)
        await interaction.edit_original_response(content="Thought about it")

    @ui.button(label="Sold out", disabled=True)
    async def sold_out(self, interaction: Interaction, _: ui.Button[Any]) -> None:
        await interaction.response.defer()


class NameForm(ui.Modal, title="A new crate"):
    crate: ui.TextInput[Any] = ui.TextInput(label="Name", max_length=20)
    mood: ui.Label[Any] = ui.Label(
        text="Mood", component=ui.Select(options=[discord.SelectOption(label=mood) for mood in ("Calm", "Loud")])
    )

    async def on_submit(self, interaction: Interaction) -> None:
        assert isinstance(self.mood.component, ui.Select)
        await interaction.response.send_message(f"{self.crate.value} is {self.mood.component.values[0]}")


class Card(ui.LayoutView):
    """A song card in Components V2 with a picture from an attachment."""

    def __init__(self, title: str = "Song A") -> None:
        super().__init__(timeout=None)
        picture = ui.Thumbnail[Any]("attachment://cover.png", description="A plain cover")
        row = ui.ActionRow[Any](Counter(0))
        about = ui.Section[Any](ui.TextDisplay(f"## {title}"), ui.TextDisplay("by Somebody"), accessory=picture)
        self.add_item(ui.Container(about, ui.Separator(), ui.TextDisplay("-# 3 labels"), row, accent_colour=0x1DB954))


def counting(count: int) -> ui.View:
    view = ui.View(timeout=None)
    view.add_item(Counter(count))
    return view


class DemoBot(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=INTENTS, allowed_mentions=discord.AllowedMentions.none())
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Counter)
        for command in COMMANDS:
            self.tree.add_command(command)
        await self.tree.sync()

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        await self._tell(payload, "added")

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        await self._tell(payload, "removed")

    async def _tell(self, payload: discord.RawReactionActionEvent, what: str) -> None:
        if self.user is None or payload.user_id == self.user.id:
            return
        channel = await self.fetch_channel(payload.channel_id)
        assert isinstance(channel, discord.TextChannel | discord.DMChannel)
        await channel.send(f"<@{payload.user_id}> {what} {payload.emoji}")


@app_commands.command(description="Say hello")
async def hello(interaction: Interaction, name: str, times: app_commands.Range[int, 1, 3] = 1) -> None:
    await interaction.response.send_message(" ".join([f"Hello {name}"] * times), ephemeral=True)


@app_commands.command(name="count", description="A button that counts")
async def count(interaction: Interaction) -> None:
    await interaction.response.send_message("Count", view=counting(0))


@app_commands.command(description="A song card")
async def card(interaction: Interaction) -> None:
    await interaction.response.send_message(view=Card(), file=discord.File(io.BytesIO(PIXEL), "cover.png"))


@app_commands.command(description="Crates to choose from")
async def crates(interaction: Interaction) -> None:
    embed = discord.Embed(title="Crates", description="Three of them").add_field(name="Run", value="12 songs")
    await interaction.response.send_message("Choose", embed=embed, view=Crates())


@app_commands.command(description="Read a file and send it back")
async def read(interaction: Interaction, file: discord.Attachment) -> None:
    await interaction.response.defer(ephemeral=True)
    data = await file.read()
    back = discord.File(io.BytesIO(data.upper()), f"loud-{file.filename}", description="The same, louder")
    await interaction.followup.send(f"{len(data)} bytes of {file.content_type}", file=back)


@app_commands.command(description="Answer late, but say so")
async def slow(interaction: Interaction) -> None:
    await interaction.response.defer()
    await asyncio.sleep(0.1)
    await interaction.edit_original_response(content="Done")
    await interaction.followup.send("And one more thing", ephemeral=True)


@app_commands.command(description="Never answer")
async def silent(_interaction: Interaction) -> None:
    return


@app_commands.command(description="Answer after the time is over")
async def late(interaction: Interaction) -> None:
    await asyncio.sleep(0.4)
    try:
        await interaction.response.send_message("Too late")
    except discord.NotFound as error:
        assert isinstance(interaction.channel, discord.TextChannel)
        await interaction.channel.send(f"late: {error.code}")


@app_commands.command(description="Post a message with reactions")
async def post(interaction: Interaction) -> None:
    await interaction.response.defer(ephemeral=True)
    assert isinstance(interaction.channel, discord.TextChannel | discord.DMChannel)
    message = await interaction.channel.send("Where does this one go?")
    for emoji in ("🟦", "🟩"):
        await message.add_reaction(emoji)
    await interaction.delete_original_response()


@app_commands.command(description="Send a direct message")
async def dm(interaction: Interaction) -> None:
    try:
        await interaction.user.send("Psst")
        told = "sent"
    except discord.Forbidden as error:
        told = f"refused with {error.code}"
    await interaction.response.send_message(told, ephemeral=True)


@app_commands.command(name="told", description="What the bot knows about who asks and where")
async def told(interaction: Interaction) -> None:
    guild = interaction.guild.name if interaction.guild else None
    answer = f"{interaction.user.name} in {guild}, {interaction.locale}, up to {interaction.filesize_limit}"
    await interaction.response.send_message(answer, ephemeral=True)


@app_commands.command(description="Start a thread")
async def threaded(interaction: Interaction) -> None:
    await interaction.response.send_message("A song")
    thread = await (await interaction.original_response()).fetch()
    await (await thread.create_thread(name="About it")).send("Talk about it here")


@app_commands.context_menu(name="Read it out")
async def read_out(interaction: Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"{message.author.name} wrote: {message.content}", ephemeral=True)


PLAYLISTS = app_commands.Group(name="playlists", description="The playlists to sort into")


@PLAYLISTS.command(name="add", description="Add a playlist")
@app_commands.choices(kind=[app_commands.Choice(name="Mine", value=1), app_commands.Choice(name="New", value=2)])
async def add(interaction: Interaction, name: str, kind: app_commands.Choice[int] | None = None) -> None:
    await interaction.response.send_message(f"Added {name} ({kind.name if kind else 'Mine'})", ephemeral=True)


@add.autocomplete("name")
async def suggest(_: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    names = ("Late night", "Rain", "Run")
    return [app_commands.Choice(name=name, value=name) for name in names if name.lower().startswith(typed.lower())]


COMMANDS: tuple[app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | app_commands.Group, ...] = (
    *(hello, count, card, crates, read, slow, silent, late, post, dm, told),
    *(threaded, read_out),
    PLAYLISTS,
)


def main() -> None:
    discord.http.Route.BASE = os.environ["DISCORD_API_URL"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
    DemoBot().run(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    main()

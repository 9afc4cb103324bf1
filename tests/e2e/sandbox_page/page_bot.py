"""A small bot on the real discord.py that sends one of everything the page can show; runs in its own process.

DISCORD_API_URL=… DISCORD_GATEWAY_URL=… DISCORD_TOKEN=… COVER=… python page_bot.py
"""

import asyncio
import io
import os
import wave
from typing import Any

import discord
import yarl
from discord import app_commands, ui
from PIL import Image, ImageDraw

Interaction = discord.Interaction["PageBot"]
INTENTS = discord.Intents(guilds=True, guild_reactions=True, dm_reactions=True)
PLAYLISTS = ("Late night", "Run", "Sunday morning")
NASTY = "<img src=x onerror=alert(1)> & \\*not bold\\*"
TEXT = """# Heading
**bold** *slanted* __under__ ~~gone~~ `code` ||hidden||
-# small print about <@{user}> in <#{channel}>
- one
- two with [a link](https://example.org/)
> quoted
It was <t:1790000000:R>, </playlists add:1> helps.
```
block of code
```
"""


class Card(ui.LayoutView):
    """A song card: which playlist?"""

    def __init__(self, number: int, said: str = "") -> None:
        super().__init__(timeout=None)
        cover = ui.Thumbnail[Any](os.environ["COVER"], description=f"Cover of Song {number}")
        about = ui.Section[Any](
            ui.TextDisplay(f"### [Song {number}](https://example.org/{number})\nby {NASTY}"),
            ui.TextDisplay("probably **Late night**, 74 %; or Run\n-# near *Song A* and *Song B*"),
            accessory=cover,
        )
        buttons = ui.ActionRow[Any](*(Pick(name, number) for name in PLAYLISTS))
        more = ui.ActionRow[Any](Rename(), ui.Button(label="At Spotify", url="https://example.org/"))
        footer = ui.TextDisplay[Any](f"-# {said or 'no label yet'}")
        self.add_item(
            ui.Container(about, ui.Separator(), buttons, ui.ActionRow(Several()), more, footer, accent_colour=0x1DB954)
        )


class Pick(ui.Button[Any]):
    def __init__(self, name: str, number: int) -> None:
        style = discord.ButtonStyle.primary if name == PLAYLISTS[0] else discord.ButtonStyle.secondary
        super().__init__(label=name, style=style, custom_id=f"pick:{number}:{name}")
        self.name, self.number = name, number

    async def callback(self, interaction: Interaction) -> None:
        await interaction.response.edit_message(view=Card(self.number + 1, f"Song {self.number} goes to {self.name}"))


class Several(ui.Select[Any]):
    def __init__(self) -> None:
        options = [discord.SelectOption(label=name, description=f"All of {name}", emoji="🎵") for name in PLAYLISTS]
        super().__init__(placeholder="Several", options=options, min_values=1, max_values=2, custom_id="several")

    async def callback(self, interaction: Interaction) -> None:
        await interaction.response.send_message(f"Several: {', '.join(self.values)}", ephemeral=True)


class Rename(ui.Button[Any]):
    def __init__(self) -> None:
        super().__init__(label="Rename", emoji="✏️", custom_id="rename")

    async def callback(self, interaction: Interaction) -> None:
        await interaction.response.send_modal(Naming())


class Naming(ui.Modal, title="A new name"):
    name: ui.TextInput[Any] = ui.TextInput(label="Name", default="Run", max_length=20)
    mood: ui.Label[Any] = ui.Label(
        text="Mood", component=ui.Select(options=[discord.SelectOption(label=mood) for mood in ("Calm", "Loud")])
    )

    async def on_submit(self, interaction: Interaction) -> None:
        assert isinstance(self.mood.component, ui.Select)
        answer = f"Named {self.name.value}, {self.mood.component.values[0]}"
        await interaction.response.send_message(answer, ephemeral=True)


class Single(ui.View):
    """Classic components: a menu for one choice, a button of every colour."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.select(placeholder="Which one?", options=[discord.SelectOption(label=playlist) for playlist in PLAYLISTS])
    async def one(self, interaction: Interaction, select: ui.Select[Any]) -> None:
        await interaction.response.edit_message(content=f"Chosen: {select.values[0]}")

    @ui.button(label="Never answers", style=discord.ButtonStyle.danger)
    async def never(self, _interaction: Interaction, _: ui.Button[Any]) -> None:
        return

    @ui.button(label="Undo", style=discord.ButtonStyle.success, disabled=True)
    async def undo(self, interaction: Interaction, _: ui.Button[Any]) -> None:
        await interaction.response.defer()


class Pictures(ui.LayoutView):
    def __init__(self) -> None:
        super().__init__()
        self.add_item(ui.TextDisplay("## Your model"))
        item = discord.MediaGalleryItem("attachment://model.png", description="Late night 9 of 10, Run 7 of 10")
        self.add_item(ui.MediaGallery(item))
        self.add_item(ui.File("attachment://model.json"))


class PageBot(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=INTENTS, allowed_mentions=discord.AllowedMentions.none())
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        for command in (label, text, choose, model, files, prompt, think, flood, read_out, GROUP):
            self.tree.add_command(command)
        await self.tree.sync()

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        if self.user and payload.user_id != self.user.id:
            user = await self.fetch_user(payload.user_id)
            await user.send(f"You chose {payload.emoji}")


@app_commands.command(description="Where does this one go?")
async def label(interaction: Interaction) -> None:
    await interaction.response.send_message(view=Card(1), ephemeral=True)


@app_commands.command(description="Markdown of every kind")
async def text(interaction: Interaction) -> None:
    content = TEXT.format(user=interaction.user.id, channel=interaction.channel_id) + NASTY
    embed = discord.Embed(title="An embed", description="**5 new likes sorted**", colour=0xE0B050)
    embed.add_field(name="Late night", value="+3", inline=True).add_field(name="Run", value="+1", inline=True)
    await interaction.response.send_message(content, embed=embed.set_footer(text="as of now"))


@app_commands.command(description="Classic menus and buttons")
async def choose(interaction: Interaction) -> None:
    await interaction.response.send_message("Choose", view=Single())


@app_commands.command(description="A picture and a file in Components V2")
async def model(interaction: Interaction) -> None:
    pages = [discord.File(io.BytesIO(picture()), "model.png"), discord.File(io.BytesIO(b"{}"), "model.json")]
    await interaction.response.send_message(view=Pictures(), files=pages)


@app_commands.command(description="Send a file, get files back")
@app_commands.describe(file="A CSV with one song a line", loud="Shout")
async def files(interaction: Interaction, file: discord.Attachment, loud: bool = False) -> None:
    await interaction.response.defer(ephemeral=True)
    data = await file.read()
    back = [
        discord.File(io.BytesIO(data.upper() if loud else data), f"back-{file.filename}"),
        discord.File(io.BytesIO(picture()), "picture.png", description="Two bars"),
        discord.File(io.BytesIO(sound()), "clip.wav"),
    ]
    await interaction.followup.send(f"{len(data)} bytes", files=back)


@app_commands.command(description="A song with reactions for everybody")
async def prompt(interaction: Interaction) -> None:
    await interaction.response.send_message("**Song 7**: where does it go? 🟦 Late night 🟩 Run")
    message = await interaction.original_response()
    for emoji in ("🟦", "🟩"):
        await message.add_reaction(emoji)


@app_commands.command(description="Think for a moment")
async def think(interaction: Interaction, seconds: app_commands.Range[float, 0, 30] = 0.5) -> None:
    await interaction.response.defer(ephemeral=True)
    await asyncio.sleep(seconds)
    await interaction.edit_original_response(content="Thought about it")


@app_commands.command(description="Many messages")
async def flood(interaction: Interaction, count: int) -> None:
    await interaction.response.send_message("Here they come")
    for number in range(count):
        await interaction.followup.send(f"Message {number}", ephemeral=True)


@app_commands.context_menu(name="Read it out")
async def read_out(interaction: Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"It says: {message.content}", ephemeral=True)


GROUP = app_commands.Group(name="playlists", description="The playlists to sort into")


@GROUP.command(name="add", description="Keep a playlist for you")
@app_commands.describe(name="One of yours", mistakes="Bearable mistakes in 20")
@app_commands.choices(mode=[app_commands.Choice(name="Automatic", value=1), app_commands.Choice(name="Ask", value=2)])
async def add(
    interaction: Interaction,
    name: str,
    mode: app_commands.Choice[int] | None = None,
    mistakes: app_commands.Range[int, 0, 5] = 1,
) -> None:
    kind = mode.name if mode else "Automatic"
    await interaction.response.send_message(f"Kept {name} ({kind}, {mistakes})", ephemeral=True)


@add.autocomplete("name")
async def suggest(_: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    fitting = [name for name in PLAYLISTS if typed.lower() in name.lower()]
    return [app_commands.Choice(name=f"{name} (12 songs)", value=f"id-{name}") for name in fitting]


def picture() -> bytes:
    """A PNG with two bars, wide enough to be scaled down on a phone."""
    made = Image.new("RGB", (1000, 500), "#202530")
    brush = ImageDraw.Draw(made)
    brush.rectangle((120, 100, 420, 460), fill="#4c9fd8")
    brush.rectangle((580, 220, 880, 460), fill="#e0a050")
    buffer = io.BytesIO()
    made.save(buffer, "PNG")
    return buffer.getvalue()


def sound() -> bytes:
    """A tenth of a second of silence as WAV."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(1600))
    return buffer.getvalue()


def main() -> None:
    discord.http.Route.BASE = os.environ["DISCORD_API_URL"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
    PageBot().run(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    main()

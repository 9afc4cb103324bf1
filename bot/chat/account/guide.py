"""/help: what this is, what's next, and every command by topic, as it's registered here."""

from collections.abc import Iterator

from discord import app_commands
from discord.app_commands import Command, Group

from bot.chat import ids, layout, next_steps, reply
from bot.chat.gateway import switches
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Item, Page
from bot.messages import N_, _, mentions, spoken
from bot.messages import account as messages
from bot.messages.language import translated

TOPICS = {  # topic: its commands, in the order in which one needs them
    "sort": (N_("Sort"), ("playlists", "label", "prompt", "sort", "undo", "why", "model")),
    "discover": (N_("Discover"), ("discover", "feed", "song")),
    "together": (N_("Together"), ("profile", "follow", "match", "shared", "round")),
    "settings": (N_("Settings"), ("link", "sync", "status", "updates", "settings", "server", "help")),
    "data": (N_("Data"), ("library", "data")),
}
FOR_MANAGERS = "server"


@app_commands.command(name="help", description="What this is, a good next step for you, and every command")
async def help_(interaction: Interaction) -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    shown = await next_steps.where(context.bot, context.member)
    known = [] if shown.next_step == "link" else [_(messages.WHAT_THIS_IS)]
    step = await next_steps.after(context.bot, context.member, shown)
    await reply.show(interaction, Page(*known, *step, _menu()))


async def on_topic(context: Context) -> None:
    """Show the commands of a topic, each to press."""
    topic = context.value
    title, names = TOPICS.get(topic, TOPICS["sort"])
    lines = [_line(path, said) for path, said in _commands(context, names)]
    note = layout.small(_(messages.ONCE_CALLED)) if topic == "discover" else None
    await reply.show(context.interaction, Page(f"**{_(title)}**", "\n".join(lines), note, _menu(topic)))


def _menu(chosen: str = "") -> Item:
    options = [layout.option(_(title), topic, chosen=topic == chosen) for topic, (title, _names) in TOPICS.items()]
    return layout.menu(ids.of("help"), _("Every command"), options)


def _commands(context: Context, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the names and descriptions of those commands that the member can use here."""
    left_out = switches.off(context.services.settings)
    if not context.interaction.permissions.manage_guild or context.interaction.guild_id is None:
        left_out.add(FOR_MANAGERS)
    for name in names:
        command = context.bot.tree.get_command(name)
        parts = command.commands if isinstance(command, Group) else [command]
        for part in parts:
            if isinstance(part, Command) and part.qualified_name not in left_out:
                yield part.qualified_name, part.description


def _line(path: str, said: str) -> str:
    return f"{mentions.code(path)} {translated(said, spoken()) or said}"


COMMANDS: tuple[AnyCommand, ...] = (help_,)
TAPS = {"help": on_topic}

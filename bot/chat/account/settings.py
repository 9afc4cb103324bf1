"""/settings: the language I write to a member in."""

from discord import app_commands

from bot.chat import reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.flows.account import language as flow
from bot.messages import LANGUAGES, language_name, speak
from bot.messages import account as messages

AS_IN_DISCORD = "discord"


def _by_itself(name: str) -> str:
    return name[:1].upper() + name[1:]


CHOICES = [
    app_commands.Choice(name="The same as Discord", value=AS_IN_DISCORD),
    *(app_commands.Choice(name=_by_itself(language_name(code)), value=code) for code in LANGUAGES),
]

settings = app_commands.Group(name="settings", description="How I write to you")


@settings.command(name="language", description="The language I write in; your Discord's by default")
@app_commands.describe(language="The language")
@app_commands.choices(language=CHOICES)
async def choose_language(interaction: Interaction, language: str) -> None:
    context = Context.of(interaction)
    chosen = None if language == AS_IN_DISCORD else language
    await flow.choose(context.store, context.member, chosen, context.now)
    speak(chosen or str(interaction.locale))
    await reply.show(interaction, Page(messages.language_chosen(chosen)))


COMMANDS: tuple[AnyCommand, ...] = (settings,)

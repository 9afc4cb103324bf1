"""/match: what two members' tastes have in common, with the consent of both."""

from discord import AllowedMentions, Member, Object, Thread, app_commands
from discord.abc import GuildChannel

from bot.chat import matches, presence, reply
from bot.chat.bot import AnyCommand, Bot, Interaction
from bot.chat.commands.profile import Somebody, here
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.core.records import Notice
from bot.core.social import Agreement
from bot.errors import BadChoice
from bot.flows import compare, hide, meet

JOB = "match"  # what an asker waits for, at the desk


@app_commands.command(description="Compare your taste with a member's, if they agree; your matches, without one")
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.describe(member="Whom to ask; they see the question here and may leave it alone")
async def match(interaction: Interaction, member: Somebody | None = None) -> None:
    services, asker = interaction.client.services, interaction.user.id
    if member is None:
        found = await meet.agreements(services.store, asker, services.clock())
        await reply.show(interaction, matches.listed(found, asker))
        return
    other = here(member)
    _they_see_it_here(interaction, member)
    agreement = await meet.ask(services.store, asker, other, services.clock())
    if agreement.agreed_at is not None:
        await reply.pause(interaction)
        await reply.show(interaction, await _result(interaction, agreement.agreement))
    else:
        await _put(interaction, agreement)


def _they_see_it_here(interaction: Interaction, member: Somebody) -> None:
    """Raises BadChoice where the question would stand in a channel that the one asked cannot see."""
    place = interaction.channel
    if not isinstance(place, GuildChannel | Thread) or not isinstance(member, Member):
        return
    if not place.permissions_for(member).view_channel:
        raise BadChoice(matches.NOT_SEEN_HERE)


async def _put(interaction: Interaction, question: Agreement) -> None:
    """Tell the asker, and put the question to the other where they were asked: they alone are mentioned."""
    await reply.show(interaction, matches.asked(question))
    mentions = AllowedMentions(everyone=False, roles=False, users=[Object(question.other)])
    made = await interaction.followup.send(view=matches.question(question), allowed_mentions=mentions, wait=True)
    services = interaction.client.services
    await hide.posted(services.store, [question.member, question.other], made.channel.id, made.id)
    interaction.client.desk.wait(interaction, JOB, services.clock(), about=question.agreement, apart=True)


async def on_yes(interaction: Interaction, tap: Id) -> None:
    """Kept first; in the channel it only says that the question is answered."""
    await reply.soon(interaction, _accept(interaction, tap.number))
    await reply.show(interaction, Page(matches.ANSWERED))
    await reply.whisper(interaction, await _result(interaction, tap.number))


async def _accept(interaction: Interaction, number: int) -> None:
    """Say yes to an asker who is still in the server. Raises NotYours, BadChoice, ChatDown."""
    services, member, server = interaction.client.services, interaction.user.id, interaction.guild_id
    asker = await meet.asker(services.store, member, number, services.clock())
    if server is None or not await presence.is_in(interaction.client, server, asker):
        raise BadChoice(matches.ASKER_LEFT)
    await meet.accept(services.store, member, number, services.clock())


async def on_no(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await meet.decline(services.store, interaction.user.id, tap.number, services.clock())
    await reply.show(interaction, Page(matches.ANSWERED))
    await reply.whisper(interaction, Page(matches.DECLINED))


async def on_look(interaction: Interaction, tap: Id) -> None:
    await reply.pause_apart(interaction)
    await reply.whisper(interaction, await _result(interaction, tap.number))


async def on_end(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await meet.end(services.store, interaction.user.id, tap.number, services.clock())
    await reply.show(interaction, Page(matches.ENDED))


async def _result(interaction: Interaction, number: int) -> Page:
    services = interaction.client.services
    return matches.result(await compare.match(services.store, services.catalogue, interaction.user.id, number))


async def told(bot: Bot, notice: Notice, *, asked: bool) -> Page | None:
    """Tell the asker that the other agreed: the result to who waits for it; None where it is over already."""
    services, number = bot.services, int(notice.body["agreement"])
    try:
        found = await compare.match(services.store, services.catalogue, notice.member, number)
    except BadChoice:
        return None
    return matches.result(found) if asked else matches.agreed(number, found.other)


COMMANDS: tuple[AnyCommand, ...] = (match,)
TAPS = {"matchyes": on_yes, "matchno": on_no, "matchlook": on_look, "matchend": on_end}

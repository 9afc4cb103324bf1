"""/match: what two members' tastes have in common, if both agree."""

from discord import AllowedMentions, Member, Object, Thread, app_commands
from discord.abc import GuildChannel

from bot.chat import presence, reply
from bot.chat.bot import AnyCommand, Bot, Interaction
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.chat.social.pages import taste_match
from bot.chat.social.profile import Somebody, here
from bot.core.records import Notice
from bot.core.social.records import Agreement
from bot.errors import BadChoice
from bot.errors.social import AskerLeft, NotSeenHere
from bot.flows.account import hide
from bot.flows.social import match_consent
from bot.flows.social import taste_match as flow

JOB = "match"  # what an asker waits for, at the desk


@app_commands.command(description="Compare your taste with a member's, if they agree; without a member, your matches")
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.describe(member="Who to ask; they see the question here and may ignore it")
async def match(interaction: Interaction, member: Somebody | None = None) -> None:
    services, asker = interaction.client.services, interaction.user.id
    if member is None:
        found = await match_consent.agreements(services.store, asker, services.clock())
        await reply.show(interaction, taste_match.listed(found, asker))
        return
    other = here(member)
    _they_see_it_here(interaction, member)
    agreement = await match_consent.ask(services.store, asker, other, services.clock())
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
        raise NotSeenHere


async def _put(interaction: Interaction, question: Agreement) -> None:
    """Tell the asker, and put the question to the other where they were asked: they alone are mentioned."""
    await reply.show(interaction, taste_match.asked(question))
    mentions = AllowedMentions(everyone=False, roles=False, users=[Object(question.other)])
    made = await interaction.followup.send(view=taste_match.question(question), allowed_mentions=mentions, wait=True)
    services = interaction.client.services
    await hide.posted(services.store, [question.member, question.other], made.channel.id, made.id)
    interaction.client.desk.wait(interaction, JOB, services.clock(), about=question.agreement, apart=True)


async def on_yes(interaction: Interaction, tap: Id) -> None:
    """Kept first; in the channel it only says that the question is answered."""
    await reply.soon(interaction, _accept(interaction, tap.number))
    await reply.show(interaction, Page(taste_match.ANSWERED))
    await reply.whisper(interaction, await _result(interaction, tap.number))


async def _accept(interaction: Interaction, number: int) -> None:
    """Say yes to an asker who is still in the server. Raises NotYours, BadChoice, ChatDown."""
    services, member, server = interaction.client.services, interaction.user.id, interaction.guild_id
    asker = await match_consent.asker(services.store, member, number, services.clock())
    if server is None or not await presence.is_in(interaction.client, server, asker):
        raise AskerLeft
    await match_consent.accept(services.store, member, number, services.clock())


async def on_no(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await match_consent.decline(services.store, interaction.user.id, tap.number, services.clock())
    await reply.show(interaction, Page(taste_match.ANSWERED))
    await reply.whisper(interaction, Page(taste_match.DECLINED))


async def on_look(interaction: Interaction, tap: Id) -> None:
    await reply.pause_apart(interaction)
    await reply.whisper(interaction, await _result(interaction, tap.number))


async def on_end(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await match_consent.end(services.store, interaction.user.id, tap.number, services.clock())
    await reply.show(interaction, Page(taste_match.ENDED))


async def _result(interaction: Interaction, number: int) -> Page:
    services = interaction.client.services
    return taste_match.result(await flow.match(services.store, services.catalogue, interaction.user.id, number))


async def told(bot: Bot, notice: Notice, *, asked: bool) -> Page | None:
    """Tell the asker that the other agreed: the result to who waits for it; None where it is over already."""
    services, number = bot.services, int(notice.body["agreement"])
    try:
        found = await flow.match(services.store, services.catalogue, notice.member, number)
    except BadChoice:
        return None
    return taste_match.result(found) if asked else taste_match.agreed(number, found.other)


COMMANDS: tuple[AnyCommand, ...] = (match,)
TAPS = {"matchyes": on_yes, "matchno": on_no, "matchlook": on_look, "matchend": on_end}

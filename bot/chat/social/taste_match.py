"""/match: what two members' tastes have in common, if both agree."""

from discord import AllowedMentions, Member, Object, Thread, app_commands
from discord.abc import GuildChannel

from bot.chat import reply
from bot.chat.failures import FAILURES
from bot.chat.gateway import presence
from bot.chat.gateway.bot import AnyCommand, Bot, Context, Interaction
from bot.chat.guard import costly
from bot.chat.layout import Page
from bot.chat.social.pages import taste_match as pages
from bot.chat.social.profile import Somebody, here
from bot.core.records import Notice
from bot.core.social.records import Agreement
from bot.errors import BadChoice
from bot.errors.social import AskerLeft, NotPosted, NotSeenHere
from bot.flows.account import hide
from bot.flows.social import match_consent
from bot.flows.social import taste_match as flow
from bot.messages import _
from bot.messages.social import taste_match as messages

JOB = "match"  # what an asker waits for


@app_commands.command(description="Compare your taste with a member's, if they agree; without a member, your matches")
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.describe(member="Who to ask; they see the question here and may ignore it")
@costly
async def match(interaction: Interaction, member: Somebody | None = None) -> None:
    context = Context.of(interaction)
    if member is None:
        agreements = await match_consent.agreements(context.store, context.member, context.now)
        await reply.show(interaction, pages.listed(agreements, context.member))
        return
    other = here(member)
    _refuse_unseen(context, member)
    await presence.check_bot_is_in(context.bot, interaction.guild_id)
    agreement = await match_consent.ask(context.store, context.member, other, context.now)
    if agreement.agreed_at is not None:
        await reply.pause(interaction)
        await reply.show(interaction, await _result(context, agreement.agreement))
    else:
        await _post(context, agreement)


def _refuse_unseen(context: Context, member: Somebody) -> None:
    """Raises NotSeenHere if the question would be in a channel the member can't see."""
    place = context.interaction.channel
    if not isinstance(place, GuildChannel | Thread) or not isinstance(member, Member):
        return
    if not place.permissions_for(member).view_channel:
        raise NotSeenHere


async def _post(context: Context, question: Agreement) -> None:
    """Post the question in the channel, where only the member who's asked is mentioned; then tell the asker so."""
    interaction = context.interaction
    await reply.show(interaction, pages.asking(question))
    mentions = AllowedMentions(everyone=False, roles=False, users=[Object(question.other)])
    with reply.in_public(interaction):
        page = pages.question(question)
    try:
        made = await interaction.followup.send(view=page, allowed_mentions=mentions, wait=True)
    except FAILURES:
        await match_consent.unask(context.store, question.agreement)
        raise NotPosted from None
    await hide.posted(context.store, [question.member, question.other], made.channel.id, made.id)
    await reply.show(interaction, pages.asked(question))
    context.bot.pending.wait(interaction, JOB, context.now, about=question.agreement, apart=True)


async def on_yes(context: Context) -> None:
    """Note the yes, then show the result to the member alone; the channel only reads that the question is answered."""
    await reply.soon(context.interaction, _accept(context, context.tap.number))
    await _answered(context)
    await reply.whisper(context.interaction, await _result(context, context.tap.number))


async def _accept(context: Context, number: int) -> None:
    """Accept, if the asker is still in the server. Raises QuestionForAnother, QuestionOver, AskerLeft, ChatDown."""
    server = context.interaction.guild_id
    asker = await match_consent.asker(context.store, context.member, number, context.now)
    if server is None or not await presence.is_in(context.bot, server, asker):
        raise AskerLeft
    await match_consent.accept(context.store, context.member, number, context.now)


async def on_no(context: Context) -> None:
    await match_consent.decline(context.store, context.member, context.tap.number, context.now)
    await _answered(context)
    await reply.whisper(context.interaction, Page(_(messages.DECLINED)))


async def _answered(context: Context) -> None:
    with reply.in_public(context.interaction):
        await reply.show(context.interaction, Page(_(messages.ANSWERED)))


async def on_look(context: Context) -> None:
    await reply.pause_apart(context.interaction)
    await reply.whisper(context.interaction, await _result(context, context.tap.number))


async def on_end(context: Context) -> None:
    await match_consent.end(context.store, context.member, context.tap.number, context.now)
    await reply.show(context.interaction, Page(_(messages.ENDED)))


async def _result(context: Context, number: int) -> Page:
    return pages.result(await flow.match(context.store, context.services.catalogue, context.member, number))


async def told(bot: Bot, notice: Notice, *, asked: bool) -> Page | None:
    """Return what the asker reads of a yes: the result if they wait for it, else a button; None if it's over."""
    services, number = bot.services, int(notice.body["agreement"])
    try:
        result = await flow.match(services.store, services.catalogue, notice.member, number)
    except BadChoice:
        return None
    return pages.result(result) if asked else pages.agreed(number, result.other)


COMMANDS: tuple[AnyCommand, ...] = (match,)
TAPS = {"matchyes": on_yes, "matchno": on_no, "matchlook": on_look, "matchend": on_end}

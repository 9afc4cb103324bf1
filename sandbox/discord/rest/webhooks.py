"""Webhooks: what follows an interaction's first answer, for up to fifteen minutes."""

from sandbox.discord.errors import UnknownMessage, UnknownWebhook
from sandbox.discord.model import Interaction, Json, Message, MessageFlag
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.drafts import edited_message, new_message
from sandbox.discord.rest.interactions import post_answer
from sandbox.discord.rest.service import Endpoint

ROUTE = "/webhooks/{application_id}/{token}"
ORIGINAL = "@original"


async def follow_up(call: Call) -> Json:
    """Post another message; the first one after a deferral fills in the "thinking" message."""
    interaction = _acknowledged(call)
    original = interaction.original
    if original and original.loading and not original.deleted:
        return _fill(call, original)
    message = post_answer(call, interaction, new_message(call, interaction.channel, call.body))
    interaction.followups.append(message)
    call.world.changed("answer", interaction)
    return call.world.payloads.message(message)


async def get(call: Call) -> Json:
    return call.world.payloads.message(_message(call))


async def edit(call: Call) -> Json:
    message = _message(call)
    return call.world.payloads.message(call.world.edit(message, edited_message(call, message, call.body)))


async def delete(call: Call) -> None:
    call.world.delete(_message(call))


def _fill(call: Call, thinking: Message) -> Json:
    """Fill in the "thinking" message; the deferral already decided whether it's ephemeral."""
    draft = new_message(call, thinking.channel, call.body)
    draft["flags"] = (draft["flags"] & ~MessageFlag.EPHEMERAL) | (thinking.flags & MessageFlag.EPHEMERAL)
    return call.world.payloads.message(call.world.edit(thinking, draft))


def _acknowledged(call: Call) -> Interaction:
    interaction = call.hook()
    if not interaction.acknowledged:
        raise UnknownWebhook
    return interaction


def _message(call: Call) -> Message:
    """Return one of the interaction's messages, by id or as @original."""
    interaction = _acknowledged(call)
    wanted = call.params["message_id"]
    if wanted == ORIGINAL:
        message = interaction.original
    else:
        message = next((message for message in interaction.messages() if str(message.id) == wanted), None)
    if message is None or message.deleted:
        raise UnknownMessage
    return message


ENDPOINTS = (
    Endpoint("POST", ROUTE, follow_up, token_in_path=True),
    Endpoint("GET", ROUTE + "/messages/{message_id}", get, token_in_path=True),
    Endpoint("PATCH", ROUTE + "/messages/{message_id}", edit, token_in_path=True),
    Endpoint("DELETE", ROUTE + "/messages/{message_id}", delete, token_in_path=True),
)

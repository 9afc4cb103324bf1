"""The first answer to an interaction: within three seconds, and only once."""

from collections.abc import Callable

from sandbox.discord.components import numbered
from sandbox.discord.errors import AlreadyAcknowledged, DiscordError, NoActivity, UnknownInteraction
from sandbox.discord.model import AnswerKind, Draft, Interaction, InteractionKind, Json, Message, MessageFlag, Modal
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.drafts import edited_message, new_message
from sandbox.discord.rest.service import Endpoint
from sandbox.discord.rules.commands import check_choices
from sandbox.discord.rules.form import Form
from sandbox.discord.rules.modal import check_modal

DATA = ("data",)
A = AnswerKind
NEW = {A.MESSAGE, A.DEFERRED}
ANSWERS: dict[InteractionKind, set[AnswerKind]] = {
    InteractionKind.COMMAND: NEW | {A.MODAL, A.LAUNCH_ACTIVITY},
    InteractionKind.COMPONENT: NEW | {A.DEFERRED_UPDATE, A.UPDATE, A.MODAL, A.LAUNCH_ACTIVITY},
    InteractionKind.AUTOCOMPLETE: {A.CHOICES},
    InteractionKind.MODAL: NEW | {A.LAUNCH_ACTIVITY},
}


async def callback(call: Call) -> Json | None:
    """Acknowledge. With ?with_response, return the message it created."""
    interaction = _open(call)
    answer = _answer(call, interaction)
    original = RESPONDERS[answer](call, interaction)
    call.world.acknowledge(interaction, answer, original)
    call.answered = interaction
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return None
    return _receipt(call, interaction)


def _open(call: Call) -> Interaction:
    """Return the interaction if it still awaits its answer. Raises UnknownInteraction if it's too late."""
    interaction = call.world.interactions.get(call.id("interaction_id"))
    if interaction is None or interaction.token != call.params["token"]:
        raise UnknownInteraction
    if interaction.acknowledged:
        raise AlreadyAcknowledged
    if call.world.now() - interaction.created > call.world.rules.answer_within:
        raise _refusal(call, interaction, UnknownInteraction())
    return interaction


def _refusal(call: Call, interaction: Interaction, error: DiscordError) -> DiscordError:
    interaction.refused = error.__doc__
    call.world.changed("interaction", interaction)
    return error


def _answer(call: Call, interaction: Interaction) -> AnswerKind:
    allowed = ANSWERS[interaction.kind]
    if interaction.kind is InteractionKind.MODAL and interaction.message:
        allowed = allowed | {A.DEFERRED_UPDATE, A.UPDATE}
    form = Form()
    form.one_of(("type",), (call.body or {}).get("type"), allowed)
    form.finish()
    return AnswerKind(call.body["type"])


def _post(call: Call, interaction: Interaction) -> Message:
    return post_answer(call, interaction, new_message(call, interaction.channel, call.body.get("data"), DATA))


def _think(call: Call, interaction: Interaction) -> Message:
    """Post the "thinking" message, to be filled in later."""
    wanted = MessageFlag((call.body.get("data") or {}).get("flags") or 0) & MessageFlag.EPHEMERAL
    return post_answer(call, interaction, {"flags": wanted | MessageFlag.LOADING})


def post_answer(call: Call, interaction: Interaction, draft: Draft) -> Message:
    """Post a message for the interaction's member; if it's ephemeral, nobody else sees it."""
    only = interaction.user.id if MessageFlag.EPHEMERAL in draft["flags"] else None
    world = call.world
    return world.post(interaction.channel, world.bot, draft, visible_to=only, interaction=interaction)


def _update(call: Call, interaction: Interaction) -> Message | None:
    if interaction.message:
        draft = edited_message(call, interaction.message, call.body.get("data"), DATA)
        call.world.edit(interaction.message, draft)
    return interaction.message


def _leave(_call: Call, interaction: Interaction) -> Message | None:
    """Acknowledge without showing anything; the message that was pressed may be edited later."""
    return interaction.message


def _suggest(call: Call, interaction: Interaction) -> None:
    choices = (call.body.get("data") or {}).get("choices") or []
    form = Form()
    check_choices(form, (*DATA, "choices"), choices)
    form.finish()
    interaction.choices = choices


def _open_modal(call: Call, interaction: Interaction) -> None:
    data = call.body.get("data") or {}
    form = Form()
    check_modal(form, DATA, data)
    form.finish()
    interaction.modal = Modal(data["custom_id"], data["title"], numbered(data["components"]), interaction)


def _launch(call: Call, interaction: Interaction) -> None:
    """Open the application's Activity for the member; everyone who opens it in one channel shares an instance."""
    if call.world.application.activity is None:
        raise NoActivity
    interaction.activity = f"i-{interaction.channel.id}"


def _receipt(call: Call, interaction: Interaction) -> Json:
    original = interaction.original
    about: Json = {"id": str(interaction.id), "type": int(interaction.kind)}
    if interaction.activity:
        about["activity_instance_id"] = interaction.activity
        launched = {"type": int(A.LAUNCH_ACTIVITY), "activity_instance": {"id": interaction.activity}}
        return {"interaction": about, "resource": launched}
    if original is None or interaction.answer is None:
        return {"interaction": about}
    about["response_message_id"] = str(original.id)
    about["response_message_loading"] = original.loading
    about["response_message_ephemeral"] = original.visible_to is not None
    if interaction.answer in (A.DEFERRED, A.DEFERRED_UPDATE):
        return {"interaction": about}
    shown = {"type": int(interaction.answer), "message": call.world.payloads.message(original)}
    return {"interaction": about, "resource": shown}


Responder = Callable[[Call, Interaction], Message | None]
RESPONDERS: dict[AnswerKind, Responder] = {
    A.MESSAGE: _post,
    A.DEFERRED: _think,
    A.DEFERRED_UPDATE: _leave,
    A.UPDATE: _update,
    A.CHOICES: _suggest,
    A.MODAL: _open_modal,
    A.LAUNCH_ACTIVITY: _launch,
}
ENDPOINTS = (Endpoint("POST", "/interactions/{interaction_id}/{token}/callback", callback, token_in_path=True),)

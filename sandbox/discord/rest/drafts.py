"""Drafts: checks a message in a request body and turns it into what the world stores."""

import re
from typing import Any

from sandbox.discord.components import ATTACHMENT_SCHEME, media, numbered
from sandbox.discord.errors import TooLarge
from sandbox.discord.model import Attachment, Channel, Draft, Json, Message, MessageFlag, User
from sandbox.discord.rest.call import Call
from sandbox.discord.rules.form import Form, Path
from sandbox.discord.rules.message import SETTABLE, Sent, check_mentions, check_message

MENTION = re.compile(r"<@!?(\d+)>")
NOTHING: Json = {}


def new_message(call: Call, channel: Channel, body: Json | None, path: Path = ()) -> Draft:
    """Return the draft of a new message. Raises InvalidForm, EmptyMessage or TooLarge."""
    sent = body or NOTHING
    flags = MessageFlag(sent.get("flags") or 0) & SETTABLE
    ephemeral = MessageFlag.EPHEMERAL in flags
    attachments = _new_attachments(call, channel, sent, ephemeral=ephemeral)
    _check(path, Sent(sent, flags, _names(attachments), kept={}))
    return {
        "content": sent.get("content") or "",
        "embeds": sent.get("embeds") or [],
        "components": numbered(sent.get("components") or []),
        "attachments": attachments,
        "flags": flags,
        "mentions": _mentioned(call, sent),
        "reply_to": _reference(sent),
    }


def edited_message(call: Call, message: Message, body: Json | None, path: Path = ()) -> Draft:
    """Return the changes to a message: only the parts in the body. A V2 message stays V2."""
    sent = body or NOTHING
    lasting = message.flags & ~MessageFlag.LOADING
    flags = lasting | (MessageFlag(sent.get("flags") or 0) & (MessageFlag.COMPONENTS_V2 | MessageFlag.SUPPRESS_EMBEDS))
    attachments = _kept_attachments(message, sent) + _new_attachments(
        call, message.channel, sent, ephemeral=message.visible_to is not None
    )
    kept = {"content": message.content, "embeds": message.embeds, "components": message.components}
    _check(path, Sent(sent, flags, _names(attachments), kept))
    draft: Draft = {"attachments": attachments, "flags": flags}
    if "content" in sent:
        draft |= {"content": sent["content"] or "", "mentions": _mentioned(call, sent)}
    if "embeds" in sent:
        draft["embeds"] = sent["embeds"] or []
    if "components" in sent:
        draft["components"] = _relinked(call, numbered(sent["components"] or []), attachments)
    return draft


def _relinked(call: Call, tree: list[Json], attachments: list[Attachment]) -> list[Json]:
    """Refer to the message's own files by attachment instead of by address, which expires."""
    own = {call.world.cdn.path(attachment): attachment.filename for attachment in attachments}
    for item in media(tree):
        path = item["url"].removeprefix(call.world.origin).partition("?")[0]
        if path in own:
            item["url"] = ATTACHMENT_SCHEME + own[path]
    return tree


def _check(path: Path, sent: Sent) -> None:
    form = Form()
    check_mentions(form, (*path, "allowed_mentions"), sent.body.get("allowed_mentions"))
    check_message(form, path, sent)
    form.finish()


def _new_attachments(call: Call, channel: Channel, sent: Json, *, ephemeral: bool) -> list[Attachment]:
    limit = call.world.rules.upload_limit
    if any(len(upload.data) > limit for upload in call.uploads.values()):
        raise TooLarge
    details = {str(entry["id"]): entry for entry in sent.get("attachments") or ()}
    return [
        upload.attachment(call.world.ids.next(), channel.id, details=details.get(str(number)), ephemeral=ephemeral)
        for number, upload in sorted(call.uploads.items())
    ]


def _kept_attachments(message: Message, sent: Json) -> list[Attachment]:
    """Return the attachments to keep: all of them without a list, otherwise those in it."""
    if sent.get("attachments") is None:
        return list(message.attachments)
    named = {str(entry["id"]) for entry in sent["attachments"]}
    return [attachment for attachment in message.attachments if str(attachment.id) in named]


def _names(attachments: list[Attachment]) -> tuple[str, ...]:
    return tuple(attachment.filename for attachment in attachments)


def _mentioned(call: Call, sent: Json) -> list[User]:
    """Return who is pinged: the people mentioned in the content, as far as `allowed_mentions` permits."""
    allowed: dict[str, Any] = sent.get("allowed_mentions") or {"parse": ["users"]}
    everyone = "users" in (allowed.get("parse") or ())
    listed = set(map(str, allowed.get("users") or ()))
    named = dict.fromkeys(MENTION.findall(sent.get("content") or ""))
    users = (call.world.users.get(int(key)) for key in named if everyone or key in listed)
    return [user for user in users if user]


def _reference(sent: Json) -> int | None:
    reference = sent.get("message_reference") or {}
    return int(reference["message_id"]) if reference.get("message_id") else None

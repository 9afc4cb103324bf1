"""Messages: what one may contain, classic or Components V2."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.discord.components import embed_texts
from sandbox.discord.errors import EmptyMessage
from sandbox.discord.model import Json, MessageFlag
from sandbox.discord.rules.components import check_components, check_media_url
from sandbox.discord.rules.form import Form, Path

CONTENT = 2000  # characters
EMBEDS = 10
EMBED_TEXT_IN_ALL = 6000  # characters in all embeds of a message
EMBED_FIELDS = 25
ATTACHMENTS = 10
LENGTHS = {"title": 256, "description": 4096}  # characters
LEGACY = ("content", "embeds", "poll", "sticker_ids")
SETTABLE = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.EPHEMERAL
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.VOICE
    | MessageFlag.COMPONENTS_V2
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it would be after the request: the parts sent, and what remains of the edited message."""

    body: Json
    flags: MessageFlag
    files: tuple[str, ...]
    kept: Json

    def part(self, name: str) -> object:
        return self.body[name] if name in self.body else self.kept.get(name)


def check_message(form: Form, path: Path, sent: Sent) -> None:
    """Check the parts sent, and the resulting message. Raises EmptyMessage if nothing is left."""
    v2 = MessageFlag.COMPONENTS_V2 in sent.flags
    body = sent.body
    form.longest((*path, "content"), body.get("content"), CONTENT)
    form.longest((*path, "embeds"), body.get("embeds"), EMBEDS)
    form.longest((*path, "attachments"), sent.files, ATTACHMENTS)
    files = frozenset(sent.files)
    _check_embeds(form, (*path, "embeds"), body.get("embeds") or [], files)
    check_components(form, (*path, "components"), body.get("components") or [], v2=v2, files=files)
    if v2:
        _check_without_legacy(form, path, sent)
    elif not any(sent.part(name) for name in ("content", "embeds", "components")) and not sent.files:
        raise EmptyMessage


def check_mentions(form: Form, path: Path, allowed: Json | None) -> None:
    """Check that `allowed` doesn't both list users and allow all of them; likewise for roles."""
    for kind in ("users", "roles"):
        if allowed and allowed.get(kind) and kind in (allowed.get("parse") or ()):
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.wrong(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)


def _check_without_legacy(form: Form, path: Path, sent: Sent) -> None:
    for name in LEGACY:
        if sent.part(name):
            message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            form.wrong((*path, name), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    if not sent.part("components"):
        form.wrong((*path, "components"), "BASE_TYPE_REQUIRED", "This field is required")


def _check_embeds(form: Form, path: Path, embeds: list[Json], files: frozenset[str]) -> None:
    for index, embed in enumerate(embeds):
        _check_embed(form, (*path, index), embed, files)
    if sum(map(len, embed_texts(embeds))) > EMBED_TEXT_IN_ALL:
        form.wrong(path, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBED_TEXT_IN_ALL}")


def _check_embed(form: Form, path: Path, embed: Json, files: frozenset[str]) -> None:
    for name, longest in LENGTHS.items():
        form.longest((*path, name), embed.get(name), longest)
    for where, text, longest in _small_print(embed):
        form.longest((*path, *where), text, longest)
    form.longest((*path, "fields"), embed.get("fields"), EMBED_FIELDS)
    for index, entry in enumerate(embed.get("fields") or ()):
        form.between((*path, "fields", index, "name"), entry.get("name"), 1, 256)
        form.between((*path, "fields", index, "value"), entry.get("value"), 1, 1024)
    for slot in ("image", "thumbnail"):
        if embed.get(slot):
            check_media_url(form, (*path, slot, "url"), embed[slot].get("url"), files)


def _small_print(embed: Json) -> Iterator[tuple[Path, str | None, int]]:
    yield ("author", "name"), (embed.get("author") or {}).get("name"), 256
    yield ("footer", "text"), (embed.get("footer") or {}).get("text"), 2048

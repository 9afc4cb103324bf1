"""JSON of components and embeds as Discord returns them: with defaults, and addresses for `attachment://`."""

import zlib
from collections.abc import Callable
from typing import Any

from sandbox.discord.components import SELECTS, ComponentKind
from sandbox.discord.model import Json

LOADED = 2  # Discord's loading state of a media item that it has fetched
DEFAULTS: dict[int, Json] = {
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
    ComponentKind.THUMBNAIL: {"description": None, "spoiler": False},
    ComponentKind.FILE: {"spoiler": False},
    ComponentKind.SEPARATOR: {"spacing": 1, "divider": True},
    ComponentKind.CONTAINER: {"accent_color": None, "spoiler": False},
}
Resolve = Callable[[str], Json]


def component(source: Json, resolve: Resolve) -> Json:
    """Return the component as shown; `resolve` turns a media address into a media object."""
    shown = {**DEFAULTS.get(source["type"], {}), **_present(source)}
    for slot in ("components", "items"):
        if slot in shown:
            shown[slot] = [_part(part, resolve) for part in shown[slot]]
    for slot in ("accessory", "component"):
        if slot in shown:
            shown[slot] = component(shown[slot], resolve)
    if "media" in shown:
        shown["media"] = resolve(shown["media"]["url"])
    if "file" in shown:
        shown["file"] = resolve(shown["file"]["url"])
        shown |= {"name": shown["file"].pop("name", None), "size": shown["file"].pop("size", None)}
    return shown


def _part(source: Json, resolve: Resolve) -> Json:
    if "type" in source:
        return component(source, resolve)
    return {"description": None, "spoiler": False, **source, "media": resolve(source["media"]["url"])}


def embed(source: Json, resolve: Resolve) -> Json:
    shown: Json = {**_present(source), "type": "rich"}
    for slot in ("image", "thumbnail"):
        if slot in shown:
            shown[slot] = _picture(shown[slot], resolve)
    if "fields" in shown:
        shown["fields"] = [{"inline": False, **entry} for entry in shown["fields"]]
    return shown


def external(url: str) -> Json:
    """Return a media object hosted elsewhere, which the client gets as it is."""
    return {"id": str(zlib.crc32(url.encode())), "url": url, "proxy_url": url, "loading_state": LOADED, "flags": 0}


def _present(source: Any) -> Any:
    """Remove nulls that the bot sent, at any depth."""
    if isinstance(source, dict):
        return {key: _present(value) for key, value in source.items() if value is not None}
    return [_present(part) for part in source] if isinstance(source, list) else source


def _picture(source: Json, resolve: Resolve) -> dict[str, Any]:
    media = resolve(source["url"])
    return {key: media[key] for key in ("url", "proxy_url", "width", "height", "content_type") if media.get(key)}

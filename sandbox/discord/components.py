"""Reading component trees: classic action rows, Components V2 and modals.

A component is Discord's JSON object; nothing here changes one.
"""

import copy
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

Json = dict[str, Any]
T = TypeVar("T")
ATTACHMENT_SCHEME = "attachment://"


class ComponentKind(IntEnum):
    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


SELECTS = frozenset({3, 5, 6, 7, 8})
INPUTS = SELECTS | {4, 19, 21, 22, 23}
LINK_STYLE = 5


@dataclass(frozen=True, slots=True)
class Button:
    component_id: int
    label: str
    custom_id: str | None
    style: int
    disabled: bool
    emoji: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class SelectOption:
    label: str
    value: str
    description: str | None
    default: bool


@dataclass(frozen=True, slots=True)
class Select:
    component_id: int
    custom_id: str
    kind: ComponentKind
    placeholder: str
    options: tuple[SelectOption, ...]
    min_values: int
    max_values: int
    disabled: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a modal; `value` is its initial value."""

    custom_id: str
    label: str
    kind: ComponentKind
    required: bool
    value: str
    min_length: int
    max_length: int
    options: tuple[SelectOption, ...]


def walk(tree: Iterable[Json]) -> Iterator[Json]:
    """Yield every component of the tree, parents before children, in reading order."""
    for component in tree:
        yield component
        yield from walk(component.get("components", ()))
        yield from walk(component[slot] for slot in ("accessory", "component") if slot in component)


def of_kind(tree: Iterable[Json], *kinds: int) -> Iterator[Json]:
    return (component for component in walk(tree) if component.get("type") in kinds)


def texts(tree: Iterable[Json]) -> list[str]:
    return [component["content"] for component in of_kind(tree, ComponentKind.TEXT_DISPLAY)]


def embed_texts(embeds: Iterable[Json]) -> Iterator[str]:
    for embed in embeds:
        yield embed.get("author", {}).get("name", "")
        yield embed.get("title") or ""
        yield embed.get("description") or ""
        yield from (f"{entry['name']}\n{entry['value']}" for entry in embed.get("fields", ()))
        yield embed.get("footer", {}).get("text", "")


def media(tree: Iterable[Json]) -> Iterator[Json]:
    """Yield the media objects (`{"url": …}`) of thumbnails, galleries and files."""
    for component in walk(tree):
        yield from (item["media"] for item in component.get("items", ()))
        yield from (component[slot] for slot in ("media", "file") if slot in component)


def numbered(tree: Iterable[Json]) -> list[Json]:
    """Return a copy in which every component has an id, as Discord assigns to those without.

    A snowflake that came as a number is a string from here on, as in all that Discord sends.
    """
    copied = copy.deepcopy(list(tree))
    taken = {component["id"] for component in walk(copied) if component.get("id")}
    free = (number for number in itertools.count(1) if number not in taken)
    for component in walk(copied):
        component["id"] = component.get("id") or next(free)
        for value in component.get("default_values") or ():
            value["id"] = str(value["id"])
    return copied


def attachment_name(url: str) -> str | None:
    """Return the file name in `attachment://name`; None for any other address."""
    return url.removeprefix(ATTACHMENT_SCHEME) if url.startswith(ATTACHMENT_SCHEME) else None


def buttons(tree: Iterable[Json]) -> list[Button]:
    return [_button(component) for component in of_kind(tree, ComponentKind.BUTTON)]


def selects(tree: Iterable[Json]) -> list[Select]:
    return [_select(component) for component in of_kind(tree, *SELECTS)]


def fields(form: Iterable[Json]) -> list[Field]:
    """Return a modal's inputs, in order: the content of labels, and text inputs in old-style action rows."""
    inputs = []
    for component in form:
        if component["type"] == ComponentKind.LABEL:
            inputs.append(_field(component["label"], component["component"]))
        elif component["type"] == ComponentKind.ACTION_ROW:
            inputs += [_field(entry.get("label") or "", entry) for entry in component["components"]]
    return inputs


def _button(component: Json) -> Button:
    emoji: Mapping[str, Any] = component.get("emoji") or {}
    return Button(
        component_id=component.get("id") or 0,
        label=component.get("label") or "",
        custom_id=component.get("custom_id"),
        style=component["style"],
        disabled=bool(component.get("disabled")),
        emoji=emoji.get("name"),
        url=component.get("url"),
    )


def _select(component: Json) -> Select:
    return Select(
        component_id=component.get("id") or 0,
        custom_id=component["custom_id"],
        kind=ComponentKind(component["type"]),
        placeholder=component.get("placeholder") or "",
        options=_options(component),
        min_values=_or(component.get("min_values"), 1),
        max_values=_or(component.get("max_values"), 1),
        disabled=bool(component.get("disabled")),
    )


def _field(label: str, component: Json) -> Field:
    return Field(
        custom_id=component["custom_id"],
        label=label,
        kind=ComponentKind(component["type"]),
        required=_or(component.get("required"), True),
        value=component.get("value") or "",
        min_length=_or(component.get("min_length"), 0),
        max_length=_or(component.get("max_length"), 4000),
        options=_options(component),
    )


def _options(component: Json) -> tuple[SelectOption, ...]:
    return tuple(
        SelectOption(option["label"], option["value"], option.get("description"), bool(option.get("default")))
        for option in component.get("options") or ()
    )


def _or(value: T | None, default: T) -> T:
    return default if value is None else value

"""Modals: what a pop-up form may contain."""

from sandbox.discord.components import INPUTS, SELECTS, ComponentKind
from sandbox.discord.model import Json
from sandbox.discord.rules.components import CUSTOM_ID, check_select, check_unique
from sandbox.discord.rules.form import Form, Path

ITEMS = 5
TITLE, LABEL, DESCRIPTION, PLACEHOLDER, VALUE = 45, 45, 100, 100, 4000  # characters
TOP_LEVEL = (ComponentKind.ACTION_ROW, ComponentKind.TEXT_DISPLAY, ComponentKind.LABEL)


def check_modal(form: Form, path: Path, data: Json) -> None:
    form.between((*path, "title"), data.get("title"), 1, TITLE)
    form.between((*path, "custom_id"), data.get("custom_id"), 1, CUSTOM_ID)
    items = data.get("components") or []
    path = (*path, "components")
    form.between(path, items, 1, ITEMS)
    check_unique(form, path, items)
    for index, item in enumerate(items):
        _check_item(form, (*path, index), item)


def _check_item(form: Form, path: Path, item: Json) -> None:
    if not form.one_of((*path, "type"), item.get("type"), TOP_LEVEL):
        return
    if item["type"] == ComponentKind.LABEL:
        form.between((*path, "label"), item.get("label"), 1, LABEL)
        form.longest((*path, "description"), item.get("description"), DESCRIPTION)
        _check_input(form, (*path, "component"), item.get("component") or {})
    elif item["type"] == ComponentKind.ACTION_ROW:
        _check_row(form, path, item.get("components") or [])


def _check_row(form: Form, path: Path, children: list[Json]) -> None:
    path = (*path, "components")
    form.between(path, children, 1, 1)
    for index, child in enumerate(children):
        if form.one_of((*path, index, "type"), child.get("type"), (ComponentKind.TEXT_INPUT,)):
            form.between((*path, index, "label"), child.get("label"), 1, LABEL)
            _check_input(form, (*path, index), child)


def _check_input(form: Form, path: Path, item: Json) -> None:
    if not form.one_of((*path, "type"), item.get("type"), INPUTS):
        return
    form.between((*path, "custom_id"), item.get("custom_id"), 1, CUSTOM_ID)
    if item["type"] in SELECTS:
        check_select(form, path, item)
    elif item["type"] == ComponentKind.TEXT_INPUT:
        form.longest((*path, "placeholder"), item.get("placeholder"), PLACEHOLDER)
        form.longest((*path, "value"), item.get("value"), VALUE)
        form.in_range((*path, "min_length"), item.get("min_length"), 0, VALUE)
        form.in_range((*path, "max_length"), item.get("max_length"), 1, VALUE)

"""Forms: what a client sends for a choice in a select, and for a submitted modal."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.discord.client.outcome import NotAllowed, NotThere
from sandbox.discord.client.resolved import Resolved
from sandbox.discord.components import ComponentKind, Field, Select, SelectOption
from sandbox.discord.model import Channel, Json, Modal, User
from sandbox.discord.uploads import Upload
from sandbox.discord.world import World

CHOSEN_FROM_OPTIONS = {ComponentKind.STRING_SELECT, ComponentKind.RADIO_GROUP, ComponentKind.CHECKBOX_GROUP}


def selection(world: World, channel: Channel, menu: Select, values: Any) -> Json:
    """Return the data for choosing `values` (labels, values, users or channels) in a select."""
    resolved = Resolved(world, channel)
    chosen = [_pick(menu.kind, menu.options, value, resolved) for value in _listed(values)]
    if not menu.min_values <= len(chosen) <= menu.max_values:
        raise NotAllowed(f"{menu.placeholder}: choose {menu.min_values} to {menu.max_values}, not {len(chosen)}")
    data = {"custom_id": menu.custom_id, "component_type": int(menu.kind), "id": menu.component_id, "values": chosen}
    return data | resolved.json()


def submission(world: World, channel: Channel, modal: Modal, values: Mapping[str, Any]) -> Json:
    """Return the data for submitting the modal with the named fields filled in and the others unchanged."""
    named = {_field(modal, name).custom_id: value for name, value in values.items()}
    resolved = Resolved(world, channel)
    filled = {field.custom_id: _fill(field, named, resolved) for field in modal.fields()}
    components = [_submitted(component, filled) for component in modal.components]
    return {"custom_id": modal.custom_id, "components": components} | resolved.json()


def _field(modal: Modal, name: str) -> Field:
    fields = modal.fields()
    matching = next((field for field in fields if name in (field.custom_id, field.label)), None)
    matching = matching or next((field for field in fields if _plain(name) == _plain(field.label)), None)
    if matching is None:
        raise NotThere(f"no field {name!r} in {modal.title!r} among {[field.label for field in fields]}")
    return matching


def _plain(label: str) -> str:
    return label.lower().replace("_", " ").strip(" :?")


def _fill(field: Field, named: Mapping[str, Any], resolved: Resolved) -> Json:
    """Return this field's part of the answer: `value` or `values`."""
    match field.kind:
        case ComponentKind.TEXT_INPUT:
            return {"value": _text(field, str(named.get(field.custom_id, field.value)))}
        case ComponentKind.CHECKBOX:
            return {"value": bool(named.get(field.custom_id, False))}
    default = [option.value for option in field.options if option.default]
    chosen = [
        _pick(field.kind, field.options, value, resolved) for value in _listed(named.get(field.custom_id, default))
    ]
    if field.required and not chosen:
        raise NotAllowed(f"{field.label} must be filled in")
    if field.kind is ComponentKind.RADIO_GROUP:
        return {"value": chosen[0] if chosen else None}
    return {"values": chosen}


def _text(field: Field, value: str) -> str:
    if field.required and not value:
        raise NotAllowed(f"{field.label} must be filled in")
    if value and not field.min_length <= len(value) <= field.max_length:
        raise NotAllowed(f"{field.label} must have {field.min_length} to {field.max_length} characters")
    return value


def _submitted(component: Json, filled: Mapping[str, Json]) -> Json:
    """Return the component as a submission has it: types, ids and answers, without labels."""
    answer: Json = {"type": component["type"], "id": component["id"]}
    if "custom_id" in component:
        answer |= {"custom_id": component["custom_id"], **filled[component["custom_id"]]}
    if "component" in component:
        answer["component"] = _submitted(component["component"], filled)
    if "components" in component:
        answer["components"] = [_submitted(part, filled) for part in component["components"]]
    return answer


def _pick(kind: ComponentKind, options: Iterable[SelectOption], value: Any, resolved: Resolved) -> str:
    if kind not in CHOSEN_FROM_OPTIONS:
        return resolved.add(value)
    named = [option.value for option in options if value in (option.label, option.value)]
    if not named:
        raise NotThere(f"no option {value!r} among {[option.label for option in options]}")
    return named[0]


def _listed(values: Any) -> list[Any]:
    return [values] if isinstance(values, str | User | Channel | Upload) else list(values)

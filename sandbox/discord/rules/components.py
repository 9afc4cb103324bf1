"""Components of messages: action rows, and the Components V2 layout."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from sandbox.discord.components import LINK_STYLE, SELECTS, ComponentKind, attachment_name, texts, walk
from sandbox.discord.model import Json
from sandbox.discord.rules.emoji import is_emoji
from sandbox.discord.rules.form import Form, Path

ROWS = 5
IN_A_ROW = 5
COMPONENTS_IN_ALL = 40
TEXT_IN_ALL = 4000  # characters
SELECT_OPTIONS = 25
GALLERY_ITEMS = 10
LABEL, CUSTOM_ID, PLACEHOLDER, OPTION_TEXT, ALT_TEXT = 80, 100, 150, 100, 1024  # characters

K = ComponentKind
CLASSIC = frozenset({K.ACTION_ROW})
IN_CONTAINER = frozenset({K.ACTION_ROW, K.SECTION, K.TEXT_DISPLAY, K.MEDIA_GALLERY, K.FILE, K.SEPARATOR})
TOP_LEVEL = IN_CONTAINER | {K.CONTAINER}
IN_ROW = frozenset({K.BUTTON}) | SELECTS
ACCESSORIES = frozenset({K.BUTTON, K.THUMBNAIL})
CHILDREN: dict[int, Collection[int]] = {
    K.ACTION_ROW: IN_ROW,
    K.SECTION: {K.TEXT_DISPLAY},
    K.CONTAINER: IN_CONTAINER,
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form being checked, with the names of the files that its media may refer to."""

    form: Form
    files: frozenset[str]


def check_components(form: Form, path: Path, tree: list[Json], *, v2: bool, files: frozenset[str]) -> None:
    """Check a message's components; unknown kinds are reported, without checking their content."""
    allowed = TOP_LEVEL if v2 else CLASSIC
    if not v2 and len(tree) > ROWS:
        form.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {ROWS} in length.")
    sheet = Sheet(form, files)
    for index, component in enumerate(tree):
        _visit(sheet, (*path, index), component, allowed)
    _check_totals(form, path, tree)


def check_unique(form: Form, path: Path, tree: Iterable[Json]) -> None:
    """Check that no two components share a custom id or a number."""
    for key, code in (("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"), ("id", "COMPONENT_ID_DUPLICATED")):
        seen = set()
        for component in walk(tree):
            value = component.get(key)
            if value in seen:
                form.wrong(path, code, f"Component {key.replace('_', ' ')} cannot be duplicated")
            seen |= {value} if value else set()


def _check_totals(form: Form, path: Path, tree: list[Json]) -> None:
    check_unique(form, path, tree)
    if sum(1 for _ in walk(tree)) > COMPONENTS_IN_ALL:
        form.wrong(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", f"At most {COMPONENTS_IN_ALL} components in all")
    if sum(map(len, texts(tree))) > TEXT_IN_ALL:
        message = f"Displayable text cannot exceed {TEXT_IN_ALL} characters"
        form.wrong(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)


def _visit(sheet: Sheet, path: Path, component: Json, allowed: Collection[int]) -> None:
    kind = component.get("type")
    if not sheet.form.one_of((*path, "type"), kind, allowed):
        return
    CHECKS.get(int(kind or 0), _accept)(sheet, path, component)
    children = CHILDREN.get(int(kind or 0))
    if children:
        for index, child in enumerate(component.get("components") or ()):
            _visit(sheet, (*path, "components", index), child, children)


def _accept(_sheet: Sheet, _path: Path, _component: Json) -> None:
    """Accept the component: there's nothing to check beyond its kind."""


def _row(sheet: Sheet, path: Path, component: Json) -> None:
    children = component.get("components") or []
    sheet.form.between((*path, "components"), children, 1, IN_A_ROW)
    has_select = any(child.get("type") in SELECTS for child in children)
    if has_select and len(children) > 1:
        sheet.form.wrong(path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")


def _button(sheet: Sheet, path: Path, component: Json) -> None:
    form = sheet.form
    form.longest((*path, "label"), component.get("label"), LABEL)
    if not component.get("label") and not component.get("emoji"):
        form.wrong((*path, "label"), "BUTTON_COMPONENT_LABEL_REQUIRED", "A button needs a label or an emoji")
    _emoji(form, path, component)
    form.one_of((*path, "style"), component.get("style"), range(1, 6))
    if component.get("style") == LINK_STYLE:
        form.require((*path, "url"), component.get("url"))
    else:
        form.between((*path, "custom_id"), component.get("custom_id"), 1, CUSTOM_ID)


def check_select(form: Form, path: Path, component: Json) -> None:
    form.between((*path, "custom_id"), component.get("custom_id"), 1, CUSTOM_ID)
    form.longest((*path, "placeholder"), component.get("placeholder"), PLACEHOLDER)
    form.in_range((*path, "min_values"), component.get("min_values"), 0, SELECT_OPTIONS)
    form.in_range((*path, "max_values"), component.get("max_values"), 1, SELECT_OPTIONS)
    if component["type"] == K.STRING_SELECT:
        _options(form, path, component)


def _options(form: Form, path: Path, component: Json) -> None:
    options = component.get("options") or []
    path = (*path, "options")
    form.between(path, options, 1, SELECT_OPTIONS)
    for index, option in enumerate(options):
        form.between((*path, index, "label"), option.get("label"), 1, OPTION_TEXT)
        form.between((*path, index, "value"), option.get("value"), 1, OPTION_TEXT)
        form.longest((*path, index, "description"), option.get("description"), OPTION_TEXT)
        _emoji(form, (*path, index), option)
    if len({option.get("value") for option in options}) < len(options):
        form.wrong(path, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")
    if sum(bool(option.get("default")) for option in options) > (component.get("max_values") or 1):
        form.wrong(path, "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "More defaults than may be chosen")


def _section(sheet: Sheet, path: Path, component: Json) -> None:
    sheet.form.between((*path, "components"), component.get("components"), 1, 3)
    if sheet.form.require((*path, "accessory"), component.get("accessory")):
        _visit(sheet, (*path, "accessory"), component["accessory"], ACCESSORIES)


def _text_display(sheet: Sheet, path: Path, component: Json) -> None:
    sheet.form.between((*path, "content"), component.get("content"), 1, TEXT_IN_ALL)


def _gallery(sheet: Sheet, path: Path, component: Json) -> None:
    items = component.get("items") or []
    sheet.form.between((*path, "items"), items, 1, GALLERY_ITEMS)
    for index, item in enumerate(items):
        _media(sheet, (*path, "items", index), item)


def _media(sheet: Sheet, path: Path, holder: Json) -> None:
    sheet.form.longest((*path, "description"), holder.get("description"), ALT_TEXT)
    check_media_url(sheet.form, (*path, "media", "url"), (holder.get("media") or {}).get("url"), sheet.files)


def _file(sheet: Sheet, path: Path, component: Json) -> None:
    check_media_url(sheet.form, (*path, "file", "url"), (component.get("file") or {}).get("url"), sheet.files)


def _container(sheet: Sheet, path: Path, component: Json) -> None:
    sheet.form.between((*path, "components"), component.get("components"), 1, COMPONENTS_IN_ALL)


def check_media_url(form: Form, path: Path, url: str | None, files: frozenset[str]) -> None:
    """Check that media is an http address or a file of the same message."""
    if not form.require(path, url) or url is None:
        return
    name = attachment_name(url)
    if name is None and not url.startswith(("http://", "https://")):
        form.wrong(path, "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https', 'attachment').")
    if name is not None and name not in files:
        message = f"The referenced attachment {name!r} in unfurled media item was not found."
        form.wrong(path, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", message)


def _emoji(form: Form, path: Path, holder: Json) -> None:
    emoji = holder.get("emoji")
    if emoji and not emoji.get("id") and not is_emoji(emoji.get("name") or ""):
        form.wrong((*path, "emoji", "name"), "COMPONENT_INVALID_EMOJI", "Invalid emoji")


def _select(sheet: Sheet, path: Path, component: Json) -> None:
    check_select(sheet.form, path, component)


Check = Callable[[Sheet, Path, Json], None]
CHECKS: dict[int, Check] = {
    K.ACTION_ROW: _row,
    K.BUTTON: _button,
    **dict.fromkeys(SELECTS, _select),
    K.SECTION: _section,
    K.TEXT_DISPLAY: _text_display,
    K.THUMBNAIL: _media,
    K.MEDIA_GALLERY: _gallery,
    K.FILE: _file,
    K.CONTAINER: _container,
}

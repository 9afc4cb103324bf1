// Message components, classic and V2, as elements.
//
// `context` is what they act on: `press(custom_id)` and `choose(custom_id, values)` return promises that end when the
// bot has answered; `names` knows people and channels, `people()` and `channels()` list them.

import { attachment, colour, picture } from "./attachments.js";
import { busy, emoji } from "./faces.js";
import { h, link } from "./dom.js";
import { markdown } from "./markdown.js";
import { select } from "./select.js";

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger" };
const LINK_STYLE = 5;
const WIDE = 2; // spacing of a separator

const KINDS = {
  1: (row, context) => h("div", { class: "row" }, components(row.components, context)),
  2: (button, context) => (button.style === LINK_STYLE ? linkButton(button) : pressButton(button, context)),
  3: select,
  5: (menu, context) => select({ ...menu, options: context.people() }, context),
  7: (menu, context) => select({ ...menu, options: [...context.people(), ...context.channels()] }, context),
  8: (menu, context) => select({ ...menu, options: chosenBefore(menu, context.channels()) }, context),
  9: section,
  10: (text, context) => h("div", { class: "text" }, markdown(text.content, context.names)),
  11: (thumbnail) => h("div", { class: "thumbnail" }, picture(thumbnail.media, thumbnail.description)),
  12: gallery,
  13: (file) => attachment({ ...file.file, filename: file.name ?? "file", size: file.size }),
  14: (line) => h("hr", { class: `${line.divider ? "" : "blank"} ${line.spacing === WIDE ? "wide" : ""}` }),
  17: container,
};

export function components(tree, context) {
  return tree.map((component) => (KINDS[component.type] ?? unknown)(component, context));
}

/** The options, those that the menu had chosen before marked. */
function chosenBefore({ default_values: before = [] }, options) {
  const chosen = new Set(before.map(({ id }) => id));
  return options.map((option) => ({ ...option, default: chosen.has(option.value) }));
}

function unknown(component) {
  return h("p", { class: "subtext" }, `A component of kind ${component.type}, which this page can't show`);
}

function container(component, context) {
  const accent = component.accent_color;
  const style = Number.isInteger(accent) ? { "--accent-line": colour(accent) } : {};
  return h("div", { class: "container", style }, components(component.components, context));
}

function section(component, context) {
  const texts = h("div", { class: "texts" }, components(component.components, context));
  return h("div", { class: "section" }, texts, components([component.accessory], context));
}

function gallery(component) {
  const items = component.items.map((item) => h("li", {}, picture(item.media, item.description)));
  return h("ul", { class: `gallery of-${Math.min(items.length, 3)}` }, items);
}

function face(component) {
  return [emoji(component.emoji), component.label && h("span", {}, component.label)];
}

function linkButton(component) {
  const shown = link(component.url, face(component), h("span", { "aria-hidden": "true" }, "↗"));
  shown.classList.add("button", "secondary");
  return shown;
}

function pressButton(component, context) {
  const name = component.label ? null : component.emoji?.name;
  const style = `button ${BUTTON_STYLES[component.style]}`;
  const properties = { type: "button", class: style, disabled: component.disabled, "aria-label": name };
  const shown = h("button", properties, face(component));
  shown.addEventListener("click", () => busy(shown, () => context.press(component.custom_id)));
  return shown;
}

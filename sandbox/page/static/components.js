// Message components, classic and V2, as elements.
//
// `context` is what they act on: `press(custom_id)` and `choose(custom_id, values)` return promises that end when the
// bot has answered; `names` knows people and channels, `people()` and `channels()` list them.

import { attachment, picture } from "./attachments.js";
import { freshId, h, link } from "./dom.js";
import { markdown } from "./markdown.js";

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger" };
const LINK_STYLE = 5;

const KINDS = {
  1: (row, context) => h("div", { class: "row" }, components(row.components, context)),
  2: button,
  3: select,
  5: (menu, context) => select({ ...menu, options: context.people() }, context),
  7: (menu, context) => select({ ...menu, options: [...context.people(), ...context.channels()] }, context),
  8: (menu, context) => select({ ...menu, options: context.channels() }, context),
  9: section,
  10: (text, context) => h("div", { class: "text" }, markdown(text.content, context.names)),
  11: (thumbnail) => h("div", { class: "thumbnail" }, picture(thumbnail.media, thumbnail.description)),
  12: gallery,
  13: (file) => attachment({ ...file.file, filename: file.name ?? file.file.name, size: file.size }),
  14: (line) => h("hr", { class: `${line.divider ? "" : "blank"} ${line.spacing === 2 ? "wide" : ""}` }),
  17: container,
};

export function components(tree, context) {
  return tree.map((component) => (KINDS[component.type] ?? unknown)(component, context));
}

function unknown(component) {
  return h("p", { class: "subtext" }, `A component of kind ${component.type}, which this page does not know`);
}

function container(component, context) {
  const accent = component.accent_color;
  const style = accent === null || accent === undefined ? {} : { "--accent-line": `#${accent.toString(16).padStart(6, "0")}` };
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

/** Emoji as text; a custom one, whose picture nobody has here, by its name. */
export function emoji(found) {
  if (!found) return null;
  return h("span", { class: "emoji", "aria-hidden": "true" }, found.id ? `:${found.name}:` : found.name);
}

function button(component, context) {
  const face = [emoji(component.emoji), component.label && h("span", {}, component.label)];
  if (component.style === LINK_STYLE) {
    const shown = link(component.url, face, h("span", { "aria-hidden": "true" }, "↗"));
    shown.classList.add("button", "secondary");
    return shown;
  }
  const name = component.label ? null : component.emoji?.name;
  const shown = h("button", { type: "button", class: `button ${BUTTON_STYLES[component.style]}`, disabled: component.disabled, "aria-label": name }, face);
  shown.addEventListener("click", () => busy(shown, context.press(component.custom_id)));
  return shown;
}

/** Show that the bot is being asked; presses meanwhile do nothing. */
async function busy(element, asking) {
  element.setAttribute("aria-busy", "true");
  await asking;
  element.removeAttribute("aria-busy");
}

/** A menu that opens in place. One choice is sent at once, several with a button. */
function select(component, context) {
  const least = component.min_values ?? 1;
  const most = component.max_values ?? 1;
  const options = component.options.map((option) => ({ ...option }));
  const chosen = options.filter((option) => option.default);
  const label = chosen.map((option) => option.label).join(", ") || component.placeholder || "Choose";
  const summary = h("summary", { "aria-disabled": component.disabled }, h("span", {}, label));
  const shown = h("details", { class: `select ${component.disabled ? "disabled" : ""}` }, summary);
  const send = (values) => {
    shown.open = false;
    return busy(shown, context.choose(component.custom_id, values));
  };
  const single = most === 1 && least === 1;
  shown.append(single ? choiceButtons(options, send) : choiceBoxes(options, least, most, send));
  if (component.disabled) summary.addEventListener("click", (event) => event.preventDefault());
  shown.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shown.open) return;
    shown.open = false;
    summary.focus();
  });
  return shown;
}

function choiceButtons(options, send) {
  const items = options.map((option) => {
    const current = option.default ? "true" : null;
    return h("li", {}, h("button", { type: "button", "aria-current": current, onclick: () => send([option.value]) }, face(option)));
  });
  return h("ul", { class: "options" }, items);
}

function choiceBoxes(options, least, most, send) {
  const boxes = options.map((option) => h("input", { type: "checkbox", value: option.value, checked: option.default }));
  const hint = h("span", { class: "subtext" }, least === most ? `Choose ${most}` : `Choose ${least} to ${most}`);
  const done = h("button", { class: "button primary" }, "Done");
  const update = () => {
    const number = boxes.filter((box) => box.checked).length;
    done.disabled = number < least || number > most;
    for (const box of boxes) box.disabled = !box.checked && number >= most;
  };
  const submit = (event) => {
    event.preventDefault();
    send(boxes.filter((box) => box.checked).map((box) => box.value));
  };
  update();
  const items = options.map((option, index) => h("li", {}, h("label", {}, boxes[index], face(option))));
  return h("form", { onchange: update, onsubmit: submit }, h("ul", { class: "options" }, items), h("p", { class: "done" }, hint, done));
}

function face(option) {
  const id = freshId("option");
  const description = option.description && h("small", {}, option.description);
  return [emoji(option.emoji), h("span", { class: "face", id }, option.label, description)];
}

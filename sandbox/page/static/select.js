// Menus in messages, which open in place. One choice is sent at once, several with a button.

import { h } from "./dom.js";
import { busy, emoji } from "./faces.js";

export function select(component, context) {
  const { options, disabled, min_values: least = 1, max_values: most = 1 } = component;
  const chosen = options.filter((option) => option.default).map((option) => option.label);
  const label = chosen.join(", ") || component.placeholder || "Choose";
  const summary = h("summary", { "aria-disabled": disabled ? "true" : null }, h("span", {}, label));
  const shown = h("details", { class: `select ${disabled ? "disabled" : ""}` }, summary);
  const send = (values) => {
    shown.open = false;
    return busy(shown, () => context.choose(component.custom_id, values));
  };
  const single = least === 1 && most === 1;
  shown.append(single ? choiceButtons(options, send) : choiceBoxes(options, least, most, send));
  if (disabled) summary.addEventListener("click", (event) => event.preventDefault());
  closeOnEscape(shown, summary);
  return shown;
}

function closeOnEscape(shown, summary) {
  shown.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shown.open) return;
    shown.open = false;
    summary.focus();
  });
}

function face(option) {
  const description = option.description && h("small", {}, option.description);
  return [emoji(option.emoji), h("span", { class: "face" }, option.label, description)];
}

function choiceButtons(options, send) {
  const items = options.map((option) => {
    const properties = { type: "button", "aria-current": option.default ? "true" : null };
    return h("li", {}, h("button", { ...properties, onclick: () => send([option.value]) }, face(option)));
  });
  return h("ul", { class: "options" }, items);
}

function choiceBoxes(options, least, most, send) {
  const boxes = options.map((each) => h("input", { type: "checkbox", value: each.value, checked: each.default }));
  const chosen = () => boxes.filter((box) => box.checked);
  const done = h("button", { class: "button primary" }, "Done");
  const update = () => {
    done.disabled = chosen().length < least || chosen().length > most;
    for (const box of boxes) box.disabled = !box.checked && chosen().length >= most;
  };
  const submit = (event) => {
    event.preventDefault();
    send(chosen().map((box) => box.value));
  };
  update();
  const items = options.map((option, index) => h("li", {}, h("label", {}, boxes[index], face(option))));
  const hint = h("span", { class: "subtext" }, least === most ? `Choose ${most}` : `Choose ${least} to ${most}`);
  const list = h("ul", { class: "options" }, items);
  return h("form", { onchange: update, onsubmit: submit }, list, h("p", { class: "choose" }, hint, done));
}

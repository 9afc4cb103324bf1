// Fields of forms: one builder for each kind of thing that a modal or a command asks for.
//
// A field is `{ element, read() }`; `read` returns what was filled in: for nothing "" of texts,
// undefined of other kinds.

import { freshId, h } from "./dom.js";

/** A line or a paragraph of text. */
export function textField({ label, hint, long, ...properties }) {
  const input = long
    ? h("textarea", { rows: 4, ...properties })
    : h("input", { type: "text", autocomplete: "off", ...properties });
  return { input, element: labelled(label, input, hint), read: () => input.value };
}

export function numberField({ label, hint, whole, ...properties }) {
  const input = h("input", { type: "number", step: whole ? 1 : "any", ...properties });
  return { element: labelled(label, input, hint), read: () => (input.value === "" ? undefined : Number(input.value)) };
}

/** One of few, as the browser's own menu. `read` returns the value as it was given, of whatever type. */
export function menuField({ label, hint, options, required }) {
  const blank = h("option", { value: "" }, required ? "Choose…" : "–");
  const items = options.map((option, index) =>
    h("option", { value: String(index), selected: option.default }, option.label),
  );
  const input = h("select", { required }, blank, items);
  return {
    element: labelled(label, input, hint),
    read: () => (input.value === "" ? undefined : options[input.value].value),
  };
}

/** Any number of a few, as boxes to tick. `read` returns a list. */
export function boxesField({ label, hint, options, least = 0, most = options.length }) {
  const boxes = options.map((option) => h("input", { type: "checkbox", value: option.value, checked: option.default }));
  const lines = options.map((option, index) => h("label", { class: "tick" }, boxes[index], option.label));
  const chosen = () => boxes.filter((box) => box.checked);
  const check = () => {
    const fits = chosen().length >= least && chosen().length <= most;
    boxes[0]?.setCustomValidity(fits ? "" : `Choose ${least} to ${most}`);
  };
  check();
  const element = h("fieldset", { onchange: check }, h("legend", {}, label), hint && h("small", {}, hint), lines);
  return { element, read: () => chosen().map((box) => box.value) };
}

export function tickField({ label, checked }) {
  const input = h("input", { type: "checkbox", checked });
  return { element: h("label", { class: "tick" }, input, label), read: () => input.checked };
}

/** A file; `read` returns a File. */
export function fileField({ label, hint, required }) {
  const input = h("input", { type: "file", required });
  return { input, element: labelled(label, input, hint), read: () => input.files[0] };
}

function labelled(label, input, hint) {
  const mark = input.required ? h("span", { class: "needed", "aria-hidden": "true" }, " *") : null;
  input.id ||= freshId("field");
  const about = hint ? h("small", { id: `${input.id}-hint` }, hint) : null;
  if (about) input.setAttribute("aria-describedby", about.id);
  return h("div", { class: "field" }, h("label", { for: input.id }, label, mark), input, about);
}

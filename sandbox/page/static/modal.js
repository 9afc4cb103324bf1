// Forms that the bot opens.

import { Refusal, postFiles } from "./api.js";
import { dialog, h } from "./dom.js";
import { boxesField, fileField, menuField, textField, tickField } from "./fields.js";
import { markdown } from "./markdown.js";

const ACTION_ROW = 1;
const TEXT_DISPLAY = 10;
const LABEL = 18;
const FILE_UPLOAD = 19;
const PARAGRAPH = 2;

/** Show a form as a dialog; sending it closes it, unless the bot does not answer. */
export function openForm(form, who, world) {
  const fields = [];
  const parts = form.components.flatMap((component) => part(component, fields, world));
  const failure = h("p", { class: "failure", role: "alert" });
  const send = h("button", { class: "button primary" }, "Submit");
  const cancel = h("button", { type: "button", class: "button secondary", onclick: () => shown.close() }, "Cancel");
  const body = h("form", { class: "modal" }, parts, failure, h("p", { class: "actions" }, cancel, send));
  body.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    failure.textContent = await submit(form, fields, who);
    send.disabled = false;
    if (!failure.textContent) shown.close();
  });
  const shown = dialog(form.title, body);
}

/** Send what was filled in; returns why that failed, or nothing. */
async function submit(form, fields, who) {
  const values = {};
  const files = {};
  for (const field of fields) {
    const value = field.read();
    if (value instanceof File) files[field.name] = value;
    else if (value !== undefined) values[field.name] = value;
  }
  try {
    await postFiles("submit", { ...who, interaction: form.interaction, values }, files);
    return "";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.message;
  }
}

function part(component, fields, world) {
  if (component.type === TEXT_DISPLAY) return [h("div", { class: "text" }, markdown(component.content, world.names))];
  if (component.type === LABEL)
    return [add(fields, component.component, component.label, component.description, world)];
  if (component.type === ACTION_ROW)
    return component.components.map((each) => add(fields, each, each.label, null, world));
  return [];
}

function add(fields, component, label, hint, world) {
  const field = FIELDS[component.type](component, { label, hint, required: component.required ?? true }, world);
  fields.push({ ...field, name: component.custom_id });
  return field.element;
}

const FIELDS = {
  3: (menu, common) => choice(menu, common, menu.options),
  4: (input, common) =>
    textField({
      ...common,
      long: input.style === PARAGRAPH,
      value: input.value ?? "",
      placeholder: input.placeholder,
      minlength: input.min_length,
      maxlength: input.max_length,
    }),
  5: (menu, common, world) => choice(menu, common, world.people()),
  7: (menu, common, world) => choice(menu, common, [...world.people(), ...world.channels()]),
  8: (menu, common, world) => choice(menu, common, world.channels()),
  [FILE_UPLOAD]: (_, common) => fileField(common),
  21: (group, common) => menuField({ ...common, options: group.options }),
  22: (group, common) =>
    boxesField({ ...common, options: group.options, least: group.min_values ?? 0, most: group.max_values }),
  23: (box, common) => tickField({ ...common, checked: box.default }),
};

/** A select of a form: a menu for one choice, which is sent as a list like any other, boxes for several. */
function choice(menu, common, options) {
  const most = menu.max_values ?? 1;
  if (most > 1) return boxesField({ ...common, options, least: common.required ? (menu.min_values ?? 1) : 0, most });
  const field = menuField({ ...common, options });
  return { ...field, read: () => [field.read()].filter((value) => value !== undefined) };
}

// A field for each kind of option that a slash command can have.

import { combobox } from "./combobox.js";
import { fileField, menuField, numberField, textField } from "./fields.js";

const ATTACHMENT = 11;
const YES_OR_NO = [
  { label: "Yes", value: true },
  { label: "No", value: false },
];

const KINDS = {
  3: textOption,
  4: (option, common) => numberOption(option, common, true),
  5: (_, common) => menuField({ ...common, options: YES_OR_NO }),
  6: (_, common, { world }) => menuField({ ...common, options: world.people() }),
  7: (_, common, { world }) => menuField({ ...common, options: world.channels() }),
  9: (_, common, { world }) => menuField({ ...common, options: [...world.people(), ...world.channels()] }),
  10: (option, common) => numberOption(option, common, false),
  [ATTACHMENT]: (_, common) => fileField(common),
};

/**
 * The field of one option. `context` has the `world`, and `complete(typed)` that resolves to the bot's suggestions.
 * What comes has, beside `element` and `read`, the `name` and whether it `isFile`.
 */
export function optionField(option, context) {
  const common = { label: option.name, hint: option.description, required: option.required };
  const make = option.choices?.length ? chosenOption : KINDS[option.type];
  return { name: option.name, isFile: option.type === ATTACHMENT, ...make(option, common, context) };
}

/** What is filled in, by name: `{ options, files }`. */
export function filled(fields) {
  const given = fields.map((field) => [field, field.read()]).filter(([, value]) => value !== undefined && value !== "");
  const part = (files) =>
    given.filter(([field]) => field.isFile === files).map(([field, value]) => [field.name, value]);
  return { options: Object.fromEntries(part(false)), files: Object.fromEntries(part(true)) };
}

function chosenOption(option, common) {
  return menuField({ ...common, options: option.choices.map(({ name, value }) => ({ label: name, value })) });
}

function numberOption(option, common, whole) {
  return numberField({ ...common, whole, min: option.min_value, max: option.max_value });
}

/** A text; with autocomplete it shows a suggestion's name and sends its value. */
function textOption(option, common, { complete }) {
  const field = textField({ ...common, minlength: option.min_length, maxlength: option.max_length });
  if (!option.autocomplete) return field;
  let taken = null;
  const suggest = async (typed) => (await complete(typed)).map(({ name, value }) => ({ label: name, value }));
  const choose = (item) => {
    taken = item;
    field.input.value = item.label;
  };
  const marker = document.createComment("");
  field.input.before(marker);
  marker.replaceWith(combobox(field.input, suggest, choose));
  return { ...field, read: () => (taken?.label === field.input.value ? taken.value : field.input.value) };
}

// A text field with suggestions, by pointer and by keyboard (the combobox pattern of ARIA).

import { freshId, h } from "./dom.js";

const PATIENCE = 120; // milliseconds without typing before suggestions are asked for

/**
 * Give `input` a list of suggestions. `suggest(text)` resolves to `{ label, detail }` objects or null for none wanted;
 * `choose(suggestion)` is called with the one that was taken. Returns the element to put in the input's place.
 */
export function combobox(input, suggest, choose) {
  const list = h("ul", { role: "listbox", id: freshId("suggestions"), class: "suggestions", hidden: true });
  let items = [];
  let active = -1;
  let timer = null;
  let asked = 0;
  let stale = false; // the text has changed since what is listed was asked for
  let hurried = false; // the first of what comes is to be taken

  const close = () => {
    clearTimeout(timer);
    asked += 1;
    list.hidden = true;
    active = -1;
    stale = false;
    hurried = false;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const take = (item) => {
    close();
    choose(item);
  };

  const pick = () => {
    if (stale) hurried = true;
    else take(items[active]);
  };

  const mark = (index) => {
    active = index;
    [...list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === index)));
    const line = list.children[index];
    if (!line) return;
    input.setAttribute("aria-activedescendant", line.id);
    line.scrollIntoView({ block: "nearest" });
  };

  const show = (found) => {
    items = found;
    const none = h("li", { class: "none" }, "Nothing fits");
    const lines = found.map((item) => {
      const line = h("li", { role: "option", id: freshId("option"), "aria-selected": "false" }, h("span", {}, item.label), item.detail && h("small", {}, item.detail));
      line.addEventListener("pointerdown", (event) => event.preventDefault());
      line.addEventListener("click", () => take(item));
      return line;
    });
    list.replaceChildren(...(lines.length ? lines : [none]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(lines.length ? 0 : -1);
    const wanted = hurried ? items[0] : null;
    stale = false;
    hurried = false;
    if (wanted) take(wanted);
  };

  const ask = async () => {
    const number = (asked += 1);
    const found = await suggest(input.value);
    if (number !== asked) return;
    if (found === null) close();
    else show(found);
  };

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };

  const keys = {
    ArrowDown: () => mark((active + 1) % items.length),
    ArrowUp: () => mark((active - 1 + items.length) % items.length),
    Enter: () => pick(),
    Tab: () => pick(),
    Escape: close,
  };
  input.addEventListener("keydown", (event) => {
    if (list.hidden || !(event.key in keys) || (active < 0 && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
  input.addEventListener("input", () => {
    stale = true;
    later(PATIENCE);
  });
  input.addEventListener("focus", () => later(0));
  input.addEventListener("blur", close);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": list.id, autocomplete: "off" })) input.setAttribute(name, value);
  return h("div", { class: "combobox" }, list, input);
}

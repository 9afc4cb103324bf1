// A text field with suggestions, by pointer and by keyboard (the combobox pattern of ARIA).

import { freshId, h } from "./dom.js";

const PATIENCE = 120; // milliseconds without typing before suggestions are asked for

/**
 * Give `input` a list of suggestions. `suggest(text)` resolves to `{ label, detail }` objects or null for none wanted;
 * `choose(suggestion)` is called with the one that was taken. Returns the element to put in the input's place.
 */
export function combobox(input, suggest, choose) {
  return new Combobox(input, suggest, choose).element;
}

class Combobox {
  constructor(input, suggest, choose) {
    Object.assign(this, { input, suggest, choose });
    this.list = h("ul", { role: "listbox", id: freshId("suggestions"), class: "suggestions", hidden: true });
    this.items = [];
    this.active = -1; // index of the marked suggestion
    this.listed = null; // the text that the list belongs to
    this.hurried = false; // take the first suggestion for the present text once it comes
    this.asked = 0; // number of the newest question; answers to older ones are dropped
    this.describe();
    this.listen();
    this.element = h("div", { class: "combobox" }, this.list, input);
  }

  describe() {
    const attributes = {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": this.list.id,
      autocomplete: "off",
    };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    this.input.setAttribute("aria-expanded", "false");
  }

  listen() {
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.input.addEventListener("input", () => this.askAfter(PATIENCE));
    this.input.addEventListener("focus", () => this.askAfter(0));
    this.input.addEventListener("blur", () => this.hurried || this.close());
  }

  pressed(event) {
    const keys = {
      ArrowDown: () => this.mark((this.active + 1) % this.items.length),
      ArrowUp: () => this.mark((this.active - 1 + this.items.length) % this.items.length),
      Enter: () => this.pick(),
      Tab: () => this.pick(),
      Escape: () => this.close(),
    };
    const useless = this.active < 0 && event.key !== "Escape";
    if (this.list.hidden || useless || !(event.key in keys)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  askAfter(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), wait);
  }

  async ask() {
    const number = (this.asked += 1);
    const text = this.input.value;
    const found = await this.suggest(text);
    if (number !== this.asked) return;
    this.listed = text;
    if (found === null || (text === "" && !found.length)) this.close();
    else this.show(found);
  }

  show(found) {
    this.items = found;
    const lines = found.map((item) => this.line(item));
    this.list.replaceChildren(...(lines.length ? lines : [h("li", { class: "none", role: "option", "aria-disabled": "true" }, "No matches")]));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(lines.length ? 0 : -1);
    if (this.hurried && this.listed === this.input.value && lines.length) this.take(found[0]);
  }

  line(item) {
    const properties = {
      role: "option",
      id: freshId("option"),
      "aria-selected": "false",
      onclick: () => this.take(item),
    };
    const line = h("li", properties, h("span", {}, item.label), item.detail && h("small", {}, item.detail));
    line.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the keyboard
    return line;
  }

  mark(index) {
    this.active = index;
    [...this.list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === index)));
    const line = this.list.children[index];
    if (!line) return;
    this.input.setAttribute("aria-activedescendant", line.id);
    line.scrollIntoView({ block: "nearest" });
  }

  /** Take what is marked, unless the list is that of an earlier text: then the first of the list to come. */
  pick() {
    if (this.listed === this.input.value) this.take(this.items[this.active]);
    else this.hurried = true;
  }

  take(item) {
    this.close();
    this.choose(item);
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.active = -1;
    this.hurried = false;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

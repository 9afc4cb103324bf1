// The box below the messages: plain text, or a slash command with its options as fields.

import { Refusal, get, post, postFiles } from "./api.js";
import { combobox } from "./combobox.js";
import { freshId, h, notice, replace } from "./dom.js";
import { fileField, menuField, numberField, textField } from "./fields.js";

const INTEGER = 4;
const BOOLEAN = 5;
const USER = 6;
const CHANNEL = 7;
const MENTIONABLE = 9;
const NUMBER = 10;
const ATTACHMENT = 11;
const TYPING_FILTERS = 25; // commands listed at once

export class Composer {
  constructor(world) {
    this.world = world;
    this.place = document.getElementById("composer");
    this.commands = [];
    this.failure = h("p", { class: "failure", role: "alert" });
  }

  get who() {
    return { member: this.world.member.id, channel: this.world.channel.id };
  }

  async refresh() {
    this.commands = await get("commands", this.who);
    if (!this.place.children.length) this.showText();
  }

  /** The plain box, which becomes a command's once one is chosen from the list that "/" opens. */
  showText() {
    this.say = h("input", { id: "say", type: "text", "aria-label": "Message, or / for commands", maxlength: 2000 });
    const box = combobox(this.say, async (text) => this.suggested(text), (item) => this.use(item.command.path));
    const slash = h("button", { type: "button", class: "button secondary", "aria-label": "Commands", onclick: () => this.openList() }, "/", h("span", {}, " Commands"));
    const form = h("form", { class: "say" }, box, slash, h("button", { class: "button primary" }, "Send"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    replace(this.place, this.failure, form);
    this.setPlaceholder();
  }

  setPlaceholder() {
    if (this.say) this.say.placeholder = `Message ${this.world.placeName()}, or / for commands`;
  }

  openList() {
    this.say.value = "/";
    this.say.focus();
    this.say.dispatchEvent(new Event("input"));
  }

  suggested(text) {
    if (!text.startsWith("/")) return null;
    const wanted = text.slice(1).trim().toLowerCase();
    const fits = this.commands.filter((command) => command.path.includes(wanted));
    const first = (command) => (command.path.startsWith(wanted) ? 0 : 1);
    const sorted = fits.sort((one, other) => first(one) - first(other) || one.path.localeCompare(other.path));
    return sorted.slice(0, TYPING_FILTERS).map((command) => ({ label: `/${command.path}`, detail: command.description, command }));
  }

  async send() {
    const content = this.say.value.trim();
    if (!content) return;
    if (content.startsWith("/")) return this.use(content.slice(1));
    this.say.value = "";
    await this.try(() => post("say", { ...this.who, content }), "That message");
  }

  /** Open the fields of the command at `path`. */
  use(path) {
    const command = this.commands.find((each) => each.path === path);
    if (!command) return this.fail(`There is no command /${path} here.`);
    this.failure.textContent = "";
    const fields = command.options.map((option) => this.field(command, option, () => filled(fields)));
    const send = h("button", { class: "button primary" }, "Send");
    const cancel = h("button", { type: "button", class: "button secondary", onclick: () => this.showText() }, "Cancel");
    const title = h("p", { class: "command", id: freshId("command") }, h("strong", {}, `/${command.path}`), " ", h("span", {}, command.description));
    const form = h("form", { class: "slash", "aria-labelledby": title.id }, title, h("div", { class: "fields" }, fields.map((each) => each.element)), h("p", { class: "actions" }, cancel, send));
    form.addEventListener("keydown", (event) => event.key === "Escape" && this.showText());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendCommand(command, fields);
    });
    replace(this.place, this.failure, form);
    (form.querySelector(".fields input, .fields select, .fields textarea") ?? send).focus();
    return undefined;
  }

  async sendCommand(command, fields) {
    const options = filled(fields);
    const files = Object.fromEntries(fields.filter((each) => each.option.type === ATTACHMENT && each.read()).map((each) => [each.option.name, each.read()]));
    this.showText();
    this.say.focus();
    const outcome = await this.try(() => postFiles("command", { ...this.who, path: command.path, options }, files), `/${command.path}`);
    if (outcome?.modal) this.world.openForm(outcome.modal);
  }

  field(command, option, others) {
    const required = option.required;
    const common = { label: option.name, hint: option.description, required };
    return { option, ...this.input(command, option, common, others) };
  }

  input(command, option, common, others) {
    if (option.choices?.length) return menuField({ ...common, options: option.choices.map(({ name, value }) => ({ label: name, value })) });
    switch (option.type) {
      case INTEGER:
      case NUMBER:
        return numberField({ ...common, whole: option.type === INTEGER, min: option.min_value, max: option.max_value });
      case BOOLEAN:
        return menuField({ ...common, options: [{ label: "Yes", value: true }, { label: "No", value: false }] });
      case USER:
        return menuField({ ...common, options: this.world.people() });
      case CHANNEL:
        return menuField({ ...common, options: this.world.channels() });
      case MENTIONABLE:
        return menuField({ ...common, options: [...this.world.people(), ...this.world.channels()] });
      case ATTACHMENT:
        return fileField(common);
      default:
        return this.text(command, option, common, others);
    }
  }

  /** A text option; with autocomplete it shows a suggestion's name and sends its value. */
  text(command, option, common, others) {
    const field = textField({ ...common, minlength: option.min_length, maxlength: option.max_length });
    if (!option.autocomplete) return field;
    let taken = null;
    const suggest = async (typed) => {
      const options = Object.fromEntries(Object.entries(others()).filter(([name]) => name !== option.name));
      const asked = { ...this.who, path: command.path, option: option.name, typed, options };
      const choices = (await this.try(() => post("complete", asked), "Completing")) ?? [];
      return choices.map(({ name, value }) => ({ label: name, value }));
    };
    const choose = (item) => {
      taken = item;
      field.input.value = item.label;
    };
    const marker = document.createComment("");
    field.input.before(marker);
    marker.replaceWith(combobox(field.input, suggest, choose));
    return { ...field, read: () => (taken?.label === field.input.value ? taken.value : field.input.value) };
  }

  /** The outcome of `asking`, or undefined after telling why there is none. */
  async try(asking, what) {
    try {
      this.failure.textContent = "";
      return await asking();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.fail(`${what}: ${error.message}`);
    }
  }

  fail(text) {
    this.failure.textContent = text;
    if (document.body.dataset.tab !== "chat") notice(text);
  }
}

/** What is filled in, by option; files are sent apart. */
function filled(fields) {
  const values = fields.filter(({ option }) => option.type !== ATTACHMENT).map((field) => [field.option.name, field.read()]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined && value !== ""));
}

// The box below the messages: plain text, or a slash command with its options as fields.

import { Refusal, get, post, postFiles } from "./api.js";
import { combobox } from "./combobox.js";
import { LAUNCHED, button, freshId, h, notice, replace } from "./dom.js";
import { filled, optionField } from "./options.js";

const LISTED = 25; // commands listed at once

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

  // Plain text

  /** The plain box, which becomes a command's once one is chosen from the list that "/" opens. */
  showText() {
    this.say = h("input", { id: "say", type: "text", "aria-label": "Message, or / for commands", maxlength: 2000 });
    const take = (item) => this.use(item.command.path);
    const box = combobox(this.say, async (text) => this.suggested(text), take);
    const words = ["/", h("span", {}, " Commands")];
    const slash = button("button secondary", words, () => this.openList(), { "aria-label": "Commands" });
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

  /** Commands with the text in their name, those that begin with it first; null for text that is no command. */
  suggested(text) {
    if (!text.startsWith("/")) return null;
    const wanted = text.slice(1).trim().toLowerCase();
    const later = (command) => (command.path.startsWith(wanted) ? 0 : 1);
    const fits = this.commands.filter((command) => command.path.includes(wanted));
    fits.sort((one, other) => later(one) - later(other) || one.path.localeCompare(other.path));
    const shown = fits.slice(0, LISTED);
    return shown.map((command) => ({ label: `/${command.path}`, detail: command.description, command }));
  }

  async send() {
    const content = this.say.value.trim();
    if (content.startsWith("/")) return this.use(content.slice(1));
    this.say.value = "";
    if (!content) return null;
    this.world.showNewest();
    const sent = await this.try("That message", () => post("say", { ...this.who, content }));
    this.say.value ||= sent ? "" : content;
    return sent;
  }

  // Commands

  /** Open the fields of the command at `path`. */
  use(path) {
    const command = this.commands.find((each) => each.path === path);
    if (!command) return this.fail(`There is no command /${path} here.`);
    this.fail("");
    const fields = [];
    for (const option of command.options) fields.push(optionField(option, this.context(command, option, fields)));
    const { form, send } = this.commandForm(command, fields);
    replace(this.place, this.failure, form);
    return (form.querySelector(".fields input, .fields select") ?? send).focus();
  }

  commandForm(command, fields) {
    const name = h("strong", {}, `/${command.path}`);
    const title = h("p", { class: "command", id: freshId("command") }, name, " ", h("span", {}, command.description));
    const elements = fields.map((each) => each.element);
    const send = h("button", { class: "button primary" }, "Send");
    const cancel = button("button secondary", "Cancel", () => this.showText());
    const actions = h("p", { class: "actions" }, cancel, send);
    const body = [title, h("div", { class: "fields" }, elements), actions];
    const form = h("form", { class: "slash", "aria-labelledby": title.id }, body);
    form.addEventListener("keydown", (event) => event.key === "Escape" && this.showText());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendCommand(command.path, filled(fields));
    });
    return { form, send };
  }

  /** What a field may need to know: the world, and the bot's suggestions while it is typed into. */
  context(command, option, fields) {
    const complete = async (typed) => {
      const others = filled(fields.filter((field) => field.name !== option.name)).options;
      const asked = { ...this.who, path: command.path, option: option.name, typed, options: others };
      return (await this.try("Completing", () => post("complete", asked))) ?? [];
    };
    return { world: this.world, complete };
  }

  async sendCommand(path, { options, files }) {
    this.showText();
    this.say.focus();
    this.world.showNewest();
    const outcome = await this.try(`/${path}`, () => postFiles("command", { ...this.who, path, options }, files));
    if (outcome?.modal) this.world.openForm(outcome.modal);
    if (outcome?.launched) notice(LAUNCHED);
  }

  /** The outcome of `asking`, or undefined after telling why there is none. */
  async try(what, asking) {
    try {
      this.fail("");
      return await asking();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.fail(`${what}: ${error.message}`);
    }
  }

  fail(text) {
    this.failure.textContent = text;
    if (text && document.body.dataset.tab !== "chat") notice(text);
  }
}

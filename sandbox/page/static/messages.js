// The messages of one channel, kept up to date: only what changed is fetched and drawn anew.

import { Refusal, get, post } from "./api.js";
import { attachment, embed } from "./attachments.js";
import { components, emoji } from "./components.js";
import { avatar, h } from "./dom.js";
import { markdown } from "./markdown.js";
import { openForm } from "./modal.js";
import { format, timeElement } from "./times.js";

const PAGE = 100; // messages fetched at first, and more at each "earlier"
const NEAR = 90; // pixels from the end within which the view stays at the end
const TOGETHER = 7 * 60 * 1000; // milliseconds in which messages of one author share a header

export class Messages {
  /** `world` has `member`, `channel`, `names`, `people()` and `channels()`. */
  constructor(world) {
    this.world = world;
    this.list = document.getElementById("messages");
    this.scroller = document.getElementById("scroller");
    this.older = document.getElementById("older");
    this.newest = document.getElementById("to-newest");
    this.dismissed = new Set();
    this.older.addEventListener("click", () => this.showOlder());
    this.newest.addEventListener("click", () => this.toEnd());
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(this.scroller);
    this.list.addEventListener("load", () => this.atEnd && this.toEnd(), { capture: true });
    this.clear();
  }

  /** Forget what is shown; the next refresh is from the start. */
  clear() {
    this.shown = new Map();
    this.revision = -1;
    this.limit = PAGE;
    this.atEnd = true;
    this.place = null;
    this.list.replaceChildren();
  }

  async refresh() {
    const { member, channel } = this.world;
    const place = `${member.id}:${channel.id}`;
    if (place !== this.place) this.clear();
    this.place = place;
    const news = await get("messages", { member: member.id, channel: channel.id, since: this.revision, limit: this.limit });
    if (this.place !== `${this.world.member.id}:${this.world.channel.id}`) return;
    this.revision = news.revision;
    this.older.hidden = !news.older;
    this.update(news.ids.filter((id) => !this.dismissed.has(id)), new Map(news.changed.map((message) => [message.id, message])));
  }

  update(ids, changed) {
    const kept = new Map();
    for (const id of ids) {
      const message = changed.get(id) ?? this.shown.get(id)?.message;
      if (message) kept.set(id, { message, element: this.element(message, changed.has(id)) });
    }
    for (const [id, { element }] of this.shown) if (!kept.has(id)) element.remove();
    this.shown = kept;
    this.arrange([...kept.values()]);
    if (this.atEnd) this.toEnd();
    else this.newest.hidden = changed.size === 0 && this.newest.hidden;
  }

  element(message, isChanged) {
    const before = this.shown.get(message.id)?.element;
    if (before && !isChanged) return before;
    const drawn = this.draw(message);
    if (before) swap(before, drawn);
    return drawn;
  }

  /** Put the elements in order, and leave out headers within a run of one author's messages. */
  arrange(shown) {
    let previous = null;
    shown.forEach(({ message, element }, index) => {
      element.classList.toggle("follows", previous !== null && together(previous, message));
      if (this.list.children[index] !== element) this.list.insertBefore(element, this.list.children[index] ?? null);
      previous = message;
    });
  }

  async showOlder() {
    const height = this.scroller.scrollHeight;
    this.atEnd = false;
    this.limit += PAGE;
    this.revision = -1;
    await this.refresh();
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
  }

  scrolled() {
    this.atEnd = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR;
    if (this.atEnd) this.newest.hidden = true;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.atEnd = true;
    this.newest.hidden = true;
  }

  // One message

  draw(message) {
    const element = h("li", { class: `message ${message.private ? "private" : ""}`, "data-id": message.id });
    element.append(
      message.used ? usedLine(message.used) : "",
      avatar(message.author),
      h("div", { class: "head" }, h("strong", {}, message.author.name), message.author.bot && h("span", { class: "tag" }, "App"), timeElement(new Date(message.timestamp), "t")),
      h("div", { class: "body" }, this.body(message, element)),
    );
    return element;
  }

  body(message, element) {
    if (message.loading) return [h("p", { class: "thinking" }, `${message.author.name} is thinking…`), this.privacy(message)];
    const { names } = this.world;
    const context = this.context(message, element);
    const text = message.content ? h("div", { class: "text" }, markdown(message.content, names), message.edited_timestamp && edited(message)) : null;
    return [
      text,
      ...message.embeds.map((each) => embed(each, names)),
      ...message.attachments.map((each) => h("div", { class: "attachment" }, attachment(each))),
      ...components(message.components, context),
      message.reactions.length ? this.reactions(message, context) : null,
      h("p", { class: "failure", role: "alert" }),
      this.privacy(message),
    ].filter(Boolean);
  }

  privacy(message) {
    if (!message.private) return null;
    const dismiss = () => {
      this.dismissed.add(message.id);
      this.refresh();
    };
    return h("p", { class: "privacy" }, "👁 Only you can see this · ", h("button", { type: "button", class: "plain", onclick: dismiss }, "Dismiss message"));
  }

  reactions(message, context) {
    const buttons = message.reactions.map((reaction) => {
      const label = `${reaction.emoji}, ${reaction.count}${reaction.me ? ", yours too" : ""}`;
      const react = () => context.react(reaction.emoji);
      return h("button", { type: "button", class: "reaction", "aria-pressed": String(reaction.me), "aria-label": label, onclick: react }, emoji({ name: reaction.emoji }), ` ${reaction.count}`);
    });
    return h("div", { class: "reactions" }, buttons);
  }

  context(message, element) {
    const { world } = this;
    const gesture = (path, given) => this.gesture(element, path, { message: message.id, ...given });
    return {
      names: world.names,
      people: () => world.people(),
      channels: () => world.channels(),
      press: (custom_id) => gesture("click", { custom_id }),
      choose: (custom_id, values) => gesture("select", { custom_id, values }),
      react: (chosen) => gesture("react", { emoji: chosen }),
    };
  }

  /** Do something with a message as the member who is played; a failure is told below the message. */
  async gesture(element, path, given) {
    const who = { member: this.world.member.id, channel: this.world.channel.id };
    const tell = (text) => { (element.querySelector(".failure") ?? element).textContent = text; };
    try {
      tell("");
      const outcome = await post(path, { ...given, ...who });
      if (outcome.modal) openForm(outcome.modal, who, this.world);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tell(`This interaction failed: ${error.message}`);
    }
  }
}

function usedLine({ by, command }) {
  return h("p", { class: "used" }, avatar(by), h("strong", {}, by.name), " used ", h("span", { class: "mention" }, `/${command}`));
}

function edited(message) {
  return h("small", { class: "edited", title: format(new Date(message.edited_timestamp), "F") }, "(edited)");
}

function together(previous, message) {
  const close = new Date(message.timestamp) - new Date(previous.timestamp) < TOGETHER;
  return close && !message.used && previous.author.id === message.author.id && previous.private === message.private;
}

/** Put `after` where `before` was; the keyboard stays where it was, counted in buttons. */
function swap(before, after) {
  const reachable = "a[href], button, summary, input";
  const place = [...before.querySelectorAll(reachable)].indexOf(document.activeElement);
  before.replaceWith(after);
  if (place >= 0) [...after.querySelectorAll(reachable)][place]?.focus({ preventScroll: true });
}

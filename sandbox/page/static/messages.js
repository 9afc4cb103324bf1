// The messages of one channel, kept up to date: only what changed is fetched and drawn anew.

import { Refusal, get, post } from "./api.js";
import { chooseApp } from "./apps.js";
import { LAUNCHED, notice } from "./dom.js";
import { drawMessage, follows, swap } from "./message.js";
import { openForm } from "./modal.js";

const PAGE = 100; // messages fetched at first, and more at each "earlier"
const NEAR = 90; // pixels from the end within which the view stays at the end

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
    this.stayAtEnd();
    this.clear();
  }

  get place() {
    return `${this.world.member.id}:${this.world.channel.id}`;
  }

  /** Forget what is shown; the next refresh is from the start. */
  clear() {
    this.shown = new Map(); // by id, in order: the message and its element
    this.revision = -1;
    this.limit = PAGE;
    this.atEnd = true;
    this.placeShown = null;
    this.list.replaceChildren();
  }

  async refresh() {
    const { place } = this;
    if (place !== this.placeShown) this.clear();
    this.placeShown = place;
    const { member, channel } = this.world;
    const wanted = { member: member.id, channel: channel.id, since: this.revision, limit: this.limit };
    const news = await get("messages", wanted);
    if (this.place !== place) return;
    this.revision = news.revision;
    this.older.hidden = !news.older;
    this.update(news.ids, new Map(news.changed.map((message) => [message.id, message])));
  }

  /** Show the messages with these ids, in this order; `changed` are those that are new or different. */
  update(ids, changed) {
    const shown = new Map();
    for (const id of ids) {
      const message = changed.get(id) ?? this.shown.get(id)?.message;
      if (message && !this.dismissed.has(id))
        shown.set(id, { message, element: this.element(message, changed.has(id)) });
    }
    for (const [id, { element }] of this.shown) if (!shown.has(id)) element.remove();
    this.shown = shown;
    this.arrange([...shown.values()]);
    if (this.atEnd) this.toEnd();
    else if (changed.size) this.newest.hidden = false;
  }

  element(message, isChanged) {
    const before = this.shown.get(message.id)?.element;
    if (before && !isChanged) return before;
    const drawn = drawMessage(message, this.context(message));
    if (before) swap(before, drawn);
    return drawn;
  }

  arrange(shown) {
    shown.forEach(({ message, element }, index) => {
      element.classList.toggle("follows", follows(message, shown[index - 1]?.message));
      if (this.list.children[index] !== element) this.list.insertBefore(element, this.list.children[index] ?? null);
    });
  }

  // Scrolling

  /** Keep the end in view while it is, whatever grows: new messages, pictures that load, the window. */
  stayAtEnd() {
    const stay = () => this.atEnd && this.toEnd();
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.list.addEventListener("load", stay, { capture: true });
    new ResizeObserver(stay).observe(this.scroller);
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.atEnd) this.newest.hidden = true;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.atEnd = true;
    this.newest.hidden = true;
  }

  async showOlder() {
    const height = this.scroller.scrollHeight;
    this.atEnd = false;
    this.limit += PAGE;
    this.revision = -1;
    await this.refresh();
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
    this.newest.hidden = this.atEnd;
  }

  // Gestures

  context(message) {
    const { names, people, channels } = this.world;
    const gesture = (path, given) => this.gesture(message.id, path, given);
    const dismiss = () => {
      this.dismissed.add(message.id);
      return this.refresh();
    };
    return {
      ...{ names, people, channels, dismiss },
      press: (custom_id) => gesture("click", { custom_id }),
      choose: (custom_id, values) => gesture("select", { custom_id, values }),
      react: (emoji) => gesture("react", { emoji }),
      apps: () => chooseApp(this.world, (name) => gesture("use", { name })),
      enter: (id) => this.world.enter(id),
    };
  }

  /** Do something with a message as the member who is played; a failure is told below it. */
  async gesture(message, path, given) {
    const who = { member: this.world.member.id, channel: this.world.channel.id };
    try {
      this.tell(message, "");
      const outcome = await post(path, { ...given, ...who, message });
      if (outcome.modal) openForm(outcome.modal, who, this.world);
      if (outcome.launched) notice(LAUNCHED);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.tell(message, `This interaction failed: ${error.message}`);
    }
  }

  tell(message, text) {
    const line = this.shown.get(message)?.element.querySelector(".failure");
    if (line) line.textContent = text;
  }
}

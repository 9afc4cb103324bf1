// Who is played, and where they are.

import { avatar, h, replace } from "./dom.js";

const THEMES = { auto: "System theme", dark: "Dark", light: "Light" };

export class Rail {
  /** `go(member, channel)` is called when a person chooses; either may be null for "as it is". */
  constructor(world, go) {
    this.world = world;
    this.go = go;
    this.place = document.getElementById("rail");
    this.seen = new Map(); // by channel id: the newest message that was looked at
    this.setTheme(localStorage.getItem("theme") ?? "auto");
    this.lists = h("div");
    replace(this.place, this.lists, this.themeMenu());
  }

  draw() {
    const { state, member, channel, places } = this.world;
    this.seen.set(channel.id, places.find((each) => each.id === channel.id)?.newest ?? "0");
    const members = state.members.map((each) => this.memberLine(each, each.id === member.id));
    const rooms = places.filter((each) => !each.dm).map((each) => this.channelLine(each, `${each.thread ? "↳" : "#"} ${each.name}`));
    const direct = places.filter((each) => each.dm).map((each) => this.channelLine(each, state.bot.name, state.bot));
    replace(
      this.lists,
      section("I am", members),
      section(state.guild, rooms),
      section("Direct messages", direct),
      botLine(state.bot),
    );
  }

  memberLine(member, isCurrent) {
    return line(isCurrent, () => this.go(member, null), avatar(member), h("span", {}, member.name));
  }

  channelLine(channel, name, person = null) {
    const isCurrent = channel.id === this.world.channel.id;
    const news = this.isUnread(channel) && h("span", { class: "unread" }, "new");
    return line(isCurrent, () => this.go(null, channel), person && avatar(person), h("span", {}, name), news);
  }

  /** Whether there is a message newer than the last one looked at; what was there at first counts as read. */
  isUnread({ id, newest }) {
    if (!this.seen.has(id)) this.seen.set(id, newest);
    return BigInt(newest) > BigInt(this.seen.get(id));
  }

  themeMenu() {
    const chosen = localStorage.getItem("theme") ?? "auto";
    const options = Object.entries(THEMES).map(([value, name]) =>
      h("option", { value, selected: value === chosen }, name),
    );
    const menu = h("select", { "aria-label": "Colours", onchange: () => this.setTheme(menu.value) }, options);
    return h("p", { class: "theme" }, menu);
  }

  setTheme(name) {
    localStorage.setItem("theme", name);
    document.documentElement.dataset.theme = name;
  }
}

function section(title, lines) {
  return [h("h2", {}, title), h("ul", {}, lines)];
}

function line(isCurrent, onclick, ...face) {
  return h("li", {}, h("button", { type: "button", "aria-current": isCurrent ? "true" : null, onclick }, face));
}

function botLine(bot) {
  const dot = h("span", { class: `dot ${bot.online ? "on" : ""}`, "aria-hidden": "true" });
  return h(
    "p",
    { class: "bot" },
    dot,
    `${bot.name} is ${bot.online ? "online" : "offline"}`,
    h("small", {}, bot.state),
  );
}

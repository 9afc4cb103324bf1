// Who is played, and where they are.

import { avatar, h, replace } from "./dom.js";

const THEMES = { auto: "Like the system", dark: "Dark", light: "Light" };

export class Rail {
  /** `go(member, channel)` is called when a person chooses; either may be null for "as it is". */
  constructor(world, go) {
    this.world = world;
    this.go = go;
    this.place = document.getElementById("rail");
    this.seen = new Map(); // by channel id: the newest message that was looked at
    this.theme(localStorage.getItem("theme") ?? "auto");
  }

  draw() {
    const { state, member, channel, places } = this.world;
    this.seen.set(channel.id, places.find((each) => each.id === channel.id)?.newest ?? "0");
    const [direct, rooms] = [places.filter((each) => each.dm), places.filter((each) => !each.dm)];
    replace(
      this.place,
      h("h2", {}, "I am"),
      h("ul", { class: "members" }, state.members.map((each) => this.memberLine(each, each.id === member.id))),
      h("h2", {}, state.guild),
      h("ul", {}, rooms.map((each) => this.channelLine(each, `# ${each.name}`))),
      h("h2", {}, "Direct messages"),
      h("ul", {}, direct.map((each) => this.channelLine(each, state.bot.name, avatar(state.bot)))),
      h("p", { class: "bot" }, h("span", { class: `dot ${state.bot.online ? "on" : ""}`, "aria-hidden": "true" }), `${state.bot.name} is ${state.bot.online ? "online" : "offline"}`, h("small", {}, state.bot.state)),
      this.themeMenu(),
    );
  }

  memberLine(each, current) {
    return h("li", {}, h("button", { type: "button", "aria-current": current ? "true" : null, onclick: () => this.go(each, null) }, avatar(each), h("span", {}, each.name)));
  }

  channelLine(each, name, icon = null) {
    const unread = !this.seen.has(each.id) ? false : BigInt(each.newest) > BigInt(this.seen.get(each.id));
    if (!this.seen.has(each.id)) this.seen.set(each.id, each.newest);
    const current = each.id === this.world.channel.id;
    const news = unread ? h("span", { class: "unread" }, "new") : null;
    return h("li", {}, h("button", { type: "button", "aria-current": current ? "true" : null, onclick: () => this.go(null, each) }, icon, h("span", {}, name), news));
  }

  themeMenu() {
    const chosen = localStorage.getItem("theme") ?? "auto";
    const menu = h("select", { "aria-label": "Colours", onchange: () => this.theme(menu.value) }, Object.entries(THEMES).map(([value, name]) => h("option", { value, selected: value === chosen }, name)));
    return h("p", { class: "theme" }, menu);
  }

  theme(name) {
    localStorage.setItem("theme", name);
    document.documentElement.dataset.theme = name;
  }
}

// What goes over the wire, and faults to try.

import { get, post } from "./api.js";
import { count, dialog, h, replace } from "./dom.js";
import { format, milliseconds, timeElement } from "./times.js";

export class Wire {
  constructor(world) {
    this.world = world;
    this.place = document.getElementById("wire");
    this.summary = h("div", { class: "summary" });
    this.table = h("tbody");
    this.open = h("button", { type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": "wire-more", onclick: () => this.toggle() }, "Requests and faults");
    this.faults = h("div", { class: "faults" });
    const head = h("tr", {}, ["Time", "To", "Request", "Status", "Took", "Acknowledged"].map((title) => h("th", { scope: "col" }, title)));
    const table = h("div", { class: "requests", tabindex: "0", role: "region", "aria-label": "Requests, newest first" }, h("table", {}, h("thead", {}, head), this.table));
    this.details = h("div", { id: "wire-more" }, this.faults, table);
    replace(this.place, h("div", { class: "strip" }, h("h2", {}, "Over the wire"), this.summary, this.open), this.details);
    this.offerFaults();
  }

  toggle() {
    const shown = this.place.classList.toggle("open");
    this.open.setAttribute("aria-expanded", String(shown));
    if (shown) this.refresh();
  }

  async refresh() {
    const wire = await get("wire");
    const { discord, spotify } = wire;
    const acknowledged = discord.acknowledged && `answered in ${milliseconds(discord.acknowledged.median)}, at most ${milliseconds(discord.acknowledged.longest)}`;
    replace(
      this.summary,
      figure("Discord", [this.world.state.bot.online ? "connected" : "not connected", count(discord.requests, "request"), acknowledged]),
      figure("Spotify", [count(spotify.requests, "request"), spotify.refused ? `${spotify.refused} refused` : "none refused", spotify.cooldown && `cooling down until ${format(new Date(spotify.cooldown), "T")}`]),
      wire.faults.length ? figure("Waiting faults", wire.faults) : null,
    );
    replace(this.table, wire.rows.map((row) => this.row(row)));
  }

  row(row) {
    const bad = row.status >= 400 || row.status === 0;
    const line = h("button", { type: "button", class: "plain", onclick: () => this.show(row) }, row.line);
    return h(
      "tr",
      { class: bad ? "bad" : "" },
      h("td", {}, timeElement(new Date(row.at), "T")),
      h("td", { class: row.service }, row.service === "discord" ? "Discord" : "Spotify"),
      h("td", {}, line),
      h("td", {}, row.status || "cut off"),
      h("td", {}, milliseconds(row.seconds)),
      h("td", {}, row.acknowledged === null ? "" : `after ${milliseconds(row.acknowledged)}`),
    );
  }

  async show(row) {
    const { path, query, sent, received } = await get("wire/one", { service: row.service, number: row.number });
    const part = (title, body) => body === null || body === undefined ? [] : [h("h3", {}, title), h("pre", { tabindex: "0" }, JSON.stringify(body, null, 2))];
    const asked = Object.keys(query).length ? `${path}?${new URLSearchParams(query)}` : path;
    dialog(`${row.line}`, h("p", { class: "address" }, asked), part("Sent", sent), part("Received", received)).classList.add("wide");
  }

  async offerFaults() {
    const buttons = await get("faults");
    replace(this.faults, h("h3", {}, "Faults to try"), h("ul", {}, buttons.map((each) => faultButton(each))));
  }
}

function figure(title, parts) {
  return h("p", {}, h("strong", {}, title), " ", parts.filter(Boolean).join(" · "));
}

function faultButton({ name, service, label, meaning }) {
  const press = () => post("fault", { name });
  return h("li", {}, h("button", { type: "button", class: "button secondary", onclick: press }, service === "All" ? label : `${service}: ${label}`), h("small", {}, meaning));
}

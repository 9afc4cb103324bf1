// What goes over the wire, and faults to try.

import { get, post } from "./api.js";
import { button, count, dialog, h, replace } from "./dom.js";
import { format, milliseconds, timeElement } from "./times.js";

const COLUMNS = ["Time", "To", "Request", "Status", "Took", "Acknowledged"];

export class Wire {
  constructor(world) {
    this.world = world;
    this.place = document.getElementById("wire");
    this.summary = h("div", { class: "summary" });
    this.rows = h("tbody");
    this.faults = h("div", { class: "faults" });
    this.build();
    this.offerFaults();
  }

  build() {
    const more = { "aria-expanded": "false", "aria-controls": "wire-more" };
    this.opener = button("quiet", "Requests and faults", () => this.toggle(), more);
    const head = h(
      "thead",
      {},
      h(
        "tr",
        {},
        COLUMNS.map((title) => h("th", { scope: "col" }, title)),
      ),
    );
    const region = { class: "requests", tabindex: "0", role: "region", "aria-label": "Requests, newest first" };
    const table = h("div", region, h("table", {}, head, this.rows));
    const strip = h("div", { class: "strip" }, h("h2", {}, "Over the wire"), this.summary, this.opener);
    replace(this.place, strip, h("div", { id: "wire-more" }, this.faults, table));
  }

  toggle() {
    const shown = this.place.classList.toggle("open");
    this.opener.setAttribute("aria-expanded", String(shown));
  }

  async refresh() {
    const { discord, spotify, faults, rows } = await get("wire");
    const waiting = faults.length > 0 && figure("Waiting faults", faults);
    replace(this.summary, this.discordFigure(discord), spotifyFigure(spotify), waiting);
    replace(this.rows, rows.map(requestLine));
  }

  discordFigure({ requests, acknowledged }) {
    const times = acknowledged && [milliseconds(acknowledged.median), milliseconds(acknowledged.longest)];
    const connected = this.world.state.bot.online ? "connected" : "not connected";
    return figure("Discord", [
      connected,
      count(requests, "request"),
      times && `answered in ${times.join(", at most ")}`,
    ]);
  }

  async offerFaults() {
    const buttons = await get("faults");
    replace(this.faults, h("h3", {}, "Faults to try"), h("ul", {}, buttons.map(faultButton)));
  }
}

function figure(title, parts) {
  return h("p", {}, h("strong", {}, title), " ", parts.filter(Boolean).join(" · "));
}

function spotifyFigure({ requests, refused, cooldown }) {
  const cooling = cooldown && `cooling down until ${format(new Date(cooldown), "T")}`;
  return figure("Spotify", [count(requests, "request"), refused ? `${refused} refused` : "none refused", cooling]);
}

function requestLine(row) {
  const bad = row.status >= 400 || row.status === 0;
  const acknowledged = row.acknowledged === null ? "" : `after ${milliseconds(row.acknowledged)}`;
  return h(
    "tr",
    { class: bad ? "bad" : "" },
    h("td", {}, timeElement(new Date(row.at), "T")),
    h("td", { class: row.service }, row.service === "discord" ? "Discord" : "Spotify"),
    h(
      "td",
      {},
      button("plain", row.line, () => showRequest(row)),
    ),
    h("td", {}, row.status || "cut off"),
    h("td", {}, milliseconds(row.seconds)),
    h("td", {}, acknowledged),
  );
}

async function showRequest({ line, service, number }) {
  const { path, query, sent, received } = await get("wire/one", { service, number });
  const address = Object.keys(query).length ? `${path}?${new URLSearchParams(query)}` : path;
  const body = (title, json) =>
    json && [h("h3", {}, title), h("pre", { tabindex: "0" }, JSON.stringify(json, null, 2))];
  const shown = dialog(line, h("p", { class: "address" }, address), body("Sent", sent), body("Received", received));
  shown.classList.add("wide");
}

function faultButton({ name, service, label, meaning }) {
  const title = service === "All" ? label : `${service}: ${label}`;
  return h(
    "li",
    {},
    button("button secondary", title, () => post("fault", { name })),
    h("small", {}, meaning),
  );
}

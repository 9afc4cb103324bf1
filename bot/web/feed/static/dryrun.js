// The dry run: every song by the playlist it would go to, with a tick to take away, and Apply.

import * as api from "./api.js";
import { credited, listening } from "./card.js";
import { button, h, say } from "./dom.js";
import { hear } from "./heard.js";
import { clear, fill, leftOut, message, player, stage, tell } from "./stage.js";

const OTHER = [404, 409]; // refusals after which the list is another one, or gone
let on = false; // whether this is what the page shows
let opened = null; // the dry run as it was last sent
let parts = null; // its elements: head, and by section; the lines' ticks by their numbers
let saving = Promise.resolve(); // what was ticked or not, in order
let waiting = 0; // of those that aren't saved yet

/** The dry run that the address asks for. */
const write = () => Number(new URLSearchParams(location.search).get("write")) || 0;

async function look() {
  message(say("one_moment"));
  try {
    opened = await api.dryRun(write());
  } catch (error) {
    opened = null;
    if (error.status === 401) return leftOut(error.message);
    return on && message(error.message, button(say("try_again"), look));
  }
  return on && draw();
}

// ---------------------------------------------------------------- the list
function draw() {
  if (!opened.planned) return over();
  clear();
  parts = { sections: new Map(), ticks: new Map() };
  parts.head = h("p", { class: "head" }, opened.detail);
  parts.list = h("div", {}, opened.sections.map(section));
  parts.apply = button(say("apply"), apply, { class: "act like", "data-key": "apply", disabled: !opened.changes });
  const jump = h("p", { class: "jump" }, h("label", { for: "jump" }, say("go_to")), sections());
  fill(
    h("div", { class: "list" },
      h("h2", { id: "title", tabindex: "-1" }, say("dry_run")),
      parts.head,
      opened.changes && h("p", { class: "note" }, say("untick")),
      opened.sections.length > 1 && jump,
      parts.list,
    ),
    h("div", { class: "acts bar", role: "group", "aria-label": say("dry_run") }, parts.apply),
  );
  return null;
}

/** What became of it: there's nothing to tick any more. */
function over() {
  message(`${opened.detail}\n${say("receipt")}`);
}

function sections() {
  const options = opened.sections.map(({ key, title }) => h("option", { value: key }, title.split("\n")[0]));
  const go = () => parts.sections.get(select.value).title.focus();
  const select = h("select", { id: "jump", onchange: go }, options);
  return select;
}

function section({ key, title, lines }) {
  const head = h("h3", { tabindex: "-1", id: `section-${key}` }, title);
  const list = h("ul", { "aria-labelledby": `section-${key}` }, lines.map(row));
  parts.sections.set(key, { title: head, list });
  return h("section", {}, head, list);
}

function row(line) {
  const said = h("span", {}, line.said);
  const hearing = button(say("listen"), () => listen(line, item), { class: "quiet", "aria-label": say("listen_to", { song: line.title }) });
  const item = h("li", {}, h("div", { class: "line" }, line.goes === null ? said : tick(line, said), hearing));
  return item;
}

function tick(line, said) {
  const box = h("input", { type: "checkbox", checked: line.goes, onchange: () => choose(line, box), "data-key": `line-${line.change}` });
  parts.ticks.set(line.change, { box, said });
  return h("label", { class: "tick" }, box, said);
}

// ---------------------------------------------------------------- ticks
function choose(line, box) {
  const goes = box.checked;
  waiting += 1;
  saving = saving
    .then(() => api.choose(write(), line.change, goes))
    .then(saved, failed)
    .finally(() => (waiting -= 1));
}

/** Show the dry run as it is now, once nothing is waiting that it doesn't have yet. */
function saved(now) {
  opened = now;
  if (waiting > 1 || !on) return;
  if (!now.planned) return void over();
  parts.head.textContent = now.detail;
  parts.apply.disabled = !now.changes;
  const left = parts.sections.get("stay");
  left?.list.parentElement.remove();
  for (const each of now.sections) {
    if (each.key === "stay" || !parts.sections.has(each.key)) parts.list.append(section(each));
    parts.sections.get(each.key).title.textContent = each.title;
    each.lines.forEach(update);
  }
}

function update({ change, said, goes }) {
  const known = parts.ticks.get(change);
  if (!known) return;
  known.box.checked = goes;
  known.said.textContent = said;
}

/** Say what went wrong. The list stays as the bot last sent it, unless it's another one now. */
async function failed(error) {
  if (error.status === 401) return leftOut(error.message);
  if (OTHER.includes(error.status)) await look();
  else saved(opened);
  return tell(error.message);
}

async function apply() {
  const shown = parts;
  parts.apply.disabled = true;
  await saving;
  if (!on || parts !== shown || !opened?.planned) return; // the list was drawn anew: to be looked at first
  try {
    opened = await api.apply(write(), opened.version);
    draw();
  } catch (error) {
    await failed(error);
  }
}

// ---------------------------------------------------------------- sound
/** Play a song below its line, or say where it can be heard. One at a time. */
async function listen(line, item) {
  player.touched();
  stage.querySelector(".heard")?.remove();
  player.clear();
  const place = h("div", { class: "hear heard", "aria-busy": "true", "data-busy": say("fetching") });
  item.append(place);
  const card = hear({ at: `api/dry-runs/${write()}/songs/${encodeURIComponent(line.song)}`, title: line.title, artists: [] });
  try {
    const how = await card.heard;
    if (!place.isConnected) return;
    place.replaceChildren(...listening(how, card, player), ...credited(how));
    if (how.sound) player.load(how.sound, card);
  } catch (error) {
    place.remove();
    tell(error.message);
  }
  place.removeAttribute("aria-busy");
}

export const view = {
  name: "dry-run",
  how: "how_to_review",
  arrows: {},
  signs: { "?": "help" },
  keys: [["", "?", "key_help"]],
  act() {},
  start() {
    on = true;
    stage.classList.add("reading");
    return look();
  },
  end() {
    on = false;
    stage.classList.remove("reading");
  },
  get shows() {
    return opened !== null;
  },
};

// Sheets open over the card, from below, one at a time. Escape or a press outside closes them.

import * as api from "./api.js";
import { button, clock, h, link, listed, percent, say } from "./dom.js";

let opened = null;
let pressed = null; // the sheet that was pressed last, null: the page

/** The second click of a double click isn't meant for a sheet that came with the first, nor for what was behind one. */
function refuseSecond(event) {
  const sheet = event.target.closest("dialog");
  if (event.detail < 2) pressed = sheet;
  if (sheet === pressed) return;
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("click", refuseSecond, { capture: true });

/** Open a sheet; returns the dialog. */
export function open(title, ...children) {
  opened?.close();
  const close = button(say("close"), () => sheet.close(), { class: "quiet" });
  const sheet = h(
    "dialog",
    { class: "sheet", "aria-labelledby": "sheet-title" },
    h("header", {}, h("h2", { id: "sheet-title" }, title), close),
    ...children,
  );
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  sheet.addEventListener("close", () => {
    sheet.remove();
    if (opened === sheet) opened = null;
  });
  document.body.append(sheet);
  opened = sheet;
  sheet.showModal();
  return sheet;
}

/** Ask which playlist the song goes to; `chosen` gets its number and name. */
export async function adding(card, chosen, failed) {
  const list = h("div", { class: "choices", "aria-busy": "true", "data-busy": say("one_moment") });
  const sheet = open(say("add_to"), h("p", { class: "note" }, card.title), list);
  try {
    const found = await api.playlists(card);
    list.replaceChildren(...found.map((each) => choice(card, each, sheet, chosen, failed)));
    if (!found.length) list.replaceWith(h("p", {}, say("no_playlists")));
    (list.querySelector(".guess") ?? list.querySelector("button"))?.focus();
  } catch (error) {
    sheet.close();
    failed(error);
  }
  list.removeAttribute("aria-busy");
}

function choice(card, place, sheet, chosen, failed) {
  const guess = place.best && say("my_guess", { percent: percent(place.probability) });
  const there = card.added.some((each) => each.playlist === place.playlist) && say("on_its_way");
  const add = async () => {
    sheet.close();
    try {
      chosen({ playlist: place.playlist, name: (await api.add(card, place.playlist)).name });
    } catch (error) {
      if (error.status === 409) likingFirst(card, error.message, add, failed);
      else failed(error);
    }
  };
  const note = there || guess;
  return button([h("span", {}, `${place.emoji} ${place.name}`), note && h("small", {}, note)], add, { class: guess ? "choice guess" : "choice" });
}

/** Playlists only hold liked songs: offer to save this one, or all they like here, to their likes; then `add` it. */
function likingFirst(card, why, add, failed) {
  const after = (saving) => async () => {
    sheet.close();
    await saving().then(add, failed);
  };
  const sheet = open(
    say("like_first"),
    h("p", {}, why),
    h(
      "div",
      { class: "choices" },
      button(say("save_and_add"), after(() => api.save(card)), { class: "choice" }),
      button(say("save_all_and_add"), after(() => api.chooseSaving(true)), { class: "choice" }),
      button(say("leave_it"), () => sheet.close(), { class: "choice" }),
    ),
  );
}

/** Show what we know about the song; `pass` is called to repost it in `server`, if there's one for that. */
export function details(card, how, server, pass) {
  const facts = {
    [say("artists")]: listed(card.artists),
    [say("album")]: card.album,
    [say("year")]: card.year,
    [say("length")]: card.duration_ms && clock(card.duration_ms / 1000),
    [say("tempo")]: card.tempo && say("bpm", { count: Math.round(card.tempo) }),
    [say("highlight_name")]: how?.highlight ? say("highlight_at", { time: clock(how.highlight) }) : null,
    [say("near")]: listed(card.near.map((each) => each.title)),
    [say("chosen")]: listed(card.added.map((each) => each.name)),
  };
  const lines = Object.entries(facts).filter(([, value]) => value);
  const others = how && ["preview", "video"].includes(how.way);
  open(
    card.title,
    card.why && h("p", { class: "note" }, card.why),
    h("dl", {}, lines.map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])),
    card.url && !others && h("p", {}, link(card.url, { class: "elsewhere" }, say("open_in_spotify"))),
    server && button(say("repost"), () => reposting(card, server, pass), { class: "choice" }),
    h("p", { class: "note" }, say("shared_by")),
  );
}

/** Ask before anything is posted with the member's name. */
function reposting(card, server, pass) {
  const post = () => {
    sheet.close();
    pass(card);
  };
  const sheet = open(
    say("repost_it"),
    h("p", {}, say("repost_where", { title: card.title, server })),
    h("div", { class: "choices" }, button(say("post_it"), post, { class: "choice" }), button(say("leave_it"), () => sheet.close(), { class: "choice" })),
  );
}

/** Ask once whether songs liked here are saved to the member's likes. */
export function saving(chosen) {
  const answer = (saves) => () => {
    sheet.close();
    chosen(saves);
  };
  const sheet = open(
    say("save_too"),
    h("p", {}, say("save_why")),
    h(
      "div",
      { class: "choices" },
      button(say("save_likes"), answer(true), { class: "choice" }),
      button(say("keep_in_feed"), answer(false), { class: "choice" }),
    ),
  );
}

/** Say how a view works. `letters`: whether letters are keys; `choose` gets the new choice. */
export function help(view, letters, choose, leave) {
  const tick = h("input", { type: "checkbox", id: "letters", checked: letters, onchange: () => choose(tick.checked) });
  const row = ([arrow, letter, what]) =>
    h("tr", {}, h("td", {}, arrow && h("kbd", {}, arrow === "space" ? say("space") : arrow), " ", h("kbd", {}, letter)), h("td", {}, say(what)));
  open(
    say("how"),
    h("p", {}, say(view.how)),
    h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, say("key")), h("th", {}, say("does")))), h("tbody", {}, view.keys.map(row))),
    h("p", { class: "tick" }, tick, h("label", { for: "letters" }, say("letters"))),
    h("p", { class: "note" }, say(api.framed() ? "framed" : "stays")),
    button(say("log_out"), leave, { class: "choice" }),
  );
}

export const close = () => opened?.close();

// Labelling: one song after another, and a large button for each playlist, always in the same place.

import * as api from "./api.js";
import { button, h, listed, say } from "./dom.js";
import { hear } from "./heard.js";
import { icon } from "./icons.js";
import { moreOf } from "./moreof.js";
import * as sheet from "./sheet.js";
import { leftOut, message, patient, player, put, stage, tell } from "./stage.js";
import { fly } from "./swipe.js";

const ICONS = { none: "away", go_back: "back" };
const FEW = 6; // playlists that stand in two columns on a phone without scrolling
let on = false; // whether this is what the page shows
let asked = null; // the question on show
let last = null; // the last one, whose answer can be undone where none is on show
let shown = null; // its card's element
let below = null; // what can be said about it
let several = null; // the playlists ticked so far, while more than one can be
let busy = false; // while one card gives way to the next

/** The layer that the address asks for; 0: the member's first. */
const layer = () => Number(new URLSearchParams(location.search).get("layer")) || 0;

// ---------------------------------------------------------------- answers
async function answer(call, way) {
  if (busy || !asked) return;
  const card = asked;
  busy = true;
  player.touched();
  const sending = call(card);
  sending.catch(() => {}); // handled below, when the card is gone and can come back
  await fly(shown, way);
  await patient(sending).then(show, (error) => refused(error, card));
  busy = false;
}

const to = (...chosen) => answer((card) => api.answer(card, chosen), "right");

function pick(place) {
  if (!several) return to(place.playlist);
  if (!several.delete(place.playlist)) several.add(place.playlist);
  return redraw(place.playlist);
}

/** Open the list of a card's group; `note` says what came before it. */
function list(card, group, note) {
  const answer = (...said) => answerAll(card, ...said);
  moreOf(card, group, { note, answer, failed: (error) => (error.status === 404 ? refused(error, card) : failed(error)) });
}

/** Answer about the ticked songs of a list. Throws what went wrong; the list is still there then. */
async function answerAll(card, group, playlist, ticks) {
  busy = true;
  player.touched();
  try {
    const said = await api.answerAll(card, group, playlist, ticks);
    sheet.close();
    await fly(shown, "right");
    show(said);
    if (said.rest) list(card, group, said.note);
  } finally {
    busy = false;
  }
}

async function undo() {
  if (busy || !last) return;
  busy = true;
  await patient(api.undoAnswer(last)).then((said) => show(said, "right"), failed);
  busy = false;
}

const failed = (error) => (error.status === 401 ? leftOut(error.message) : tell(error.message));

/** Say what went wrong; the card comes back, or makes way for another if it can't be answered any more. */
async function refused(error, card) {
  if (error.status === 401) return void leftOut(error.message);
  if (!on) return;
  if (error.status === 404) await next();
  else deal(card);
  tell(error.message);
}

function tick(more) {
  several = more ? new Set() : null;
  redraw(more ? asked.playlists[0]?.playlist : "several");
}

const ACTIONS = {
  several: () => asked.playlists.length > 1 && tick(true),
  none: () => to(),
  skip: () => answer(api.skipQuestion, "left"),
  more_of: () => !busy && !several && asked.more !== null && list(asked, asked.more),
  undo,
  these: () => several.size && to(...several),
  go_back: () => tick(false),
  play: () => player.toggle(),
};

function act(what) {
  if (what.startsWith("place")) return asked && place(Number(what.slice("place".length)));
  return (what === "undo" || asked) && ACTIONS[what]();
}

/** The playlist with that number, counted from 1. */
const place = (number) => asked.playlists[number - 1] && pick(asked.playlists[number - 1]);

// ---------------------------------------------------------------- the card
async function next() {
  if (!asked) message(say("one_moment"));
  try {
    show(await api.ask(layer()));
  } catch (error) {
    if (error.status === 401) return leftOut(error.message);
    asked = null;
    if (on) message(error.message, button(say("try_again"), next));
  }
  return null;
}

function show({ question, detail, note = "" }, from = null) {
  if (!on) return;
  asked = question;
  last = question ?? last;
  several = null;
  if (question) deal(hear(question), from);
  else message(detail, button(say("look_again"), next), last && button(say("undo"), undo, { "data-key": "undo" }));
  if (note) tell(note);
  else if (question) tell(named(question), false);
}

const named = (song) =>
  song.artists.length ? say("by", { title: song.title, artists: listed(song.artists) }) : song.title;

function deal(card, from = null) {
  below = h("div", { class: "below-card" });
  draw();
  shown = put(card, { below, failed, from });
  shown.classList.add("still");
}

/** What can be said: in place, so that the clip plays on. */
function draw() {
  const choices = h("div", { class: "places", role: "group", "aria-label": say("where", { song: named(asked) }) });
  choices.classList.toggle("many", asked.playlists.length > FEW);
  choices.append(...asked.playlists.map(choice));
  const others = asked.playlists.length > 1 ? ["several"] : [];
  const names = several ? ["these", "go_back"] : [...others, "none", "skip", "undo"];
  const group = h("div", { class: "acts", role: "group", "aria-label": say("others") }, names.map(one));
  const more = !several && asked.more !== null && button(say("more_of"), ACTIONS.more_of, { class: "quiet", "data-key": "more_of" });
  below.replaceChildren(choices, group, h("div", { class: "foot" }, h("p", { class: "note" }, asked.tally), more));
}

function redraw(key) {
  draw();
  stage.querySelector(`[data-key="${key}"]`)?.focus({ preventScroll: true });
}

function choice(place) {
  const name = h("span", {}, h("span", { "aria-hidden": "true" }, `${place.emoji} `), place.name);
  const ticked = several && { "aria-pressed": String(several.has(place.playlist)) };
  const looks = place.guess ? "place guess" : "place";
  return button([name, place.guess && h("small", {}, place.guess)], () => pick(place), {
    class: looks,
    "data-key": place.playlist,
    ...ticked,
  });
}

const one = (what) =>
  button([icon(ICONS[what] ?? what), h("span", {}, say(what))], () => act(what), {
    class: `act ${what === "these" ? "like" : ""}`,
    "data-key": what,
    disabled: what === "these" && !several.size,
  });

addEventListener("loggedout", () => {
  asked = null;
  last = null;
});

export const view = {
  name: "label",
  how: "how_to_label",
  arrows: { ArrowLeft: "skip", " ": "play" },
  signs: {
    ...Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`${at + 1}`, `place${at + 1}`])),
    s: "skip", v: "several", n: "none", m: "more_of", p: "play", u: "undo", z: "undo", "?": "help",
  },
  keys: [
    ["", "1–9", "key_place"],
    ["", "V", "key_several"],
    ["", "N", "key_none"],
    ["", "M", "key_more_of"],
    ["←", "S", "key_skip"],
    ["space", "P", "key_play"],
    ["", "U", "key_undo_answer"],
    ["", "?", "key_help"],
  ],
  act,
  start() {
    on = true;
    asked = null;
    return next();
  },
  end() {
    on = false;
  },
  get shows() {
    return asked !== null;
  },
};

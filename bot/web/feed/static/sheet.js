// Sheets: what opens over the card, from below. One at a time; Escape or a press beside it closes it.

import * as api from "./api.js";
import { button, clock, h, link, listed } from "./dom.js";

let opened = null;

export const isOpen = () => opened !== null;

/** Open a sheet; returns the dialog. */
function open(title, ...children) {
  opened?.close();
  const close = button("Close", () => sheet.close(), { class: "quiet" });
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

/** Ask which playlist the song goes to; `chosen` hears its number and its name. */
export async function adding(card, chosen, failed) {
  const list = h("div", { class: "choices", "aria-busy": "true" });
  const sheet = open("Add to a playlist", h("p", { class: "note" }, card.title), list);
  try {
    const found = await api.playlists(card);
    list.replaceChildren(...found.map((each, at) => choice(card, each, at === 0, sheet, chosen, failed)));
    if (!found.length) list.replaceWith(h("p", {}, "I keep no playlist for you. /playlists add in Discord takes one, or makes a new one."));
    list.querySelector("button")?.focus();
  } catch (error) {
    sheet.close();
    failed(error);
  }
  list.removeAttribute("aria-busy");
}

function choice(card, place, first, sheet, chosen, failed) {
  const guess = first && place.probability !== null && `My guess, ${Math.round(100 * place.probability)} %`;
  const there = card.added.some((each) => each.playlist === place.playlist) && "On its way there";
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
  return button([h("span", {}, `${place.emoji} ${place.name}`), note && h("small", {}, note)], add, { class: "choice" });
}

/** A playlist holds liked songs only: offer to put this one among the member's likes, then to `add` it. */
function likingFirst(card, why, add, failed) {
  const like = async () => {
    sheet.close();
    await api.likeForGood(card).then(add, failed);
  };
  const sheet = open(
    "Save it to your likes first?",
    h("p", {}, why),
    h(
      "div",
      { class: "choices" },
      button("Save this song and add it", like, { class: "choice" }),
      button("Leave it", () => sheet.close(), { class: "choice" }),
    ),
  );
}

/** Show what is known of the song; `pass` is called where it is to be reposted. */
export function details(card, how, pass, failed) {
  const facts = {
    Artists: listed(card.artists),
    Album: card.album,
    Year: card.year,
    Length: card.duration_ms && clock(card.duration_ms / 1000),
    Tempo: card.tempo && `${Math.round(card.tempo)} beats a minute`,
    Highlight: how?.peak ? `at ${clock(how.peak)} of the song` : null,
    Near: listed(card.near.map((each) => each.title)),
    "Put into": listed(card.added.map((each) => each.name)),
  };
  const lines = Object.entries(facts).filter(([, value]) => value);
  const others = how && ["preview", "video"].includes(how.way);
  open(
    card.title,
    card.why && h("p", { class: "note" }, card.why),
    h("dl", {}, lines.map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])),
    card.url && !others && h("p", {}, link(card.url, { class: "elsewhere" }, "Open in Spotify")),
    button("Repost in a server", () => reposting(card, pass).catch(failed), { class: "choice" }),
    h("p", { class: "note" }, "Shared by somebody who likes it, without their name, or from the operator's own music."),
  );
}

/** Ask before anything stands in a channel with the member's name. */
async function reposting(card, pass) {
  const server = await api.server();
  if (!server) {
    open("Repost it?", h("p", {}, "This page wasn't opened from a server. Ask for it with /feed web in the server in which you want to repost."));
    return;
  }
  const post = () => {
    sheet.close();
    pass(card);
  };
  const sheet = open(
    "Repost it?",
    h("p", {}, `${card.title} goes into the channel for reposts of ${server}, with your name. Everybody there sees it.`),
    h("div", { class: "choices" }, button("Post it", post, { class: "choice" }), button("Leave it", () => sheet.close(), { class: "choice" })),
  );
}

/** Ask once whether what is liked here goes to the member's likes. */
export function saving(chosen) {
  const answer = (saves) => () => {
    sheet.close();
    chosen(saves);
  };
  const sheet = open(
    "Save it to your likes, too?",
    h("p", {}, "When you like a song here, I can put it among your liked songs as well. /feed settings in Discord changes it."),
    h(
      "div",
      { class: "choices" },
      button("Save what I like here", answer(true), { class: "choice" }),
      button("Keep it in the feed", answer(false), { class: "choice" }),
    ),
  );
}

const KEYS = [
  ["→", "L", "Like, and on to the next"],
  ["←", "S", "Skip"],
  ["Space", "P", "Play, pause"],
  ["↑", "M", "More about the song"],
  ["", "A", "Add to a playlist"],
  ["", "C", "Share, or copy the link"],
  ["", "N", "Not for me"],
  ["", "U", "Undo"],
  ["", "?", "This help"],
];

const STAYS = "This browser stays logged in for 30 days.";
const FRAMED = "Discord logs you in each time you open this, for a day at most.";

/** Say how it all goes. `letters`: whether letters are keys; `choose` hears when that changes. */
export function help(letters, choose, leave) {
  const tick = h("input", { type: "checkbox", id: "letters", checked: letters, onchange: () => choose(tick.checked) });
  const row = ([arrow, letter, what]) =>
    h("tr", {}, h("td", {}, arrow && h("kbd", {}, arrow), " ", h("kbd", {}, letter)), h("td", {}, what));
  open(
    "How it goes",
    h("p", {}, "Each song begins at its highlight. Swipe right to like it, left to skip it, up for more about it. Undo takes the last swipe back."),
    h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "Key"), h("th", {}, "What it does"))), h("tbody", {}, KEYS.map(row))),
    h("p", { class: "tick" }, tick, h("label", { for: "letters" }, "Letters are keys")),
    h("p", { class: "note" }, `${api.framed() ? FRAMED : STAYS} /feed web in Discord logs you out everywhere.`),
    button("Log out here", leave, { class: "choice" }),
  );
}

export const close = () => opened?.close();

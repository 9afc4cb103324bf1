// More of these: the songs by a card's artist, or on its album, to tick and to answer about at once.

import * as api from "./api.js";
import { button, h, say } from "./dom.js";
import * as sheet from "./sheet.js";

const OVER = [401, 404]; // refusals after which there's nothing to tick any more

/**
 * Open the list of a card's group; `note` says what came before it. `answer(group, playlist, ticks)` sends an answer,
 * with a null playlist for none of them; `failed` gets what ends the list.
 */
export function moreOf(card, group, { note = "", answer, failed }) {
  const said = h("p", { class: "head", role: "status" }, note || say("one_moment"));
  const switching = h("p", { class: "jump", hidden: true });
  const list = h("ul", { class: "ticks" });
  const bar = h("div", { class: "bar" });
  const opened = sheet.open(say("more_of"), said, switching, list, bar);
  const over = (error) => {
    if (opened.open) sheet.close();
    failed(error);
  };
  const send = async (playlist, ticks) => {
    const pressed = document.activeElement;
    lock(bar, true);
    await answer(group, playlist, ticks).catch((error) => {
      if (!opened.open || OVER.includes(error.status)) return over(error);
      said.textContent = error.message;
      lock(bar, false);
      return pressed.focus();
    });
  };
  const look = async (wanted, before = "") => {
    const listed = await api.more(card, wanted).catch(over);
    if (!listed || !opened.open) return;
    group = listed.group;
    said.textContent = [before, listed.detail].filter(Boolean).join("\n");
    if (switching.hidden) offer(switching, listed, look);
    list.replaceChildren(...rows(listed.songs, () => update(bar, list)));
    bar.replaceChildren(...places(listed.playlists, (playlist) => send(playlist, ticked(list))));
    update(bar, list);
  };
  look(group, note).then(() => list.querySelector("input")?.focus());
}

/** Offer the card's other lists, if it has any. */
function offer(switching, { group, groups }, look) {
  const options = groups.map((each) => h("option", { value: each.group, selected: each.group === group }, each.name));
  const select = h("select", { id: "group", onchange: () => look(select.value) }, options);
  switching.replaceChildren(h("label", { for: "group" }, say("which_songs")), select);
  switching.hidden = groups.length < 2;
}

// ---------------------------------------------------------------- ticks
function rows(songs, changed) {
  const each = songs.map(({ tick, said }) => row(said, { value: tick, onchange: changed }));
  if (songs.length < 2) return each;
  const tickAll = ({ target }) => {
    for (const box of target.closest("ul").querySelectorAll("[value]")) box.checked = target.checked;
    changed();
  };
  return [row(say("all_of_them"), { class: "all", onchange: tickAll }), ...each];
}

const row = (said, more) =>
  h("li", {}, h("label", { class: "tick" }, h("input", { type: "checkbox", checked: true, ...more }), h("span", {}, said)));

const ticked = (list) => [...list.querySelectorAll("[value]:checked")].map((box) => box.value);

/** Show how many are ticked; with none there's nothing to answer about. */
function update(bar, list) {
  const [count, total] = [ticked(list).length, list.querySelectorAll("[value]").length];
  bar.querySelector("#ticked").textContent = say("ticked", { count, total });
  lock(bar, !count);
  const all = list.querySelector(".all");
  if (all) [all.checked, all.indeterminate] = [count === total, count > 0 && count < total];
}

// ---------------------------------------------------------------- answers
function places(playlists, press) {
  const to = ({ playlist, name, emoji }) =>
    button(h("span", {}, h("span", { "aria-hidden": "true" }, `${emoji} `), name), () => press(playlist), { class: "place" });
  const none = button(say("none"), () => press(null), { class: "place nowhere" });
  const group = h("div", { class: "places", role: "group", "aria-labelledby": "ticked" }, playlists.map(to), none);
  return [h("p", { class: "note", id: "ticked" }), group];
}

function lock(bar, locked) {
  for (const each of bar.querySelectorAll("button")) each.disabled = locked;
}

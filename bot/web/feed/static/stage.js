// The stage: where a card, a list or a message stands; the line that says what happened; and who is logged in.

import * as api from "./api.js";
import { drawn } from "./card.js";
import { h, say } from "./dom.js";
import { heard as hearing } from "./heard.js";
import { Player } from "./player.js";
import * as sheet from "./sheet.js";
import { come } from "./swipe.js";

const SAID = 4_000; // ms a line stays, plus LETTER for each letter
const LETTER = 60;
const LATE = 1_000; // ms after which the page says that it waits
const UNHEARD = { way: "nothing", sound: null, url: null, cover: null }; // if we couldn't find out how to hear a song
export const stage = document.getElementById("stage");
export const player = new Player();
const said = document.getElementById("said");
const who = document.getElementById("who");
const undoing = document.getElementById("undo");
let shown = null; // the card's element
let quiet = null;

// ---------------------------------------------------------------- focus
let wanted = null; // the key of the control to focus, once something on the stage was focused
let instead = null; // what has the focus until that control is there again

/** Put these on the stage. The focus stays on the same control, or waits for it on the title. */
export function fill(...children) {
  const focused = document.activeElement;
  if (stage.contains(focused)) wanted = focused === instead ? wanted : (focused.dataset.key ?? "title");
  else if (focused !== document.body) wanted = null;
  stage.replaceChildren(...children);
  refocus();
}

function refocus() {
  if (!wanted) return;
  const same = stage.querySelector(`[data-key="${wanted}"]:not(:disabled)`);
  instead = same ? null : stage.querySelector("#title, .message p");
  (same ?? instead)?.focus({ preventScroll: true });
}

/** Let the header's Undo be pressed, or not. */
export function undoable(can) {
  if (!can && document.activeElement === undoing) stage.querySelector("#title")?.focus({ preventScroll: true });
  undoing.disabled = !can;
}

// ---------------------------------------------------------------- what stands there
/** Put a card on the stage, with `below`, and have it heard; `failed` gets what went wrong. Returns its element. */
export function put(card, { around = [], below, failed, from = null }) {
  const { element, heard } = drawn(card, player);
  clear();
  shown = element;
  fill(h("div", { class: "deck" }, around, element), below);
  element.addEventListener("click", (event) => event.target.closest("a, button") || player.toggle());
  come(element, from);
  hearing(card).then(
    (how) => {
      if (shown !== element) return;
      heard(how);
      if (how.sound) player.load(how.sound, card);
      if (document.activeElement === instead) refocus();
      roomFor(element);
    },
    (error) => {
      if (shown !== element) return;
      heard(UNHEARD);
      failed(error);
    },
  );
  return element;
}

/** If the card is taller than the screen (large type, small phone), a finger scrolls it and swipes only sideways. */
function roomFor(element) {
  element.classList.toggle("long", document.documentElement.scrollHeight > innerHeight + 1);
}

addEventListener("resize", () => shown && roomFor(shown));

export function message(text, ...more) {
  clear();
  const picture = h("img", { src: new URL("icon.svg", import.meta.url).href, alt: "", width: 72, height: 72 });
  fill(h("div", { class: "message" }, picture, h("p", { tabindex: "-1" }, text), ...more));
}

/** Stop what plays; whatever is on the stage is no card any more. */
export function clear() {
  shown = null;
  player.clear();
}

/** Show a line for a moment; `seen` false: to screen readers alone. */
export function tell(text, seen = true) {
  said.textContent = text;
  said.classList.toggle("seen", seen);
  clearTimeout(quiet);
  quiet = setTimeout(() => said.classList.remove("seen"), SAID + LETTER * text.length);
}

/** Say that the page waits for this, if it takes long. Returns what comes of it. */
export function patient(work) {
  const late = setTimeout(() => tell(say("one_moment")), LATE);
  return work.finally(() => clearTimeout(late));
}

// ---------------------------------------------------------------- who is logged in
/** Say whose session it is: someone may have sent their own link. */
export async function sayWho() {
  const { name } = await api.me().catch(() => ({ name: "" }));
  who.textContent = name;
}

/** Say that nobody is logged in, and why; views hear of it as the event `loggedout`. */
export function leftOut(text) {
  who.textContent = "";
  sheet.close();
  dispatchEvent(new Event("loggedout"));
  undoable(false);
  message(text);
  tell(text, false);
}

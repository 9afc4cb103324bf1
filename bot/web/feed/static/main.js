// The page: shows the deck's top card and does what the member asks.

import * as api from "./api.js";
import { drawn } from "./card.js";
import { Deck, heard as hearing } from "./deck.js";
import { button, h, listed, say } from "./dom.js";
import { icon } from "./icons.js";
import * as keys from "./keys.js";
import { Player } from "./player.js";
import * as sheet from "./sheet.js";
import { come, fly, swipeable } from "./swipe.js";
import { LANGUAGE } from "./words.js";

const SAID = 4_000; // ms a line stays, plus LETTER for each letter
const LETTER = 60;
const TAKEN = 409; // someone else is logged in here
const UNHEARD = { way: "nothing", sound: null, url: null, cover: null }; // if we couldn't find out how to hear a song
const stage = document.getElementById("stage");
const said = document.getElementById("said");
const who = document.getElementById("who");
const undoing = document.getElementById("undo");
const helping = document.getElementById("help");
const deck = new Deck();
const player = new Player();
let shown = null; // the element of the card on top
let busy = false; // while one card gives way to the next

// ---------------------------------------------------------------- actions
const DEEDS = {
  like: { way: "right", said: "liked", call: api.like, back: (card) => !card.added.length && api.unlike(card) },
  skip: { way: "left", said: "skipped", call: (card) => !card.added.length && api.skip(card) },
  away: { way: "left", said: "not_for_you", call: api.putAway, back: api.takeBack },
};

/** Return whether the card goes: not while another one does. */
function swipe(name) {
  if (busy || !deck.top) return false;
  go(name, deck.top);
  return true;
}

async function go(name, card) {
  busy = true;
  const deed = DEEDS[name];
  player.touched();
  const sending = Promise.resolve(deed.call(card));
  sending.catch(() => {}); // handled below, when the card is gone and can come back
  await fly(shown, deed.way);
  deck.swipe({ name, sending });
  await show();
  busy = false;
  sending.then((liked) => done(deed, card, liked), (error) => failed(error, card));
}

function done(deed, card, liked) {
  tell(say(deed.said, { title: card.title }));
  if (liked?.ask) ask(card);
}

async function undo() {
  if (busy || !deck.last) return;
  busy = true;
  const [card, { name, sending }] = deck.undo();
  await show({ from: DEEDS[name].way, back: true });
  busy = false;
  await sending.then(() => DEEDS[name].back?.(card)).catch((error) => tell(error.message));
}

/** Say what went wrong, and bring the last card back, unless the song itself is gone. */
function failed(error, card) {
  if (error.status === 401) return leftOut(error.message);
  if (card && error.status !== 404 && deck.last?.[0] === card) {
    deck.undo();
    show();
  }
  return tell(error.message);
}

function ask(card) {
  sheet.saving(async (saves) => {
    try {
      await api.chooseSaving(saves);
      if (saves) await api.like(card);
      tell(say(saves ? "saves" : "saves_not"));
    } catch (error) {
      failed(error);
    }
  });
}

function add() {
  const card = deck.top;
  const added = (place) => {
    card.added.push(place);
    tell(say("adding", { title: card.title, playlist: place.name }));
  };
  sheet.adding(card, added, failed);
}

async function share() {
  const card = deck.top;
  const how = await hearing(card).catch(() => null);
  const url = (how?.way === "preview" && how.page) || card.url;
  if (!url) return tell(say("no_link"));
  const text = [card.title, listed(card.artists)].filter(Boolean).join(" – ");
  try {
    if (navigator.share) await navigator.share({ title: text, url });
    else await navigator.clipboard.writeText(url).then(() => tell(say("copied")));
  } catch (error) {
    if (error.name !== "AbortError") tell(say("the_link", { url }));
  }
}

async function more() {
  const card = deck.top;
  const [how, server] = await Promise.all([hearing(card).catch(() => null), api.server().catch(() => null)]);
  sheet.details(card, how, server, repost);
}

async function repost(card) {
  try {
    await api.repost(card);
    tell(say("reposted", { title: card.title }));
  } catch (error) {
    failed(error);
  }
}

const help = () => sheet.help(keys.letters(), keys.chooseLetters, leave);

async function leave() {
  sheet.close();
  try {
    await api.leave();
    leftOut(say("logged_out"));
  } catch (error) {
    tell(error.message);
  }
}

const ACTS = {
  like: () => swipe("like"),
  skip: () => swipe("skip"),
  away: () => swipe("away"),
  play: () => player.toggle(),
  add,
  share,
  more,
  undo,
  help,
};

function act(what) {
  return (what === "help" || what === "undo" || deck.top) && ACTS[what]();
}

// ---------------------------------------------------------------- the card
/** Show the card on top. back: it was swiped away before; from: where it comes back from. */
async function show({ back = false, from = null } = {}) {
  if (!deck.top) message(say("one_moment"));
  let card;
  try {
    card = await deck.ready();
  } catch (error) {
    return error.status === 401 ? leftOut(error.message) : message(error.message, button(say("try_again"), () => show()));
  }
  undoing.disabled = !deck.last;
  if (!card) return message(deck.nothing ?? say("nothing"), button(say("look_again"), () => show()));
  const song = card.artists.length ? say("by", { title: card.title, artists: listed(card.artists) }) : card.title;
  tell(back ? say("back", { song }) : song, false);
  return put(card, from);
}

function put(card, from) {
  const { element, heard } = drawn(card, player);
  shown = element;
  player.clear();
  stage.replaceChildren(h("div", { class: "deck" }, hint("like", "right"), hint("skip", "left"), element), acts());
  swipeable(element, lean, (way) => act({ left: "skip", right: "like", up: "more" }[way]));
  element.addEventListener("click", (event) => event.target.closest("a, button") || player.toggle());
  come(element, from);
  hearing(card).then(
    (how) => {
      if (shown !== element) return;
      heard(how);
      if (how.sound) player.load(how.sound, card);
      roomFor(element);
    },
    (error) => {
      if (shown !== element) return;
      heard(UNHEARD);
      failed(error);
    },
  );
}

const hint = (what, way) =>
  h("p", { class: `hint ${way}`, "aria-hidden": "true" }, icon(what), say(what));

/** Show how close a drag is to counting: the word at the edge, and its button. */
function lean(way, share) {
  stage.dataset.lean = way ?? "";
  stage.style.setProperty("--share", share.toFixed(2));
  stage.classList.toggle("sure", share === 1);
}

/** If the card is taller than the screen (large type, small phone), a finger scrolls it and swipes only sideways. */
function roomFor(element) {
  element.classList.toggle("long", document.documentElement.scrollHeight > innerHeight + 1);
}

const BUTTONS = ["skip", "like", "add", "share", "away", "more"];

function acts() {
  const one = (what) => button([icon(what), h("span", {}, say(what))], () => act(what), { class: `act ${what}` });
  return h("div", { class: "acts", role: "group", "aria-label": say("acts") }, BUTTONS.map(one));
}

function message(text, ...more) {
  shown = null;
  player.clear();
  const picture = h("img", { src: new URL("icon.svg", import.meta.url).href, alt: "", width: 72, height: 72 });
  stage.replaceChildren(h("div", { class: "message" }, picture, h("p", {}, text), ...more));
}

function leftOut(text) {
  who.textContent = "";
  sheet.close();
  deck.cards = [];
  deck.gone = [];
  undoing.disabled = true;
  message(text);
  tell(text, false);
}

let quiet = null;

/** Show a line for a moment; `seen` false: to screen readers alone. */
function tell(text, seen = true) {
  said.textContent = text;
  said.classList.toggle("seen", seen);
  clearTimeout(quiet);
  quiet = setTimeout(() => said.classList.remove("seen"), SAID + LETTER * text.length);
}

// ---------------------------------------------------------------- start
/** Exchange the link's secret for a session; it leaves the address at once. */
async function enter() {
  const link = location.hash.slice(1);
  if (!location.pathname.endsWith("/enter")) return;
  history.replaceState(null, "", "./");
  if (!link) return;
  await api.enter(link).catch(async (error) => {
    if (error.status !== TAKEN) throw error;
    if (await agrees(`${error.message} ${say("go_on_as")}`)) await api.changeOver(link);
  });
}

/** Ask in place of the song; return whether they agreed. */
function agrees(question) {
  return new Promise((decide) => {
    const yes = button(say("as_them"), () => decide(true));
    message(question, button(say("as_i_am"), () => decide(false)), yes);
    document.body.dataset.ready = "";
  });
}

/** Say whose session it is: someone may have sent their own link. */
async function sayWho() {
  const { name } = await api.me().catch(() => ({ name: "" }));
  who.textContent = name;
}

async function begin() {
  let refused = null;
  message(say("one_moment"));
  await enter().catch((error) => {
    refused = error;
  });
  if (refused instanceof api.Offline) return message(refused.message, button(say("try_again"), () => location.reload()));
  message(say("one_moment"));
  sayWho();
  await show();
  if (refused && !deck.top) leftOut(refused.message);
  document.body.dataset.ready = "";
}

document.documentElement.lang = LANGUAGE;
undoing.textContent = say("undo");
undoing.addEventListener("click", undo);
helping.textContent = say("help");
helping.addEventListener("click", help);
keys.listen(act);
addEventListener("resize", () => shown && roomFor(shown));
addEventListener("offline", () => tell(say("offline_plays")));
addEventListener("online", () => !deck.top && show());
navigator.serviceWorker?.register(new URL("../sw.js", import.meta.url)).catch(() => {});
begin();

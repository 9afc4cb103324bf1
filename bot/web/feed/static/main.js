// The page: shows the top card of the deck and carries out what is done with it.

import * as api from "./api.js";
import { drawn } from "./card.js";
import { Deck, heard as hearing } from "./deck.js";
import { button, h, listed } from "./dom.js";
import { icon } from "./icons.js";
import * as keys from "./keys.js";
import { Player } from "./player.js";
import * as sheet from "./sheet.js";
import { come, fly, swipeable } from "./swipe.js";

const SAID = 4_000; // ms that a line stays, and so many more for each letter
const LETTER = 60;
const TAKEN = 409; // somebody else is logged in here
const UNHEARD = { way: "nothing", sound: null, url: null, cover: null }; // where nobody could say how a song is heard
const stage = document.getElementById("stage");
const said = document.getElementById("said");
const who = document.getElementById("who");
const undoing = document.getElementById("undo");
const deck = new Deck();
const player = new Player();
let shown = null; // the element of the card on top
let busy = false; // while one card makes way for the next

// ---------------------------------------------------------------- what is done with a song
const DEEDS = {
  like: { way: "right", said: "Liked", call: api.like, back: (card) => !card.added.length && api.unlike(card) },
  skip: { way: "left", said: "Skipped", call: (card) => !card.added.length && api.skip(card) },
  away: { way: "left", said: "Not for you", call: api.putAway, back: api.takeBack },
};

/** Returns whether it goes: not while another one does. */
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
  sending.catch(() => {}); // told below, when the card is gone and can come back
  await fly(shown, deed.way);
  deck.swipe({ name, sending });
  await show();
  busy = false;
  sending.then((liked) => done(deed, card, liked), (error) => failed(error, card));
}

function done(deed, card, liked) {
  say(`${deed.said}: ${card.title}.`);
  if (liked?.ask) ask(card);
}

async function undo() {
  if (busy || !deck.last) return;
  busy = true;
  const [card, { name, sending }] = deck.undo();
  await show(`Back: ${card.title}.`, DEEDS[name].way);
  busy = false;
  await sending.then(() => DEEDS[name].back?.(card)).catch((error) => say(error.message));
}

/** Say why something was not done; bring its card back where it only just went, unless the song itself is gone. */
function failed(error, card) {
  if (error.status === 401) return leftOut(error.message);
  if (card && error.status !== 404 && deck.last?.[0] === card) {
    deck.undo();
    show();
  }
  return say(error.message);
}

function ask(card) {
  sheet.saving(async (saves) => {
    try {
      await api.chooseSaving(saves);
      if (saves) await api.like(card);
      say(saves ? "What you like here goes to your likes." : "What you like stays in the feed.");
    } catch (error) {
      failed(error);
    }
  });
}

function add() {
  const card = deck.top;
  const added = (place) => {
    card.added.push(place);
    say(`${card.title} is on its way into ${place.name}.`);
  };
  sheet.adding(card, added, failed);
}

async function share() {
  const card = deck.top;
  const how = await hearing(card).catch(() => null);
  const url = (how?.way === "preview" && how.page) || card.url;
  if (!url) return say("There is no link to this song: it is the operator's own file.");
  const text = [card.title, listed(card.artists)].filter(Boolean).join(" – ");
  try {
    if (navigator.share) await navigator.share({ title: text, url });
    else await navigator.clipboard.writeText(url).then(() => say("The link is copied."));
  } catch (error) {
    if (error.name !== "AbortError") say(`The link: ${url}`);
  }
}

async function more() {
  const card = deck.top;
  sheet.details(card, await hearing(card).catch(() => null), repost, failed);
}

async function repost(card) {
  try {
    await api.repost(card);
    say(`${card.title} is reposted. Press Repost under it in Discord to take it back.`);
  } catch (error) {
    failed(error);
  }
}

const help = () => sheet.help(keys.letters(), keys.chooseLetters, leave);

async function leave() {
  sheet.close();
  try {
    await api.leave();
    leftOut("You are logged out. /feed web in Discord gives you a new link.");
  } catch (error) {
    say(error.message);
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

// ---------------------------------------------------------------- what is shown
/** Show the card on top; `why` is said before its name, `from` is where it comes back from. */
async function show(why = "", from = null) {
  if (!deck.top) message("One moment.");
  let card;
  try {
    card = await deck.ready();
  } catch (error) {
    return error.status === 401 ? leftOut(error.message) : message(error.message, button("Try again", () => show()));
  }
  undoing.disabled = !deck.last;
  if (!card) return message(deck.nothing ?? "That was everything for now.", button("Look again", () => show()));
  say(`${why} ${card.artists.length ? `${card.title}, by ${listed(card.artists)}` : card.title}`.trim(), false);
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
  h("p", { class: `hint ${way}`, "aria-hidden": "true" }, icon(what), what === "like" ? "Like" : "Skip");

/** Show how near a drag is to going: the word at the edge, and its button. */
function lean(way, share) {
  stage.dataset.lean = way ?? "";
  stage.style.setProperty("--share", share.toFixed(2));
  stage.classList.toggle("sure", share === 1);
}

/** Where a card is longer than the screen (large type, small phone) a finger scrolls it, and swipes sideways only. */
function roomFor(element) {
  element.classList.toggle("long", document.documentElement.scrollHeight > innerHeight + 1);
}

const BUTTONS = [
  ["skip", "Skip"],
  ["like", "Like"],
  ["add", "Add to…"],
  ["share", "Share"],
  ["away", "Not for me"],
  ["more", "More"],
];

function acts() {
  const one = ([what, word]) => button([icon(what), h("span", {}, word)], () => act(what), { class: `act ${what}` });
  return h("div", { class: "acts", role: "group", "aria-label": "What to do with this song" }, BUTTONS.map(one));
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
  say(text, false);
}

let quiet = null;

/** Say something to everybody, or (`seen` false) to screen readers alone. */
function say(text, seen = true) {
  said.textContent = text;
  said.classList.toggle("seen", seen);
  clearTimeout(quiet);
  quiet = setTimeout(() => said.classList.remove("seen"), SAID + LETTER * text.length);
}

// ---------------------------------------------------------------- the beginning
/** Turn the link's secret into a session; it leaves the address at once. */
async function enter() {
  const link = location.hash.slice(1);
  if (!location.pathname.endsWith("/enter")) return;
  history.replaceState(null, "", "./");
  if (!link) return;
  await api.enter(link).catch(async (error) => {
    if (error.status !== TAKEN) throw error;
    if (await agrees(`${error.message} Go on as them, and log this browser out first?`)) await api.changeOver(link);
  });
}

/** Ask, in the place of the song; returns whether it is to be done. */
function agrees(question) {
  return new Promise((decide) => {
    const yes = button("Go on as them", () => decide(true));
    message(question, button("Stay as I am", () => decide(false)), yes);
    document.body.dataset.ready = "";
  });
}

/** Say whose session it is: a link that somebody sent is not one's own. */
async function sayWho() {
  const { name } = await api.me().catch(() => ({ name: "" }));
  who.textContent = name;
}

async function begin() {
  let refused = null;
  message("One moment.");
  await enter().catch((error) => {
    refused = error;
  });
  if (refused instanceof api.Offline) return message(refused.message, button("Try again", () => location.reload()));
  message("One moment.");
  sayWho();
  await show();
  if (refused && !deck.top) leftOut(refused.message);
  document.body.dataset.ready = "";
}

undoing.addEventListener("click", undo);
document.getElementById("help").addEventListener("click", help);
keys.listen(act);
addEventListener("resize", () => shown && roomFor(shown));
addEventListener("offline", () => say("You are offline. Songs that are here already still play."));
addEventListener("online", () => !deck.top && show());
navigator.serviceWorker?.register(new URL("../sw.js", import.meta.url)).catch(() => {});
begin();

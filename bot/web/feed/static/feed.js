// The feed: shows the deck's top card and does what the member asks.

import * as api from "./api.js";
import { Deck } from "./deck.js";
import { button, h, listed, say } from "./dom.js";
import { heard as hearing } from "./heard.js";
import { icon } from "./icons.js";
import * as sheet from "./sheet.js";
import { leftOut, message, patient, player, put, stage, tell, undoable } from "./stage.js";
import { fly, swipeable } from "./swipe.js";

const deck = new Deck();
let on = false; // whether this is what the page shows
let shown = null; // the element of the card on top
let busy = false; // while one card gives way to the next

// ---------------------------------------------------------------- actions
const REACTIONS = {
  like: { way: "right", said: "liked", call: api.like, back: (card) => !card.added.length && api.unlike(card) },
  skip: { way: "left", said: "skipped", call: (card) => !card.added.length && api.skip(card) },
  away: { way: "left", said: "not_for_you", call: api.dislike, back: api.undoDislike },
};

/** Return whether the card goes: not while another one does. */
function swipe(name) {
  if (busy || !deck.top) return false;
  go(name, deck.top);
  return true;
}

async function go(name, card) {
  busy = true;
  const reaction = REACTIONS[name];
  player.touched();
  const sending = Promise.resolve(reaction.call(card));
  sending.catch(() => {}); // handled below, when the card is gone and can come back
  await fly(shown, reaction.way);
  deck.swipe(card, { name, sending });
  await show();
  busy = false;
  sending.then((liked) => done(reaction, card, liked), (error) => failed(error, card));
}

function done(reaction, card, liked) {
  tell(say(reaction.said, { title: card.title }));
  if (liked?.ask) ask(card);
}

async function undo() {
  if (busy || !deck.last) return;
  busy = true;
  const [card, { name, sending }] = deck.undo();
  await show({ from: REACTIONS[name].way, back: true });
  busy = false;
  await sending.then(() => REACTIONS[name].back?.(card)).catch((error) => tell(error.message));
}

/** Say what went wrong, and bring the last card back, unless the song itself is gone. */
async function failed(error, card) {
  if (error.status === 401) return leftOut(error.message);
  if (card && error.status !== 404 && deck.last?.[0] === card) {
    deck.undo();
    await show(); // it says which song this is
  }
  return tell(error.message);
}

/** A song that's no longer shared gives way to the next. */
async function gone(card, error) {
  deck.cards = deck.cards.filter((each) => each !== card);
  await show();
  tell(error.message);
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
  const how = await patient(hearing(card)).catch(() => null);
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
  const known = [hearing(card), api.server()].map((each) => each.catch(() => null));
  const [how, server] = await patient(Promise.all(known));
  if (on && deck.top === card) sheet.details(card, how, server, repost);
}

async function repost(card) {
  try {
    await api.repost(card);
    tell(say("reposted", { title: card.title }));
  } catch (error) {
    failed(error);
  }
}

const ACTIONS = {
  like: () => swipe("like"),
  skip: () => swipe("skip"),
  away: () => swipe("away"),
  play: () => player.toggle(),
  add,
  share,
  more,
  undo,
};

function act(what) {
  return (what === "undo" || deck.top) && ACTIONS[what]();
}

// ---------------------------------------------------------------- the card
/** Show the card on top. back: it was swiped away before; from: where it comes back from. */
async function show({ back = false, from = null } = {}) {
  if (!on) return null;
  if (!deck.top) message(say("one_moment"));
  let card;
  try {
    card = await deck.ready();
  } catch (error) {
    if (error.status === 401) return leftOut(error.message);
    return on && message(error.message, button(say("try_again"), () => show()));
  }
  if (!on) return null;
  undoable(Boolean(deck.last));
  if (!card) return message(deck.nothing ?? say("nothing"), button(say("look_again"), () => show()));
  const song = card.artists.length ? say("by", { title: card.title, artists: listed(card.artists) }) : card.title;
  tell(back ? say("back", { song }) : song, false);
  return deal(card, from);
}

function deal(card, from) {
  const unheard = (error) => (error.status === 404 ? gone(card, error) : failed(error));
  shown = put(card, { around: [hint("like", "right"), hint("skip", "left")], below: actions(), failed: unheard, from });
  swipeable(shown, lean, (way) => act({ left: "skip", right: "like", up: "more" }[way]));
}

const hint = (what, way) =>
  h("p", { class: `hint ${way}`, "aria-hidden": "true" }, icon(what), say(what));

/** Show how close a drag is to counting: the word at the edge, and its button. */
function lean(way, share) {
  stage.dataset.lean = way ?? "";
  stage.style.setProperty("--share", share.toFixed(2));
  stage.classList.toggle("sure", share === 1);
}

const BUTTONS = ["skip", "like", "add", "share", "away", "more"];

function actions() {
  const one = (what) =>
    button([icon(what), h("span", {}, say(what))], () => act(what), { class: `act ${what}`, "data-key": what });
  return h("div", { class: "acts", role: "group", "aria-label": say("acts") }, BUTTONS.map(one));
}

addEventListener("loggedout", () => {
  deck.cards = [];
  deck.gone = [];
});
addEventListener("offline", () => on && tell(say("offline_plays")));
addEventListener("online", () => on && !deck.top && show());

export const view = {
  name: "feed",
  how: "how_it_works",
  arrows: { ArrowRight: "like", ArrowLeft: "skip", ArrowUp: "more", " ": "play" },
  signs: { l: "like", s: "skip", p: "play", m: "more", a: "add", c: "share", n: "away", u: "undo", z: "undo", "?": "help" },
  /** Keys and what they do, by the names of the words for it. */
  keys: [
    ["→", "L", "key_like"],
    ["←", "S", "key_skip"],
    ["space", "P", "key_play"],
    ["↑", "M", "key_more"],
    ["", "A", "key_add"],
    ["", "C", "key_share"],
    ["", "N", "key_away"],
    ["", "U", "key_undo"],
    ["", "?", "key_help"],
  ],
  undoes: true, // by the header's Undo
  act,
  start() {
    on = true;
    return show();
  },
  end() {
    on = false;
  },
  get shows() {
    return Boolean(deck.top);
  },
};

// The deck: the song that is shown, those that come next, and those that were swiped away.

import * as api from "./api.js";

const AHEAD = 2; // songs fetched before they are wanted, each with its clip
const FRESH = 240_000; // ms that a preview's address is good for, at least
const REMEMBERED = 20; // songs that can be taken back

/**
 * A card is what the bot says of a song and: `heard`, a promise of how it can be heard (with `sound`, an address that
 * plays, where it can be heard here), and `added`, the playlists that it was put into.
 */
export class Deck {
  constructor() {
    this.cards = [];
    this.gone = []; // [card, what was done with it], the newest last
    this.filling = null;
    this.nothing = null; // why there is no song
  }

  get top() {
    return this.cards[0] ?? null;
  }

  get last() {
    return this.gone.at(-1) ?? null;
  }

  /** Wait until there is a song, or word that there is none. */
  async ready() {
    if (!this.top) await this.fill();
    return this.top;
  }

  /** Fetch what is missing; one call at a time. */
  fill() {
    this.filling ??= this.more().finally(() => {
      this.filling = null;
    });
    return this.filling;
  }

  async more() {
    const missing = 1 + AHEAD - this.cards.length;
    if (missing <= 0) return;
    const { cards, detail } = await api.cards(missing);
    const had = new Set(this.cards.map((each) => each.key));
    this.cards.push(...cards.filter((each) => !had.has(each.key)).map(dealt));
    this.nothing = detail;
  }

  /** Take the top card away; `done` says what became of it. */
  swipe(done) {
    this.gone.push([this.cards.shift(), done]);
    for (const [card] of this.gone.splice(0, this.gone.length - REMEMBERED)) forget(card);
    this.fill().catch(() => {}); // whoever waits for the next card hears of it
  }

  /** Put the card that went last back on top; returns it and what was done with it. */
  undo() {
    const [card, done] = this.gone.pop();
    this.cards.unshift(card);
    return [card, done];
  }
}

function dealt(card) {
  const made = { ...card, added: [] };
  hear(made);
  return made;
}

function hear(card) {
  card.asked = Date.now();
  card.heard = hearing(card);
  card.heard.catch(() => {}); // said where it is shown
}

/** How the card can be heard: asked again where that failed, or where another service's address may be over. */
export async function heard(card) {
  const how = await card.heard.catch(() => null);
  if (!how || (how.way === "preview" && Date.now() - card.asked > FRESH)) hear(card);
  return card.heard;
}

async function hearing(card) {
  const heard = await api.listen(card);
  const sound = heard.clip ? await api.sound(heard.clip) : heard.preview;
  return { ...heard, sound };
}

async function forget(card) {
  const { sound, clip } = await card.heard.catch(() => ({}));
  if (clip) URL.revokeObjectURL(sound);
}

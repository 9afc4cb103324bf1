// The deck: the song on show, the next ones, and those swiped away.

import * as api from "./api.js";
import { forget, hear } from "./heard.js";

const AHEAD = 2; // songs fetched in advance, each with its clip
const REMEMBERED = 20; // songs that can be undone

/**
 * A card is what the bot sends about a song, plus `heard`, a promise of how it can be heard (with `sound`, an address
 * that plays, if it can be heard here), and `added`, the playlists it was added to.
 */
export class Deck {
  constructor() {
    this.cards = [];
    this.gone = []; // [card, what happened to it], newest last
    this.filling = null;
    this.nothing = null; // why there's no song
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

  /** Take a card away, by now perhaps below one that came back; `done` says what became of it. */
  swipe(card, done) {
    this.cards = this.cards.filter((each) => each !== card);
    this.gone.push([card, done]);
    for (const [card] of this.gone.splice(0, this.gone.length - REMEMBERED)) forget(card);
    this.fill().catch(() => {}); // whoever waits for the next card sees the error
  }

  /** Put the card that went last back on top; returns it and what was done with it. */
  undo() {
    const [card, done] = this.gone.pop();
    this.cards.unshift(card);
    return [card, done];
  }
}

function dealt(card) {
  return hear({ ...card, added: [] });
}

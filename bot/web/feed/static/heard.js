// How a card can be heard: `heard`, a promise, with `sound`, an address that plays, if it can be heard here.

import * as api from "./api.js";

const FRESH = 240_000; // ms; a preview's address works for at least that long

/** Begin to find out how the card can be heard; returns the card. */
export function hear(card) {
  card.asked = Date.now();
  card.heard = hearing(card);
  card.heard.catch(() => {}); // shown where the card is
  return card;
}

/** How the card can be heard; asked again after a failure, or if another service's address may have expired. */
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

/** Let go of the card's sound. */
export async function forget(card) {
  const { sound, clip } = await card.heard.catch(() => ({}));
  if (clip) URL.revokeObjectURL(sound);
}

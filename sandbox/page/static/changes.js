// What happened at Spotify of late, in words, and what is still fresh enough to be highlighted.

import { h } from "./dom.js";
import { timeElement } from "./times.js";

const FRESH = 60_000; // milliseconds for which a change is highlighted
export const ARRIVING = 2_000; // milliseconds in which it is seen to come
const NAMED = 3; // songs named in a line

/** Whether something was `changed` (a time, or null) that lately. */
export const isFresh = (changed, within = FRESH) => changed !== null && Date.now() - new Date(changed) < within;

export function changeLine(change) {
  const who = change.by === "app" ? "Cratekeeper" : "You";
  const when = timeElement(new Date(change.at), "R");
  return h(
    "li",
    { class: isFresh(change.at) ? "fresh" : "" },
    h("strong", {}, who),
    ` ${DEEDS[change.kind](change)} `,
    when,
  );
}

const DEEDS = {
  liked: (change) => `liked ${songs(change)}`,
  unliked: (change) => `unliked ${songs(change)}`,
  created: (change) => `created the playlist ${change.playlist}`,
  followed: (change) => `followed ${change.playlist}`,
  unfollowed: (change) => `unfollowed ${change.playlist}`,
  added: (change) => `added ${songs(change)} to ${change.playlist}`,
  removed: (change) => `removed ${songs(change)} from ${change.playlist}`,
  moved: (change) => `reordered ${change.playlist}`,
  linked: () => "gave Cratekeeper access",
  revoked: () => "removed Cratekeeper's access",
};

/** "A, B, C and 4 more". */
function songs(change) {
  const named = change.titles.slice(0, NAMED);
  const rest = change.count - named.length;
  return rest > 0 ? `${named.join(", ")} and ${rest} more` : named.join(", ");
}

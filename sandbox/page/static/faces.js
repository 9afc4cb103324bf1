// What buttons and menus share.

import { h } from "./dom.js";

/** Emoji as text; a custom one, whose picture nobody has here, by its name. */
export function emoji(found) {
  if (!found) return null;
  return h("span", { class: "emoji", "aria-hidden": "true" }, found.id ? `:${found.name}:` : found.name);
}

/** Ask the bot and show it; presses meanwhile do nothing. */
export async function busy(element, ask) {
  if (element.getAttribute("aria-busy")) return;
  element.setAttribute("aria-busy", "true");
  await ask().finally(() => element.removeAttribute("aria-busy"));
}

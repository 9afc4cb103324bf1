// Making elements. Text only ever becomes text: nothing here or elsewhere parses a string as HTML.

import { LANGUAGE, WORDS } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. `on…` properties are listeners; others are attributes, left out when null or false. */
export const h = (tag, properties = {}, ...children) => made(document.createElement(tag), properties, children);

/** Make an element of a drawing. */
export const s = (tag, properties = {}, ...children) => made(document.createElementNS(SVG, tag), properties, children);

function made(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : value);
}

export const button = (label, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, label);

/** A link to another site; only web addresses become links. */
export function link(address, more, ...children) {
  const safe = URL.canParse(address) && ["https:", "http:"].includes(new URL(address).protocol);
  return safe
    ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer", ...more }, ...children)
    : h("span", more, ...children);
}

/** Seconds as a clock shows them. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** What the page says under this name, in the reader's language, with its gaps filled. */
export const say = (name, gaps = {}) => WORDS[name].replace(/{(\w+)}/g, (_, gap) => gaps[gap]);

/** A share as the reader writes it: "74%", "74 %". */
export const percent = (share) => new Intl.NumberFormat(LANGUAGE, { style: "percent" }).format(share);

/** "A", "A and B", "A, B and C". */
export const listed = (words) => new Intl.ListFormat(LANGUAGE === "en" ? "en-GB" : LANGUAGE).format(words);

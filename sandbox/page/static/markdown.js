// The part of Discord's markdown that bots use, as elements.

import { h, link } from "./dom.js";
import { timeElement } from "./times.js";

const INNER = String.raw`((?:\\[\s\S]|[^\\])+?)`;
const sticky = (source) => new RegExp(source, "y");

// What can begin at a place in a line, in order of precedence; `names` knows people and channels by id.
const INLINE = [
  [sticky(String.raw`\\([^\sA-Za-z0-9])`), (found) => found[1]],
  [sticky("(`+)([\\s\\S]+?)\\1(?!`)"), (found) => h("code", {}, found[2])],
  [sticky(String.raw`</([^:>]+):\d+>`), (found, names) => commandMention(found[1], names)],
  [sticky(String.raw`<@!?(\d+)>`), (found, names) => h("span", { class: "mention" }, `@${names.person(found[1])}`)],
  [sticky(String.raw`<#(\d+)>`), (found, names) => h("span", { class: "mention" }, `#${names.channel(found[1])}`)],
  [sticky(String.raw`<a?:(\w+):\d+>`), (found) => `:${found[1]}:`],
  [sticky(String.raw`<t:(-?\d+)(?::([tTdDfFR]))?>`), (found) => timeElement(new Date(found[1] * 1000), found[2])],
  [sticky(String.raw`<(https?://[^>\s]+)>`), (found) => link(found[1], found[1])],
  [
    sticky(String.raw`\[((?:\\.|[^\]\\])+)\]\(<?(https?://[^)\s>]+)>?(?: "[^"]*")?\)`),
    (found, names) => link(found[2], inline(found[1], names)),
  ],
  [sticky(String.raw`https?://[^\s<>"]*[^\s<>".,;:!?')\]]`), (found) => link(found[0], found[0])],
  [sticky(String.raw`\*\*${INNER}\*\*(?!\*)`), (found, names) => h("strong", {}, inline(found[1], names))],
  [sticky(String.raw`__${INNER}__(?!_)`), (found, names) => h("u", {}, inline(found[1], names))],
  [sticky(String.raw`\*(?!\s)((?:\\[\s\S]|[^\\*])+?)\*(?!\*)`), (found, names) => h("em", {}, inline(found[1], names))],
  [sticky(String.raw`(?<!\w)_((?:\\[\s\S]|[^\\_])+?)_(?!\w)`), (found, names) => h("em", {}, inline(found[1], names))],
  [sticky(String.raw`~~${INNER}~~`), (found, names) => h("s", {}, inline(found[1], names))],
  [sticky(String.raw`\|\|${INNER}\|\|`), (found, names) => spoiler(inline(found[1], names))],
];
const PLAIN = /[^\\<[*_~|`h]+|[\s\S]/y; // as much as cannot begin any of them, or one character

const BLOCKS = [
  [/^(#{1,3}) +(\S.*)$/, (found, names) => h("h3", { class: `size-${found[1].length}` }, inline(found[2], names))],
  [/^-# +(\S.*)$/, (found, names) => h("p", { class: "subtext" }, inline(found[1], names))],
];
const QUOTE = /^> (.*)$/;
const ITEM = /^ *(?:[-*]|(\d+)\.) +(\S.*)$/;
const FENCE = /```(?:[\w+-]*\n)?([\s\S]+?)```/g;

/** The elements of a text. */
export function markdown(text, names) {
  const nodes = [];
  let from = 0;
  for (const fence of text.matchAll(FENCE)) {
    nodes.push(...blocks(text.slice(from, fence.index).replace(/\n$/, ""), names));
    nodes.push(h("pre", { tabindex: "0" }, h("code", {}, fence[1].replace(/\n$/, ""))));
    from = fence.index + fence[0].length;
  }
  return [...nodes, ...blocks(text.slice(from).replace(/^\n/, from ? "" : "\n"), names)];
}

function blocks(text, names) {
  const nodes = [];
  const lines = text ? text.split("\n") : [];
  while (lines.length) {
    nodes.push(simpleBlock(lines, names) ?? quote(lines, names) ?? list(lines, names) ?? paragraph(lines, names));
  }
  return nodes;
}

function simpleBlock(lines, names) {
  for (const [pattern, make] of BLOCKS) {
    const found = lines[0].match(pattern);
    if (found) return lines.shift() && make(found, names);
  }
  return null;
}

/** Take the first lines for as long as they match. */
function take(lines, pattern) {
  const taken = [];
  while (lines.length && pattern.test(lines[0])) taken.push(lines.shift().match(pattern));
  return taken;
}

function quote(lines, names) {
  const taken = take(lines, QUOTE);
  return taken.length ? h("blockquote", {}, blocks(taken.map((found) => found[1]).join("\n"), names)) : null;
}

function list(lines, names) {
  const taken = take(lines, ITEM);
  if (!taken.length) return null;
  const items = taken.map((found) => h("li", {}, inline(found[2], names)));
  const start = taken[0][1];
  return start ? h("ol", { start }, items) : h("ul", {}, items);
}

function paragraph(lines, names) {
  const taken = [lines.shift()];
  while (lines.length && !isBlock(lines[0])) taken.push(lines.shift());
  return h("p", {}, inline(taken.join("\n"), names));
}

const isBlock = (line) => QUOTE.test(line) || ITEM.test(line) || BLOCKS.some(([pattern]) => pattern.test(line));

/** The nodes of text without blocks. */
export function inline(text, names) {
  const nodes = [];
  let at = 0;
  while (at < text.length) {
    const [node, end] = next(text, at, names);
    const joins = typeof node === "string" && typeof nodes.at(-1) === "string";
    if (joins) nodes[nodes.length - 1] += node;
    else nodes.push(node);
    at = end;
  }
  return nodes;
}

function next(text, at, names) {
  for (const [pattern, make] of INLINE) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) return [make(found, names), at + found[0].length];
  }
  PLAIN.lastIndex = at;
  return [PLAIN.exec(text)[0], PLAIN.lastIndex];
}

function commandMention(path, names) {
  return h("button", { type: "button", class: "mention", onclick: () => names.use(path) }, `/${path}`);
}

function spoiler(nodes) {
  const shown = h("span", {}, nodes);
  const cover = h("button", { type: "button", class: "spoiler", onclick: () => cover.replaceWith(shown) }, "spoiler");
  return cover;
}

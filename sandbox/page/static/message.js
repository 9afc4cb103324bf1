// One message as an element.

import { attachment, embed } from "./attachments.js";
import { components } from "./components.js";
import { avatar, button, focusIn, h } from "./dom.js";
import { emoji } from "./faces.js";
import { markdown } from "./markdown.js";
import { format, timeElement } from "./times.js";

/**
 * `context` is what its parts act on: `names`, `people()` and `channels()` of the place; `press`, `choose` and `react`
 * for gestures, `apps` for its menu, `enter` for its thread, and `dismiss` for what only its reader sees.
 */
export function drawMessage(message, context) {
  const { author } = message;
  const name = [h("strong", {}, author.name), author.bot && h("span", { class: "tag" }, "App")];
  const menu = !message.private && button("plain apps", "Apps", () => context.apps(), { "aria-haspopup": "dialog" });
  const head = h("div", { class: "head" }, name, timeElement(new Date(message.timestamp), "t"));
  const body = message.loading ? h("p", { class: "thinking" }, `${author.name} is thinking…`) : parts(message, context);
  const properties = { class: `message ${message.private ? "private" : ""}`, "data-id": message.id };
  const failure = h("p", { class: "failure", role: "alert" });
  const rest = h("div", { class: "body" }, body, threadLine(message.thread, context), failure, message.private && privacy(context));
  return h("article", properties, message.used && usedLine(message.used), avatar(author), head, rest, menu);
}

function parts(message, context) {
  return [
    message.content && text(message, context.names),
    message.embeds.map((each) => embed(each, context.names)),
    message.attachments.map((each) => h("div", { class: "attachment" }, attachment(each))),
    components(message.components, context),
    message.reactions.length > 0 && reactions(message, context),
  ];
}

function text(message, names) {
  const edited = message.edited_timestamp && new Date(message.edited_timestamp);
  const mark = edited && h("small", { class: "edited", title: format(edited, "F") }, "(edited)");
  return h("div", { class: "text" }, markdown(message.content, names), mark);
}

function usedLine({ by, command }) {
  const mention = h("span", { class: "mention" }, command);
  return h("p", { class: "used" }, avatar(by), h("strong", {}, by.name), " used ", mention);
}

function threadLine(thread, context) {
  return thread && h("p", { class: "thread" }, "Thread · ", button("plain", thread.name, () => context.enter(thread.id)));
}

function privacy(context) {
  const dismiss = button("plain", "Dismiss message", () => context.dismiss());
  return h("p", { class: "privacy" }, "👁 Only you can see this · ", dismiss);
}

function reactions(message, context) {
  const shown = message.reactions.map(({ emoji: name, count, me }) => {
    const face = [emoji({ name }), ` ${count}`];
    const more = { "aria-pressed": String(me), "aria-label": `${name}, ${count}${me ? ", yours too" : ""}` };
    return button("reaction", face, () => context.react(name), more);
  });
  return h("div", { class: "reactions" }, shown);
}

const TOGETHER = 7 * 60 * 1000; // milliseconds in which messages of one author share a header

/** Whether a message needs no header of its own after the one before it. */
export function follows(message, previous) {
  if (!previous || message.used) return false;
  const close = new Date(message.timestamp) - new Date(previous.timestamp) < TOGETHER;
  return close && previous.author.id === message.author.id && previous.private === message.private;
}

/** Put `after` where `before` was; the keyboard stays where it was. */
export function swap(before, after) {
  const refocus = focusIn(before);
  before.replaceWith(after);
  refocus(after);
}

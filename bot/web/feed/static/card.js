// The card: a song, its cover, and its clip as it plays.

import { button, clock, h, link, listed, say } from "./dom.js";
import { icon } from "./icons.js";
import { wave } from "./wave.js";

/** Draw a card: the element, and `heard(how)`, to be called once we know how the song can be heard. */
export function drawn(card, player) {
  const art = h("div", { class: "art" }, card.cover ? cover(card.cover, card) : sleeve());
  const title = h("h2", { id: "title", tabindex: "-1" }, card.title);
  const hear = h("div", { class: "hear", "aria-busy": "true", "data-busy": say("fetching") });
  const source = h("p", { class: "source" });
  const element = h(
    "article",
    { class: "card", "aria-labelledby": "title" },
    art,
    h("div", { class: "about" }, title, h("p", { class: "artists" }, listed(card.artists)), why(card)),
    hear,
    source,
  );
  const heard = (how) => {
    hear.removeAttribute("aria-busy");
    if (!how.cover) art.replaceChildren(sleeve());
    else if (!card.cover) art.replaceChildren(cover(how.cover, card));
    hear.replaceChildren(...listening(how, card, player));
    credit(how, card, title, source);
  };
  return { element, heard };
}

function cover(address, card) {
  const more = { draggable: "false", decoding: "async", referrerpolicy: "no-referrer" };
  const gone = () => shown.replaceWith(sleeve());
  const shown = h("img", { src: address, alt: say("cover", { title: card.title }), onerror: gone, ...more });
  return shown;
}

/** Our own sleeve, for songs whose cover is missing or may not be shown. */
const sleeve = () => h("div", { class: "sleeve" }, icon("disc"));

const why = (card) => h("p", { class: "why" }, card.why);

/** Credit the source with a link: Spotify, unless the sound is another service's. */
function credit(how, card, title, source) {
  const page = how.way === "preview" ? how.page : card.url;
  if (page) title.replaceChildren(link(page, {}, card.title));
  if (how.way === "preview") source.replaceChildren(...credited(how));
  else if (how.way !== "video" && card.url) source.replaceChildren(link(card.url, {}, say("open_in_spotify")));
}

/** Whose sound a preview is. */
export const credited = (how) =>
  how.way === "preview" ? [h("span", {}, say("preview_by")), " ", link(how.page ?? how.url, {}, how.by)] : [];

/** The player, or where else to listen. */
export function listening(how, card, player) {
  if (how.sound) return played(how, card, player);
  if (how.url) return [h("p", {}, say("no_clip")), link(how.url, { class: "elsewhere" }, elsewhere(how))];
  return [h("p", {}, say("no_clip_no_link"))];
}

const elsewhere = (how) =>
  how.way === "video"
    ? say("watch", { service: how.by, time: clock(how.start ?? 0) })
    : say("hear", { service: how.by });

/** Where else to listen if the sound can't be played: the preview has expired, or the browser can't read it. */
const unplayable = (how, card) =>
  how.page ? { way: "link", url: how.page, by: how.by } : { way: "link", url: card.url, by: "Spotify" };

function played(how, card, player) {
  const press = button("", () => player.toggle(), { class: "play", "data-key": "play" });
  const time = h("p", { class: "time" });
  const { drawing, move } = how.waveform ? wave(how.waveform, (how.offset ?? 0) / how.seconds) : plain();
  const progress = () => {
    const all = player.audio.duration || how.seconds || 30;
    move(Math.min(1, player.seconds / all));
    time.textContent = say("time", { time: clock(player.seconds), length: clock(all + 0.5) });
  };
  const change = () => {
    press.replaceChildren(icon(player.playing ? "pause" : "play"), say(player.playing ? "pause" : "play"));
    progress();
  };
  const failed = () => {
    const place = press.parentElement;
    const focused = place.contains(document.activeElement);
    place.replaceChildren(...listening(unplayable(how, card), card, player));
    if (focused) place.querySelector("a")?.focus();
  };
  player.watcher = { change, progress, failed };
  change();
  return [press, h("div", { class: "track" }, drawing, h("div", { class: "below" }, time, where(how)))];
}

/** Where in the song its highlight is. */
const where = (how) =>
  h("p", { class: "where" }, how.highlight === null ? "" : [h("b"), say("highlight", { time: clock(how.highlight) })]);

/** A plain progress bar, without a waveform. */
function plain() {
  const drawing = h("progress", { class: "bare", max: 1, value: 0, "aria-label": say("played") });
  return { drawing, move: (share) => (drawing.value = share) };
}

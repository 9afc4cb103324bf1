// Files and embeds in messages.

import { count, h, link, webAddress } from "./dom.js";
import { markdown } from "./markdown.js";

const PLAIN_EMBED = 0x5a6270; // the colour of an embed that has none

/** A colour as CSS takes it, from Discord's number. */
export const colour = (number) => `#${number.toString(16).padStart(6, "0")}`;

/** A picture with what it shows in words; a click opens it by itself. */
export function picture(media, description) {
  const address = webAddress(media.url);
  const size = { width: media.width, height: media.height };
  const image = h("img", { src: address, alt: description ?? "", loading: "lazy", ...size });
  const label = description ? `Open picture: ${description}` : "Open picture";
  const opened = { href: address, target: "_blank", rel: "noopener noreferrer", "aria-label": label };
  return h("a", { class: "picture", ...opened }, image);
}

/** A file as its kind asks for: a picture, a player, or a card to download it by. */
export function attachment(file) {
  const kind = (file.content_type ?? "").split("/")[0];
  if (kind === "image") return picture(file, file.description ?? file.filename);
  if (kind === "audio") return h("div", { class: "sound" }, card(file), player(file));
  return card(file);
}

function player(file) {
  return h("audio", { controls: true, preload: "none", src: webAddress(file.url), "aria-label": file.filename });
}

function card(file) {
  const name = h("a", { href: webAddress(file.url), download: file.filename }, file.filename);
  const about = [size(file.size), file.description].filter(Boolean).join(" · ");
  const ending = file.filename.includes(".") ? file.filename.split(".").at(-1).slice(0, 4) : "file";
  const kind = h("span", { class: "kind", "aria-hidden": "true" }, ending);
  return h("p", { class: "file" }, kind, h("span", {}, name, h("small", {}, about)));
}

function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1024) return count(bytes, "byte");
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

export function embed(source, names) {
  const style = { "--accent-line": colour(source.color ?? PLAIN_EMBED) };
  const show = (value, make) => (value ? make(value) : null);
  return h(
    "article",
    { class: "container embed", style },
    show(source.author?.name, (name) => h("p", { class: "author" }, name)),
    show(source.title, (title) => h("h3", {}, source.url ? link(source.url, title) : title)),
    show(source.thumbnail, (media) => h("div", { class: "thumbnail" }, picture(media, source.title))),
    show(source.description, (text) => h("div", { class: "text" }, markdown(text, names))),
    show(source.fields, (fields) =>
      h(
        "dl",
        {},
        fields.map((field) => entry(field, names)),
      ),
    ),
    show(source.image, (media) => picture(media, source.title ?? source.description)),
    show(source.footer, (footer) => h("p", { class: "subtext" }, footer.text)),
  );
}

function entry(field, names) {
  const value = h("dd", {}, markdown(field.value, names));
  return h("div", { class: field.inline ? "inline" : "" }, h("dt", {}, field.name), value);
}

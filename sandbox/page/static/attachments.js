// Files and embeds in messages.

import { count, h, link, webAddress } from "./dom.js";
import { markdown } from "./markdown.js";

/** A picture with what it shows in words; a click opens it by itself. */
export function picture(media, description) {
  const image = h("img", { src: webAddress(media.url), alt: description ?? "", width: media.width, height: media.height, loading: "lazy" });
  const label = description ? `Open picture: ${description}` : "Open picture";
  return h("a", { class: "picture", href: webAddress(media.url), target: "_blank", rel: "noopener noreferrer", "aria-label": label }, image);
}

/** A file as its kind asks for: a picture, a player, or a card to download it by. */
export function attachment(file) {
  const kind = (file.content_type ?? "").split("/")[0];
  if (kind === "image") return picture(file, file.description ?? file.filename);
  if (kind === "audio") return h("div", { class: "sound" }, card(file), h("audio", { controls: true, preload: "none", src: webAddress(file.url), "aria-label": file.filename }));
  return card(file);
}

function card(file) {
  const name = h("a", { href: webAddress(file.url), download: file.filename }, file.filename);
  const about = [size(file.size), file.description].filter(Boolean).join(" · ");
  const kind = file.filename.includes(".") ? file.filename.split(".").at(-1).slice(0, 4) : "file";
  return h("p", { class: "file" }, h("span", { class: "kind", "aria-hidden": "true" }, kind), h("span", {}, name, h("small", {}, about)));
}

function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1024) return count(bytes, "byte");
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

export function embed(source, names) {
  const style = { "--accent-line": `#${(source.color ?? 0x5a6270).toString(16).padStart(6, "0")}` };
  const title = source.title && (source.url ? link(source.url, source.title) : source.title);
  return h(
    "article",
    { class: "container embed", style },
    source.author?.name && h("p", { class: "author" }, source.author.name),
    title && h("h3", {}, title),
    source.thumbnail && h("div", { class: "thumbnail" }, picture(source.thumbnail, source.title)),
    source.description && h("div", { class: "text" }, markdown(source.description, names)),
    source.fields?.length && h("dl", {}, source.fields.map((field) => entry(field, names))),
    source.image && picture(source.image, source.title ?? source.description),
    source.footer?.text && h("p", { class: "subtext" }, source.footer.text),
  );
}

function entry(field, names) {
  return h("div", { class: field.inline ? "inline" : "" }, h("dt", {}, field.name), h("dd", {}, markdown(field.value, names)));
}

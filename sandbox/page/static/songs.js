// Songs in lists: a line each, with what can be done with it by hand.

import { ARRIVING, isFresh } from "./changes.js";
import { button, dialog, h } from "./dom.js";

const COVER = 40; // pixels

function cover(song) {
  if (!song.cover) return h("span", { class: "cover" });
  return h("img", { class: "cover", src: song.cover, alt: "", loading: "lazy", width: COVER, height: COVER });
}

const title = (song) => h("span", { class: "title" }, song.title, h("small", {}, song.artists));

/** A song of the list `playlist` (null: of the liked songs); `open` is called to do something with it. */
export function songLine(song, player, open) {
  const fresh = isFresh(song.changed);
  const arriving = isFresh(song.changed, ARRIVING);
  const tag = fresh && h("span", { class: "fresh-tag" }, song.by === "app" ? "new" : "new, by hand");
  return h(
    "li",
    { class: `song ${fresh ? "fresh" : ""} ${arriving ? "arriving" : ""}` },
    player && song.cover ? player.button(song, cover(song)) : cover(song),
    title(song),
    tag,
    button("menu", "⋯", open, { "aria-label": `What to do with ${song.title}` }),
  );
}

/** Ask what to do with a song that stands in `playlist` (null: among the liked ones); `act(action, given)` does it. */
export function songMenu(song, playlist, playlists, act) {
  const choose = (label, action, given) => {
    const done = () => {
      menu.close();
      act(action, { uri: song.uri, ...given });
    };
    return h("li", {}, button("button secondary", label, done));
  };
  const others = playlists.filter((each) => each.id !== playlist);
  const here = playlists.find((each) => each.id === playlist);
  const adding = others.map((each) => choose(`Add to ${each.name}`, "add", { playlist: each.id }));
  const moving = others.map((each) => choose(`Move to ${each.name}`, "move", { playlist, target: each.id }));
  const removing = here && choose(`Remove from ${here.name}`, "remove", { playlist });
  const choices = here ? [removing, ...moving, ...adding] : [choose("Unlike", "unlike", {}), ...adding];
  const menu = dialog(song.title, h("p", { class: "subtext" }, song.artists), h("ul", { class: "choices" }, choices));
}

/** Offer songs to like; `like(songs)` is called with those that were chosen. */
export function songOffer(songs, like) {
  const done = (chosen) => () => {
    offer.close();
    like(chosen);
  };
  const line = (song) => {
    const press = button("button primary", "♥ Like", done([song]), { "aria-label": `Like ${song.title}` });
    return h("li", { class: "song" }, cover(song), title(song), press);
  };
  const five = songs.length >= 5 && button("button secondary", "Like the first five", done(songs.slice(0, 5)));
  const list = songs.length
    ? h("ul", { class: "songs" }, songs.map(line))
    : h("p", {}, "You already like every song.");
  const offer = dialog("Like a new song", five, list);
}

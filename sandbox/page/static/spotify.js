// My Spotify: likes and playlists of the member who is played, and what a hand can do there.

import { Refusal, get, post } from "./api.js";
import { count, dialog, h, notice, replace } from "./dom.js";
import { Player } from "./player.js";
import { timeElement } from "./times.js";

const PAGE = 100; // liked songs fetched at first, and more at each "more"
const FRESH = 60_000; // milliseconds for which a change is highlighted
const ARRIVING = 2_000; // milliseconds in which it is seen to come
const AGEING = 10_000; // milliseconds after which highlights are looked at again
const NAMED = 4; // songs named in a line on what happened

export class Spotify {
  constructor(world) {
    this.world = world;
    this.player = new Player();
    this.limit = PAGE;
    this.member = null;
    this.playlists = new Map(); // by id: the details element, and the snapshot it shows
    this.place = document.getElementById("spotify");
    this.build();
  }

  build() {
    this.search = h("input", { type: "search", "aria-label": "Search liked songs", placeholder: "Search liked songs", oninput: () => this.refresh() });
    this.head = h("header");
    this.changes = h("ol", { class: "changes", "aria-label": "What just changed", "aria-live": "polite" });
    this.shelf = h("div", { class: "shelf" });
    this.likes = h("ul", { class: "songs" });
    this.likesTitle = h("h3", {}, "Liked songs");
    this.more = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.showMore() }, "Show more");
    const like = h("button", { type: "button", class: "button primary", onclick: () => this.offerSongs() }, "♥ Like a new song");
    const create = h("button", { type: "button", class: "button secondary", onclick: () => this.askName() }, "+ New playlist");
    replace(this.place, this.head, h("p", { class: "actions" }, like, create), this.changes, h("h3", {}, "Playlists"), this.shelf, this.likesTitle, this.search, this.likes, this.more);
  }

  async refresh() {
    const { member } = this.world;
    if (member !== this.member) this.forget(member);
    const account = await get("spotify", { member: member.id, search: this.search.value, limit: this.limit });
    if (member !== this.world.member) return;
    this.account = account;
    this.draw();
  }

  forget(member) {
    this.member = member;
    this.playlists.clear();
    this.limit = PAGE;
    this.search.value = "";
  }

  draw() {
    const { account } = this;
    const linked = account.linked ? "Cratekeeper has access" : "Cratekeeper has no access";
    const revoke = account.linked && h("button", { type: "button", class: "button danger", onclick: () => this.do("revoke", {}) }, "Remove access");
    const access = h("span", { class: account.linked ? "linked" : "" }, linked);
    replace(this.head, h("div", {}, h("h2", {}, "My Spotify"), h("p", {}, `${account.name} · `, access)), revoke);
    replace(this.changes, account.changes.map(changeLine));
    replace(this.shelf, account.playlists.length ? account.playlists.map((each) => this.playlist(each)) : h("p", { class: "subtext" }, "No playlists yet"));
    this.likesTitle.textContent = `Liked songs · ${account.likes.toLocaleString("en")}`;
    replace(this.likes, account.songs.length ? account.songs.map((song) => this.song(song, null)) : h("li", { class: "subtext" }, "No song fits"));
    this.more.hidden = account.songs.length >= account.matching;
    this.player.draw();
    clearTimeout(this.ageing);
    if (account.changes.some((change) => isFresh({ changed: change.at }))) this.ageing = setTimeout(() => this.refresh(), AGEING);
  }

  showMore() {
    this.limit += PAGE;
    return this.refresh();
  }

  // Playlists

  playlist(each) {
    const known = this.playlists.get(each.id) ?? this.newPlaylist(each);
    const { details, summary } = known;
    replace(summary, h("span", { class: "name" }, each.name), isFresh(each) && h("span", { class: "fresh-tag" }, "changed"), h("span", { class: "number" }, count(each.count, "song")));
    details.classList.toggle("fresh", isFresh(each));
    if (details.open && known.snapshot !== each.snapshot) this.fill(known, each.snapshot);
    return details;
  }

  newPlaylist(each) {
    const summary = h("summary");
    const songs = h("ul", { class: "songs" });
    const known = { id: each.id, details: h("details", { class: "playlist" }, summary, songs), summary, songs, snapshot: null };
    known.details.addEventListener("toggle", () => known.details.open && known.snapshot === null && this.fill(known, each.snapshot));
    this.playlists.set(each.id, known);
    return known;
  }

  async fill(known, snapshot) {
    known.snapshot = snapshot;
    const songs = await get("spotify/playlist", { member: this.world.member.id, playlist: known.id });
    replace(known.songs, songs.length ? songs.map((song) => this.song(song, known.id)) : h("li", { class: "subtext" }, "Empty"));
    this.player.draw();
  }

  // Songs

  song(song, playlist) {
    const cover = song.cover ? h("img", { class: "cover", src: song.cover, alt: "", loading: "lazy", width: 40, height: 40 }) : h("span", { class: "cover" });
    const by = song.by === "app" ? "new, by Cratekeeper" : "new, by hand";
    return h(
      "li",
      { class: `song ${isFresh(song) ? "fresh" : ""} ${isFresh(song, ARRIVING) ? "arriving" : ""}` },
      this.world.state.sound && song.cover ? this.player.button(song, cover) : cover,
      h("span", { class: "title" }, song.title, h("small", {}, song.artists)),
      isFresh(song) && h("span", { class: "fresh-tag" }, by),
      h("button", { type: "button", class: "menu", "aria-label": `What to do with ${song.title}`, onclick: () => this.openMenu(song, playlist) }, "⋯"),
    );
  }

  openMenu(song, playlist) {
    const others = this.account.playlists.filter((each) => each.id !== playlist);
    const act = (label, action, given) => h("li", {}, h("button", { type: "button", class: "button secondary", onclick: () => this.do(action, { uri: song.uri, ...given }, menu) }, label));
    const here = this.account.playlists.find((each) => each.id === playlist)?.name;
    const actions = playlist === null
      ? [act("Unlike", "unlike", {})]
      : [act(`Remove from ${here}`, "remove", { playlist }), ...others.map((each) => act(`Move to ${each.name}`, "move", { playlist, target: each.id }))];
    const adding = others.map((each) => act(`Add to ${each.name}`, "add", { playlist: each.id }));
    const menu = dialog(song.title, h("p", { class: "subtext" }, song.artists), h("ul", { class: "choices" }, actions, adding));
  }

  async offerSongs() {
    const songs = await get("spotify/held-back", { member: this.world.member.id });
    const five = h("button", { type: "button", class: "button secondary", onclick: () => this.likeAll(songs.slice(0, 5), offer) }, "Like the first five");
    const line = (song) => {
      const like = h("button", { type: "button", class: "button primary", "aria-label": `Like ${song.title}`, onclick: () => this.do("like", { uri: song.uri }, offer) }, "♥ Like");
      return h("li", { class: "song" }, h("img", { class: "cover", src: song.cover, alt: "", width: 40, height: 40 }), h("span", { class: "title" }, song.title, h("small", {}, song.artists)), like);
    };
    const offer = dialog("Like a new song", songs.length > 4 && five, songs.length ? h("ul", { class: "songs" }, songs.map(line)) : h("p", {}, "You like every song there is."));
  }

  async likeAll(songs, offer) {
    offer.close();
    for (const song of songs.toReversed()) await this.do("like", { uri: song.uri });
  }

  askName() {
    const name = h("input", { type: "text", required: true, maxlength: 100, "aria-label": "Name of the playlist" });
    const form = h("form", {}, h("p", {}, name), h("p", { class: "actions" }, h("button", { class: "button primary" }, "Create")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.do("create", { name: name.value }, asked);
    });
    const asked = dialog("New playlist", form);
    name.focus();
  }

  /** Do something by hand in Spotify; `open` is a dialog that this ends. */
  async do(action, given, open = null) {
    open?.close();
    try {
      await post(`spotify/${action}`, { member: this.world.member.id, ...given });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      notice(`Spotify: ${error.message}`);
    }
  }
}

const isFresh = (thing, within = FRESH) => thing.changed !== null && Date.now() - new Date(thing.changed) < within;

function changeLine(change) {
  const fresh = isFresh({ changed: change.at }) ? "fresh" : "";
  const who = change.by === "app" ? "Cratekeeper" : "You";
  return h("li", { class: fresh }, h("strong", {}, who), ` ${DEEDS[change.kind](change)} `, timeElement(new Date(change.at), "R"));
}

const DEEDS = {
  liked: (change) => `liked ${songs(change)}`,
  unliked: (change) => `unliked ${songs(change)}`,
  created: (change) => `made the playlist ${change.playlist}`,
  followed: (change) => `followed ${change.playlist}`,
  unfollowed: (change) => `let go of ${change.playlist}`,
  added: (change) => `put ${songs(change)} into ${change.playlist}`,
  removed: (change) => `took ${songs(change)} out of ${change.playlist}`,
  moved: (change) => `changed the order of ${change.playlist}`,
  linked: () => "gave Cratekeeper access",
  revoked: () => "removed Cratekeeper's access",
};

/** "A, B and 4 more". */
function songs(change) {
  const named = change.titles.slice(0, NAMED - 1);
  const rest = change.count - named.length;
  return rest > 0 ? `${named.join(", ")} and ${rest} more` : named.join(", ");
}

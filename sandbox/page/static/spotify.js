// My Spotify: likes and playlists of the member who is played, and what a hand can do there.

import { Refusal, get, post } from "./api.js";
import { changeLine, isFresh } from "./changes.js";
import { button, count, dialog, h, notice, replace } from "./dom.js";
import { Player } from "./player.js";
import { songLine, songMenu, songOffer } from "./songs.js";

const PAGE = 50; // liked songs fetched at first, and more at each "more"
const AGEING = 10_000; // milliseconds after which highlights are looked at again

export class Spotify {
  constructor(world) {
    this.world = world;
    this.player = world.state.sound ? new Player() : null;
    this.limit = PAGE;
    this.member = null;
    this.playlists = new Map(); // by id: the parts of its element, and the snapshot that they show
    this.place = document.getElementById("spotify");
    this.build();
  }

  build() {
    const search = { type: "search", "aria-label": "Search liked songs", placeholder: "Search liked songs" };
    this.search = h("input", { ...search, oninput: () => this.refresh() });
    this.head = h("header");
    this.changes = h("ol", { class: "changes", "aria-label": "What just changed", "aria-live": "polite" });
    this.shelf = h("div", { class: "shelf" });
    this.likes = h("ul", { class: "songs" });
    this.likesTitle = h("h3", {}, "Liked songs");
    this.more = button("quiet", "Show more", () => this.showMore(), { hidden: true });
    const like = button("button primary", "♥ Like a new song", () => this.offerSongs());
    const create = button("button secondary", "+ New playlist", () => this.askName());
    const actions = h("p", { class: "actions" }, like, create);
    const shelf = [h("h3", {}, "Playlists"), this.shelf];
    replace(this.place, this.head, actions, this.changes, shelf, this.likesTitle, this.search, this.likes, this.more);
  }

  async refresh() {
    const { id } = this.world.member;
    if (id !== this.member) this.forget(id);
    const account = await get("spotify", { member: id, search: this.search.value, limit: this.limit });
    if (id !== this.world.member.id) return;
    this.account = account;
    this.draw();
  }

  forget(member) {
    this.member = member;
    this.playlists.clear();
    this.limit = PAGE;
    this.search.value = "";
  }

  showMore() {
    this.limit += PAGE;
    return this.refresh();
  }

  draw() {
    const { account } = this;
    this.drawHead();
    replace(this.changes, account.changes.map(changeLine));
    const playlists = account.playlists.map((each) => this.playlist(each));
    replace(this.shelf, playlists.length ? playlists : h("p", { class: "subtext" }, "No playlists yet"));
    this.likesTitle.textContent = `Liked songs · ${account.likes.toLocaleString("en")}`;
    this.fillList(this.likes, account.songs, null, "No matching songs");
    this.more.hidden = account.songs.length >= account.matching;
    clearTimeout(this.ageing);
    const ages = account.changes.some((change) => isFresh(change.at));
    if (ages) this.ageing = setTimeout(() => this.refresh(), AGEING);
  }

  drawHead() {
    const { linked, name } = this.account;
    const words = linked ? "Cratekeeper has access" : "Cratekeeper has no access";
    const access = h("span", { class: linked ? "linked" : "" }, words);
    const revoke = linked && button("button danger", "Remove access", () => this.act("revoke", {}));
    replace(this.head, h("div", {}, h("h2", {}, "My Spotify"), h("p", {}, `${name} · `, access)), revoke);
  }

  fillList(list, songs, playlist, nothing) {
    const open = (song) => () => songMenu(song, playlist, this.account.playlists, (...given) => this.act(...given));
    const lines = songs.map((song) => songLine(song, this.player, open(song)));
    replace(list, lines.length ? lines : h("li", { class: "subtext" }, nothing));
    this.player?.draw();
  }

  // Playlists

  playlist(each) {
    const known = this.playlists.get(each.id) ?? this.newPlaylist(each);
    const tag = isFresh(each.changed) && h("span", { class: "fresh-tag" }, "changed");
    const number = h("span", { class: "number" }, count(each.count, "song"));
    replace(known.summary, h("span", { class: "name" }, each.name), tag, number);
    known.latest = each.snapshot;
    if (known.details.open) this.fill(known);
    return known.details;
  }

  newPlaylist({ id }) {
    const known = { id, summary: h("summary"), songs: h("ul", { class: "songs" }), shown: null };
    known.details = h("details", { class: "playlist" }, known.summary, known.songs);
    known.details.addEventListener("toggle", () => known.details.open && this.fill(known));
    this.playlists.set(id, known);
    return known;
  }

  /** Fetch the songs of an open playlist, unless those of its latest snapshot are there. */
  async fill(known) {
    if (known.shown === known.latest) return;
    known.shown = known.latest;
    const songs = await get("spotify/playlist", { member: this.member, playlist: known.id });
    this.fillList(known.songs, songs, known.id, "Empty");
  }

  // By hand

  async offerSongs() {
    const songs = await get("spotify/held-back", { member: this.member });
    songOffer(songs, async (chosen) => {
      for (const song of chosen.toReversed()) await this.act("like", { uri: song.uri });
    });
  }

  askName() {
    const name = h("input", { type: "text", required: true, maxlength: 100, "aria-label": "Name of the playlist" });
    const create = h("button", { class: "button primary" }, "Create");
    const form = h("form", {}, h("p", {}, name), h("p", { class: "actions" }, create));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      asked.close();
      this.act("create", { name: name.value });
    });
    const asked = dialog("New playlist", form);
    name.focus();
  }

  /** Do something by hand in Spotify. */
  async act(action, given) {
    try {
      await post(`spotify/${action}`, { member: this.member, ...given });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      notice(`Spotify: ${error.message}`);
    }
  }
}

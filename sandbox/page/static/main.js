// The page: who is played and where, and keeping every part of it up to date.

import { get, listen, refresher } from "./api.js";
import { Composer } from "./composer.js";
import { say } from "./dom.js";
import { Messages } from "./messages.js";
import { openForm } from "./modal.js";
import { Rail } from "./rail.js";
import { Spotify } from "./spotify.js";
import { Tour } from "./tour.js";
import { Wire } from "./wire.js";

const CALM = 400; // milliseconds between two fetches of what changes with every request

/** What all parts look at. `names` and the lists of people and channels are for mentions and menus. */
const world = {
  state: null,
  places: [],
  member: null,
  channel: null,
  names: {
    person: (id) => [...world.state.members, world.state.bot].find((each) => each.id === id)?.name ?? "somebody",
    channel: (id) => world.places.find((each) => each.id === id)?.name ?? "a channel",
    use: (path) => parts.composer.use(path),
  },
  people: () => world.state.members.map((each) => ({ label: each.name, value: each.id })),
  channels: () => world.places.filter((each) => !each.dm).map((each) => ({ label: `#${each.name}`, value: each.id })),
  placeName: () => (world.channel.dm ? world.state.bot.name : `#${world.channel.name}`),
  enter: async (id) => {
    await loadPlaces();
    await go(null, world.places.find((each) => each.id === id));
  },
  showNewest: () => parts.messages.toEnd(),
  openForm: (form) => openForm(form, { member: world.member.id, channel: world.channel.id }, world),
};
const parts = {};

async function loadPlaces() {
  world.places = await get("places", { member: world.member.id });
  world.channel = world.places.find((each) => each.id === world.channel?.id) ?? world.places[0];
}

async function loadState() {
  world.state = await get("state");
  world.member = world.state.members.find((each) => each.id === world.member?.id) ?? world.state.members[0];
}

/** Play `member` (null: the same) at `channel` (null: the same, or where they can be). */
async function go(member, channel) {
  const direct = world.channel?.dm;
  world.member = member ?? world.member;
  if (channel) world.channel = channel;
  await loadPlaces();
  if (!channel && direct) world.channel = world.places.find((each) => each.dm);
  showPlace();
  await refreshAll();
}

function showPlace() {
  document.getElementById("place-name").textContent = world.placeName();
  document.getElementById("place-note").textContent = world.channel.dm
    ? `Private, between ${world.member.name} and the bot`
    : world.state.guild;
  parts.composer.setPlaceholder();
  parts.rail.draw();
}

const refresh = {
  state: refresher(async () => {
    await loadState();
    parts.rail.draw();
  }),
  places: refresher(async () => {
    await loadPlaces();
    parts.rail.draw();
  }),
  messages: refresher(() => parts.messages.refresh()),
  commands: refresher(() => parts.composer.refresh()),
  spotify: refresher(() => parts.spotify.refresh(), CALM),
  wire: refresher(() => parts.wire.refresh(), CALM),
  tour: refresher(() => parts.tour.refresh()),
};

function refreshAll() {
  return Promise.all(["messages", "commands", "spotify", "wire", "tour"].map((part) => refresh[part]()));
}

/** A topic is a word, perhaps with ids after it. */
function outOfDate(topic) {
  const [word, one, other] = topic.split(":");
  if (word === "messages") {
    followNews(one, parts.tour.follows);
  } else if (word === "spotify") {
    if (one === world.member.account) refresh.spotify();
  } else if (word === "gesture") {
    follow(one, other);
  } else {
    refresh[word]?.();
    if (word === "state") refresh.wire();
  }
}

/** Show or mark what is new; while following the tour, go to where the bot writes to the member by itself. */
async function followNews(channelId, follows) {
  await refresh.places(); // before the messages: one of them may name a thread that has just been started
  if (channelId === world.channel.id) refresh.messages();
  const place = world.places.find((each) => each.id === channelId);
  if (follows && place?.dm && parts.rail.isUnread(place)) await go(null, place);
}

/** Go where the script of the tour just did something. */
async function follow(memberId, channelId) {
  if (!parts.tour.follows) return;
  const member = world.state.members.find((each) => each.id === memberId);
  if (!member || (member === world.member && channelId === world.channel.id)) return;
  const places = await get("places", { member: member.id });
  await go(member, places.find((each) => each.id === channelId) ?? null);
}

function chosen(member, channel) {
  parts.tour.leave();
  showTab("chat");
  return go(member, channel);
}

function showTab(name) {
  document.body.dataset.tab = name;
  for (const button of document.querySelectorAll("#tabs button")) {
    button.setAttribute("aria-pressed", String(button.dataset.tab === name));
  }
}

async function start() {
  let lost = null;
  await loadState();
  await loadPlaces();
  Object.assign(parts, {
    rail: new Rail(world, chosen),
    messages: new Messages(world),
    composer: new Composer(world),
    spotify: new Spotify(world),
    wire: new Wire(world),
    tour: new Tour(),
  });
  for (const button of document.querySelectorAll("#tabs button"))
    button.addEventListener("click", () => showTab(button.dataset.tab));
  showTab("chat");
  listen(
    (topics) => topics.forEach(outOfDate),
    () => {
      lost = say("The sandbox can't be reached: perhaps it was stopped. Started again, it prints its address.");
    },
    async () => {
      lost.remove();
      parts.messages.clear();
      await loadState();
      await go(null, null);
    },
  );
  await go(null, null);
  document.body.dataset.ready = "";
}

start();

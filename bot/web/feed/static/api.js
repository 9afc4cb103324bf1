// Every call the page makes to the bot. Addresses are relative to this file, so the page works below any address, and
// in another page's frame.

import { say } from "./dom.js";

const ROOT = new URL("..", import.meta.url);

/** The bot didn't do what was asked; the message says why, in words for the member. */
export class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The bot can't be reached. */
export class Offline extends Error {
  constructor() {
    super(say("offline"));
  }
}

let token = null;

/** Send this session with every call: for frames where browsers keep no cookies. */
export function useToken(session) {
  token = session;
}

/** Whether this is a frame's session: it ends with the frame. */
export const framed = () => token !== null;

let proxied = (address) => address;

/** Load covers and previews from the addresses that `proxy` returns, null for none: for frames that may not load them from elsewhere. */
export function loadThrough(proxy) {
  proxied = proxy;
}

async function call(method, path, body) {
  const headers = { "X-Cratekeeper": "1" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const sent = { method, headers, body: body && JSON.stringify(body), referrerPolicy: "no-referrer" };
  const answer = await fetch(new URL(path, ROOT), sent).catch(() => {
    throw new Offline();
  });
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer) {
  const said = await answer.json().catch(() => ({}));
  return new Refusal(answer.status, said.detail ?? say("failed"));
}

const json = async (...asked) => (await call(...asked)).json();
const song = (card, what) => `${card.at}/${what}`; // cards are addressed by `at`

export const enter = (link) => call("POST", "session", { link });
export const switchMember = (link) => call("PUT", "session", { link });
export const me = () => json("GET", "api/me");

/** The name of the server this page can repost in; null if it wasn't opened from one that takes reposts. */
export const server = async () => (await json("GET", "api/server")).name;
export const leave = () => call("DELETE", "session");

/** The session of the member whose authorisation code this is. */
export const confirm = async (address, code) => (await json("POST", address, { code })).session;

export async function cards(count) {
  const found = await json("POST", "api/cards", { count });
  return { ...found, cards: found.cards.map((card) => reachable({ ...card, at: `api/songs/${card.key}` })) };
}

export const listen = async (card) => reachable(await json("GET", song(card, "listen")));

/** A song, with the addresses its cover and preview load from. */
function reachable(said) {
  const preview = said.way === "preview" ? proxied(said.url) : null;
  return { ...said, cover: said.cover && proxied(said.cover), preview };
}

export const like = (card) => json("PUT", song(card, "like"));
export const save = (card) => call("PUT", song(card, "saved"));
export const unlike = (card) => call("DELETE", song(card, "like"));
export const chooseSaving = (saves) => call("PUT", "api/saving", { saves });
export const skip = (card) => call("PUT", song(card, "skip"));
export const playlists = async (card) => (await json("GET", song(card, "playlists"))).playlists;
export const add = (card, playlist) => json("PUT", song(card, `playlists/${playlist}`));
export const repost = (card) => call("POST", song(card, "repost"));
export const dislike = (card) => call("PUT", song(card, "dislike"));
export const undoDislike = (card) => call("DELETE", song(card, "dislike"));

/** Call once more if the reply got lost: only for what does nothing when repeated. */
async function retried(...asked) {
  return json(...asked).catch((error) => {
    if (error instanceof Offline) return json(...asked);
    throw error;
  });
}

/** An answer whose next question, if any, has its address. */
async function withQuestion(...asked) {
  const said = await retried(...asked);
  return said.question ? { ...said, question: { ...said.question, at: `api/questions/${said.question.card}` } } : said;
}

export const ask = (layer) => withQuestion("POST", "api/questions", { layer });
export const answer = (card, playlists) => withQuestion("PUT", song(card, "answer"), { playlists });
export const skipQuestion = (card) => withQuestion("PUT", song(card, "skip"));

/** The songs of a card's group that aren't sorted; `answerAll` says where those that are ticked go, null: nowhere. */
export const more = (card, group) => json("GET", song(card, `more/${group}`));
export const answerAll = (card, group, playlist, ticks) =>
  withQuestion("PUT", song(card, `more/${group}/${playlist === null ? "none" : `playlists/${playlist}`}`), { ticks });
export const undoAnswer = (card) => withQuestion("POST", song(card, "undo"));

export const dryRun = (write) => json("GET", `api/dry-runs/${write}`);
export const choose = (write, change, goes) => retried("PUT", `api/dry-runs/${write}/lines/${change}`, { goes });
export const apply = (write, version) => retried("POST", `api/dry-runs/${write}/apply`, { version });

/** An address that plays the clip. */
export async function sound(path) {
  const answer = await call("GET", path);
  return URL.createObjectURL(await answer.blob());
}

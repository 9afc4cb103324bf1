// The page: enters with the link, then shows the view that the address asks for.

import * as api from "./api.js";
import { button, say } from "./dom.js";
import { view as dryRun } from "./dryrun.js";
import { view as feed } from "./feed.js";
import * as keys from "./keys.js";
import { view as label } from "./label.js";
import * as sheet from "./sheet.js";
import { leftOut, message, sayWho, tell } from "./stage.js";
import { LANGUAGE } from "./words.js";

const TAKEN = 409; // someone else is logged in here
const VIEWS = { feed, label, "dry-run": dryRun };
const undoing = document.getElementById("undo");
const helping = document.getElementById("help");
const ways = document.getElementById("views");
const left = new Map(); // by view: its address, which may name a layer
let view = asked();

/** The view that the address asks for. */
function asked() {
  const last = location.pathname.split("/").at(-1);
  return Object.hasOwn(VIEWS, last) ? VIEWS[last] : feed;
}

/** Show another view, where it was left. In a frame, the address isn't ours to change. */
function go(next) {
  left.set(view, location.href);
  if (!api.framed()) history.pushState(null, "", left.get(next) ?? (next === feed ? "./" : next.name));
  return show(next);
}

function show(next) {
  sheet.close();
  view.end();
  view = next;
  point();
  return view.start();
}

/** Show in the header which view this is, and the way to the others. */
function point() {
  const way = (each) =>
    button(say(each.name), () => view !== each && go(each), { class: "quiet", "aria-current": view === each && "page" });
  const focused = [...ways.children].indexOf(document.activeElement);
  ways.replaceChildren(...[feed, label].map(way));
  ways.children[focused]?.focus();
  undoing.hidden = !view.undoes;
}

const act = (what) => (what === "help" ? help() : view.act(what));
const help = () => sheet.help(view, keys.letters(), keys.chooseLetters, leave);

async function leave() {
  sheet.close();
  try {
    await api.leave();
    leftOut(say("logged_out"));
  } catch (error) {
    tell(error.message);
  }
}

// ---------------------------------------------------------------- start
/** Take the link's secret out of the address; empty if there's none. */
function taken() {
  const link = location.hash.slice(1);
  const there = location.pathname.endsWith("/enter") ? "./" : location.pathname + location.search;
  if (link || there === "./") history.replaceState(null, "", there);
  return link;
}

/** Exchange a link's secret for a session. */
async function enter(link) {
  await api.enter(link).catch(async (error) => {
    if (error.status !== TAKEN) throw error;
    if (await agrees(`${error.message} ${say("go_on_as")}`)) await api.switchMember(link);
  });
}

/** Ask in place of the song; return whether they agreed. */
function agrees(question) {
  return new Promise((decide) => {
    const yes = button(say("as_them"), () => decide(true));
    message(question, button(say("as_i_am"), () => decide(false)), yes);
    document.body.dataset.ready = "";
  });
}

async function begin(link) {
  let refused = null;
  message(say("one_moment"));
  if (link) await enter(link).catch((error) => (refused = error));
  if (refused instanceof api.Offline) return message(refused.message, button(say("try_again"), () => begin(link)));
  message(say("one_moment"));
  sayWho();
  await view.start();
  if (refused && !view.shows) leftOut(refused.message);
  document.body.dataset.ready = "";
}

document.documentElement.lang = LANGUAGE;
undoing.textContent = say("undo");
undoing.addEventListener("click", () => view.act("undo"));
helping.textContent = say("help");
helping.addEventListener("click", help);
helping.parentElement.hidden = false; // without this script, its buttons would do nothing
ways.setAttribute("aria-label", say("views"));
keys.listen(() => view, act);
addEventListener("popstate", () => location.hash || show(asked()));
addEventListener("hashchange", () => location.hash && location.reload()); // a new link in the same tab loads nothing
navigator.serviceWorker?.register(new URL("../sw.js", import.meta.url)).catch(() => {});
point();
begin(taken());

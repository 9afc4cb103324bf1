// Keeps the page itself for when there's no network, and nothing else: never anything about a member.

const SHELL = "shell";
const FILES = [
  "./",
  "manifest.webmanifest",
  "static/api.js",
  "static/base.css",
  "static/card.css",
  "static/card.js",
  "static/deck.js",
  "static/dom.js",
  "static/dryrun.js",
  "static/feed.js",
  "static/heard.js",
  "static/icon.svg",
  "static/icons.js",
  "static/keys.js",
  "static/label.js",
  "static/main.js",
  "static/moreof.js",
  "static/player.js",
  "static/sheet.css",
  "static/sheet.js",
  "static/sorting.css",
  "static/stage.js",
  "static/swipe.js",
  "static/wave.js",
  "static/words.js",
];
const ADDRESSES = new Set(FILES.map((each) => new URL(each, registration.scope).href));

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)));
});

addEventListener("activate", (event) => event.waitUntil(clients.claim()));

/** Network first, so nobody sees an old page; the kept one without a network. */
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  const wanted = request.mode === "navigate" ? new URL("./", registration.scope).href : address.href;
  if (request.method === "GET" && ADDRESSES.has(wanted)) event.respondWith(fetched(request, wanted));
});

/** A call can be opened in a tab, too; its answer is no page. */
const isPage = (answer) => answer.headers.get("Content-Type")?.startsWith("text/html");

async function fetched(request, wanted) {
  const cache = await caches.open(SHELL);
  try {
    const answer = await fetch(request);
    if (answer.ok && (request.mode !== "navigate" || isPage(answer))) cache.put(wanted, answer.clone());
    return answer;
  } catch {
    return (await cache.match(wanted)) ?? Response.error();
  }
}

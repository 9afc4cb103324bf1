// The swipe page inside Discord: Discord says who opened it; then the page starts as it does elsewhere.

import * as api from "../feed/static/api.js";
import { button, h, say } from "../feed/static/dom.js";
import { DiscordSDK } from "./embedded-app-sdk.js";

const PATIENCE = 20_000; // ms for Discord's client to answer

/** Where the operator's URL mappings put other hosts, below this address: the frame may not load from elsewhere. */
const MAPPED = [
  [/^https:\/\/([\w-]+)\.scdn\.co\//, "covers"],
  [/^https:\/\/([\w-]+)\.dzcdn\.net\//, "previews"],
];

/** The address where the frame can load another one; null if it can't. */
function proxied(address) {
  for (const [host, prefix] of MAPPED) {
    const found = address?.match(host);
    if (found) return `/${prefix}/${found[1]}/${address.slice(found[0].length)}`;
  }
  return null;
}

function message(text, ...more) {
  document.getElementById("stage").replaceChildren(h("div", { class: "message" }, h("p", {}, text), ...more));
}

const late = (text) => new Promise((_, reject) => setTimeout(() => reject(new Error(text)), PATIENCE));

/** Ask Discord who this is, and start their session. */
async function enter(discord, application) {
  const asked = { client_id: application, response_type: "code", state: "", prompt: "none", scope: ["identify"] };
  const { code } = await discord.commands.authorize(asked).catch(() => {
    throw new Error(say("unknown"));
  });
  api.useToken(await api.confirm(new URL("../session", import.meta.url), code));
}

/** A frame can't open windows, so Discord opens the links. */
function openOutside(discord) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link) return;
    event.preventDefault();
    discord.commands.openExternalLink({ url: link.href }).catch(() => {});
  });
}

async function begin(discord, application) {
  message(say("one_moment"));
  try {
    await enter(discord, application);
  } catch (error) {
    return message(error.message, button(say("try_again"), () => begin(discord, application)));
  }
  api.loadThrough(proxied);
  openOutside(discord);
  await import("../feed/static/main.js").catch(() => message(say("offline"), button(say("try_again"), () => location.reload())));
}

async function open() {
  message(say("one_moment"));
  const application = document.querySelector("meta[name=application]").content;
  let discord;
  try {
    discord = new DiscordSDK(application, { disableConsoleLogOverride: true });
  } catch {
    return message(say("outside"));
  }
  try {
    await Promise.race([discord.ready(), late(say("silent"))]);
  } catch (error) {
    return message(error.message);
  }
  return begin(discord, application);
}

open();

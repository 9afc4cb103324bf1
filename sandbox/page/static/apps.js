// The menu "Apps" of a message: the commands that can be used on it.

import { get } from "./api.js";
import { button, dialog, h } from "./dom.js";

/** Ask which command to use; `chosen(name)` is called with it. */
export async function chooseApp(world, chosen) {
  const offered = await get("apps", { member: world.member.id, channel: world.channel.id });
  const choose = (name) => {
    menu.close();
    chosen(name);
  };
  const entries = offered.map(({ name }) => h("li", {}, button("button secondary", name, () => choose(name))));
  const menu = dialog("Apps", entries.length ? h("ul", { class: "menu" }, entries) : h("p", {}, "No apps have commands here."));
}

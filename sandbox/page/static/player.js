// Hearing a song: one at a time, started and stopped at its cover.

import { h } from "./dom.js";

export class Player {
  constructor() {
    this.sound = new Audio();
    this.playing = null;
    this.sound.addEventListener("ended", () => this.stop());
  }

  button(song, cover) {
    return h(
      "button",
      {
        type: "button",
        class: "play",
        "data-uri": song.uri,
        "data-title": song.title,
        onclick: () => this.toggle(song.uri),
      },
      cover,
      h("span", { "aria-hidden": "true" }),
    );
  }

  toggle(uri) {
    if (this.playing === uri) return this.stop();
    this.playing = uri;
    this.sound.src = `/page/sound/${encodeURIComponent(uri)}.ogg`;
    this.sound.play().catch(() => this.stop());
    return this.draw();
  }

  stop() {
    this.sound.pause();
    this.playing = null;
    this.draw();
  }

  /** Show on every button what pressing it does. */
  draw() {
    for (const button of document.querySelectorAll("button.play")) {
      const playing = button.dataset.uri === this.playing;
      button.classList.toggle("playing", playing);
      button.setAttribute("aria-label", `${playing ? "Stop" : "Hear"} ${button.dataset.title}`);
      button.lastChild.textContent = playing ? "❚❚" : "▶";
    }
  }
}

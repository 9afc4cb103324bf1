// The guided tour: where it is, what it told, and the buttons to steer it.

import { get, post } from "./api.js";
import { h, replace } from "./dom.js";

export class Tour {
  constructor(world) {
    this.world = world;
    this.place = document.getElementById("tour");
    this.following = true;
    this.tour = null;
    this.open = false;
    this.bar = h("div", { class: "bar" });
    this.log = h("div", { class: "log", id: "tour-log" });
    replace(this.place, this.bar, this.log);
  }

  /** Whether the page goes where the script goes. */
  get follows() {
    const { tour } = this;
    return this.following && tour !== null && tour.current >= 0 && !tour.waiting && !tour.done && !tour.taken_over;
  }

  leave() {
    if (!this.follows) return;
    this.following = false;
    this.draw();
  }

  async refresh() {
    this.tour = await get("tour");
    this.place.hidden = this.tour.steps.length === 0 && this.tour.lines.length === 0;
    this.draw();
  }

  draw() {
    const { tour } = this;
    const more = h("button", { type: "button", class: "quiet", "aria-expanded": String(this.open), "aria-controls": "tour-log", onclick: () => this.toggle() }, this.open ? "Hide steps" : "Steps");
    const done = Math.min(Math.max(tour.current, 0), tour.steps.length);
    const progress = h("progress", { max: tour.steps.length || 1, value: done, "aria-label": `${done} of ${tour.steps.length} steps` });
    replace(this.bar, h("h2", {}, "Tour"), progress, h("p", { class: "now", role: "status" }, this.now()), this.buttons(), more);
    this.log.hidden = !this.open;
    if (this.open) this.drawLog();
  }

  now() {
    const { tour } = this;
    const step = tour.steps[tour.current];
    if (tour.taken_over) return "Over to you: the script has stopped, everything works by hand.";
    if (tour.done) return `Done. ${tour.lines.at(-1)?.text ?? ""}`;
    if (tour.waiting) return `Paused before: ${tour.steps[tour.current + 1] ?? "the end"}`;
    return step ? `${tour.current + 1}/${tour.steps.length} · ${step}` : "About to begin";
  }

  buttons() {
    const { tour } = this;
    if (tour.done || tour.taken_over) return null;
    const button = (label, action, style = "secondary") => h("button", { type: "button", class: `button ${style}`, onclick: () => post("tour", { action }) }, label);
    const follow = h("input", { type: "checkbox", checked: this.following, onchange: () => { this.following = follow.checked; } });
    return h(
      "div",
      { class: "steer" },
      tour.waiting ? button("Go on", "resume", "primary") : button("Pause", "pause"),
      tour.waiting && button("Step", "step"),
      button("Take over by hand", "take_over"),
      !tour.waiting && h("label", { class: "tick" }, follow, "Follow"),
    );
  }

  toggle() {
    this.open = !this.open;
    this.draw();
  }

  drawLog() {
    const { tour } = this;
    const figures = Object.entries(tour.result).map(([caption, figure]) => h("div", {}, h("dt", {}, caption), h("dd", {}, figure)));
    const before = tour.lines.filter((line) => line.step < 0);
    const steps = tour.steps.map((step, index) => this.step(step, index));
    replace(this.log, figures.length ? h("dl", { class: "result" }, figures) : null, lines(before), h("ol", {}, steps));
    this.log.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  step(step, index) {
    const { tour } = this;
    const state = index < tour.current ? "done" : index === tour.current ? "now" : "ahead";
    const current = state === "now" ? "step" : null;
    const mark = { done: "✓", now: "▸", ahead: "○" }[state];
    return h("li", { class: state, "aria-current": current }, h("span", { "aria-hidden": "true" }, mark), h("span", {}, step), lines(tour.lines.filter((line) => line.step === index)));
  }
}

function lines(told) {
  return told.length ? h("ul", {}, told.map((line) => h("li", {}, line.text))) : null;
}

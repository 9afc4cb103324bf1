// The guided tour: where it is, what it told, and the buttons to steer it.

import { get, post } from "./api.js";
import { button, h, replace } from "./dom.js";

const MARKS = { done: "✓", now: "▸", ahead: "○" };

export class Tour {
  constructor() {
    this.place = document.getElementById("tour");
    this.following = true;
    this.open = false;
    this.tour = null;
    this.bar = h("div", { class: "bar" });
    this.log = h("div", { class: "log", id: "tour-log" });
    replace(this.place, this.bar, this.log);
  }

  /** Whether the page goes where the script goes. */
  get follows() {
    return this.following && this.isRunning;
  }

  get isRunning() {
    const { tour } = this;
    return tour !== null && tour.current >= 0 && !tour.waiting && !tour.done && !tour.taken_over;
  }

  /** A person has gone somewhere else. */
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
    const { steps, current } = this.tour;
    const done = Math.min(Math.max(current, 0), steps.length);
    const label = `${done} of ${steps.length} steps`;
    const progress = h("progress", { max: steps.length || 1, value: done, "aria-label": label });
    const now = h("p", { class: "now", role: "status" }, this.now());
    const more = { "aria-expanded": String(this.open), "aria-controls": "tour-log" };
    const opener = button("quiet", this.open ? "Hide" : this.tour.done ? "Result" : "Steps", () => this.toggle(), more);
    replace(this.bar, h("h2", {}, "Tour"), progress, now, this.steering(), opener);
    this.log.hidden = !this.open;
    if (this.open) this.drawLog();
  }

  now() {
    const { tour } = this;
    if (tour.taken_over) return "Over to you: the script has stopped, and you can do everything by hand.";
    if (tour.done) return `Done. ${tour.lines.at(-1)?.text ?? ""}`;
    if (tour.waiting) return `Paused before: ${tour.steps[tour.current + 1] ?? "the end"}`;
    const step = tour.steps[tour.current];
    return step ? `${tour.current + 1}/${tour.steps.length} · ${step}` : "Starting soon";
  }

  steering() {
    const { waiting, done, taken_over: takenOver } = this.tour;
    if (done || takenOver) return null;
    const press = (label, action, style = "secondary") =>
      button(`button ${style}`, label, () => post("tour", { action }));
    const pace = waiting ? [press("Go on", "resume", "primary"), press("Step", "step")] : [press("Pause", "pause")];
    const take = press("Take over by hand", "take_over");
    return h("div", { class: "steer" }, pace, take, !waiting && this.followBox());
  }

  followBox() {
    const change = () => {
      this.following = box.checked;
    };
    const box = h("input", { type: "checkbox", checked: this.following, onchange: change });
    return h("label", { class: "tick" }, box, "Follow");
  }

  toggle() {
    this.open = !this.open;
    this.draw();
  }

  drawLog() {
    const { tour } = this;
    const figures = Object.entries(tour.result).map(([caption, value]) =>
      h("div", {}, h("dt", {}, caption), h("dd", {}, value)),
    );
    const steps = tour.steps.map((step, index) => this.step(step, index));
    replace(this.log, figures.length > 0 && h("dl", { class: "result" }, figures), this.lines(-1), h("ol", {}, steps));
    this.log.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  step(step, index) {
    const { current } = this.tour;
    const state = index < current ? "done" : index === current ? "now" : "ahead";
    const mark = h("span", { "aria-hidden": "true" }, MARKS[state]);
    const properties = { class: state, "aria-current": state === "now" ? "step" : null };
    return h("li", properties, mark, h("span", {}, step), this.lines(index));
  }

  /** What was told during the step with this index. */
  lines(index) {
    const told = this.tour.lines.filter((line) => line.step === index);
    return (
      told.length > 0 &&
      h(
        "ul",
        {},
        told.map((line) => h("li", {}, line.text)),
      )
    );
  }
}

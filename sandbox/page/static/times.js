// Times as people say them.

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? UNITS.at(-1);
  return relative.format(Math.trunc(seconds / length), unit);
}

/** A `<time>` in one of Discord's styles; those in style R keep up with the clock. */
export function timeElement(date, style = "f") {
  const element = document.createElement("time");
  element.dateTime = Number.isNaN(date.valueOf()) ? "" : date.toISOString();
  element.title = format(date, "F");
  element.textContent = style === "R" ? ago(date) : format(date, style);
  if (style === "R") element.dataset.relative = "";
  return element;
}

export function format(date, style) {
  if (Number.isNaN(date.valueOf())) return "invalid date";
  return new Intl.DateTimeFormat("en-GB", STYLES[style] ?? STYLES.f).format(date);
}

export const milliseconds = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`);

setInterval(() => {
  for (const element of document.querySelectorAll("time[data-relative]")) {
    element.textContent = ago(new Date(element.dateTime));
  }
}, 5_000);

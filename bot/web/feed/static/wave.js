// The clip's waveform: bars, the played ones in the accent colour, and a mark where the highlight starts.

import { s } from "./dom.js";

const BARS = 64;
const WIDTH = 4; // of a bar and the gap after it, in units of the drawing
const TALL = 56;
const LEAST = 3; // high: silence is a row of dots

/** Loudness from 0 to 1 of so many parts, from base64 of at most 256 bytes. */
export function levels(waveform, parts = BARS) {
  const bytes = Uint8Array.from(atob(waveform), (each) => each.charCodeAt(0));
  return Array.from({ length: parts }, (_, at) => {
    const from = Math.floor((at * bytes.length) / parts);
    const part = bytes.subarray(from, Math.max(from + 1, Math.floor(((at + 1) * bytes.length) / parts)));
    return Math.max(...part) / 255;
  });
}

/** A drawing, and `move(share)`, which shows how much was played. */
export function wave(waveform, highlight) {
  const bars = levels(waveform).map(bar).join("");
  const edge = s("rect", { width: 0, height: TALL });
  const drawing = s(
    "svg",
    { class: "wave", viewBox: `0 0 ${BARS * WIDTH} ${TALL}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    s("clipPath", { id: "played" }, edge),
    s("path", { class: "rest", d: bars }),
    s("path", { class: "done", d: bars, "clip-path": "url(#played)" }),
    s("rect", { class: "highlight", x: highlight * BARS * WIDTH - 0.5, width: 1.5, height: TALL }),
  );
  return { drawing, move: (share) => edge.setAttribute("width", share * BARS * WIDTH) };
}

function bar(level, at) {
  const high = Math.max(LEAST, level * (TALL - 8));
  return `M${at * WIDTH + 0.5} ${(TALL - high) / 2}h${WIDTH - 1.2}v${high}h-${WIDTH - 1.2}z`;
}

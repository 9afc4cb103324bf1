// Keys: arrows always; letters unless the member switched them off (others may need them for their own tools).

const KEPT = "letters"; // in the browser's storage; nothing personal
const ARROWS = { ArrowRight: "like", ArrowLeft: "skip", ArrowUp: "more", " ": "play", "?": "help" };
const LETTERS = { l: "like", s: "skip", p: "play", m: "more", a: "add", c: "share", n: "away", u: "undo", z: "undo" };

let chosen = null; // until the page closes, if the browser gives it no storage, as in other sites' frames

export function letters() {
  try {
    return (localStorage.getItem(KEPT) ?? chosen) !== "off";
  } catch {
    return chosen !== "off";
  }
}

export function chooseLetters(on) {
  chosen = on ? "on" : "off";
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // kept in `chosen`
  }
}

/** Call `act(what)` when a key says so, unless something else needs the key. */
export function listen(act) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("dialog, input") || (event.key === " " && event.target.closest("button, a"))) return;
    const what = ARROWS[event.key] ?? (letters() && LETTERS[event.key.toLowerCase()]);
    if (!what) return;
    event.preventDefault();
    act(what);
  });
}

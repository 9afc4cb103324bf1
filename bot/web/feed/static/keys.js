// Keys: arrows always; letters and other signs unless the member switched them off (others may need them for their own tools).

const KEPT = "letters"; // in the browser's storage; nothing personal

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

/** Call `act(what)` when a key of `view()` says so, unless something else needs the key. */
export function listen(view, act) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("dialog, input, select") || (event.key === " " && event.target.closest("button, a"))) return;
    const { arrows, signs } = view();
    const what = arrows[event.key] ?? (letters() && signs[event.key.toLowerCase()]);
    if (!what) return;
    event.preventDefault();
    act(what);
  });
}

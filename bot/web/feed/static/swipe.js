// Swiping: the card follows the finger and, released, flies off or springs back. Only its transform changes.

const BEGIN = 8; // px until a press becomes a swipe
const FAR = 0.3; // of the card's width, from which a swipe counts
const FAST = 0.45; // px per ms, from which a short swipe counts too
const LEAST = 24; // px, for a fast one too
const LATELY = 90; // ms over which speed is measured
const TILT = 9; // degrees at the edge
const OUT = 240; // ms to fly off
const BACK = 340; // ms to spring back
const SPRING = "cubic-bezier(.2, 1.35, .4, 1)";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Make `card` swipable. `leaning(way, share)` is called on the way (share 1: far enough; way null: back at rest);
 * `swiped(way)` once it counts: "left", "right" or "up"; unless that returns true, the card springs back.
 */
export function swipeable(card, leaning, swiped) {
  let drag = null;

  const begin = (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    drag = { id: event.pointerId, x: event.clientX, y: event.clientY, dx: 0, dy: 0, moved: false, trail: [] };
  };

  const move = (event) => {
    if (event.pointerId !== drag?.id) return;
    if (!event.buttons) return void (drag = null); // let go where the card didn't hear of it
    drag.dx = event.clientX - drag.x;
    drag.dy = event.clientY - drag.y;
    if (!drag.moved && Math.hypot(drag.dx, drag.dy) < BEGIN) return;
    if (!drag.moved) grab(event.pointerId);
    drag.trail.push([event.timeStamp, drag.dx, drag.dy]);
    const { way, share } = heading(drag, card.offsetWidth);
    card.style.transform = placed(drag.dx, drag.dy, way, card.offsetWidth);
    leaning(way, share);
  };

  const grab = (pointer) => {
    drag.moved = true;
    card.setPointerCapture(pointer);
    card.classList.add("held");
  };

  const end = (event) => {
    if (event.pointerId !== drag?.id) return;
    const { moved } = drag;
    const way = event.type === "pointerup" && moved ? decided(drag, card.offsetWidth, event.timeStamp) : null;
    drag = null;
    if (!moved) return;
    card.addEventListener("click", refuse, { capture: true, once: true }); // the press was a swipe
    setTimeout(() => card.removeEventListener("click", refuse, { capture: true }), 0);
    card.classList.remove("held");
    leaning(null, 0);
    if (!way || swiped(way) !== true) spring(card);
  };

  card.addEventListener("pointerdown", begin);
  card.addEventListener("pointermove", move);
  card.addEventListener("pointerup", end);
  card.addEventListener("pointercancel", end);
  card.addEventListener("dragstart", (event) => event.preventDefault());
}

const refuse = (event) => {
  event.preventDefault();
  event.stopPropagation();
};

/** The direction of a drag, and its share of the way that counts. */
function heading({ dx, dy }, width) {
  if (Math.abs(dx) >= Math.abs(dy)) return { way: dx > 0 ? "right" : "left", share: Math.min(1, Math.abs(dx) / (FAR * width)) };
  return { way: dy < 0 ? "up" : null, share: dy < 0 ? Math.min(1, -dy / (FAR * width)) : 0 };
}

/** The direction of a finished drag that counts: far enough, or fast enough and not on its way back. */
function decided(drag, width, now) {
  const { way, share } = heading(drag, width);
  const [then, x, y] = drag.trail.find(([at]) => now - at < LATELY) ?? drag.trail.at(-1);
  const sideways = way !== "up";
  const come = sideways ? Math.abs(drag.dx) : -drag.dy;
  const speed = ((sideways ? drag.dx - x : drag.dy - y) / Math.max(1, now - then)) * (way === "right" ? 1 : -1);
  return share === 1 && speed > -FAST ? way : come > LEAST && speed > FAST ? way : null;
}

function placed(dx, dy, way, width) {
  if (way === "up" || Math.abs(dy) > Math.abs(dx)) return `translate3d(0, ${Math.round(Math.max(dy, -90) * 0.5)}px, 0)`;
  const turn = still.matches ? "" : ` rotate(${((dx / width) * TILT).toFixed(2)}deg)`;
  return `translate3d(${Math.round(dx)}px, ${Math.round(dy * 0.15)}px, 0)${turn}`;
}

function spring(card) {
  const from = card.style.transform;
  card.style.transform = "";
  if (!still.matches) card.animate([{ transform: from }, { transform: "none" }], { duration: BACK, easing: SPRING });
}

/** Let the card fly off; resolves when it's out of sight. */
export async function fly(card, way) {
  const far = card.offsetWidth * 1.3 * (way === "right" ? 1 : -1);
  const end = still.matches ? { opacity: 0 } : { transform: `translate3d(${far}px, 0, 0) rotate(${Math.sign(far) * TILT * 1.4}deg)` };
  const from = still.matches ? { opacity: 1 } : { transform: card.style.transform || "none" };
  const timing = { duration: still.matches ? 90 : OUT, easing: "cubic-bezier(.3, .6, .6, 1)", fill: "forwards" };
  await card.animate([from, end], timing).finished.catch(() => {});
}

/** Let a card come in: from below, or from where it went. */
export function come(card, way = null) {
  if (still.matches) return card.animate([{ opacity: 0 }, { opacity: 1 }], 90);
  const far = way && card.offsetWidth * 1.1 * (way === "right" ? 1 : -1);
  const from = way ? { transform: `translate3d(${far}px, 0, 0)` } : { transform: "scale(.965)", opacity: 0 };
  return card.animate([from, { transform: "none", opacity: 1 }], { duration: way ? BACK : 200, easing: "cubic-bezier(.2, .8, .3, 1)" });
}

// Making elements. Text only ever becomes text: nothing here or elsewhere parses a string as HTML.

/** Make an element. `on…` properties are listeners; other ones are attributes, left out when null or false. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...present(children));
  return element;
}

/** What is there of nested lists of children; null, undefined, false and "" stand for nothing. */
const present = (children) => children.flat(Infinity).filter((child) => child || child === 0);

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "style") for (const [key, part] of Object.entries(value)) element.style.setProperty(key, part);
  else if (name === "value") element.value = value;
  else element.setAttribute(name, value === true ? "" : value);
}

/** A button to press; `style` is one or more classes. */
export function button(style, label, onclick, more = {}) {
  return h("button", { type: "button", class: style, onclick, ...more }, label);
}

/** Put these into the element, in place of what is there; the keyboard stays where it was. */
export function replace(element, ...children) {
  const refocus = focusIn(element);
  element.replaceChildren(...present(children));
  refocus(element);
  return element;
}

const CONTROLS = "a[href], button, summary, input, select";
const nameOf = (control) => control.getAttribute("aria-label") ?? control.textContent;

/** Where the keyboard is in `before`: a function that puts it on the same control of `after`, by name or by place. */
export function focusIn(before) {
  const controls = [...before.querySelectorAll(CONTROLS)];
  const place = controls.indexOf(document.activeElement);
  if (place < 0) return () => {};
  const name = nameOf(controls[place]);
  return (after) => {
    const now = [...after.querySelectorAll(CONTROLS)];
    const there = now[Math.min(place, now.length - 1)];
    const same = there && nameOf(there) === name ? there : now.find((each) => nameOf(each) === name);
    (same ?? there)?.focus({ preventScroll: true });
  };
}

let numbered = 0;

/** An id that nothing on the page has yet. */
export function freshId(prefix) {
  numbered += 1;
  return `${prefix}-${numbered}`;
}

/** Only addresses of the web may be followed; anything else becomes null. */
export function webAddress(text) {
  try {
    const address = new URL(text, location.href);
    return ["http:", "https:"].includes(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}

export function link(address, ...children) {
  const href = webAddress(address);
  return href
    ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children)
    : h("span", {}, ...children);
}

/** A round picture of somebody: their initial on a colour that belongs to the name. The bot has its own. */
export function avatar(person) {
  if (person.bot) return h("img", { class: "avatar", src: "/page/static/crate.svg", alt: "" });
  const hue = [...person.name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  return h(
    "span",
    { class: "avatar", "aria-hidden": "true", style: { "--hue": hue } },
    person.name.slice(0, 1).toUpperCase(),
  );
}

/** Say something until the line that is returned is removed. */
export function say(text) {
  const said = h("p", {}, text);
  document.getElementById("notices").append(said);
  return said;
}

/** Say something in passing. */
export function notice(text) {
  const said = say(text);
  setTimeout(() => said.remove(), 10_000);
}

export const LAUNCHED = "The bot opened its Activity. Only Discord itself shows that; /feed web opens the same page here.";

/** Show a modal dialog with a title; it leaves the page when it is closed. Returns the element. */
export function dialog(title, ...children) {
  const heading = h("h2", { id: freshId("title") }, title);
  const close = h(
    "button",
    { type: "button", class: "close", "aria-label": "Close", onclick: () => shown.close() },
    "✕",
  );
  const shown = h(
    "dialog",
    { "aria-labelledby": heading.id, onclose: () => shown.remove() },
    close,
    heading,
    ...children,
  );
  shown.addEventListener("click", (event) => event.target === shown && shown.close());
  document.body.append(shown);
  shown.showModal();
  return shown;
}

export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

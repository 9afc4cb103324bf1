// Talking to the sandbox: calls, and the stream that says what is out of date.

/** The sandbox could not do what was asked; the message says why. */
export class Refusal extends Error {}

export function get(path, parameters = {}) {
  return call(`${path}?${new URLSearchParams(parameters)}`);
}

export function post(path, given) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(given) });
}

/** Post with files, a mapping from field to File. */
export function postFiles(path, given, files) {
  const form = new FormData();
  form.append("payload", JSON.stringify(given));
  for (const [name, file] of Object.entries(files)) form.append(name, file, file.name);
  return call(path, { method: "POST", body: form });
}

async function call(path, options) {
  const response = await fetch(`/page/${path}`, options).catch(() => {
    throw new Refusal("the sandbox can't be reached");
  });
  const body = await response.json();
  if (!response.ok) throw new Refusal(body.error);
  return body;
}

/** Call `changed` with the names of topics that are out of date, `lost` when the line is lost, `reopened` afterwards. */
export function listen(changed, lost, reopened) {
  const events = new EventSource("/page/events");
  let isLost = false;
  events.addEventListener("message", (event) => changed(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    if (!isLost) lost();
    isLost = true;
  });
  events.addEventListener("open", () => {
    if (isLost) reopened();
    isLost = false;
  });
}

/**
 * `load` with at most one run at a time, and `pause` milliseconds from the end of one to the start of the next:
 * calls in between lead to one more run. Returns a function whose promise ends with a run that began after it was called.
 */
export function refresher(load, pause = 0) {
  let next = null; // the run that has not begun
  let last = Promise.resolve();
  const begin = async () => {
    await last;
    next = null;
    const loading = load();
    last = loading.catch(() => {}).then(() => pause && new Promise((done) => setTimeout(done, pause)));
    return loading;
  };
  return () => (next ??= begin());
}

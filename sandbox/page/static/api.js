// Talking to the sandbox: calls, and the stream that says what is out of date.

/** The sandbox could not do what was asked; the message says why. */
export class Refusal extends Error {}

export async function get(path, parameters = {}) {
  return answered(await fetch(`/page/${path}?${new URLSearchParams(parameters)}`));
}

export async function post(path, given) {
  const headers = { "Content-Type": "application/json" };
  return answered(await fetch(`/page/${path}`, { method: "POST", headers, body: JSON.stringify(given) }));
}

/** Post with files, a mapping from field to File. */
export async function postFiles(path, given, files) {
  const form = new FormData();
  form.append("payload", JSON.stringify(given));
  for (const [name, file] of Object.entries(files)) form.append(name, file, file.name);
  return answered(await fetch(`/page/${path}`, { method: "POST", body: form }));
}

async function answered(response) {
  const body = await response.json();
  if (!response.ok) throw new Refusal(body.error);
  return body;
}

/** Call `changed` with the names of topics that are out of date, and `reopened` after the line was lost. */
export function listen(changed, reopened) {
  const events = new EventSource("/page/events");
  let lost = false;
  events.addEventListener("message", (event) => changed(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    lost = true;
  });
  events.addEventListener("open", () => {
    if (lost) reopened();
    lost = false;
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

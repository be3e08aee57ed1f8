// Requests to the server. Errors carry the server's own sentence.

import { drawn } from "./planes.js";

const address = new URLSearchParams(location.hash.slice(1));
const BUSY = 429; // come again later
const TRIES = 4;
const GONE = 404;
const UNFIT = 422; // what was sent does not fit

// Whether the page was opened for one photo, by a command that waits for what is painted.
export const forOnePhoto = address.has("paint");

export class Refusal extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

// Any request to /v1/<path>. `signal` is of an AbortController.
export async function call(path, { method = "GET", body, signal } = {}) {
  const token = address.get("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  for (let tries = 1; ; tries++) {
    const response = await fetch(`v1/${path}`, { method, body, headers, signal });
    if (response.ok) return response;
    if (response.status !== BUSY || tries === TRIES) throw await refusal(response);
    await new Promise((done) => setTimeout(done, 1000 * Number(response.headers.get("Retry-After") || 1)));
    signal?.throwIfAborted();
  }
}

// POST parts to /v1/<kind> and wait for the picture.
export async function ask(kind, parts, signal) {
  return answer(await call(kind, { method: "POST", body: form(parts), signal }));
}

// The same as a job: `tell` is called with the share of it that is done; given up, it ends there too.
export async function work(parts, signal, tell) {
  const { id } = await (await call("jobs", { method: "POST", body: form(parts) })).json();
  const giveUp = () => call(`jobs/${id}`, { method: "DELETE" }).catch(() => {});
  try {
    signal.throwIfAborted();
    await follow(await call(`jobs/${id}/events`, { signal }), tell);
    return await answer(await call(`jobs/${id}/result`, { signal }));
  } finally {
    giveUp();
  }
}

// Read server-sent events until the job is done and the server ends them.
async function follow(response, tell) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "", last = null;
  for (;;) {
    const { value, done } = await reader.read();
    if (done && last === "done") return;
    if (done) throw new Error("the connection to the server broke off; try again");
    const events = (text + value).split(/\r?\n\r?\n/);
    text = events.pop();
    for (const event of events) {
      last = /^event: ?(.*)$/m.exec(event)?.[1] ?? last;
      const data = JSON.parse(/^data: ?(.*)$/m.exec(event)?.[1] ?? "{}");
      if (last === "failed") throw refused(data);
      if (last === "progress" && "share" in data) tell(data.share);
    }
  }
}

// A photo on the server, under a name that is valid for a while.
export class Upload {
  constructor(file) {
    this.file = this.shown = file;
    this.id = null; // promise of it
  }

  // The upright photo as a canvas; what the browser cannot show, the server decodes.
  async drawn() {
    try {
      return await drawn(this.shown);
    } catch {
      this.shown = await this.use(async (id) => (await call(`photos/${id}`)).blob());
      return drawn(this.shown);
    }
  }

  // Do something with the id; where it has expired, send the photo again.
  async use(act) {
    for (let tries = 1; ; tries++) {
      this.id ??= this.send();
      try {
        return await act(await this.id);
      } catch (error) {
        if (error.status !== GONE || tries > 1) throw error;
        this.id = null;
      }
    }
  }

  send() {
    const sent = call("photos", { method: "POST", body: form({ photo: this.file }) });
    const id = sent.then((response) => response.json()).then((photo) => photo.id);
    id.catch(() => (this.id = null)); // the next use tries again
    return id;
  }

  drop() {
    this.id?.then((id) => call(`photos/${id}`, { method: "DELETE" })).catch(() => {});
    this.id = null;
  }
}

// Any picture file as a canvas.
export async function decoded(file) {
  const upload = new Upload(file);
  try {
    return await upload.drawn();
  } finally {
    upload.drop();
  }
}

function form(parts) {
  const form = new FormData();
  for (const [name, value] of Object.entries(parts)) {
    for (const one of [value].flat()) {
      if (one instanceof Blob) form.append(name, one, name);
      else if (one !== null && one !== undefined && one !== false) form.append(name, one);
    }
  }
  return form;
}

async function answer(response) {
  const number = (name) => (response.headers.has(name) ? Number(response.headers.get(name)) : null);
  return {
    blob: await response.blob(),
    warnings: response.headers.get("Mattekit-Warnings"),
    edge: number("Mattekit-Confidence"), // how sure of it the model is
    subject: number("Mattekit-Subject-Confidence"), // and the segmenter of what it found
  };
}

async function refusal(response) {
  try {
    return refused(await response.json());
  } catch {
    return new Refusal(`the server answered ${response.status}`, response.status);
  }
}

// What was found comes first in a sentence, then what to do, in words for those who write requests.
const refused = ({ detail, status }) => new Refusal(status === UNFIT ? detail.split("; ")[0] : detail, status);

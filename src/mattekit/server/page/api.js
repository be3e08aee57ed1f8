// Requests to the server. Errors carry the server's own sentence.

const address = new URLSearchParams(location.hash.slice(1));
const BUSY = 429;
const TRIES = 4;

// Whether the page was opened for one photo, by a command that waits for what is painted.
export const forOnePhoto = address.has("paint");

// Any request to /v1/<path>.
export async function call(path, options = {}) {
  const response = await fetch(`v1/${path}`, { ...options, headers: headers() });
  if (!response.ok) throw new Error(await sentence(response));
  return response;
}

// POST parts to /v1/<kind>; the answer is a picture. `aborted` is an AbortSignal.
export async function ask(kind, parts, aborted) {
  const form = new FormData();
  for (const [name, value] of Object.entries(parts)) {
    if (value instanceof Blob) form.append(name, value, name);
    else if (value !== null && value !== undefined) form.append(name, value);
  }
  for (let tries = 1; ; tries++) {
    const response = await fetch(`v1/${kind}`, { method: "POST", body: form, headers: headers(), signal: aborted });
    if (response.ok) return answer(response);
    if (response.status === BUSY && tries < TRIES) {
      await new Promise((done) => setTimeout(done, 1000 * Number(response.headers.get("Retry-After") || 1)));
      continue;
    }
    throw new Error(await sentence(response));
  }
}

export async function models() {
  return (await call("models")).json();
}

async function answer(response) {
  return {
    blob: await response.blob(),
    warnings: response.headers.get("Mattekit-Warnings"),
    confident: response.headers.has("Mattekit-Confidence"), // whether the model says how sure it is
  };
}

function headers() {
  const token = address.get("token");
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function sentence(response) {
  try {
    return (await response.json()).detail;
  } catch {
    return `the server answered ${response.status}`;
  }
}

// The one photo that a command waits for (`mattekit cutout PHOTO --paint`): fetched from the server,
// and handed back to it as a trimap.

import { call } from "./api.js";

// The photo as a file, its name, the model to ask, and what is known of the subject, or null.
export async function begin() {
  const { name, model, start } = await (await call("painting")).json();
  const photo = await (await call("painting/photo")).blob();
  const trimap = start ? await (await call("painting/trimap")).blob() : null;
  return { photo: new File([photo], `${name}.png`, { type: "image/png" }), name, model, trimap };
}

export const finish = (trimap) => call("painting", { method: "POST", body: trimap });
export const cancel = () => call("painting", { method: "DELETE" });

// Waits until the painting is over; false if the command was stopped. Closing the page ends it.
export async function over() {
  try {
    await call("painting/open");
    return true;
  } catch {
    return false;
  }
}

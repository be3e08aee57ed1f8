// The one photo that a command waits for (`mattekit cutout PHOTO --paint`): fetched from the server,
// and handed back to it as a trimap.

import { call } from "./api.js";
import { drawn } from "./planes.js";
import { $, say, state } from "./state.js";

const FAREWELLS = {
  done: "Done. mattekit writes the files now; you can close this page.",
  cancelled: "Cancelled. Nothing is written; you can close this page.",
  stopped: "mattekit was stopped in the terminal; you can close this page.",
};
let handedIn = null;

// `open` opens files, as if they had been chosen.
export async function paintOnePhoto(open) {
  for (const id of ["open", "download", "welcome", "copy"]) $(id).hidden = true;
  for (const id of ["done", "cancel"]) $(id).hidden = false;
  for (const id of ["backdrop", "finish", "frame", "file-choices"]) $(id).hidden = true;
  $("done").onclick = () => handIn("done");
  $("cancel").onclick = () => handIn("cancelled");
  say("Fetching the photo ...");
  farewell();
  const { name, model, start } = await (await call("painting")).json();
  state.model = model ?? state.model;
  const photo = await (await call("painting/photo")).blob();
  await open([new File([photo], `${name}.png`, { type: "image/png" })]);
  document.title = `${name} - mattekit`;
  const { matte } = state.photo;
  if (start) matte.load("As the command found it", await drawn(await (await call("painting/trimap")).blob()));
  else await matte.find("Found by itself", {});
  say("Click on the subject, drag a box, or correct the edge with the brush; then press Done.");
}

async function handIn(how) {
  handedIn = how;
  try {
    if (how === "cancelled") await call("painting", { method: "DELETE" });
    else await call("painting", { method: "POST", body: await state.photo.matte.planes.trimapFile() });
  } catch (error) {
    say(error.message, true);
  }
}

// When it is over, for whatever reason, there is nothing left to do here. This request stays open
// until then: closing the page ends it.
async function farewell() {
  const ended = await call("painting/open").then(() => true, () => false);
  state.over = true;
  $("stage").hidden = $("panel").hidden = $("done").hidden = $("cancel").hidden = true;
  $("farewell").hidden = false;
  const words = FAREWELLS[ended ? handedIn : "stopped"];
  $("farewell").querySelector("h2").textContent = words;
  say(words);
}

// What comes out: one file, all of them in a zip, or a picture on the clipboard.

import { finishFields } from "./answers.js";
import { work } from "./api.js";
import { backdropField } from "./backdrop.js";
import { frameFields, frameOf } from "./frame.js";
import { $, state } from "./state.js";
import { zipped } from "./zip.js";

const SUFFIXES = { png: "png", webp: "webp", tiff: "tif", jpeg: "jpg" };
const DEEP = ["png", "tiff"]; // formats of 16 bits

export const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;

// What the choices make of each other: which can be had, and what the button says.
export function refreshTaking() {
  const format = chosen("format"), what = chosen("what");
  const jpeg = format === "jpeg";
  $("deep").disabled = !DEEP.includes(format) || what === "trimap";
  for (const input of document.querySelectorAll("input[name=what]")) input.disabled = jpeg && input.value === "trimap";
  $("white").hidden = !(jpeg && what === "cutout" && state.backdrop.kind === "none");
  $("format-words").textContent = { png: "PNG", webp: "WebP", tiff: "TIFF", jpeg: "JPEG" }[format];
  const { photos, photo } = state;
  for (const id of ["download", "copy", "done"]) $(id).disabled = !photo?.matte.ready;
  $("download-all").disabled = !photos.some(({ matte }) => matte.ready);
}

// The file of a photo, made by the server of what is seen.
export async function fileOfPhoto(photo, tell, signal, format = chosen("format")) {
  const { matte } = photo, what = chosen("what");
  await matte.settle();
  if (what === "trimap") return { blob: await matte.planes.trimapFile(), name: `${photo.name}-trimap.png` };
  const bits = $("deep").checked && !$("deep").disabled ? "16" : "8";
  const parts = { alpha: await matte.planes.alphaFile(), format, bits, ...finishFields(matte.planes.finishing), ...frameFields() };
  const frame = frameOf(matte);
  const background = what === "cutout" ? await backdropField(photo, frame) : null;
  if (what === "mask") parts.output = "alpha";
  else if (background || format === "jpeg") Object.assign(parts, { output: "composite", background: background ?? "white" });
  else parts.output = "rgba";
  const { blob } = await photo.upload.use((photo_id) => work({ photo_id, ...parts }, signal, tell));
  const end = what === "mask" ? "-alpha" : parts.output === "composite" ? "-on-background" : "";
  return { blob, name: `${photo.name}${end}.${SUFFIXES[format]}` };
}

// All photos that have a cut-out, as one zip.
export async function fileOfAll(tell, signal) {
  const ready = state.photos.filter(({ matte }) => matte.ready), files = [];
  for (const photo of ready) {
    const { blob, name } = await fileOfPhoto(photo, (share) => tell((files.length + share) / ready.length), signal);
    files.push({ blob, name: unlike(name, files) });
    if (photo !== state.photo) photo.putAway();
  }
  return { blob: await zipped(files), name: "cut-outs.zip", photos: ready };
}

// A name that no other file has.
function unlike(name, files) {
  const [, stem, end] = /^(.*)(\.[^.]*)$/.exec(name);
  let free = name;
  for (let n = 2; files.some((file) => file.name === free); n++) free = `${stem}-${n}${end}`;
  return free;
}

export function save({ blob, name }) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// A promise of a picture goes to the clipboard, so that the browser still knows who pressed the key.
export async function copy(photo, tell, signal) {
  const picture = fileOfPhoto(photo, tell, signal, "png").then(({ blob }) => blob);
  await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
}

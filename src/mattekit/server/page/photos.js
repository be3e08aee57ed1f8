// The photos that are open: each with its matte, and the strip of small pictures to choose from.

import { Upload } from "./api.js";
import { Matte } from "./matte.js";
import { changeAlpha, scaled } from "./planes.js";
import { $, state } from "./state.js";

const SMALL = 128; // pixels of a small picture's longer side
const CANNOT = 422; // the server's word that it finds no subject

class Photo {
  constructor(upload, canvas) {
    this.upload = upload;
    this.name = (upload.file.name || "photo").replace(/\.[^.]*$/, "");
    this.size = { width: canvas.width, height: canvas.height };
    this.canvas = canvas;
    this.small = scaled(canvas, Math.min(1, SMALL / Math.max(canvas.width, canvas.height)));
    this.matte = new Matte(this);
    this.visited = []; // unsure places that were looked at
    this.touched = false; // whether somebody worked on it since it was saved
    this.words = "waits";
    this.picker = null; // its button
  }

  // Its canvas; drawn anew where it was put away.
  async picture() {
    return (this.canvas ??= await this.upload.drawn());
  }

  how() {
    return { model: state.model, quality: state.quality };
  }

  // Free the memory of what is only needed while it is looked at.
  putAway() {
    this.canvas = this.matte.colours = null;
    this.matte.clean = false;
  }
}

// Open files; `take` is called with each photo, `refuse` with a file that is none, and why.
export async function openFiles(files, take, refuse) {
  for (const file of files) {
    const upload = new Upload(file);
    let canvas;
    try {
      canvas = await upload.drawn();
    } catch (error) {
      refuse(file, error);
      continue;
    }
    const photo = new Photo(upload, canvas);
    state.photos.push(photo);
    await take(photo);
    if (photo !== state.photo) photo.putAway();
    showStrip();
  }
}

// Find the subjects of all photos, one after the other, without a hint.
let finding = Promise.resolve();
export function findAlone(photo, tellLost) {
  finding = finding.then(async () => {
    const { matte } = photo;
    if (!state.photos.includes(photo) || matte.ready || matte.running) return;
    const { error } = matte.on;
    matte.on.error = (problem) => (problem.status === CANNOT ? tellLost(photo) : error(problem));
    matte.find("Found by itself", {});
    await matte.settle().catch(() => {});
    matte.on.error = error;
    if (photo !== state.photo) photo.putAway();
  });
}

export function removePhoto(photo) {
  photo.matte.close();
  state.photos = state.photos.filter((other) => other !== photo);
  showStrip();
}

// ---- the strip -----------------------------------------------------------------------------

let choosePhoto = () => {};
export const onChoose = (act) => (choosePhoto = act);

export function showStrip() {
  const strip = $("strip-list");
  strip.replaceChildren(...state.photos.map(entry));
  $("strip").hidden = state.photos.length < 2;
}

function entry(photo) {
  photo.picker ??= pickerOf(photo);
  mark(photo);
  const item = document.createElement("li");
  item.append(photo.picker);
  return item;
}

function pickerOf(photo) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  const words = Object.assign(document.createElement("span"), { className: "fine" });
  button.append(photo.small, words);
  button.onclick = () => choosePhoto(photo);
  return button;
}

// What the strip says of a photo.
export function mark(photo, words = photo.words) {
  photo.words = words;
  if (!photo.picker) return;
  photo.picker.lastChild.textContent = words;
  photo.picker.ariaLabel = `${photo.name}: ${words}`;
  photo.picker.setAttribute("aria-current", String(photo === state.photo));
}

// The small picture, cut out.
export function cutSmall({ small, matte }) {
  const context = small.getContext("2d");
  small.original ??= context.getImageData(0, 0, small.width, small.height);
  context.putImageData(small.original, 0, 0);
  if (matte.ready) changeAlpha(small, matte, (subject) => subject);
}

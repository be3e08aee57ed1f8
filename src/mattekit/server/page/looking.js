// What is seen of the photo: the chosen view of its matte, marks on it, and where the model is unsure.

import { blurred, fittedBackdrop } from "./backdrop.js";
import { doubtfulPlaces } from "./doubt.js";
import { frameOf } from "./frame.js";
import { canvasOf, heightOf, wholeOf, widthOf } from "./planes.js";
import { $, press, say, state, view } from "./state.js";

const GHOST = 0.25; // of what is removed, while there is a brush to bring it back
const MARKS = { keep: [34, 197, 94], remove: [239, 68, 68], edge: [59, 130, 246] };
const TINTS = [0x5a2626dc, 0x6eeb6325, 0x5a4aa316]; // red, blue and green, by label
let layers = {}; // canvases of the views, as far as they were looked at
let mark = null; // canvas of the stroke that is being drawn

// After a photo was chosen: nothing of the one before is shown any more.
export function show(photo) {
  layers = {};
  mark = null;
  view.photo = photo.canvas;
  view.points = [];
  view.place = view.frame = view.box = null;
  compare(0);
  view.show(photo.size);
}

// After something of the matte has changed.
export function refresh(box) {
  const { matte } = state.photo;
  for (const name of Object.keys(layers)) fill(name, box);
  view.points = matte.ready ? (matte.found?.points ?? []) : [];
  outline(matte.ready && matte.found?.answer?.edge ? doubtfulPlaces(matte.planes.error, state.photo.size) : []);
  refreshBehind();
}

// The part of a layer in a box, from what is known now.
function fill(name, box) {
  const write = WRITERS[name];
  if (!write || !layers[name]) return;
  const { alpha, planes, colours } = state.photo.matte, { width } = planes.size, shown = { alpha, labels: planes.labels };
  const image = name === "cutout"
    ? (colours ?? state.photo.canvas).getContext("2d").getImageData(box.left, box.top, widthOf(box), heightOf(box))
    : new ImageData(widthOf(box), heightOf(box));
  const words = new Uint32Array(image.data.buffer);
  for (let row = box.top, to = 0; row < box.bottom; row++) {
    for (let from = row * width + box.left, end = from + widthOf(box); from < end; from++, to++) words[to] = write(shown, from, words[to]);
  }
  layers[name].getContext("2d").putImageData(image, box.left, box.top);
}

// Pixels of the views as words, the alpha first.
const WRITERS = {
  cutout: ({ alpha }, i, word) => ((alpha[i] << 24) | (word & 0xffffff)) >>> 0,
  mask: ({ alpha }, i) => (0xff000000 | (alpha[i] * 0x010101)) >>> 0,
  trimap: ({ labels }, i) => TINTS[labels[i]],
};

function layer(name) {
  if (!layers[name]) {
    const { width, height } = state.photo.size;
    layers[name] = canvasOf(width, height);
    fill(name, wholeOf(state.photo.size));
  }
  return { source: layers[name] };
}

view.layers = () => {
  const { photo, shown, tool } = state;
  if (!photo?.canvas) return [];
  const marks = mark ? [{ source: mark, opacity: 0.55 }] : [];
  if (!photo.matte.ready || shown === "photo") return [{ source: photo.canvas }, ...marks];
  if (shown === "mask") return [layer("mask"), ...marks];
  if (shown === "trimap") return [{ source: photo.canvas }, layer("trimap"), ...marks];
  const ghost = tool === "brush" || tool === "edge" ? [{ source: photo.canvas, opacity: GHOST }] : [];
  return [...behind(), ...ghost, layer("cutout"), ...marks];
};

// What the subject stands on, as large as the result.
function behind() {
  const { backdrop, photo } = state, box = view.frame ?? undefined;
  if (backdrop.kind === "colour") return [{ colour: backdrop.colour, box }];
  if (backdrop.kind === "photo" && backdrop.picture) {
    layers.behind ??= fittedBackdrop(backdrop.picture, box ?? wholeOf(photo.size));
    return [{ source: layers.behind, box }];
  }
  if (backdrop.kind === "blur") return [{ source: (layers.behind ??= blurred(photo.canvas, photo.matte, backdrop.blur)) }];
  return [{ pattern: true, box }];
}

// After another background or frame was chosen.
export function refreshBehind() {
  layers.behind = null;
  if (state.photo) view.setFrame(state.photo.matte.ready ? frameOf(state.photo.matte) : null);
}

export function look(name) {
  state.shown = name;
  press("view", name);
  view.draw();
}

// A stroke while it is drawn, or null.
export function drawMark(stroke, box) {
  if (!stroke) mark = null;
  else {
    mark ??= canvasOf(stroke.size.width, stroke.size.height);
    const image = new ImageData(widthOf(box), heightOf(box)), colour = MARKS[stroke.kind];
    for (let row = box.top, to = 0; row < box.bottom; row++) {
      for (let column = box.left; column < box.right; column++, to += 4) {
        image.data.set(colour, to);
        image.data[to + 3] = stroke.weights[row * stroke.size.width + column];
      }
    }
    mark.getContext("2d").putImageData(image, box.left, box.top);
  }
  view.draw();
}

export function compare(share) {
  view.compare = share;
  $("compare").classList.toggle("off", share === 0);
  $("compare").setAttribute("aria-valuenow", Math.round(100 * share));
  $("compare").setAttribute("aria-valuetext", share ? `${Math.round(100 * share)} % of the photo, from the left` : "the result alone");
  view.draw();
}

// ---- doubt ---------------------------------------------------------------------------------

// The places; the outline of the one that was visited last stays as long as it is one of them.
function outline(places) {
  state.places = places;
  if (!places.some((place) => overlap(place, view.place))) view.place = null;
  $("next").disabled = !places.length;
  $("next-words").textContent = places.length ? `Next unsure place (${places.length})` : "No unsure place";
}

const overlap = (a, b) => b && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

// The next place where the model is unsure, brought to the middle; null if there is none.
export function nextPlace() {
  const { places, photo } = state;
  if (!places.length) {
    say(photo.matte.found?.answer?.edge ? "The model is sure of every place." : "There is nothing to be unsure of.");
    return null;
  }
  if (!places.some(isNew)) photo.visited = [];
  const place = (view.place = places.find(isNew));
  photo.visited.push(place);
  view.reveal(place);
  say(`Place ${places.indexOf(place) + 1} of ${places.length}, ${whereabouts(place)}: the model is unsure here. Paint what you know.`);
  return place;
}

function isNew({ left, top, right, bottom }) {
  return !state.photo.visited.some(({ x, y }) => x >= left && x < right && y >= top && y < bottom);
}

function whereabouts({ x, y }) {
  const { width, height } = state.photo.size;
  const third = (share) => Math.min(2, Math.floor(3 * share));
  return [["top", "middle", "bottom"][third(y / height)], ["left", "centre", "right"][third(x / width)]].join(" ");
}

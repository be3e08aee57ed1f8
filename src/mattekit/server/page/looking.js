// What is seen: layers over each other, which view is chosen, where the model is unsure.

import { doubtfulPlaces } from "./doubt.js";
import { canvasOf } from "./matte.js";
import { $, say, state, view } from "./state.js";

const TINT = colourWords([[220, 38, 38, 90], [37, 99, 235, 110], [22, 163, 74, 90], [0, 0, 0, 0]]);
const layers = { tint: null, cutout: null, alpha: null };

// After anything has changed: the labels, or the matte.
export function refresh() {
  const { matte } = state;
  tint(matte.whole);
  layers.cutout = layers.alpha = null;
  for (const button of document.querySelectorAll("[data-download], #download-rgba, #done")) button.disabled = !matte.alpha;
  for (const button of document.querySelectorAll("[data-view]")) button.disabled = button.dataset.view !== "paint" && !matte.alpha;
  $("compare-bar").hidden = !matte.alpha;
  $("undo").disabled = !matte.labels.done.length;
  $("redo").disabled = !matte.labels.undone.length;
  $("model").textContent = words(matte);
  outline(matte.confident ? doubtfulPlaces(matte.doubt, matte.size) : []);
  view.draw();
}

// Colour over the photo that shows what is painted.
export function tint(box) {
  const { labels } = state.matte;
  if (layers.tint?.width !== labels.width || layers.tint?.height !== labels.height) layers.tint = canvasOf(labels.width, labels.height);
  const part = labels.cut(labels.plane, box);
  const image = new ImageData(box.right - box.left, box.bottom - box.top);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < part.length; i++) words[i] = TINT[part[i]];
  layers.tint.getContext("2d").putImageData(image, box.left, box.top);
}

function layer(name) {
  const { matte } = state;
  if (!layers[name]) {
    layers[name] = canvasOf(matte.photo.width, matte.photo.height);
    const pixels = name === "alpha" ? matte.alphaPixels() : matte.cutoutPixels();
    layers[name].getContext("2d").putImageData(pixels, 0, 0);
  }
  return layers[name];
}

view.layers = () => {
  const { matte, shown } = state;
  if (!matte) return [];
  if (shown === "paint" || !matte.alpha) return [{ source: matte.photo }, { source: layers.tint }];
  if (shown === "alpha") return [{ source: layer("alpha") }];
  if (shown === "foreground") return [{ source: matte.colours ?? matte.photo }];
  if (shown === "cutout") return [{ pattern: true }, { source: layer("cutout") }];
  return [state.behind ? { source: state.behind } : { colour: $("colour").value }, { source: layer("cutout") }];
};

export function look(name) {
  state.shown = name;
  press("[data-view]", (button) => button.dataset.view === name);
  $("behind").hidden = name !== "composite";
  view.draw();
}

export function press(selector, chosen) {
  for (const button of document.querySelectorAll(selector)) {
    button.setAttribute("aria-checked", String(chosen(button)));
    button.tabIndex = chosen(button) ? 0 : -1;
  }
}

export function compare(percent) {
  $("compare").value = percent;
  view.compare = percent / 100;
  view.draw();
}

// ---- doubt ---------------------------------------------------------------------------------

// The worst place that was not visited is outlined at once; `next` goes to it, then to the others.
function outline(places) {
  state.places = places;
  view.place = places.find(isNew) ?? places[0] ?? null;
  $("doubt").hidden = !state.matte.confident;
  $("next").disabled = !places.length;
}

// The next place where the model is unsure, brought to the middle; null if there is none.
export function next() {
  const { places } = state;
  if (!places.length) {
    say(state.matte.confident ? "The model is sure of every place." : "There is nothing to be unsure of yet.");
    return null;
  }
  if (!places.some(isNew)) state.visited = [];
  const place = (view.place = places.find(isNew));
  state.visited.push(place);
  view.reveal(place);
  const number = `Place ${places.indexOf(place) + 1} of ${places.length}`;
  say(`${number}, ${whereabouts(place)}: the model is unsure here. Paint what you know.`);
  return place;
}

function isNew({ left, top, right, bottom }) {
  return !state.visited.some(({ x, y }) => x >= left && x < right && y >= top && y < bottom);
}

function whereabouts({ x, y }) {
  const { width, height } = state.matte.size;
  const third = (share) => Math.min(2, Math.floor(3 * share));
  const words = [["top", "middle", "bottom"][third(y / height)], ["left", "centre", "right"][third(x / width)]];
  return words.join(" ");
}

// Which model answers, and how; what is shown right now.
function words({ model, alpha, sharp }) {
  const ways =
    "A stroke is computed at full size around the brush; more than 0.3 megapixels come as a preview first, and in full when you pause.";
  const shown = !alpha ? "" : sharp ? "Full size is shown." : "A preview is shown.";
  return `Model: ${model ?? "the server's own choice"}. ${ways} ${shown}`;
}

function colourWords(colours) {
  return new Uint32Array(new Uint8Array(colours.flat()).buffer);
}

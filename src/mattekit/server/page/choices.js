// The panel's choices: background, finish, frame, file, steps, model and quality.

import { decoded } from "./api.js";
import { refreshBehind } from "./looking.js";
import { $, picker, press, radios, say, sayValue, state } from "./state.js";
import { chosen, refreshTaking } from "./taking.js";

const WAYS = {
  compact: "the network of the package, the most exact at hair and fur",
  "closed-form": "no network; smooth edges",
  knn: "no network; slow, for fine structure in plain surroundings",
  "information-flow": "no network; the slowest",
};
const FAST = "a quick look at a reduced size, softer at hair";
const GREY = [100, 156]; // of 255: a trimap has a band of it, a mask only the smoothing of its edge
const LEAST_GREY = 1 / 200; // of all pixels
const seconds = new Map(); // that a megapixel took, by model and quality

// ---- background ----------------------------------------------------------------------------

function chooseBackdrop(kind) {
  state.backdrop.kind = kind;
  press("backdrop", kind);
  for (const part of document.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== kind;
  if (kind === "photo" && !state.backdrop.file) $("behind-file").click();
  refreshBehind();
  refreshTaking();
}

async function takeBehind([file]) {
  try {
    state.backdrop.picture = await decoded(file);
    state.backdrop.file = file;
    refreshBehind();
  } catch (error) {
    say(`${file.name}: ${error.message}`, true);
  }
}

// ---- finish --------------------------------------------------------------------------------

const FINISHES = {
  edge: (pixels) => (pixels ? `Edge ${pixels > 0 ? "grown" : "shrunk"} by ${Math.abs(pixels)} px` : "Edge as it was"),
  feather: (pixels) => (pixels ? `Feathered by ${pixels} px` : "Not feathered"),
  fill_holes: (on) => (on ? "Holes filled" : "Holes left open"),
  drop_islands: (on) => (on ? "Islands dropped" : "Islands kept"),
  shadow: (on) => (on ? "Shadow kept" : "Shadow left out"),
};

function finish({ target: { id, type, checked, value } }) {
  const wanted = type === "checkbox" ? checked : Number(value);
  state.photo.touched = true;
  state.photo.matte.finish(FINISHES[id](wanted), id, wanted);
}

export function refreshFinish() {
  const { ready, planes } = state.photo.matte;
  for (const id of Object.keys(FINISHES)) {
    const input = $(id);
    input.disabled = !ready;
    if (input.matches(":active")) continue; // it is being moved
    if (input.type === "checkbox") input.checked = planes.finishing[id];
    else sayValue(Object.assign(input, { value: planes.finishing[id] }));
  }
}

// ---- steps: every one can be gone back to --------------------------------------------------

const BEGIN = "The photo as it was";

export function stepBy(number) {
  if (state.photo) state.photo.matte.go(state.photo.matte.history.at + number);
}

export function refreshSteps() {
  const { steps, at, forgotten } = state.photo.matte.history;
  $("undo").disabled = at === 0;
  $("redo").disabled = at === steps.length;
  const first = forgotten ? `${forgotten} older steps, kept as they are` : BEGIN;
  $("history").replaceChildren(...[first, ...steps.map(({ words }) => words)].map((words, count) => entry(words, count, at)));
}

function entry(words, count, at) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: words });
  button.className = count > at ? "undone" : "";
  if (count === at) button.setAttribute("aria-current", "true");
  button.onclick = () => state.photo.matte.go(count);
  const item = document.createElement("li");
  item.append(button);
  return item;
}

// ---- model and quality ---------------------------------------------------------------------

export function offerModels({ default: own, models }) {
  state.model ??= own;
  $("model").replaceChildren(...models.map((name) => new Option(name, name, false, name === state.model)));
  refreshCost();
}

const way = () => (state.quality === "fast" && state.model === "compact" ? "fast" : `${state.model} ${state.quality}`);

// How long the full size of a photo took, for the next one.
export function timed(time, { width, height }) {
  seconds.set(way(), time / ((width * height) / 1e6));
  refreshCost();
}

export function refreshCost() {
  const { photo, model, quality } = state;
  const words = quality === "fast" && model !== "knn" && model !== "information-flow" ? FAST : (WAYS[model] ?? "a network that was imported on this machine");
  const cost = seconds.get(way());
  const here = cost && photo ? ` Takes about ${written(cost * ((photo.size.width * photo.size.height) / 1e6))} for a photo of this size here.` : " How long it takes here is shown once it was used.";
  $("cost").textContent = `${model ?? "The model"}: ${words}.${here}`;
}

const written = (time) => (time < 10 ? `${time.toFixed(1)} s` : `${Math.round(time)} s`);

function computeAgain() {
  state.model = $("model").value || state.model;
  state.quality = chosen("quality");
  refreshCost();
  state.photo?.matte.again();
}

// ---- a hint from a file --------------------------------------------------------------------

async function takeHint([file]) {
  const { matte } = state.photo;
  try {
    const canvas = await decoded(file);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let between = 0;
    for (let i = 0; i < data.length; i += 4) between += data[i] > GREY[0] && data[i] < GREY[1];
    state.photo.touched = true;
    if (between > (LEAST_GREY * data.length) / 4) matte.load("Trimap file", canvas);
    else await matte.find("Mask file", { mask: file });
  } catch (error) {
    say(error.message, true);
  }
}

// ---- wiring --------------------------------------------------------------------------------

export function wireChoices() {
  radios("backdrop", chooseBackdrop);
  $("colour").oninput = () => {
    state.backdrop.colour = $("colour").value;
    refreshBehind();
  };
  $("blur").oninput = () => {
    state.backdrop.blur = Number($("blur").value);
    refreshBehind();
  };
  picker(["choose-behind"], "behind-file", takeBehind);
  picker(["load-hint"], "hint-file", takeHint);
  for (const input of document.querySelectorAll("input[type=range]")) input.addEventListener("input", () => sayValue(input));
  for (const id of Object.keys(FINISHES)) $(id).onchange = finish;
  for (const id of ["crop", "square", "margin", "longest"]) $(id).addEventListener("input", refreshBehind);
  for (const input of document.querySelectorAll("input[name=what], input[name=format]")) input.onchange = refreshTaking;
  $("model").onchange = computeAgain;
  for (const input of document.querySelectorAll("input[name=quality]")) input.onchange = computeAgain;
  chooseBackdrop("none");
}

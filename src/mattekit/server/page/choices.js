// The panel's choices: background, frame, file, model and quality.

import { refreshBehind } from "./looking.js";
import { drawn } from "./planes.js";
import { $, press, say, state } from "./state.js";
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
  press("[data-backdrop]", (button) => button.dataset.backdrop === kind);
  for (const part of document.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== kind;
  if (kind === "photo" && !state.backdrop.file) $("behind-file").click();
  refreshBehind();
  refreshTaking();
}

async function takeBehind(file) {
  try {
    state.backdrop.picture = await drawn(file);
    state.backdrop.file = file;
    refreshBehind();
  } catch {
    say(`The browser cannot show ${file.name}; convert it to JPEG or PNG first.`, true);
  }
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

async function takeHint(file) {
  const { matte } = state.photo;
  try {
    const canvas = await drawn(file);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let between = 0;
    for (let i = 0; i < data.length; i += 4) between += data[i] > GREY[0] && data[i] < GREY[1];
    state.photo.touched = true;
    if (between > (LEAST_GREY * data.length) / 4) await matte.load("Trimap file", file);
    else await matte.find("Mask file", { mask: file });
  } catch (error) {
    say(error.message, true);
  }
}

// ---- wiring --------------------------------------------------------------------------------

function picker(button, input, take) {
  $(button).onclick = () => $(input).click();
  $(input).onchange = () => {
    const [file] = $(input).files;
    $(input).value = "";
    if (file) take(file);
  };
}

export function wireChoices() {
  for (const button of document.querySelectorAll("[data-backdrop]")) button.onclick = () => chooseBackdrop(button.dataset.backdrop);
  $("colour").oninput = () => {
    state.backdrop.colour = $("colour").value;
    refreshBehind();
  };
  $("blur").oninput = () => {
    state.backdrop.blur = Number($("blur").value);
    $("blur-words").textContent = $("blur").value;
    refreshBehind();
  };
  picker("choose-behind", "behind-file", takeBehind);
  picker("load-hint", "hint-file", takeHint);
  $("margin").addEventListener("input", () => ($("margin-words").textContent = `${$("margin").value} %`));
  for (const id of ["crop", "square", "margin", "longest"]) $(id).addEventListener("input", refreshBehind);
  for (const input of document.querySelectorAll("input[name=what], input[name=format]")) input.onchange = refreshTaking;
  $("model").onchange = computeAgain;
  for (const input of document.querySelectorAll("input[name=quality]")) input.onchange = computeAgain;
  chooseBackdrop("none");
}

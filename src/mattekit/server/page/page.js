// The page: what the buttons, keys, fingers and files do.

import { models } from "./api.js";
import { BACKGROUND, Labels, SUBJECT, UNKNOWN } from "./labels.js";
import { Matte, canvasOf, drawn } from "./matte.js";
import { View } from "./view.js";

const $ = (id) => document.getElementById(id);
const LABEL = { subject: SUBJECT, background: BACKGROUND, unknown: UNKNOWN };
const TINT = [[220, 38, 38, 90], [37, 99, 235, 110], [22, 163, 74, 90], [0, 0, 0, 0]];
const KEYS = { x: "box", s: "subject", b: "background", u: "unknown", m: "move" };
const NUDGE = 0.25; // of the brush's size, an arrow key

const view = new View($("canvas"));
const state = { tool: "box", shown: "paint", matte: null, name: "cut-out", behind: null, pointers: new Map() };
const layers = { tint: null, cutout: null, alpha: null };

// ---- opening -------------------------------------------------------------------------------

async function open(file) {
  try {
    const photo = await drawn(file);
    const labels = new Labels(photo.width, photo.height);
    state.name = (file.name || "photo").replace(/\.[^.]*$/, "");
    state.matte = new Matte(photo, file, labels);
    Object.assign(state.matte.on, {
      change: refresh,
      busy: (busy) => ($("busy").hidden = !busy),
      error: (error) => say(error.message, true),
      note: (words) => say(words),
    });
    $("welcome").hidden = true;
    $("stage").hidden = $("panel").hidden = false;
    view.photo = photo;
    view.show(state.matte.size);
    compare(0);
    look("paint");
    choose("box");
    refresh();
    say("Drag a box around the subject, or paint on it and on what is behind it.");
    $("canvas").focus();
  } catch {
    say("This file cannot be shown by the browser; convert it to JPEG or PNG first.", true);
  }
}

function say(words, error = false) {
  $("status").textContent = words;
  $("status").classList.toggle("error", error);
}

async function example() {
  const [photo, trimap] = await Promise.all(["example.jpg", "example-trimap.png"].map(async (name) => (await fetch(name)).blob()));
  await open(new File([photo], "example.jpg", { type: "image/jpeg" }));
  await state.matte.load(trimap);
  look("cutout");
  choose("subject");
  say("This is the cut-out; move the slider to compare, paint over what is wrong, or download.");
}

// ---- painting ------------------------------------------------------------------------------

function brush() {
  return Number($("brush").value) / 2;
}

// A stroke ended, or was undone: `box` is what it touched.
function painted(box) {
  const { matte } = state;
  refresh();
  if (!box) return;
  if (matte.labels.complete) matte.update(box);
  else if (matte.labels.has(SUBJECT) && matte.labels.has(BACKGROUND)) matte.propose({ scribbles: true });
  else if (matte.labels.has(SUBJECT)) say("Now mark some of the background (B).");
  else if (matte.labels.has(BACKGROUND)) say("Now mark some of the subject (S).");
}

function proposeBox({ x, y, width, height }) {
  const labels = state.matte.labels;
  const left = Math.max(0, Math.round(x)), top = Math.max(0, Math.round(y));
  const right = Math.min(labels.width, Math.round(x + width)), bottom = Math.min(labels.height, Math.round(y + height));
  if (right - left < 8 || bottom - top < 8) return;
  say("Looking for the subject in the box ...");
  state.matte.propose({ box: `${left},${top},${right - left},${bottom - top}` }).then(() => {
    if (!state.matte.alpha) return;
    choose("subject");
    say("Look at the edge; paint over what is wrong, or download.");
  });
}

function down(event) {
  const canvas = $("canvas");
  canvas.setPointerCapture(event.pointerId);
  state.pointers.set(event.pointerId, view.screen(event));
  if (state.pointers.size === 2) return cancelStroke();
  const at = view.picture(event);
  if (state.tool === "move" || event.button === 1) state.drag = { kind: "move", last: view.screen(event) };
  else if (state.tool === "box") state.drag = { kind: "box", from: at };
  else {
    state.drag = { kind: "paint", last: at };
    state.matte.labels.begin();
    stroke(at);
  }
}

function move(event) {
  if (!state.matte) return;
  const screen = view.screen(event), at = view.picture(event);
  if (state.pointers.size === 2 && state.pointers.has(event.pointerId)) return pinch(event.pointerId, screen);
  hover(at);
  const { drag } = state;
  if (!drag) return;
  if (drag.kind === "move") {
    view.pan(screen.x - drag.last.x, screen.y - drag.last.y);
    drag.last = screen;
  } else if (drag.kind === "box") {
    view.box = {
      x: Math.min(drag.from.x, at.x), y: Math.min(drag.from.y, at.y),
      width: Math.abs(at.x - drag.from.x), height: Math.abs(at.y - drag.from.y),
    };
    view.draw();
  } else stroke(at);
}

function up(event) {
  state.pointers.delete(event.pointerId);
  const { drag } = state;
  state.drag = null;
  if (drag?.kind === "paint") painted(state.matte.labels.end());
  if (drag?.kind === "box" && view.box) {
    const { box } = view;
    view.box = null;
    view.draw();
    proposeBox(box);
  }
}

function stroke(at) {
  const { labels } = state.matte, { last } = state.drag;
  labels.line(last.x, last.y, at.x, at.y, brush(), LABEL[state.tool]);
  state.drag.last = at;
  tint(labels.clip(around(last, at, brush())));
  view.draw();
}

function cancelStroke() {
  if (state.drag?.kind === "paint") painted(state.matte.labels.end());
  state.drag = null;
  view.box = null;
}

function pinch(pointer, now) {
  const before = state.pointers.get(pointer);
  const [other] = [...state.pointers].filter(([id]) => id !== pointer).map(([, point]) => point);
  const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  view.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  view.zoom(distance(now, other) / Math.max(1, distance(before, other)), middle.x, middle.y);
  state.pointers.set(pointer, now);
}

function hover(at) {
  state.at = at;
  const colours = { subject: "#4ade80", background: "#f87171", unknown: "#60a5fa" };
  const radius = LABEL[state.tool] === undefined ? 4 / view.scale : brush();
  view.cursor = { x: at.x, y: at.y, radius, colour: colours[state.tool] };
  view.draw();
}

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
const around = (a, b, radius) => ({
  left: Math.min(a.x, b.x) - radius, top: Math.min(a.y, b.y) - radius,
  right: Math.max(a.x, b.x) + radius, bottom: Math.max(a.y, b.y) + radius,
});

// ---- looking -------------------------------------------------------------------------------

function refresh() {
  const { matte } = state;
  tint(matte.whole);
  layers.cutout = layers.alpha = null;
  for (const button of document.querySelectorAll("[data-download], #download-rgba")) button.disabled = !matte.alpha;
  for (const button of document.querySelectorAll("[data-view]")) button.disabled = button.dataset.view !== "paint" && !matte.alpha;
  $("compare-bar").hidden = !matte.alpha;
  $("undo").disabled = !matte.labels.done.length;
  $("redo").disabled = !matte.labels.undone.length;
  view.draw();
}

// Colour over the photo that shows what is painted.
function tint(box) {
  const { labels } = state.matte;
  if (layers.tint?.width !== labels.width || layers.tint?.height !== labels.height) layers.tint = canvasOf(labels.width, labels.height);
  const part = labels.cut(labels.plane, box);
  const image = new ImageData(box.right - box.left, box.bottom - box.top);
  for (let i = 0; i < part.length; i++) image.data.set(TINT[part[i]], 4 * i);
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

function look(name) {
  state.shown = name;
  press("[data-view]", (button) => button.dataset.view === name);
  $("behind").hidden = name !== "composite";
  view.draw();
}

function choose(tool) {
  state.tool = tool;
  press("[data-tool]", (button) => button.dataset.tool === tool);
  if (LABEL[tool] !== undefined && state.shown !== "paint" && !state.matte?.alpha) look("paint");
  if (state.at) hover(state.at);
}

function press(selector, chosen) {
  for (const button of document.querySelectorAll(selector)) {
    button.setAttribute("aria-checked", String(chosen(button)));
    button.tabIndex = chosen(button) ? 0 : -1;
  }
}

function compare(percent) {
  $("compare").value = percent;
  view.compare = percent / 100;
  view.draw();
}

// ---- taking --------------------------------------------------------------------------------

async function download(output) {
  const { matte } = state;
  say("Preparing the file ...");
  $("busy").hidden = false;
  try {
    const extra = { bits: $("deep").checked && output !== "trimap" ? "16" : "8" };
    if (output === "composite") extra.background = state.behindFile ?? $("colour").value;
    const blob = await matte.download(output, extra);
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(blob),
      download: output === "rgba" ? `${state.name}.png` : `${state.name}-${output}.png`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    say(`${link.download} is downloaded.`);
  } catch (error) {
    say(error.message, true);
  } finally {
    $("busy").hidden = true;
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

function history(step) {
  painted(state.matte.labels[step]());
}

async function takeHint(file) {
  const canvas = await drawn(file);
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let between = 0;
  for (let i = 0; i < pixels.length; i += 4) between += pixels[i] > 100 && pixels[i] < 156;
  // A trimap has a grey band of its own; a mask has at most the smoothing of its edge.
  if (between > pixels.length / 4 / 200) state.matte.load(file);
  else state.matte.propose({ mask: file });
}

async function takeBehind(file) {
  state.behindFile = file;
  const picture = await drawn(file), { width, height } = state.matte.size;
  const scale = Math.max(width / picture.width, height / picture.height);
  state.behind = canvasOf(width, height);
  const w = picture.width * scale, h = picture.height * scale;
  state.behind.getContext("2d").drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  view.draw();
}

function keys(event) {
  if (!state.matte || event.target.matches("input")) return;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "z") history(event.shiftKey ? "redo" : "undo");
  else if ((event.ctrlKey || event.metaKey) && key === "y") history("redo");
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (KEYS[key]) choose(KEYS[key]);
  else if (key === "[" || key === "]") setBrush(brush() * 2 * (key === "]" ? 1.25 : 0.8));
  else if (key === "+" || key === "=") view.zoom(1.25);
  else if (key === "-") view.zoom(0.8);
  else if (key === "0") view.fit();
  else if (key === "1") oneToOne();
  else if (event.target === $("canvas") && key.startsWith("arrow")) nudge(key);
  else if (event.target === $("canvas") && key === " ") dab();
  else return;
  event.preventDefault();
}

const place = () => state.at ?? { x: state.matte.size.width / 2, y: state.matte.size.height / 2 };

// The brush moved by keys, for those without a pointer.
function nudge(key) {
  const at = place();
  const step = Math.max(1, brush() * 2 * NUDGE);
  const [dx, dy] = { arrowleft: [-step, 0], arrowright: [step, 0], arrowup: [0, -step], arrowdown: [0, step] }[key];
  hover({ x: at.x + dx, y: at.y + dy });
}

function dab() {
  if (LABEL[state.tool] === undefined) return;
  const { labels } = state.matte, at = place();
  labels.begin();
  labels.dab(at.x, at.y, brush(), LABEL[state.tool]);
  hover(at);
  painted(labels.end());
}

function setBrush(size) {
  $("brush").value = Math.round(Math.min(300, Math.max(1, size)));
  $("brush-size").textContent = `${$("brush").value} px`;
  if (state.at) hover(state.at);
}

function oneToOne() {
  view.zoom(1 / view.scale);
}

function arrowsIn(group, selector, take) {
  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...group.querySelectorAll(`${selector}:not(:disabled)`)];
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next.focus();
    take(next);
    event.preventDefault();
    event.stopPropagation();
  });
}

picker("choose", "file", open);
picker("choose-first", "file", open);
picker("load-hint", "hint-file", takeHint);
picker("choose-behind", "behind-file", takeBehind);
$("example").onclick = example;
$("undo").onclick = () => history("undo");
$("redo").onclick = () => history("redo");
$("clear").onclick = () => open(state.matte.file);
$("brush").oninput = () => setBrush(Number($("brush").value));
$("compare").oninput = () => compare(Number($("compare").value));
$("colour").oninput = () => {
  state.behind = state.behindFile = null;
  view.draw();
};
$("zoom-in").onclick = () => view.zoom(1.25);
$("zoom-out").onclick = () => view.zoom(0.8);
$("zoom-fit").onclick = () => view.fit();
$("zoom-one").onclick = oneToOne;
$("download-rgba").onclick = () => download("rgba");
for (const button of document.querySelectorAll("[data-download]")) button.onclick = () => download(button.dataset.download);
for (const button of document.querySelectorAll("[data-tool]")) button.onclick = () => choose(button.dataset.tool);
for (const button of document.querySelectorAll("[data-view]")) button.onclick = () => look(button.dataset.view);
for (const group of document.querySelectorAll("[role=radiogroup]")) arrowsIn(group, "[role=radio]", (button) => button.click());
view.onzoom = (scale) => ($("zoom").textContent = `${Math.round(100 * scale)} %`);

const canvas = $("canvas");
canvas.addEventListener("pointerdown", down);
canvas.addEventListener("pointermove", move);
canvas.addEventListener("pointerup", up);
canvas.addEventListener("pointercancel", up);
canvas.addEventListener("pointerleave", () => {
  if (state.drag) return;
  view.cursor = null;
  view.draw();
});
canvas.addEventListener("wheel", (event) => {
  const at = view.screen(event);
  view.zoom(Math.exp(-event.deltaY / 400), at.x, at.y);
  event.preventDefault();
}, { passive: false });
addEventListener("keydown", keys);
addEventListener("paste", (event) => {
  const [file] = event.clipboardData?.files ?? [];
  if (file) open(file);
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("drop").hidden = true;
});
addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").hidden = true;
  const [file] = event.dataTransfer.files;
  if (file) open(file);
});

choose("box");
look("paint");
models().then(
  ({ default: name }) => ($("model").textContent = `Model: ${name}. Large areas are computed fast while you paint, and in full when you pause.`),
  (error) => say(error.message, true),
);

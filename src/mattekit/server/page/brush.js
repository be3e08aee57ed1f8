// The brush: pointers, fingers and arrow keys become boxes and strokes.

import { forOnePhoto } from "./api.js";
import { BACKGROUND, SUBJECT } from "./labels.js";
import { look, next, press, refresh, tint } from "./looking.js";
import { $, LABEL, say, state, view } from "./state.js";

const NUDGE = 0.25; // of the brush's size, an arrow key
const COLOURS = { subject: "#4ade80", background: "#f87171", unknown: "#60a5fa" };

export function choose(tool) {
  state.tool = tool;
  press("[data-tool]", (button) => button.dataset.tool === tool);
  if (LABEL[tool] !== undefined && state.shown !== "paint" && !state.matte?.alpha) look("paint");
  if (state.at) hover(state.at);
}

export function setBrush(size) {
  $("brush").value = Math.round(Math.min(300, Math.max(1, size)));
  $("brush-size").textContent = `${$("brush").value} px`;
  if (state.at) hover(state.at);
}

export function brush() {
  return Number($("brush").value) / 2;
}

// A stroke ended, or was undone: `box` is what it touched.
export function painted(box) {
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
    say(`Look at the edge; paint over what is wrong, or ${forOnePhoto ? "press Done" : "download"}.`);
  });
}

// ---- pointers ------------------------------------------------------------------------------

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
  const radius = LABEL[state.tool] === undefined ? 4 / view.scale : brush();
  view.cursor = { x: at.x, y: at.y, radius, colour: COLOURS[state.tool] };
  view.draw();
}

function wheel(event) {
  const at = view.screen(event);
  view.zoom(Math.exp(-event.deltaY / 400), at.x, at.y);
  event.preventDefault();
}

function leave() {
  if (state.drag) return;
  view.cursor = null;
  view.draw();
}

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
const around = (a, b, radius) => ({
  left: Math.min(a.x, b.x) - radius, top: Math.min(a.y, b.y) - radius,
  right: Math.max(a.x, b.x) + radius, bottom: Math.max(a.y, b.y) + radius,
});

export function listen(canvas) {
  const events = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up, pointerleave: leave };
  for (const [name, act] of Object.entries(events)) canvas.addEventListener(name, act);
  canvas.addEventListener("wheel", wheel, { passive: false });
}

// ---- keys, for those without a pointer -----------------------------------------------------

const place = () => state.at ?? { x: state.matte.size.width / 2, y: state.matte.size.height / 2 };

export function nudge(key) {
  const at = place();
  const step = Math.max(1, brush() * 2 * NUDGE);
  const [dx, dy] = { arrowleft: [-step, 0], arrowright: [step, 0], arrowup: [0, -step], arrowdown: [0, step] }[key];
  hover({ x: at.x + dx, y: at.y + dy });
}

export function dab() {
  if (LABEL[state.tool] === undefined) return;
  const { labels } = state.matte, at = place();
  labels.begin();
  labels.dab(at.x, at.y, brush(), LABEL[state.tool]);
  hover(at);
  painted(labels.end());
}

// To the next place where the model is unsure, the brush with it.
export function goToDoubt() {
  const box = next();
  if (box) hover({ x: box.x, y: box.y });
}

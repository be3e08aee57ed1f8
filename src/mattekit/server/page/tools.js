// The tools: pointers, fingers and keys become clicks, boxes and strokes on the photo.

import { drawMark, look } from "./looking.js";
import { clipped } from "./planes.js";
import { $, press, say, sayValue, state, view } from "./state.js";
import { Stroke } from "./strokes.js";

const STILL = 5; // screen pixels that a click may move
const SMALLEST_BOX = 8; // pixels of the photo
const NUDGE = 0.25; // of the brush's size, an arrow key
const WORDS = { keep: "Kept a stroke", remove: "Removed a stroke", edge: "Edge found anew" };
const pointers = new Map();
let drag = null; // what is being done with the pointer
let at = null; // of the brush, in picture pixels

export function chooseTool(tool) {
  state.tool = tool;
  press("tool", tool);
  $("mode").hidden = tool !== "select" && tool !== "brush";
  $("brush").hidden = !isBrush();
  $("smart-row").hidden = tool !== "brush";
  if (at) hover(at);
  view.draw();
}

export function chooseMode(mode) {
  state.mode = mode;
  press("mode", mode);
  if (at) hover(at);
}

// Radius of the brush in pixels of the photo; its size is chosen in those of the screen.
const radius = () => view.pixels(Number($("size").value) / 2);

export function setSize(size) {
  $("size").value = size;
  sayValue($("size"));
  if (at) hover(at);
}

const isBrush = () => state.tool === "brush" || state.tool === "edge";
const kindOf = (other) => (state.tool === "edge" ? "edge" : (state.mode === "keep") === !other ? "keep" : "remove");

// ---- what is said of the subject -----------------------------------------------------------

function click(point, kind) {
  const { matte } = state.photo, { width, height } = matte.photo.size;
  if (point.x < 0 || point.y < 0 || point.x >= width || point.y >= height) return;
  const points = [...(matte.found?.points ?? []), { x: Math.floor(point.x), y: Math.floor(point.y), kind }];
  if (!points.some((one) => one.kind === "keep")) {
    const inside = matte.ready ? innermost(matte.planes) : null;
    if (!inside) return say("Click on the subject first; then click on what does not belong to it.", true);
    points.unshift({ ...inside, kind: "keep" });
  }
  const named = (kind) => points.filter((one) => one.kind === kind).map(({ x, y }) => `${x},${y}`);
  act("Looking for what you clicked on ...");
  matte.find(kind === "keep" ? "Click on the subject" : "Click beside the subject", { point: named("keep"), not_point: named("remove") }, points);
}

function boxAround({ left, top, right, bottom }) {
  if (right - left < SMALLEST_BOX || bottom - top < SMALLEST_BOX) return;
  act("Looking for the subject in the box ...");
  state.photo.matte.find("Box around the subject", { box: `${left},${top},${right - left},${bottom - top}` });
}

function painted(stroke) {
  const { matte } = state.photo;
  if (!matte.ready) return say("Click on the subject first, or drag a box around it; then correct it with the brush.", true);
  act("");
  matte.paint(WORDS[stroke.kind], stroke.done(), stroke.kind === "edge" || $("smart").checked);
}

function act(words) {
  state.photo.touched = true;
  if (words) say(words);
  if (state.shown === "photo") look("cutout");
}

// The pixel of the subject that is furthest from its edge, on a coarse grid.
function innermost({ alpha, size: { width, height } }) {
  const step = Math.max(1, Math.round(Math.max(width, height) / 64));
  const inside = new Set();
  const columns = Math.ceil(width / step), rows = Math.ceil(height / step);
  const middle = (cell) => ({
    x: Math.min(width - 1, Math.floor(((cell % columns) + 0.5) * step)),
    y: Math.min(height - 1, Math.floor((Math.floor(cell / columns) + 0.5) * step)),
  });
  for (let cell = 0; cell < columns * rows; cell++) {
    const { x, y } = middle(cell);
    if (alpha[y * width + x] > 250) inside.add(cell);
  }
  for (;;) {
    const [one] = inside;
    const deeper = [...inside].filter((cell) => [-1, 1, -columns, columns].every((next) => inside.has(cell + next)));
    if (!deeper.length) return one === undefined ? null : middle(one);
    inside.clear();
    for (const cell of deeper) inside.add(cell);
  }
}

// ---- pointers ------------------------------------------------------------------------------

function down(event) {
  const canvas = $("canvas");
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, view.screen(event));
  if (pointers.size === 2) return giveUp();
  const screen = view.screen(event), from = view.picture(event);
  const kind = kindOf(event.button === 2 || event.altKey);
  if (state.tool === "move" || event.button === 1) drag = { does: "move", last: screen };
  else if (state.tool === "select") drag = { does: "click", screen, from, kind };
  else begin(from, kind);
}

function begin(from, kind) {
  drag = { does: "paint", stroke: new Stroke(state.photo.size, kind, radius(), $("softness").value / 100) };
  stroke(from);
}

function move(event) {
  if (!state.photo) return;
  const screen = view.screen(event), here = view.picture(event);
  if (pointers.size === 2 && pointers.has(event.pointerId)) return pinch(event.pointerId, screen);
  hover(here);
  if (drag?.does === "move") {
    view.pan(screen.x - drag.last.x, screen.y - drag.last.y);
    drag.last = screen;
  } else if (drag?.does === "paint") stroke(here);
  else if (drag && (drag.does === "box" || distance(screen, drag.screen) > STILL)) {
    drag.does = "box";
    view.box = spanned(drag.from, here);
    view.draw();
  }
}

function up(event) {
  pointers.delete(event.pointerId);
  const done = drag;
  drag = null;
  if (done?.does === "paint") end(done.stroke);
  else if (done?.does === "click") click(done.from, done.kind);
  else if (done?.does === "box") {
    const { x, y, width, height } = view.box;
    view.box = null;
    view.draw();
    boxAround(clipped({ left: Math.round(x), top: Math.round(y), right: Math.round(x + width), bottom: Math.round(y + height) }, state.photo.size));
  }
}

function stroke(point) {
  const box = drag.stroke.to(point);
  drawMark(drag.stroke, box);
}

function end(stroke) {
  drawMark(null);
  painted(stroke);
}

function lost(event) {
  pointers.delete(event.pointerId);
  giveUp();
}

function giveUp() {
  drag = view.box = null;
  drawMark(null);
}

function pinch(pointer, now) {
  const before = pointers.get(pointer);
  const [other] = [...pointers].filter(([id]) => id !== pointer).map(([, point]) => point);
  const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  view.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  view.zoom(distance(now, other) / Math.max(1, distance(before, other)), middle.x, middle.y);
  pointers.set(pointer, now);
}

export function hover(point) {
  at = point;
  view.cursor = state.tool === "move" ? null : { ...point, radius: isBrush() ? radius() : view.pixels(4), kind: kindOf(false) };
  view.draw();
}

function wheel(event) {
  const { x, y } = view.screen(event);
  view.zoom(Math.exp(-event.deltaY / 400), x, y);
  event.preventDefault();
}

function leave() {
  if (drag) return;
  view.cursor = null;
  view.draw();
}

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
const spanned = (a, b) => ({
  x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y),
});

export function listen(canvas) {
  const events = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: lost, pointerleave: leave };
  for (const [name, does] of Object.entries(events)) canvas.addEventListener(name, does);
  canvas.addEventListener("wheel", wheel, { passive: false });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
}

// ---- keys, for those without a pointer -----------------------------------------------------

const place = () => at ?? { x: state.photo.size.width / 2, y: state.photo.size.height / 2 };

export function nudge(key) {
  const step = Math.max(1, 2 * radius() * NUDGE), { x, y } = place();
  const [dx, dy] = { arrowleft: [-step, 0], arrowright: [step, 0], arrowup: [0, -step], arrowdown: [0, step] }[key];
  hover({ x: x + dx, y: y + dy });
}

// What the tool does at one place.
export function dab() {
  hover(place());
  if (state.tool === "select") click(at, kindOf(false));
  else if (isBrush()) {
    begin(at, kindOf(false));
    end(drag.stroke);
    drag = null;
  }
}

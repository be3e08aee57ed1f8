// Strokes of the brush: a weight for every pixel, soft towards the rim, and what they do to planes.
//
// A smart stroke says something of its hard core alone; its rim is for the model to decide.

import { UNKNOWN, clipped, cut, heightOf, joined, wholeOf, widthOf } from "./planes.js";

const HARD = 250; // of 255: weight from which a pixel belongs to the stroke itself
const FULL = { keep: 255, remove: 0 }; // alpha under a stroke

// A stroke while it is drawn, from one point to the next.
export class Stroke {
  constructor(size, kind, radius, softness) {
    Object.assign(this, { size, kind, radius, soft: Math.max(0.7, radius * softness) });
    this.weights = new Uint8Array(size.width * size.height);
    this.box = null;
    this.last = null;
  }

  // Go on to a point; the box of what became new.
  to(point) {
    const from = this.last ?? point;
    this.last = point;
    const box = clipped(
      {
        left: Math.min(from.x, point.x) - this.radius, right: Math.max(from.x, point.x) + this.radius,
        top: Math.min(from.y, point.y) - this.radius, bottom: Math.max(from.y, point.y) + this.radius,
      },
      this.size,
    );
    this.capsule(from, point, box);
    this.box = joined(this.box, box);
    return box;
  }

  // Weights around a line: 255 on it, falling over the soft part of the radius.
  capsule(from, to, box) {
    const { width } = this.size;
    const dx = to.x - from.x, dy = to.y - from.y, length = dx * dx + dy * dy;
    for (let row = box.top; row < box.bottom; row++) {
      for (let column = box.left; column < box.right; column++) {
        const x = column + 0.5 - from.x, y = row + 0.5 - from.y;
        const along = length && Math.min(1, Math.max(0, (x * dx + y * dy) / length));
        const inside = (this.radius - Math.hypot(x - along * dx, y - along * dy)) / this.soft;
        const i = row * width + column, weight = 255 * Math.min(1, inside);
        if (weight > this.weights[i]) this.weights[i] = weight;
      }
    }
    // A brush finer than a pixel still paints the one that it is on.
    const x = Math.min(width - 1, Math.max(0, Math.floor(to.x)));
    this.weights[Math.min(this.size.height - 1, Math.max(0, Math.floor(to.y))) * width + x] = 255;
  }

  // What is kept of it: its box, the weights in it, the radius of its core.
  done() {
    const { kind, box, radius, soft } = this;
    return { kind, box, core: Math.max(0.5, radius - soft), weights: cut(this.weights, this.size.width, box) };
  }
}

// Call `act` for every pixel of a stroke: its place in a plane of that window, its weight.
function each({ box, weights }, window, act) {
  const width = widthOf(window);
  for (let row = box.top, from = 0; row < box.bottom; row++) {
    let to = (row - window.top) * width + box.left - window.left;
    for (let column = box.left; column < box.right; column++, from++, to++) if (weights[from]) act(to, weights[from]);
  }
}

// What a stroke does without any help: a smart one sets the pixels that it says itself, others all.
export function applyStroke(planes, { stroke, smart }) {
  const full = FULL[stroke.kind];
  each(stroke, wholeOf(planes.size), (i, weight) => {
    if (stroke.kind === "edge") planes.labels[i] = UNKNOWN;
    else if (!smart) planes.set(i, mixed(planes.alpha[i], full, weight));
    else if (weight >= HARD) planes.set(i, full);
  });
}

// A new alpha, given in a window, as far as the stroke covers a pixel.
export function blendStroke(planes, stroke, window, alpha, error) {
  const found = [];
  each(stroke, window, (i) => found.push(i));
  let next = 0;
  each(stroke, wholeOf(planes.size), (i, weight) => {
    const from = found[next++];
    planes.set(i, mixed(planes.alpha[i], alpha[from], weight), error[from]);
  });
}

const mixed = (from, to, weight) => Math.round(from + ((to - from) * weight) / 255);

// A stroke as the server takes it: white on the subject, black beside it, grey where nothing is said.
export function strokePixels(stroke, window) {
  const image = new ImageData(widthOf(window), heightOf(window));
  const words = new Uint32Array(image.data.buffer).fill(0xff808080);
  const word = stroke.kind === "keep" ? 0xffffffff : 0xff000000;
  each(stroke, window, (i, weight) => weight >= HARD && (words[i] = word));
  return image;
}

// Labels in a window, unknown under a stroke.
export function undecided(labels, stroke, window) {
  each(stroke, window, (i) => (labels[i] = UNKNOWN));
  return labels;
}

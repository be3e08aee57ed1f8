// The alpha of the photo, kept up to date with what is painted.
//
// A stroke asks for the window around it alone; strokes that come meanwhile are joined into the next
// window. When nothing was painted for a while, the whole is computed in full, and clean colours
// with it; the next stroke breaks that off.

import { ask } from "./api.js";
import { BACKGROUND, SUBJECT, UNKNOWN, fromPixels } from "./labels.js";

const CONTEXT = 64; // pixels around a stroke that its window takes along
const KEPT = 24; // of those, pixels whose answer counts: near a window's edge too little is seen
const QUICK_ABOVE = 300_000; // pixels of a window from which the quick way is taken while painting
const PAUSE = 900; // milliseconds without a stroke

export class Matte {
  constructor(photo, file, labels) {
    this.photo = photo; // canvas of the upright photo
    this.file = file; // as it was chosen
    this.labels = labels;
    this.alpha = null; // Uint8Array once there is one
    this.colours = null; // canvas of the subject's own colours; null while they are out of date
    this.full = false; // whether the whole was computed in full since the last stroke
    this.changed = null; // box that waits for its turn
    this.running = null; // AbortController of the work under way
    this.finishing = false;
    this.timer = null;
    this.on = { change() {}, busy() {}, error() {}, note() {} };
  }

  get size() {
    return { width: this.photo.width, height: this.photo.height };
  }

  get whole() {
    return { left: 0, top: 0, right: this.photo.width, bottom: this.photo.height };
  }

  // Labels of a hint: {scribbles: true}, {box: "x,y,w,h"} or {mask: blob}; then the alpha.
  propose(hint) {
    return this.work(async (signal) => {
      const parts = { photo: this.file, ...hint };
      if (hint.scribbles) parts.scribbles = await png(this.labels.pixels(this.whole));
      const { blob } = await ask("trimap", parts, signal);
      this.labels.replace(fromPixels(await pixelsOf(blob, this.size)));
      this.on.change();
      await this.compute(this.whole, signal);
    });
  }

  // Labels of a trimap file; then the alpha.
  load(blob) {
    return this.work(async (signal) => {
      this.labels.replace(fromPixels(await pixelsOf(blob, this.size)));
      this.on.change();
      await this.compute(this.whole, signal);
    });
  }

  // What is inside `box` was painted.
  update(box) {
    this.full = false;
    this.colours = null;
    this.changed = joined(this.changed, this.alpha ? box : this.whole);
    if (this.finishing) this.running.abort();
    else if (this.running) return;
    this.next();
  }

  next() {
    const box = this.changed;
    if (!box) return;
    this.changed = null;
    this.work((signal) => this.compute(box, signal));
  }

  async work(task) {
    clearTimeout(this.timer);
    const mine = (this.running = new AbortController());
    this.on.busy(true);
    try {
      await task(mine.signal);
    } catch (error) {
      if (!mine.signal.aborted) this.on.error(error);
    }
    if (this.running !== mine) return;
    this.running = null;
    this.on.busy(false);
    if (this.changed) this.next();
    else if (this.alpha && !(this.full && this.colours)) this.timer = setTimeout(() => this.finish(), PAUSE);
  }

  // What a pause is good for: the whole in full, and clean colours.
  finish() {
    this.finishing = true;
    this.work(async (signal) => {
      if (!this.full) this.put(await this.answer(this.whole, "full", signal), this.whole, this.whole);
      this.full = true;
      const alpha = await png(this.alphaPixels());
      const { blob } = await ask("foreground", { photo: this.file, alpha }, signal);
      this.colours = await drawn(blob, this.size);
      this.on.change();
    }).finally(() => (this.finishing = false));
  }

  async compute(box, signal) {
    const window = this.windowOf(box);
    const quick = area(window) > QUICK_ABOVE;
    const image = await this.answer(window, quick ? "fast" : "full", signal);
    this.put(image, window, this.labels.clip(grown(box, KEPT)));
    this.full = !quick && area(window) === area(this.whole);
  }

  // A window around the box that holds some subject and some background to learn from.
  windowOf(box) {
    for (let margin = CONTEXT; ; margin *= 2) {
      const window = this.labels.clip(grown(box, margin));
      const part = this.labels.cut(this.labels.plane, window);
      const learns = part.includes(SUBJECT) && part.includes(BACKGROUND);
      if (learns || !part.includes(UNKNOWN) || area(window) === area(this.whole)) return window;
    }
  }

  async answer(window, quality, signal) {
    const whole = area(window) === area(this.whole);
    const photo = whole ? this.file : await png(pixelsIn(this.photo, window));
    const trimap = await png(this.labels.pixels(window));
    const { blob, warnings } = await ask("cutout", { photo, trimap, output: "alpha", quality }, signal);
    if (warnings) this.on.note(warnings);
    return pixelsOf(blob, { width: window.right - window.left, height: window.bottom - window.top });
  }

  // Take over the answer of a window, as far as it lies in `kept`.
  put(image, window, kept) {
    this.alpha ??= new Uint8Array(this.photo.width * this.photo.height);
    for (let row = Math.max(window.top, kept.top); row < Math.min(window.bottom, kept.bottom); row++) {
      for (let column = Math.max(window.left, kept.left); column < Math.min(window.right, kept.right); column++) {
        const from = (row - window.top) * image.width + (column - window.left);
        this.alpha[row * this.photo.width + column] = image.data[4 * from];
      }
    }
    this.on.change();
  }

  alphaPixels() {
    const image = new ImageData(this.photo.width, this.photo.height);
    const words = new Uint32Array(image.data.buffer);
    for (let i = 0; i < words.length; i++) words[i] = (0xff000000 | (this.alpha[i] * 0x010101)) >>> 0;
    return image;
  }

  // The cut-out to look at: clean colours where they are there, the photo's own meanwhile.
  cutoutPixels() {
    const image = pixelsIn(this.colours ?? this.photo, this.whole);
    for (let i = 0; i < this.alpha.length; i++) image.data[4 * i + 3] = this.alpha[i];
    return image;
  }

  // A file made by the server from the photo as it was chosen.
  async download(output, extra = {}) {
    const trimap = await png(this.labels.pixels(this.whole));
    return (await ask("cutout", { photo: this.file, trimap, output, ...extra })).blob;
  }
}

export function canvasOf(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

export async function drawn(blob, size) {
  const bitmap = await createImageBitmap(blob);
  const canvas = canvasOf(size?.width ?? bitmap.width, size?.height ?? bitmap.height);
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}

async function pixelsOf(blob, size) {
  const canvas = await drawn(blob);
  if (canvas.width !== size.width || canvas.height !== size.height) {
    throw new Error(`the picture is ${canvas.width}x${canvas.height}, the photo ${size.width}x${size.height}; both must have the same size`);
  }
  return pixelsIn(canvas, { left: 0, top: 0, right: size.width, bottom: size.height });
}

function pixelsIn(canvas, box) {
  return canvas.getContext("2d").getImageData(box.left, box.top, box.right - box.left, box.bottom - box.top);
}

async function png(image) {
  const canvas = canvasOf(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function grown(box, margin) {
  return { left: box.left - margin, top: box.top - margin, right: box.right + margin, bottom: box.bottom + margin };
}

function joined(a, b) {
  if (!a) return b;
  return {
    left: Math.min(a.left, b.left), top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom),
  };
}

function area(box) {
  return (box.right - box.left) * (box.bottom - box.top);
}

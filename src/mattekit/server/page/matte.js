// The alpha of the photo, kept up to date with what is painted.
//
// A stroke asks for the window around it alone; strokes that come meanwhile are joined into the next
// window. A large window is sent at a reduced size, as a preview. When nothing was painted for a
// while, the whole is computed in full, and clean colours with it; the next stroke breaks that off.

import { ask } from "./api.js";
import { BACKGROUND, SUBJECT, UNKNOWN, fromPixels } from "./labels.js";

const CONTEXT = 64; // pixels around a stroke that its window takes along
const KEPT = 24; // of those, pixels whose answer counts: near a window's edge too little is seen
const AT_ONCE = 300_000; // pixels that are computed while painting; a stroke's window has fewer
const PAUSE = { sharp: 3000, preview: 900 }; // milliseconds without a stroke, by what is shown

export class Matte {
  constructor(photo, file, labels, model) {
    this.photo = photo; // canvas of the upright photo
    this.file = file; // as it was chosen
    this.labels = labels;
    this.model = model; // name, or null for the server's own choice
    this.alpha = null; // Uint8Array once there is one
    this.doubt = null; // Uint8Array: error that the model expects of alpha
    this.confident = false; // whether it says so
    this.colours = null; // canvas of the subject's own colours; null while they are out of date
    this.full = false; // whether the whole was computed in full since the last stroke
    this.sharp = false; // whether all of it is at full size, in parts or as a whole
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
    else if (this.alpha && !(this.full && this.colours)) this.timer = setTimeout(() => this.finish(), this.sharp ? PAUSE.sharp : PAUSE.preview);
  }

  // What a pause is good for: the whole in full, and clean colours.
  finish() {
    this.finishing = true;
    this.work(async (signal) => {
      if (!this.full) {
        const image = await this.answer(this.whole, signal);
        this.full = this.sharp = true;
        this.put(image, this.whole, this.whole);
      }
      const alpha = await png(this.alphaPixels());
      const { blob } = await ask("foreground", { photo: this.file, alpha }, signal);
      this.colours = await drawn(blob, this.size);
      this.on.change();
    }).finally(() => (this.finishing = false));
  }

  async compute(box, signal) {
    const window = this.windowOf(box);
    const fits = area(window) <= AT_ONCE, whole = area(window) === area(this.whole);
    const image = await this.answer(window, signal, fits ? 1 : Math.sqrt(AT_ONCE / area(window)));
    this.sharp = fits && (whole || this.sharp);
    this.full = fits && whole;
    this.put(image, window, this.labels.clip(grown(box, KEPT)));
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

  // The matte of a window as pixels: alpha in red, doubt in green. `scale` makes it smaller on the way.
  async answer(window, signal, scale = 1) {
    const asItIs = scale === 1 && area(window) === area(this.whole);
    const photo = asItIs ? this.file : await png(pixelsIn(this.photo, window), scale);
    const trimap = await png(this.labels.pixels(window), scale, false);
    const parts = { photo, trimap, output: "matte", model: this.model };
    const { blob, warnings, confident } = await ask("cutout", parts, signal);
    if (warnings) this.on.note(warnings);
    this.confident = confident;
    return pixelsOf(blob, { width: window.right - window.left, height: window.bottom - window.top }, scale);
  }

  // Take over the answer of a window, as far as it lies in `kept`; what is painted stays exact.
  put(image, window, kept) {
    const { width } = this.size, { plane } = this.labels;
    this.alpha ??= new Uint8Array(plane.length);
    this.doubt ??= new Uint8Array(plane.length);
    for (let row = Math.max(window.top, kept.top); row < Math.min(window.bottom, kept.bottom); row++) {
      for (let column = Math.max(window.left, kept.left); column < Math.min(window.right, kept.right); column++) {
        const from = 4 * ((row - window.top) * image.width + (column - window.left)), to = row * width + column;
        const unknown = plane[to] === UNKNOWN;
        this.alpha[to] = unknown ? image.data[from] : plane[to] === SUBJECT ? 255 : 0;
        this.doubt[to] = unknown ? image.data[from + 1] : 0;
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

  // What is painted, as a file.
  trimap() {
    return png(this.labels.pixels(this.whole));
  }

  // A file made by the server from the photo as it was chosen.
  async download(output, extra = {}) {
    const parts = { photo: this.file, trimap: await this.trimap(), output, model: this.model, ...extra };
    return (await ask("cutout", parts)).blob;
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

// Pixels of a picture of that size; one that was asked for at a smaller scale is enlarged.
async function pixelsOf(blob, size, scale = 1) {
  const canvas = await drawn(blob, scale === 1 ? null : size);
  if (canvas.width !== size.width || canvas.height !== size.height) {
    throw new Error(`the picture is ${canvas.width}x${canvas.height}, the photo ${size.width}x${size.height}; both must have the same size`);
  }
  return pixelsIn(canvas, { left: 0, top: 0, right: size.width, bottom: size.height });
}

function pixelsIn(canvas, box) {
  return canvas.getContext("2d").getImageData(box.left, box.top, box.right - box.left, box.bottom - box.top);
}

// Pixels as a file, at a smaller scale if asked; labels are not smoothed on the way.
async function png(image, scale = 1, smooth = true) {
  let canvas = canvasOf(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  if (scale < 1) canvas = reduced(canvas, scale, smooth);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function reduced(canvas, scale, smooth) {
  const small = canvasOf(Math.max(1, Math.round(canvas.width * scale)), Math.max(1, Math.round(canvas.height * scale)));
  const context = small.getContext("2d");
  Object.assign(context, { imageSmoothingEnabled: smooth, imageSmoothingQuality: "high" });
  context.drawImage(canvas, 0, 0, small.width, small.height);
  return small;
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

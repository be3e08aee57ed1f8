// Planes of a photo's size, boxes on them, and pictures in and out of files.

export const BACKGROUND = 0, UNKNOWN = 1, SUBJECT = 2; // as in a trimap
export const GREYS = [0, 128, 255]; // of these, in files
const NEARLY = 5; // of 255: an alpha so close to an end is known
const NAMES = ["alpha", "error", "labels"];
const UNFINISHED = { edge: 0, feather: 0, fill_holes: false, drop_islands: false, shadow: false };

// ---- boxes: {left, top, right, bottom}, the last two not included --------------------------

export const area = (box) => (box.right - box.left) * (box.bottom - box.top);
export const widthOf = (box) => box.right - box.left;
export const heightOf = (box) => box.bottom - box.top;
export const wholeOf = ({ width, height }) => ({ left: 0, top: 0, right: width, bottom: height });

export function grown(box, margin) {
  return { left: box.left - margin, top: box.top - margin, right: box.right + margin, bottom: box.bottom + margin };
}

export function joined(a, b) {
  if (!a || !b) return a ?? b;
  return {
    left: Math.min(a.left, b.left), top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom),
  };
}

// The whole pixels of a box that lie in the picture; at least one.
export function clipped(box, { width, height }) {
  const left = Math.min(width - 1, Math.max(0, Math.floor(box.left)));
  const top = Math.min(height - 1, Math.max(0, Math.floor(box.top)));
  const right = Math.max(left + 1, Math.min(width, Math.ceil(box.right)));
  return { left, top, right, bottom: Math.max(top + 1, Math.min(height, Math.ceil(box.bottom))) };
}

// ---- planes --------------------------------------------------------------------------------

export function cut(plane, width, box) {
  const part = new plane.constructor(area(box));
  for (let row = box.top; row < box.bottom; row++) {
    const start = row * width + box.left;
    part.set(plane.subarray(start, start + widthOf(box)), (row - box.top) * widthOf(box));
  }
  return part;
}

export function paste(plane, width, box, part) {
  for (let row = box.top; row < box.bottom; row++) {
    const start = (row - box.top) * widthOf(box);
    plane.set(part.subarray(start, start + widthOf(box)), row * width + box.left);
  }
}

// What is known of every pixel: its alpha, the error expected of it, and its label; and how all of it
// is finished.
export class Planes {
  constructor(size) {
    this.size = size;
    const pixels = size.width * size.height;
    this.alpha = new Uint8Array(pixels);
    this.error = new Uint8Array(pixels);
    this.labels = new Uint8Array(pixels).fill(UNKNOWN);
    this.finishing = UNFINISHED;
  }

  cut(box) {
    return [...NAMES.map((name) => cut(this[name], this.size.width, box)), this.finishing];
  }

  // Put a part back; what was there in its place is the answer.
  swap(box, part) {
    const there = this.cut(box);
    NAMES.forEach((name, i) => paste(this[name], this.size.width, box, part[i]));
    this.finishing = part[NAMES.length];
    return there;
  }

  // Set one pixel's alpha, with the label that goes with it.
  set(i, alpha, error = 0) {
    this.alpha[i] = alpha;
    this.error[i] = error;
    this.labels[i] = alpha <= NEARLY ? BACKGROUND : alpha >= 255 - NEARLY ? SUBJECT : UNKNOWN;
  }

  alphaFile() {
    return png(greys(this.alpha, this.size.width));
  }

  trimapFile() {
    return trimapFile(this.labels, this.size.width);
  }
}

// Labels of a grey picture: near black, near white, and between.
export function labelsOf(image) {
  const labels = new Uint8Array(image.width * image.height);
  for (let i = 0; i < labels.length; i++) {
    const grey = image.data[4 * i];
    labels[i] = grey <= 10 ? BACKGROUND : grey >= 245 ? SUBJECT : UNKNOWN;
  }
  return labels;
}

export function trimapFile(labels, width, scale = 1) {
  return png(greys(labels.map((label) => GREYS[label]), width), scale, false);
}

// One of the four channels of pixels.
export function channel(image, number) {
  const values = new Uint8Array(image.width * image.height);
  for (let i = 0; i < values.length; i++) values[i] = image.data[4 * i + number];
  return values;
}

// ---- pictures ------------------------------------------------------------------------------

export function canvasOf(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

// A file as a canvas, at its own size or a given one.
export async function drawn(blob, size) {
  const bitmap = await createImageBitmap(blob);
  const canvas = stretched(bitmap, size ?? bitmap);
  bitmap.close();
  return canvas;
}

// Pixels of a picture of that size; one that was asked for at a smaller scale is enlarged.
export async function pixelsOf(blob, size, scale = 1) {
  return pixelsOfSize(await drawn(blob, scale === 1 ? null : size), size);
}

export function pixelsOfSize(canvas, size) {
  if (canvas.width !== size.width || canvas.height !== size.height) {
    throw new Error(`the picture is ${canvas.width}x${canvas.height}, the photo ${size.width}x${size.height}; both must have the same size`);
  }
  return pixelsIn(canvas, wholeOf(size));
}

export function pixelsIn(canvas, box) {
  return canvas.getContext("2d").getImageData(box.left, box.top, widthOf(box), heightOf(box));
}

// Pixels as a file, at a smaller scale if asked; labels are not smoothed on the way.
export function png(image, scale = 1, smooth = true) {
  let canvas = canvasOf(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  if (scale < 1) canvas = scaled(canvas, scale, smooth);
  return fileOf(canvas);
}

export function fileOf(canvas, type = "image/png", quality = 0.95) {
  return new Promise((done) => canvas.toBlob(done, type, quality));
}

export function scaled(canvas, scale, smooth = true) {
  const sides = { width: Math.max(1, Math.round(canvas.width * scale)), height: Math.max(1, Math.round(canvas.height * scale)) };
  return stretched(canvas, sides, wholeOf(sides), smooth);
}

// A new canvas of a size, with a picture in a box of it, which it may exceed.
export function stretched(picture, { width, height }, box = wholeOf({ width, height }), smooth = true) {
  const canvas = canvasOf(width, height), context = canvas.getContext("2d", { willReadFrequently: true });
  Object.assign(context, { imageSmoothingEnabled: smooth, imageSmoothingQuality: "high" });
  context.drawImage(picture, box.left, box.top, widthOf(box), heightOf(box));
  return canvas;
}

// Change the alpha of every pixel of a small canvas by that of a matte at the same place.
export function changeAlpha(canvas, { alpha, size }, change) {
  const context = canvas.getContext("2d"), image = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let y = 0, i = 3; y < canvas.height; y++) {
    const row = Math.floor(((y + 0.5) * size.height) / canvas.height) * size.width;
    for (let x = 0; x < canvas.width; x++, i += 4) {
      image.data[i] = change(alpha[row + Math.floor(((x + 0.5) * size.width) / canvas.width)], image.data[i]);
    }
  }
  context.putImageData(image, 0, 0);
}

// Values as grey pixels.
export function greys(values, width) {
  const image = new ImageData(width, values.length / width);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < values.length; i++) words[i] = (0xff000000 | (values[i] * 0x010101)) >>> 0;
  return image;
}

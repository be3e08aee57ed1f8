// What the subject is put on: nothing, a colour, another photo, or its own background, blurred.

import { canvasOf, fileOf, heightOf, scaled, widthOf, wholeOf } from "./planes.js";
import { state } from "./state.js";

const WORKING = 1024; // pixels of the longer side on which a background is blurred

// A picture that covers a box.
export function fittedBackdrop(picture, box) {
  const width = widthOf(box), height = heightOf(box);
  const scale = Math.max(width / picture.width, height / picture.height);
  const canvas = canvasOf(width, height), w = picture.width * scale, h = picture.height * scale;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  return canvas;
}

// The photo without its subject, blurred; what was behind the subject is filled from around it. Every
// halving blurs by two pixels; the coarser levels fill the holes of the finer ones.
export function blurred(photo, planes, strength) {
  let level = scaled(photo, Math.min(1, WORKING / Math.max(photo.width, photo.height)));
  erase(level, planes);
  const levels = [];
  for (; Math.max(level.width, level.height) > 1; level = scaled(level, 0.5)) levels.push(level);
  let result = level;
  for (const finer of levels.slice(strength).reverse()) {
    const canvas = canvasOf(finer.width, finer.height), context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(result, 0, 0, canvas.width, canvas.height);
    context.drawImage(finer, 0, 0);
    result = canvas;
  }
  for (const { width, height } of levels.slice(0, strength).reverse()) {
    const canvas = canvasOf(width, height), context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(result, 0, 0, width, height);
    result = canvas;
  }
  return result;
}

// Take the subject, and a little around it, out of a reduced photo.
function erase(canvas, { alpha, size }) {
  const context = canvas.getContext("2d"), image = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let y = 0, i = 3; y < canvas.height; y++) {
    const row = Math.floor(((y + 0.5) * size.height) / canvas.height) * size.width;
    for (let x = 0; x < canvas.width; x++, i += 4) {
      if (alpha[row + Math.floor(((x + 0.5) * size.width) / canvas.width)]) image.data[i] = 0;
    }
  }
  context.putImageData(image, 0, 0);
}

// The field of a request: a colour, or a picture of the result's frame; null without a background.
export async function backdropField(photo, frame) {
  const { kind, colour, file, blur } = state.backdrop;
  if (kind === "colour") return colour;
  if (kind === "photo") return file;
  if (kind !== "blur") return null;
  const box = frame ?? wholeOf(photo.size);
  const canvas = canvasOf(widthOf(box), heightOf(box)), context = canvas.getContext("2d");
  const picture = blurred(await photo.picture(), photo.matte.planes, blur);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height); // shows where the frame is larger
  context.drawImage(picture, -box.left, -box.top, photo.size.width, photo.size.height);
  return fileOf(canvas, "image/jpeg");
}

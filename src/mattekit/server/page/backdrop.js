// What the subject is put on: nothing, a colour, another photo, or its own background, blurred.

import { changeAlpha, fileOf, heightOf, scaled, stretched, widthOf, wholeOf } from "./planes.js";
import { state } from "./state.js";

const WORKING = 1024; // pixels of the longer side on which a background is blurred

// A picture that covers a box.
export function fittedBackdrop(picture, box) {
  const width = widthOf(box), height = heightOf(box);
  const scale = Math.max(width / picture.width, height / picture.height);
  const left = (width - picture.width * scale) / 2, top = (height - picture.height * scale) / 2;
  return stretched(picture, { width, height }, { left, top, right: width - left, bottom: height - top });
}

// The photo without its subject, blurred; what was behind the subject is filled from around it. Every
// halving blurs by two pixels; the coarser levels fill the holes of the finer ones.
export function blurred(photo, matte, strength) {
  let level = scaled(photo, Math.min(1, WORKING / Math.max(photo.width, photo.height)));
  changeAlpha(level, matte, (subject, own) => (subject ? 0 : own));
  const levels = [];
  for (; Math.max(level.width, level.height) > 1; level = scaled(level, 0.5)) levels.push(level);
  let result = level;
  for (const finer of levels.slice(strength).reverse()) {
    result = stretched(result, finer);
    result.getContext("2d").drawImage(finer, 0, 0);
  }
  for (const finer of levels.slice(0, strength).reverse()) result = stretched(result, finer);
  return result;
}

// The field of a request: a colour, or a picture of the result's frame; null without a background.
export async function backdropField(photo, frame) {
  const { kind, colour, file, blur } = state.backdrop;
  if (kind === "colour") return colour;
  if (kind === "photo") return file;
  if (kind !== "blur") return null;
  const box = frame ?? wholeOf(photo.size);
  const picture = blurred(await photo.picture(), photo.matte, blur);
  const canvas = stretched(picture, { width: widthOf(box), height: heightOf(box) }); // shows where the frame is larger
  canvas.getContext("2d").drawImage(picture, -box.left, -box.top, photo.size.width, photo.size.height);
  return fileOf(canvas, "image/jpeg");
}

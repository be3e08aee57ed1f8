// What is asked of the server for one step of a matte, at full size or as a preview, and how the
// answer changes the planes. Strokes ask for the window around them alone.

import { ask, work } from "./api.js";
import {
  BACKGROUND, GREYS, SUBJECT, UNKNOWN, area, channel, clipped, cut, greys, grown, heightOf, pixelsIn, pixelsOf, png, trimapFile,
  wholeOf, widthOf,
} from "./planes.js";
import { applyStroke, blendStroke, strokePixels, undecided } from "./strokes.js";

const AT_ONCE = { find: 300_000, stroke: 90_000 }; // pixels that are computed without a preview
const THINNEST = 3; // pixels of a stroke's core in a preview
const REACH = 3; // times the width of the core: how far around it the server looks
const NEAREST = 12; // pixels at least
const CONTEXT = 48; // pixels that a window takes along on every side
const CHANGE = { preview: 8, full: 1 }; // of 255; less is rounding

// The passes over a step: a preview first if it is large, the full size later.
export function passesOf(step, size) {
  if (step.kind !== "find" && !step.smart) return [];
  const pixels = area(step.kind === "find" ? wholeOf(size) : grown(step.box, CONTEXT));
  const least = step.stroke ? THINNEST / (2 * step.stroke.core) : 0;
  const scale = Math.max(least, Math.sqrt(AT_ONCE[step.kind === "find" ? "find" : "stroke"] / pixels));
  return scale >= 1 ? [{ scale: 1 }] : [{ scale }, { scale: 1, later: true }];
}

// What a stroke may change.
export function reachOf(stroke, size) {
  if (stroke.kind === "edge") return stroke.box;
  return clipped(grown(stroke.box, Math.max(NEAREST, 2 * REACH * stroke.core)), size);
}

// ---- asking --------------------------------------------------------------------------------

// The answer to a step: {window, alpha, error, sent?} and how sure the model is. `photo` gives
// {size, picture, upload}; `how` are model and quality.
export function answerTo(step, scale, { photo, history, how, signal, tell }) {
  const asked = { output: "matte", ...how };
  if (step.kind === "find") return askWhole(step, scale, photo, asked, signal, tell);
  return askWindow(step, scale, photo, history, asked, signal);
}

async function askWhole(step, scale, photo, asked, signal, tell) {
  const window = wholeOf(photo.size);
  const parts = { trimap: await trimapFile(step.labels, photo.size.width, scale), ...asked };
  signal.throwIfAborted();
  const answer =
    scale === 1
      ? await photo.upload.use((photo_id) => work({ photo_id, ...parts }, signal, tell))
      : await ask("cutout", { photo: await photoFile(photo, window, scale), ...parts }, signal);
  return read(answer, window, scale);
}

async function askWindow(step, scale, photo, history, asked, signal) {
  const { planes } = history, { stroke } = step;
  const { window, alpha, labels } = history.before(step, () => {
    const window = stroke.kind === "edge" ? learning(step.box, planes) : clipped(grown(step.box, CONTEXT), planes.size);
    const [alpha, , labels] = planes.cut(window);
    return { window, alpha, labels };
  });
  const parts = { photo: await photoFile(photo, window, scale), ...asked };
  if (stroke.kind === "edge") {
    parts.trimap = await trimapFile(undecided(labels, stroke, window), widthOf(window), scale);
    return read(await ask("cutout", parts, signal), window, scale);
  }
  parts.alpha = await png(greys(alpha, widthOf(window)), scale);
  parts.repair = await png(strokePixels(stroke, window), scale, false);
  const sent = channel(await pixelsOf(parts.alpha, sizeOf(window), scale), 0);
  return { ...(await read(await ask("cutout", parts, signal), window, scale)), sent, preview: scale < 1 };
}

async function read({ blob, edge, warnings }, window, scale) {
  const image = await pixelsOf(blob, sizeOf(window), scale);
  return { window, alpha: channel(image, 0), error: channel(image, 1), edge, warnings };
}

// The fields of a request that finish a matte; none where there is nothing to do.
export function finishFields({ edge, feather, fill_holes, drop_islands, shadow }) {
  return {
    grow: edge > 0 && edge, shrink: edge < 0 && -edge, feather: feather > 0 && feather,
    fill_holes, drop_islands, shadow: shadow && "keep",
  };
}

const sizeOf = (window) => ({ width: widthOf(window), height: heightOf(window) });

async function photoFile(photo, window, scale) {
  return png(pixelsIn(await photo.picture(), window), scale);
}

// A window around an edge that holds some subject and some background to learn from.
function learning(box, planes) {
  for (let margin = CONTEXT; ; margin *= 2) {
    const window = clipped(grown(box, margin), planes.size);
    const part = cut(planes.labels, planes.size.width, window);
    if ((part.includes(SUBJECT) && part.includes(BACKGROUND)) || area(window) === planes.alpha.length) return window;
  }
}

// ---- applying ------------------------------------------------------------------------------

// Do a step to the planes: what it says itself, and what was answered to it so far.
export function apply(step, planes) {
  if (step.kind === "find") applyFound(step, planes);
  else if (step.kind === "finish") planes.finishing = step.finishing;
  else {
    applyStroke(planes, step);
    if (step.answer) applyAnswer(step, planes);
  }
}

// What is known stays exact; the answer decides where the trimap does not know.
function applyFound({ labels, answer }, planes) {
  planes.labels.set(labels);
  for (let i = 0; i < labels.length; i++) {
    const decides = answer && labels[i] === UNKNOWN;
    planes.alpha[i] = decides ? answer.alpha[i] : GREYS[labels[i]];
    planes.error[i] = decides ? answer.error[i] : 0;
  }
}

function applyAnswer({ stroke, box, answer }, planes) {
  const { window, alpha, error, sent, preview } = answer;
  if (stroke.kind === "edge") return blendStroke(planes, stroke, window, alpha, error);
  const least = preview ? CHANGE.preview : CHANGE.full;
  for (let row = box.top; row < box.bottom; row++) {
    for (let column = box.left; column < box.right; column++) {
      const from = (row - window.top) * widthOf(window) + column - window.left;
      if (Math.abs(alpha[from] - sent[from]) > least) planes.set(row * planes.size.width + column, alpha[from]);
    }
  }
}

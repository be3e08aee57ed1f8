// What the parts of the page share: the picture that is open, how it is seen, and the status line.

import { BACKGROUND, SUBJECT, UNKNOWN } from "./labels.js";
import { View } from "./view.js";

export const $ = (id) => document.getElementById(id);
export const LABEL = { subject: SUBJECT, background: BACKGROUND, unknown: UNKNOWN };

export const view = new View($("canvas"));
export const state = {
  tool: "box",
  shown: "paint",
  matte: null,
  model: null, // name of the one that answers
  name: "cut-out",
  behind: null,
  pointers: new Map(),
  at: null, // of the brush, in picture pixels
  places: [], // where the model is unsure, the worst first
  visited: [], // of these, and of those before something was painted
};

export function say(words, error = false) {
  $("status").textContent = words;
  $("status").classList.toggle("error", error);
}

// What the parts of the page share: the photos that are open, what is chosen, and the status line.

import { View } from "./view.js";

export const $ = (id) => document.getElementById(id);

export const view = new View($("canvas"));
export const state = {
  photos: [],
  photo: null, // the one that is looked at
  tool: "select", // or brush, edge, move
  mode: "keep", // or remove: what a click or a stroke means
  shown: "cutout", // or mask, trimap, photo
  model: null, // name, or null for the server's own choice
  quality: "full",
  backdrop: { kind: "none", colour: "#3b82c4", file: null, picture: null, blur: 4 },
  places: [], // where the model is unsure, the worst first
};

export function say(words, error = false) {
  $("status").textContent = words;
  $("status").classList.toggle("error", error);
}

// A slider says its value beside it.
export function sayValue({ id, value, dataset: { unit } }) {
  $(`${id}-words`).textContent = `${value} ${unit}`;
}

// Mark the chosen one of a group of radio buttons.
export function press(selector, chosen) {
  for (const button of document.querySelectorAll(selector)) {
    button.setAttribute("aria-checked", String(chosen(button)));
    button.tabIndex = chosen(button) ? 0 : -1;
  }
}

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

// A group of radio buttons, [data-NAME=value]: `choose` is told which one is pressed.
export function radios(name, choose) {
  for (const button of document.querySelectorAll(`[data-${name}]`)) button.onclick = () => choose(button.dataset[name]);
}

// Mark the chosen one of a group.
export function press(name, value) {
  for (const button of document.querySelectorAll(`[data-${name}]`)) {
    const chosen = button.dataset[name] === value;
    button.setAttribute("aria-checked", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
}

// Buttons that open the file dialogue of an input; `take` is told what was chosen.
export function picker(buttons, input, take) {
  for (const id of buttons) $(id).onclick = () => $(input).click();
  $(input).onchange = () => {
    const files = [...$(input).files];
    $(input).value = "";
    if (files.length) take(files);
  };
}

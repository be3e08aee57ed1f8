// The history as a list: every step can be gone back to.

import { $, state } from "./state.js";

const BEGIN = "The photo as it was";

export function stepBy(number) {
  if (state.photo) state.photo.matte.go(state.photo.matte.history.at + number);
}

export function refreshSteps() {
  const { history } = state.photo.matte, { steps, at, forgotten } = history;
  $("undo").disabled = at === 0;
  $("redo").disabled = at === steps.length;
  const first = forgotten ? `${forgotten} older steps, kept as they are` : BEGIN;
  $("history").replaceChildren(...[first, ...steps.map(({ words }) => words)].map((words, count) => entry(words, count, at)));
}

function entry(words, count, at) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: words });
  button.className = count > at ? "undone" : "";
  if (count === at) button.setAttribute("aria-current", "true");
  button.onclick = () => state.photo.matte.go(count);
  const item = document.createElement("li");
  item.append(button);
  return item;
}

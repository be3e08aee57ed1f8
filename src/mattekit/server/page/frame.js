// The frame of the result: cut to the subject, room around it, square, as large as asked.

import { $ } from "./state.js";

const VISIBLE = 5; // of 255: alpha that a crop keeps

// The fields of a request.
export function frameFields() {
  const crop = $("crop").checked, longest = $("longest").value;
  return {
    crop: crop && "true",
    margin: Number($("margin").value) > 0 && `${$("margin").value}%`,
    square: $("square").checked && "true",
    size: longest !== "" && longest,
  };
}

// Where the result ends, in pixels of the photo, which it may reach beyond; null if it is the photo.
export function frameOf(matte) {
  const { crop, margin, square } = frameFields();
  if (!crop && !margin && !square) return null;
  const { width, height } = matte.size;
  let { left, top, right, bottom } = (crop && visible(matte)) || { left: 0, top: 0, right: width, bottom: height };
  const room = Math.round((Math.max(right - left, bottom - top) * Number($("margin").value)) / 100);
  [left, top, right, bottom] = [left - room, top - room, right + room, bottom + room];
  if (square) {
    const side = Math.max(right - left, bottom - top);
    left -= Math.floor((side - (right - left)) / 2);
    top -= Math.floor((side - (bottom - top)) / 2);
    [right, bottom] = [left + side, top + side];
  }
  return { left, top, right, bottom };
}

// The box of what can be seen of the subject; null if nothing can.
function visible({ alpha, size: { width, height } }) {
  let left = width, right = 0, top = height, bottom = 0;
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      if (alpha[i] <= VISIBLE) continue;
      if (column < left) left = column;
      if (column >= right) right = column + 1;
      if (row < top) top = row;
      bottom = row + 1;
    }
  }
  return right ? { left, top, right, bottom } : null;
}

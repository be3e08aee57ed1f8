// Where the model is least sure of the matte: connected places, the worst first.
//
// Every soft edge is a little doubtful; a place counts where doubt is broad, which a grid of cells
// shows: a clean edge is a thin line through its cell, a mistake fills it.

const CELLS = 64; // along the longer side
const SMALLEST = 8; // pixels of a cell
const LEAST = 0.06 * 255; // mean doubt of a cell from which it counts
const MOST = 9;

// Boxes {left, top, right, bottom}, each with its worst point x, y.
export function doubtfulPlaces(doubt, { width, height }) {
  const side = Math.max(SMALLEST, Math.ceil(Math.max(width, height) / CELLS));
  const grid = averaged(doubt, width, height, side);
  const places = [];
  for (let cell = 0; cell < grid.means.length; cell++) {
    if (grid.means[cell] >= LEAST) places.push(taken(grid, cell));
  }
  places.sort((a, b) => b.sum - a.sum);
  return places.slice(0, MOST).map(({ left, top, right, bottom, worst }) => ({
    left: left * side,
    top: top * side,
    right: Math.min((right + 1) * side, width),
    bottom: Math.min((bottom + 1) * side, height),
    x: Math.min((worst % grid.columns + 0.5) * side, width - 1),
    y: Math.min((Math.floor(worst / grid.columns) + 0.5) * side, height - 1),
  }));
}

function averaged(doubt, width, height, side) {
  const columns = Math.ceil(width / side), rows = Math.ceil(height / side);
  const means = new Float32Array(columns * rows);
  for (let row = 0, i = 0; row < height; row++) {
    const start = Math.floor(row / side) * columns;
    for (let column = 0; column < width; column++, i++) means[start + Math.floor(column / side)] += doubt[i];
  }
  for (let cell = 0; cell < means.length; cell++) means[cell] /= side * side;
  return { means, columns, rows };
}

// The place that a cell belongs to, in cells; they are taken out of the grid.
function taken({ means, columns, rows }, first) {
  const place = { left: columns, top: rows, right: 0, bottom: 0, sum: 0, worst: first, mean: 0 };
  const waiting = [first];
  while (waiting.length) {
    const cell = waiting.pop(), mean = means[cell];
    if (mean < LEAST) continue;
    means[cell] = 0;
    const column = cell % columns, row = Math.floor(cell / columns);
    place.sum += mean;
    if (mean > place.mean) Object.assign(place, { worst: cell, mean });
    place.left = Math.min(place.left, column);
    place.right = Math.max(place.right, column);
    place.top = Math.min(place.top, row);
    place.bottom = Math.max(place.bottom, row);
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) waiting.push(y * columns + x);
    }
  }
  return place;
}

// What is known of every pixel, painted in strokes that can be undone.
// 0 background, 1 unknown, 2 subject as in a trimap, and 3 where nobody has said anything yet.

export const BACKGROUND = 0, UNKNOWN = 1, SUBJECT = 2, UNSAID = 3;
const GREY = [0, 128, 255, 128];
const MOST_STEPS = 100;

export class Labels {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.plane = new Uint8Array(width * height).fill(UNSAID);
    this.done = [];
    this.undone = [];
    this.stroke = null;
  }

  // Whether the plane is a trimap: every pixel says something.
  get complete() {
    return !this.plane.includes(UNSAID);
  }

  has(label) {
    return this.plane.includes(label);
  }

  begin() {
    this.stroke = { before: this.plane.slice(), box: null };
  }

  // Paint a line of round dabs from (x0, y0) to (x1, y1).
  line(x0, y0, x1, y1, radius, label) {
    const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / Math.max(1, radius / 3)));
    for (let step = 0; step <= steps; step++) {
      const share = step / steps;
      this.dab(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, radius, label);
    }
  }

  dab(x, y, radius, label) {
    const top = Math.max(0, Math.floor(y - radius)), bottom = Math.min(this.height - 1, Math.ceil(y + radius));
    for (let row = top; row <= bottom; row++) {
      const half = Math.sqrt(Math.max(0, radius * radius - (row + 0.5 - y) ** 2));
      const left = Math.max(0, Math.round(x - half)), right = Math.min(this.width, Math.round(x + half) || left + 1);
      if (right > left) this.plane.fill(label, row * this.width + left, row * this.width + right);
    }
    this.touch({ left: x - radius, top: y - radius, right: x + radius, bottom: y + radius });
  }

  // Replace everything, as one step that can be undone.
  replace(plane) {
    this.begin();
    this.plane = plane;
    this.touch({ left: 0, top: 0, right: this.width, bottom: this.height });
    return this.end();
  }

  touch(box) {
    const old = this.stroke.box ?? box;
    this.stroke.box = {
      left: Math.min(old.left, box.left), top: Math.min(old.top, box.top),
      right: Math.max(old.right, box.right), bottom: Math.max(old.bottom, box.bottom),
    };
  }

  // End a stroke; the box of what it changed, or null.
  end() {
    const { before, box } = this.stroke;
    this.stroke = null;
    if (!box) return null;
    const inside = this.clip(box);
    this.done.push({ box: inside, before: this.cut(before, inside), after: this.cut(this.plane, inside) });
    if (this.done.length > MOST_STEPS) this.done.shift();
    this.undone = [];
    return inside;
  }

  undo() {
    return this.step(this.done, this.undone, "before");
  }

  redo() {
    return this.step(this.undone, this.done, "after");
  }

  step(from, to, side) {
    const change = from.pop();
    if (!change) return null;
    this.paste(change[side], change.box);
    to.push(change);
    return change.box;
  }

  clip(box) {
    const left = Math.max(0, Math.floor(box.left)), top = Math.max(0, Math.floor(box.top));
    const right = Math.min(this.width, Math.ceil(box.right) + 1), bottom = Math.min(this.height, Math.ceil(box.bottom) + 1);
    return { left, top, right: Math.max(right, left + 1), bottom: Math.max(bottom, top + 1) };
  }

  cut(plane, box) {
    const width = box.right - box.left;
    const part = new Uint8Array(width * (box.bottom - box.top));
    for (let row = box.top; row < box.bottom; row++) {
      const start = row * this.width + box.left;
      part.set(plane.subarray(start, start + width), (row - box.top) * width);
    }
    return part;
  }

  paste(part, box) {
    const width = box.right - box.left;
    for (let row = box.top; row < box.bottom; row++) {
      const start = (row - box.top) * width;
      this.plane.set(part.subarray(start, start + width), row * this.width + box.left);
    }
  }

  // A part as grey pixels: 0, 128, 255 as files hold a trimap, or strokes.
  pixels(box) {
    const part = this.cut(this.plane, box);
    const image = new ImageData(box.right - box.left, box.bottom - box.top);
    const words = new Uint32Array(image.data.buffer);
    for (let i = 0; i < part.length; i++) words[i] = (0xff000000 | (GREY[part[i]] * 0x010101)) >>> 0;
    return image;
  }
}

// Labels of a grey picture: near black, near white, and between.
export function fromPixels(image) {
  const plane = new Uint8Array(image.width * image.height);
  for (let i = 0; i < plane.length; i++) {
    const grey = image.data[4 * i];
    plane[i] = grey <= 10 ? BACKGROUND : grey >= 245 ? SUBJECT : UNKNOWN;
  }
  return plane;
}

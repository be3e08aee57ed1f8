// What is seen of the picture: zoom, pan, the layers, the brush, points, frames and the compare line.

const CLOSEST = 40;
const CLOSE_LOOK = 3; // most screen pixels a picture pixel when a place is shown
const PLACE_MARGIN = 6; // screen pixels around it
const POINT = 6; // screen pixels
const COLOURS = { keep: "#4ade80", remove: "#f87171", edge: "#60a5fa" };
const SMOOTH_BELOW = 3; // screen pixels a picture pixel, above which pixels are shown as squares
const ratio = () => devicePixelRatio || 1; // screen pixels of one of the page

export class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.scale = 1;
    this.x = 0; // of the picture's corner, in screen pixels
    this.y = 0;
    this.size = { width: 1, height: 1 };
    this.layers = () => []; // bottom first: {pattern}, {colour} or {source}, with box? and opacity?
    this.photo = null;
    this.compare = 0; // share of the picture, from the left, that shows the photo
    this.cursor = null; // {x, y, radius, kind} in picture pixels
    this.box = null; // {x, y, width, height} that is being drawn
    this.place = null; // {left, top, right, bottom} that is to be looked at
    this.points = []; // {x, y, kind} that were clicked
    this.frame = null; // {left, top, right, bottom} of the result, beyond which all is dimmed
    this.fitted = true;
    this.onzoom = () => {};
    this.onpaint = () => {};
    this.drawing = false;
    new ResizeObserver(() => this.resized()).observe(canvas);
  }

  resized() {
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio()));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio()));
    if (this.fitted) this.fit();
    else this.draw();
  }

  show(size) {
    this.size = size;
    this.fit();
  }

  // Show all of the picture, and of the frame where that is larger.
  fit() {
    const { width, height } = this.canvas, { frame, size } = this;
    const left = Math.min(0, frame?.left ?? 0), top = Math.min(0, frame?.top ?? 0);
    const right = Math.max(size.width, frame?.right ?? 0), bottom = Math.max(size.height, frame?.bottom ?? 0);
    this.scale = 0.96 * Math.min(width / (right - left), height / (bottom - top));
    this.x = (width - this.scale * (left + right)) / 2;
    this.y = (height - this.scale * (top + bottom)) / 2;
    this.zoomed(true);
  }

  // Show a frame, or none.
  setFrame(frame) {
    this.frame = frame;
    if (this.fitted) this.fit();
    else this.draw();
  }

  zoom(factor, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const least = 0.2 * Math.min(this.canvas.width / this.size.width, this.canvas.height / this.size.height);
    const scale = Math.min(CLOSEST, Math.max(least, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.zoomed(false);
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.zoomed(false);
  }

  // Bring a part of the picture to the middle, with as much again around it.
  reveal({ left, top, right, bottom }) {
    const { width, height } = this.canvas;
    const room = 0.5 * Math.min(width / (right - left), height / (bottom - top));
    const all = 0.96 * Math.min(width / this.size.width, height / this.size.height);
    this.scale = Math.max(all, Math.min(CLOSE_LOOK * ratio(), room));
    this.x = width / 2 - (this.scale * (left + right)) / 2;
    this.y = height / 2 - (this.scale * (top + bottom)) / 2;
    this.zoomed(false);
  }

  zoomed(fitted) {
    this.fitted = fitted;
    this.onzoom(this.scale / ratio());
    this.draw();
  }

  // Screen position of a pointer event, and the picture position below it.
  screen(event) {
    const bounds = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - bounds.left) * ratio(), y: (event.clientY - bounds.top) * ratio() };
  }

  picture(event) {
    const { x, y } = this.screen(event);
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  // A length on the screen in pixels of the picture.
  pixels(length) {
    return (length * ratio()) / this.scale;
  }

  draw() {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.paint();
    });
  }

  paint() {
    const c = this.context, { width, height } = this.size;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    c.setTransform(this.scale, 0, 0, this.scale, this.x, this.y);
    c.imageSmoothingEnabled = this.scale < SMOOTH_BELOW;
    c.imageSmoothingQuality = "high";
    const whole = { left: 0, top: 0, right: width, bottom: height };
    for (const layer of this.layers()) this.paintLayer(layer, layer.box ?? whole);
    if (this.compare > 0 && this.photo) {
      const shown = width * this.compare;
      c.save();
      c.beginPath();
      c.rect(0, 0, shown, height);
      c.clip();
      c.drawImage(this.photo, 0, 0, width, height);
      c.restore();
    }
    if (this.frame) this.dim(this.frame);
    if (this.place) this.outline(() => this.rounded(this.place), "#facc15", 3);
    for (const { x, y, kind } of this.points) {
      this.outline(() => c.arc(x, y, POINT / this.scale, 0, 2 * Math.PI), COLOURS[kind], 4);
    }
    if (this.box) this.outline(() => c.rect(this.box.x, this.box.y, this.box.width, this.box.height));
    if (this.cursor) {
      this.outline(() => c.arc(this.cursor.x, this.cursor.y, this.cursor.radius, 0, 2 * Math.PI), COLOURS[this.cursor.kind]);
    }
    this.onpaint();
  }

  // Where the compare line stands, in the page's pixels of the canvas.
  get line() {
    return (this.x + this.compare * this.size.width * this.scale) / ratio();
  }

  // The share of the picture that lies left of a place on the canvas.
  shareAt(x) {
    const share = (x * ratio() - this.x) / (this.size.width * this.scale);
    return Math.min(1, Math.max(0, share));
  }

  paintLayer({ source, pattern, colour, opacity = 1 }, box) {
    const c = this.context, place = [box.left, box.top, box.right - box.left, box.bottom - box.top];
    c.globalAlpha = opacity;
    if (pattern) this.checkerboard(box);
    else if (colour) {
      c.fillStyle = colour;
      c.fillRect(...place);
    } else if (source) c.drawImage(source, ...place);
    c.globalAlpha = 1;
  }

  // Darken all that is beyond a frame.
  dim({ left, top, right, bottom }) {
    const c = this.context;
    c.save();
    c.beginPath();
    c.rect(-this.x / this.scale, -this.y / this.scale, this.canvas.width / this.scale, this.canvas.height / this.scale);
    c.rect(left, top, right - left, bottom - top);
    c.fillStyle = "rgb(0 0 0 / 55%)";
    c.fill("evenodd");
    c.restore();
    this.outline(() => c.rect(left, top, right - left, bottom - top));
  }

  checkerboard({ left, top, right, bottom }) {
    const c = this.context, scale = this.scale, tile = document.createElement("canvas");
    tile.width = tile.height = 32;
    const t = tile.getContext("2d");
    t.fillStyle = "#fff";
    t.fillRect(0, 0, 32, 32);
    t.fillStyle = "#ccc";
    t.fillRect(0, 0, 16, 16);
    t.fillRect(16, 16, 16, 16);
    c.save();
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.fillStyle = c.createPattern(tile, "repeat");
    c.fillRect(this.x + left * scale, this.y + top * scale, (right - left) * scale, (bottom - top) * scale);
    c.restore();
  }

  rounded({ left, top, right, bottom }) {
    const margin = PLACE_MARGIN / this.scale;
    this.context.roundRect(left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin, 2 * margin);
  }

  outline(path, colour = "#fff", thickness = 1.5) {
    const c = this.context;
    for (const [style, line] of [["#000", thickness + 1.5], [colour, thickness]]) {
      c.beginPath();
      path();
      c.strokeStyle = style;
      c.lineWidth = line / this.scale;
      c.stroke();
    }
  }
}

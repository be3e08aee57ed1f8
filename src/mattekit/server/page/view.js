// What is seen of the picture: zoom, pan, the layers, the brush, and the slider that compares.

const CLOSEST = 40;
const CLOSE_LOOK = 3; // most screen pixels a picture pixel when a place is shown
const PLACE_MARGIN = 6; // screen pixels around it
const SMOOTH_BELOW = 3; // screen pixels a picture pixel, above which pixels are shown as squares

export class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.scale = 1;
    this.x = 0; // of the picture's corner, in screen pixels
    this.y = 0;
    this.size = { width: 1, height: 1 };
    this.layers = () => []; // bottom first: {source, pattern?, opacity?}
    this.photo = null;
    this.compare = 0; // share of the picture, from the left, that shows the photo
    this.cursor = null; // {x, y, radius, colour} in picture pixels
    this.box = null; // {x, y, width, height} that is being drawn
    this.place = null; // {left, top, right, bottom} that is to be looked at
    this.fitted = true;
    this.onzoom = () => {};
    this.drawing = false;
    new ResizeObserver(() => this.resized()).observe(canvas);
  }

  resized() {
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.fitted) this.fit();
    else this.draw();
  }

  show(size) {
    this.size = size;
    this.fit();
  }

  fit() {
    const { width, height } = this.canvas;
    this.scale = 0.96 * Math.min(width / this.size.width, height / this.size.height);
    this.x = (width - this.size.width * this.scale) / 2;
    this.y = (height - this.size.height * this.scale) / 2;
    this.zoomed(true);
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
    this.scale = Math.max(all, Math.min(CLOSE_LOOK * (devicePixelRatio || 1), room));
    this.x = width / 2 - (this.scale * (left + right)) / 2;
    this.y = height / 2 - (this.scale * (top + bottom)) / 2;
    this.zoomed(false);
  }

  zoomed(fitted) {
    this.fitted = fitted;
    this.onzoom(this.scale / (devicePixelRatio || 1));
    this.draw();
  }

  // Screen position of a pointer event, and the picture position below it.
  screen(event) {
    const bounds = this.canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    return { x: (event.clientX - bounds.left) * ratio, y: (event.clientY - bounds.top) * ratio };
  }

  picture(event) {
    const { x, y } = this.screen(event);
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
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
    for (const layer of this.layers()) this.paintLayer(layer);
    if (this.compare > 0 && this.photo) {
      const shown = width * this.compare;
      c.save();
      c.beginPath();
      c.rect(0, 0, shown, height);
      c.clip();
      c.drawImage(this.photo, 0, 0, width, height);
      c.restore();
      c.fillStyle = "#fff";
      c.fillRect(shown - 1 / this.scale, 0, 2 / this.scale, height);
    }
    if (this.place) this.outline(() => this.rounded(this.place), "#facc15", 3);
    if (this.box) this.outline(() => c.rect(this.box.x, this.box.y, this.box.width, this.box.height));
    if (this.cursor) {
      this.outline(() => c.arc(this.cursor.x, this.cursor.y, this.cursor.radius, 0, 2 * Math.PI), this.cursor.colour);
    }
  }

  paintLayer({ source, pattern, colour, opacity = 1 }) {
    const c = this.context, { width, height } = this.size;
    c.globalAlpha = opacity;
    if (pattern) this.checkerboard();
    else if (colour) {
      c.fillStyle = colour;
      c.fillRect(0, 0, width, height);
    } else if (source) c.drawImage(source, 0, 0, width, height);
    c.globalAlpha = 1;
  }

  checkerboard() {
    const c = this.context, tile = document.createElement("canvas");
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
    c.fillRect(this.x, this.y, this.size.width * this.scale, this.size.height * this.scale);
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

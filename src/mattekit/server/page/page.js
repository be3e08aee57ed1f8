// The page: what the buttons, keys and files do.

import { forOnePhoto, models } from "./api.js";
import { brush, choose, dab, goToDoubt, listen, nudge, painted, setBrush } from "./brush.js";
import { Labels } from "./labels.js";
import { compare, look, refresh } from "./looking.js";
import { Matte, canvasOf, drawn } from "./matte.js";
import * as painting from "./painting.js";
import { $, say, state, view } from "./state.js";

const KEYS = { x: "box", s: "subject", b: "background", u: "unknown", m: "move" };

// ---- opening -------------------------------------------------------------------------------

async function open(file) {
  try {
    const photo = await drawn(file);
    const labels = new Labels(photo.width, photo.height);
    state.name = (file.name || "photo").replace(/\.[^.]*$/, "");
    state.visited = [];
    state.matte = new Matte(photo, file, labels, state.model);
    Object.assign(state.matte.on, {
      change: refresh,
      busy: (busy) => ($("busy").hidden = !busy),
      error: (error) => say(error.message, true),
      note: (words) => say(words),
    });
    $("welcome").hidden = true;
    $("stage").hidden = $("panel").hidden = false;
    view.photo = photo;
    view.show(state.matte.size);
    compare(0);
    look("paint");
    choose("box");
    refresh();
    say("Drag a box around the subject, or paint on it and on what is behind it.");
    $("canvas").focus();
  } catch {
    say("This file cannot be shown by the browser; convert it to JPEG or PNG first.", true);
  }
}

async function example() {
  const [photo, trimap] = await Promise.all(["example.jpg", "example-trimap.png"].map(async (name) => (await fetch(name)).blob()));
  await open(new File([photo], "example.jpg", { type: "image/jpeg" }));
  await state.matte.load(trimap);
  look("cutout");
  choose("subject");
  say("This is the cut-out; move the slider to compare, paint over what is wrong, or download.");
}

// ---- one photo, for a command that waits ---------------------------------------------------

async function paintOnePhoto() {
  say("Fetching the photo ...");
  farewell();
  const { photo, name, model, trimap } = await painting.begin();
  state.model = model ?? state.model;
  await open(photo);
  document.title = `${name} - mattekit`;
  if (trimap) await begun(trimap);
}

async function begun(trimap) {
  await state.matte.load(trimap);
  look("cutout");
  choose("subject");
  say("This is the cut-out so far; paint over what is wrong, then press Done.");
}

async function handIn(how) {
  state.handedIn = how;
  try {
    if (how === "done") await painting.finish(await state.matte.trimap());
    else await painting.cancel();
  } catch (error) {
    say(error.message, true);
  }
}

const FAREWELLS = {
  done: "Done. mattekit writes the files now; you can close this page.",
  cancelled: "Cancelled. Nothing is written; you can close this page.",
  stopped: "mattekit was stopped in the terminal; you can close this page.",
};

// When it is over, for whatever reason, there is nothing left to do here.
async function farewell() {
  const ended = await painting.over();
  $("stage").hidden = $("panel").hidden = true;
  $("farewell").hidden = false;
  const words = FAREWELLS[ended ? state.handedIn : "stopped"];
  $("farewell").querySelector("h2").textContent = words;
  say(words);
}

// ---- taking --------------------------------------------------------------------------------

async function download(output) {
  const { matte } = state;
  say("Preparing the file ...");
  $("busy").hidden = false;
  try {
    const extra = { bits: $("deep").checked && output !== "trimap" ? "16" : "8" };
    if (output === "composite") extra.background = state.behindFile ?? $("colour").value;
    const blob = await matte.download(output, extra);
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(blob),
      download: output === "rgba" ? `${state.name}.png` : `${state.name}-${output}.png`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    say(`${link.download} is downloaded.`);
  } catch (error) {
    say(error.message, true);
  } finally {
    $("busy").hidden = true;
  }
}

// ---- wiring --------------------------------------------------------------------------------

function picker(button, input, take) {
  $(button).onclick = () => $(input).click();
  $(input).onchange = () => {
    const [file] = $(input).files;
    $(input).value = "";
    if (file) take(file);
  };
}

function history(step) {
  painted(state.matte.labels[step]());
}

async function takeHint(file) {
  const canvas = await drawn(file);
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let between = 0;
  for (let i = 0; i < pixels.length; i += 4) between += pixels[i] > 100 && pixels[i] < 156;
  // A trimap has a grey band of its own; a mask has at most the smoothing of its edge.
  if (between > pixels.length / 4 / 200) state.matte.load(file);
  else state.matte.propose({ mask: file });
}

async function takeBehind(file) {
  state.behindFile = file;
  const picture = await drawn(file), { width, height } = state.matte.size;
  const scale = Math.max(width / picture.width, height / picture.height);
  state.behind = canvasOf(width, height);
  const w = picture.width * scale, h = picture.height * scale;
  state.behind.getContext("2d").drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  view.draw();
}

function keys(event) {
  if (!state.matte || event.target.matches("input")) return;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "z") history(event.shiftKey ? "redo" : "undo");
  else if ((event.ctrlKey || event.metaKey) && key === "y") history("redo");
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (KEYS[key]) choose(KEYS[key]);
  else if (key === "n") goToDoubt();
  else if (key === "[" || key === "]") setBrush(brush() * 2 * (key === "]" ? 1.25 : 0.8));
  else if (key === "+" || key === "=") view.zoom(1.25);
  else if (key === "-") view.zoom(0.8);
  else if (key === "0") view.fit();
  else if (key === "1") oneToOne();
  else if (event.target === $("canvas") && key.startsWith("arrow")) nudge(key);
  else if (event.target === $("canvas") && key === " ") dab();
  else return;
  event.preventDefault();
}

function oneToOne() {
  view.zoom(1 / view.scale);
}

function arrowsIn(group, selector, take) {
  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...group.querySelectorAll(`${selector}:not(:disabled)`)];
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next.focus();
    take(next);
    event.preventDefault();
    event.stopPropagation();
  });
}

picker("choose", "file", open);
picker("choose-first", "file", open);
picker("load-hint", "hint-file", takeHint);
picker("choose-behind", "behind-file", takeBehind);
$("example").onclick = example;
$("done").onclick = () => handIn("done");
$("cancel").onclick = () => handIn("cancelled");
$("undo").onclick = () => history("undo");
$("redo").onclick = () => history("redo");
$("clear").onclick = () => open(state.matte.file);
$("brush").oninput = () => setBrush(Number($("brush").value));
$("compare").oninput = () => compare(Number($("compare").value));
$("colour").oninput = () => {
  state.behind = state.behindFile = null;
  view.draw();
};
$("zoom-in").onclick = () => view.zoom(1.25);
$("zoom-out").onclick = () => view.zoom(0.8);
$("zoom-fit").onclick = () => view.fit();
$("zoom-one").onclick = oneToOne;
$("download-rgba").onclick = () => download("rgba");
for (const button of document.querySelectorAll("[data-download]")) button.onclick = () => download(button.dataset.download);
for (const button of document.querySelectorAll("[data-tool]")) button.onclick = () => choose(button.dataset.tool);
for (const button of document.querySelectorAll("[data-view]")) button.onclick = () => look(button.dataset.view);
for (const group of document.querySelectorAll("[role=radiogroup]")) arrowsIn(group, "[role=radio]", (button) => button.click());
view.onzoom = (scale) => ($("zoom").textContent = `${Math.round(100 * scale)} %`);

$("next").onclick = goToDoubt;
listen($("canvas"));
addEventListener("keydown", keys);
addEventListener("paste", (event) => {
  const [file] = event.clipboardData?.files ?? [];
  if (file && !forOnePhoto) open(file);
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").hidden = forOnePhoto;
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("drop").hidden = true;
});
addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").hidden = true;
  const [file] = event.dataTransfer.files;
  if (file && !forOnePhoto) open(file);
});

choose("box");
look("paint");
$("choose").hidden = $("welcome").hidden = $("take").hidden = forOnePhoto;
$("hand-in").hidden = !forOnePhoto;
try {
  state.model = (await models()).default;
  if (forOnePhoto) await paintOnePhoto();
} catch (error) {
  say(error.message, true);
}

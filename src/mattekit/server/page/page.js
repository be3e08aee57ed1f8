// The page: what opening, buttons, keys and files do.

import { call, forOnePhoto } from "./api.js";
import { offerModels, refreshCost, refreshFinish, refreshSteps, stepBy, timed, wireChoices } from "./choices.js";
import { compare, look, nextPlace, refresh, show } from "./looking.js";
import { paintOnePhoto } from "./painting.js";
import { cutSmall, findAlone, mark, onChoose, openFiles, removePhoto, showStrip } from "./photos.js";
import { $, picker, press, radios, say, state, view } from "./state.js";
import { copy, fileOfAll, fileOfPhoto, refreshTaking, save } from "./taking.js";
import { chooseMode, chooseTool, dab, hover, listen, nudge, setSize } from "./tools.js";

const KEYS = { c: ["select"], s: ["brush", "keep"], b: ["brush", "remove"], e: ["edge"], m: ["move"] };
const HANDLE = 22; // screen pixels: half of the one that compares, which stays in sight
const LOOK = "Look at the edge. Correct it with the brush, or click on another subject.";
let taking = null; // AbortController of the file that is being made

// ---- photos --------------------------------------------------------------------------------

async function open(files) {
  const before = state.photos.length;
  const refused = [];
  const take = async (photo) => {
    attach(photo);
    if (state.photos.length === before + 1) await choose(photo);
    if (!forOnePhoto) findAlone(photo, tellLost);
  };
  say(files.length > 1 ? "Opening the photos ..." : "Opening the photo ...");
  await openFiles([...files], take, ({ name }, { message }) => refused.push(`${name}: ${message}`));
  if (refused.length) say(refused.join("; "), true);
}

// What a matte tells goes to its own place in the strip, and to the page if its photo is looked at.
function attach(photo) {
  const shown = (act) => (...words) => state.photo === photo && act(...words);
  const toShown = shown((box) => {
    refresh(box);
    refreshControls();
  });
  Object.assign(photo.matte.on, {
    change: (box) => {
      toShown(box);
      cutSmall(photo);
      refreshTaking();
      mark(photo, photo.matte.ready ? "cut out" : "no cut-out");
    },
    busy: (work) => {
      if (work?.words) mark(photo, work.share === null ? "being cut out" : `${percent(work.share)}`);
      else if (photo.matte.full) mark(photo, "cut out");
      if (!taking) shown(showBusy)(work?.words ? work : null);
    },
    error: shown((error) => say(error.message, true)),
    note: shown((words) => say(words)),
    found: shown(() => say(LOOK)),
    timed,
  });
}

let wanted = null; // the photo that was chosen last
async function choose(photo) {
  wanted = photo;
  await photo.picture();
  if (wanted !== photo) return;
  state.photo = photo;
  $("welcome").hidden = true;
  $("stage").hidden = $("panel").hidden = false;
  for (const other of state.photos) {
    if (other !== photo && other.canvas && !other.matte.running) other.putAway();
    mark(other);
  }
  show(photo);
  showBusy(null);
  if (photo.matte.ready) refresh(photo.matte.whole);
  photo.matte.next();
  refreshControls();
  refreshTaking();
  say(photo.matte.ready ? LOOK : `${photo.name} is open.`);
  $("canvas").focus();
}

function tellLost(photo) {
  mark(photo, "needs a click");
  if (photo === state.photo) say("Nothing stands out here: click on the subject, or drag a box around it.");
}

async function remove() {
  const { photo } = state;
  if (photo.touched && !(await sure(`You worked on ${photo.name} since it was last saved. Remove it all the same?`))) return;
  const place = state.photos.indexOf(photo);
  removePhoto(photo);
  await choose(state.photos[Math.min(place, state.photos.length - 1)]);
}

function sure(words) {
  $("question-words").textContent = words;
  $("question").showModal();
  return new Promise((done) => ($("question").onclose = () => done($("question").returnValue === "yes")));
}

// ---- what is said of the state -------------------------------------------------------------

function refreshControls() {
  const { matte } = state.photo, { found } = matte;
  for (const button of document.querySelectorAll("[data-view]")) button.disabled = !matte.ready && button.dataset.view !== "photo";
  press("view", matte.ready ? state.shown : "photo");
  $("compare").hidden = !matte.ready;
  const says = [found?.subject && `subject ${percent(found.subject)}`, found?.answer?.edge && `edge ${percent(found.answer.edge)}`].filter(Boolean);
  $("sure").hidden = !matte.ready || !says.length;
  $("sure").textContent = `How sure the models are: ${says.join(", ")}.`;
  if (!matte.ready) $("next").disabled = true;
  refreshFinish();
  refreshSteps();
  refreshCost();
}

function showBusy(work) {
  $("busy").hidden = !work;
  if (!work) return;
  $("busy-words").textContent = work.share === null ? `${work.words} ...` : `${work.words} ${percent(work.share)}`;
  if (work.share === null) $("progress").removeAttribute("value");
  else $("progress").value = work.share;
}

const percent = (share) => `${Math.round(100 * share)} %`;

// ---- taking --------------------------------------------------------------------------------

async function take(words, act) {
  taking?.abort();
  const mine = (taking = new AbortController());
  const tell = (share) => taking === mine && showBusy({ words, share });
  tell(null);
  try {
    await act(tell, mine.signal);
  } catch (error) {
    say(mine.signal.aborted ? "Stopped." : error.message, !mine.signal.aborted);
  } finally {
    if (taking === mine) taking = null;
    showBusy(null);
  }
}

function download() {
  const { photo } = state;
  return take("Making the file", async (tell, signal) => {
    const file = await fileOfPhoto(photo, tell, signal);
    save(file);
    photo.touched = false;
    say(`${file.name} is downloaded.`);
  });
}

function downloadAll() {
  return take("Making the files", async (tell, signal) => {
    const left = state.photos.filter(({ matte }) => !matte.ready).length;
    const file = await fileOfAll(tell, signal);
    save(file);
    for (const photo of file.photos) photo.touched = false;
    say(`${file.name} is downloaded.${left ? ` ${left} without a cut-out are left out.` : ""}`);
  });
}

function copyOne() {
  if (!navigator.clipboard?.write) return say("This browser copies pictures from https:// and localhost pages only; download it.", true);
  return take("Making the picture", async (tell, signal) => {
    await copy(state.photo, tell, signal);
    say("The picture is on the clipboard.");
  });
}

// ---- keys and files ------------------------------------------------------------------------

function keys(event) {
  if (!state.photo || event.target.matches("input, select") || $("question").open) return;
  const key = event.key.toLowerCase(), ctrl = event.ctrlKey || event.metaKey;
  const onCanvas = event.target === $("canvas");
  if (ctrl && key === "z") stepBy(event.shiftKey ? 1 : -1);
  else if (ctrl && key === "y") stepBy(1);
  else if (ctrl && key === "c" && getSelection().isCollapsed && !$("copy").disabled) copyOne();
  else if (ctrl && key === "s" && !$("download").disabled && !forOnePhoto) download();
  else if (ctrl || event.altKey) return;
  else if (KEYS[key]) {
    chooseTool(KEYS[key][0]);
    if (KEYS[key][1]) chooseMode(KEYS[key][1]);
  } else if (key === "n") goToPlace();
  else if (key === "[" || key === "]") setSize(Number($("size").value) * (key === "]" ? 1.25 : 0.8));
  else if (key === "+" || key === "=") view.zoom(1.25);
  else if (key === "-") view.zoom(0.8);
  else if (key === "0") view.fit();
  else if (key === "1") view.zoom(1 / view.scale);
  else if (onCanvas && key.startsWith("arrow")) nudge(key);
  else if (onCanvas && key === " ") dab();
  else return;
  event.preventDefault();
}

function goToPlace() {
  const place = nextPlace();
  if (!place) return;
  if (state.tool === "select" || state.tool === "move") chooseTool("brush");
  hover({ x: place.x, y: place.y });
}

// Arrow keys go from one radio button of a group to the next.
function arrows(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...event.currentTarget.querySelectorAll("[role=radio]:not(:disabled)")];
  const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
  next.focus();
  next.click();
  event.preventDefault();
  event.stopPropagation();
}

function slide(event) {
  const step = { ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, Home: -100, End: 100 }[event.key];
  if (!step) return;
  compare(Math.min(1, Math.max(0, view.compare + step / 100)));
  event.preventDefault();
  event.stopPropagation();
}

async function example() {
  const photo = await (await fetch("example.jpg")).blob();
  await open([new File([photo], "example.jpg", { type: "image/jpeg" })]);
}

// ---- wiring --------------------------------------------------------------------------------

picker(["open", "open-first"], "file", open);
$("example").onclick = example;
$("download").onclick = download;
$("download-all").onclick = downloadAll;
$("copy").onclick = copyOne;
$("remove").onclick = remove;
$("stop").onclick = () => (taking ? taking.abort() : state.photo.matte.giveUp());
$("undo").onclick = () => stepBy(-1);
$("redo").onclick = () => stepBy(1);
$("next").onclick = goToPlace;
$("size").oninput = () => setSize($("size").value);
$("zoom-in").onclick = () => view.zoom(1.25);
$("zoom-out").onclick = () => view.zoom(0.8);
$("zoom-fit").onclick = () => view.fit();
radios("tool", chooseTool);
radios("mode", chooseMode);
radios("view", look);
for (const group of document.querySelectorAll("[role=radiogroup]")) group.addEventListener("keydown", arrows);
view.onzoom = (scale) => ($("zoom").textContent = `${Math.round(100 * scale)} %`);
view.onpaint = () => ($("compare").style.left = `${Math.min(Math.max(view.line, HANDLE), $("canvas").clientWidth - HANDLE)}px`);
$("compare").onpointerdown = (event) => $("compare").setPointerCapture(event.pointerId);
$("compare").onpointermove = (event) => {
  if ($("compare").hasPointerCapture(event.pointerId)) compare(view.shareAt(event.clientX - $("canvas").getBoundingClientRect().left));
};
$("compare").onkeydown = slide;
listen($("canvas"));
onChoose(choose);
wireChoices();
addEventListener("keydown", keys);
addEventListener("paste", (event) => {
  const { files } = event.clipboardData ?? {};
  if (files?.length && !forOnePhoto) open(files);
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
  if (event.dataTransfer.files.length && !forOnePhoto) open(event.dataTransfer.files);
});
addEventListener("beforeunload", (event) => {
  if (state.photos.some(({ touched }) => touched) && !state.over) event.preventDefault();
});

chooseTool("select");
chooseMode("keep");
look("cutout");
if (matchMedia("(max-width: 800px)").matches) for (const details of document.querySelectorAll("details")) details.open = false;
try {
  while (!(await fetch("healthz")).ok) {
    say("The server is getting ready ...");
    await new Promise((done) => setTimeout(done, 500));
  }
  say("Open a photo to begin.");
  offerModels(await (await call("models")).json());
  if (forOnePhoto) await paintOnePhoto(open);
} catch (error) {
  say(error.message, true);
}

// The matte of one photo: steps that find it and correct it, and the work on them.
//
// A step shows at once what it says itself; the server's answers to it follow, as a preview where it
// is large, and at full size when nothing was painted for a while. Only then come clean colours. One
// request runs at a time; what no longer matters is given up. An error ends all of it until somebody
// does something again.

import { answerTo, apply, finishFields, passesOf, reachOf } from "./answers.js";
import { ask } from "./api.js";
import { History } from "./history.js";
import { Planes, channel, cut, drawn, joined, labelsOf, paste, pixelsIn, pixelsOf, pixelsOfSize, wholeOf } from "./planes.js";

const PAUSE = 700; // milliseconds without a stroke, before what takes longer
const NOWHERE = { left: 0, top: 0, right: 0, bottom: 0 };

export class Matte {
  // `photo` gives {size, picture(), upload, how()}, and `canvas` while it is looked at.
  constructor(photo) {
    this.photo = photo;
    this.planes = new Planes(photo.size);
    this.history = new History(this.planes);
    this.colours = null; // canvas of the subject's own colours, as far as they are known
    this.finished = null; // alpha after the finishing, where there is any
    this.clean = false; // whether both are those of the present alpha
    this.running = null; // AbortController of the work under way
    this.later = false; // whether that can wait
    this.failed = false;
    this.touched = -PAUSE; // when something was painted or undone last
    this.timer = null;
    this.waiting = []; // who waits for the full size
    this.on = { change() {}, busy() {}, error() {}, note() {}, found() {}, timed() {} };
  }

  get size() {
    return this.photo.size;
  }

  get whole() {
    return wholeOf(this.size);
  }

  // The alpha as it is shown, and as files have it.
  get alpha() {
    return this.finished ?? this.planes.alpha;
  }

  get ready() {
    return this.history.begun;
  }

  // The step that found the subject; the ones after it corrected it.
  get found() {
    return this.done().find((step) => step.kind === "find") ?? null;
  }

  // Whether all that is shown is at full size.
  get full() {
    return this.ready && this.done().every((step) => !step.passes.length);
  }

  // The steps that matter: the last that found the subject, and those after it.
  done() {
    const done = this.history.steps.slice(0, this.history.at);
    return done.slice(Math.max(0, done.findLastIndex((step) => step.kind === "find")));
  }

  // ---- what somebody does --------------------------------------------------------------------

  // Find the subject by a hint, as fields of a request; `points` are those among them, to be shown.
  find(words, hint, points = []) {
    this.stop();
    return this.work({ words: "Finding the subject" }, async (signal) => {
      const { blob, subject, warnings } = await this.photo.upload.use((photo_id) => ask("trimap", { photo_id, ...hint }, signal));
      const labels = labelsOf(await pixelsOf(blob, this.size));
      this.add({ kind: "find", words, points, labels, subject, box: this.whole });
      this.on.found();
      if (warnings) this.on.note(warnings);
    });
  }

  // Begin with a trimap, without asking what is the subject.
  load(words, canvas) {
    this.stop();
    const labels = labelsOf(pixelsOfSize(canvas, this.size));
    this.add({ kind: "find", words, points: [], labels, subject: null, box: this.whole });
    this.next();
  }

  // Correct the matte by a stroke; a smart one finds the edge around it.
  paint(words, stroke, smart) {
    this.correct({ kind: "stroke", words, stroke, smart, box: smart ? reachOf(stroke, this.size) : stroke.box });
  }

  // Finish it otherwise; what the same control was moved to just before is forgotten.
  finish(words, control, value) {
    const { last, at } = this.history;
    if (last?.control === control) this.go(at - 1);
    const { finishing } = this.planes;
    if (value === finishing[control]) return;
    this.correct({ kind: "finish", words, control, finishing: { ...finishing, [control]: value }, box: NOWHERE });
  }

  correct(step) {
    if (this.later) this.stop();
    this.failed = false;
    this.touched = performance.now();
    this.add(step);
    this.next();
  }

  // Go to where that many steps are done.
  go(count) {
    this.stop();
    this.touched = performance.now();
    this.changed(this.history.go(count));
    this.next();
  }

  // Until all is at full size.
  settle() {
    this.failed = false;
    this.touched = -PAUSE;
    const settled = new Promise((done, failed) => this.waiting.push({ done, failed }));
    this.next();
    return settled;
  }

  // Compute it again, as model and quality are now.
  again() {
    this.stop();
    for (const step of this.done()) step.passes = passesOf(step, this.size);
    this.next();
  }

  // Give up what is under way.
  stop() {
    clearTimeout(this.timer);
    this.running?.abort();
    this.running = null;
    this.later = this.failed = false;
    this.on.busy(null);
  }

  // Give it up, until somebody does something again.
  giveUp(words = "Stopped.") {
    this.stop();
    this.failed = true;
    this.refuse(new Error(words));
  }

  close() {
    for (const name of Object.keys(this.on)) this.on[name] = () => {};
    this.giveUp("The photo was closed.");
    this.photo.upload.drop();
  }

  // ---- work ----------------------------------------------------------------------------------

  add(step) {
    this.history.add(Object.assign(step, { passes: passesOf(step, this.size), answer: null }));
    apply(step, this.planes);
    this.changed([step]);
  }

  // What comes next, now or after a pause.
  next() {
    clearTimeout(this.timer);
    if (this.running || this.failed) return;
    if (!this.ready) return this.refuse(new Error("There is no cut-out."));
    const steps = this.done().filter((step) => step.passes.length);
    const step = steps.find((step) => !step.passes[0].later) ?? steps[0];
    if (!step) for (const { done } of this.waiting.splice(0)) done();
    if (!step && (this.clean || !this.photo.canvas)) return;
    const pause = this.touched + PAUSE - performance.now();
    if (pause > 0 && !(step && !step.passes[0].later)) this.timer = setTimeout(() => this.next(), pause);
    else if (step) this.pass(step);
    else this.clear();
  }

  // One pass over a step.
  pass(step) {
    const [{ scale, later = false }] = step.passes;
    this.work({ words: step.kind === "find" && scale === 1 ? "Finding the edge" : "", later }, async (signal, tell) => {
      const { photo, history } = this;
      const start = performance.now();
      step.answer = await answerTo(step, scale, { photo, history, how: photo.how(), signal, tell });
      if (step.kind === "find" && scale === 1) this.on.timed((performance.now() - start) / 1000, photo.size);
      step.passes.shift();
      history.replay(step, (one) => apply(one, this.planes));
      if (step.answer.warnings) this.on.note(step.answer.warnings);
      this.changed(this.done().slice(this.done().indexOf(step)));
    });
  }

  // Clean colours and the finishing, for what is seen.
  clear() {
    const finishing = finishFields(this.planes.finishing), finished = Object.values(finishing).some(Boolean);
    this.work({ words: finished ? "Finishing" : "", later: true }, async (signal) => {
      const alpha = await this.planes.alphaFile();
      signal.throwIfAborted();
      const [kind, fields] = finished ? ["cutout", finishing] : ["foreground", {}];
      const { blob } = await this.photo.upload.use((photo_id) => ask(kind, { photo_id, alpha, ...fields }, signal));
      this.colours = await drawn(blob, this.size);
      this.finished = finished ? channel(pixelsIn(this.colours, this.whole), 3) : null;
      this.clean = true;
      this.on.change(this.whole);
    });
  }

  async work({ words, later = false }, task) {
    const mine = (this.running = new AbortController());
    this.later = later;
    const tell = (share) => this.running === mine && this.on.busy({ words, share });
    tell(null);
    try {
      await task(mine.signal, tell);
    } catch (error) {
      if (this.running === mine) this.fail(error);
    }
    if (this.running !== mine) return;
    this.running = null;
    this.later = false;
    this.on.busy(null);
    this.next();
  }

  fail(error) {
    this.failed = true;
    const preview = this.ready && !this.full;
    this.on.error(preview ? new Error(`${error.message} (What you see is a preview.)`) : error);
    this.refuse(error);
  }

  refuse(error) {
    for (const { failed } of this.waiting.splice(0)) failed(error);
  }

  // Until all is clean again, what steps changed is shown in the photo's colours, and unfinished.
  async changed(steps) {
    if (!steps.length) return;
    this.clean = false;
    const box = steps.some(({ kind }) => kind === "finish") ? this.whole : steps.map(({ box }) => box).reduce(joined);
    if (this.finished) paste(this.finished, this.size.width, box, cut(this.planes.alpha, this.size.width, box));
    if (this.colours && this.ready) {
      const photo = await this.photo.picture();
      this.colours.getContext("2d").putImageData(pixelsIn(photo, box), box.left, box.top);
    }
    this.on.change(box);
  }
}

// The steps that made a matte: undone, redone, and jumped between.
//
// A step holds the box that it may change and what was there on the other side of it: `swap`
// exchanges that with what is there now, so going back and going forth are the same.

const MOST_BYTES = 400e6; // of all steps; the oldest ones go first

export class History {
  constructor(planes) {
    this.planes = planes;
    this.steps = [];
    this.at = 0; // how many of them are done
    this.forgotten = 0; // how many can no longer be undone
  }

  // Whether anything was done at all, so that there is a matte.
  get begun() {
    return this.at + this.forgotten > 0;
  }

  get last() {
    return this.steps[this.at - 1] ?? null;
  }

  // A new step, before it changes anything.
  add(step) {
    this.steps.length = this.at;
    step.part = this.planes.cut(step.box);
    this.steps.push(step);
    this.at++;
    while (this.bytes() > MOST_BYTES && this.steps.length > 1) this.forget();
    return step;
  }

  // Go to where `count` steps are done; the steps that were gone over.
  go(count) {
    const crossed = [];
    while (this.at > Math.max(0, count)) crossed.push(this.swap(this.steps[--this.at]));
    while (this.at < Math.min(count, this.steps.length)) crossed.push(this.swap(this.steps[this.at++]));
    return crossed;
  }

  // Do a step and those after it again, on what was there before it.
  replay(step, act) {
    const steps = this.unwind(step);
    for (const one of steps) {
      one.part = this.planes.cut(one.box);
      act(one);
    }
  }

  // Look at what was there before a step.
  before(step, look) {
    const steps = this.unwind(step), seen = look();
    for (const one of steps) this.swap(one);
    return seen;
  }

  // Take a step back, with those after it.
  unwind(step) {
    const steps = this.steps.slice(this.steps.indexOf(step), this.at);
    for (const one of [...steps].reverse()) this.swap(one);
    return steps;
  }

  swap(step) {
    step.part = this.planes.swap(step.box, step.part);
    return step;
  }

  forget() {
    this.steps.shift();
    this.at--;
    this.forgotten++;
  }

  bytes() {
    return this.steps.reduce((sum, { part }) => sum + 3 * part[0].length, 0);
  }
}

// The sheet to draw on: strokes by mouse, finger, pen or keyboard, with an eraser, undo and clear.

import { USUAL, drawStroke, drawStrokes } from "./ink.js";

const NEAR = 0.004; // points nearer to the last one than this are left out, in sides of the sheet
const PAUSE = 1; // seconds that a pause between strokes counts at most
const STEP = 0.02; // of the pen by arrow keys, in sides of the sheet; with Shift four times as far
const PAST = 60; // how many steps back there are

export class Board {
  // most: {strokes, points, seconds}. onchange(): after each change. say(text): tells what the keyboard did.
  constructor(canvas, cursor, most, onchange, say) {
    Object.assign(this, { canvas, cursor, most, onchange, say });
    this.strokes = [];
    this.past = [];
    this.erase = false;
    this.pen = null; // the stroke that is being drawn
    this.at = [0.5, 0.5];
    this.time = 0;
    this.last = 0;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(end, (event) => this.#up(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => this.#lift());
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  get empty() {
    return !this.strokes.some((stroke) => !stroke.erase);
  }

  get full() {
    const points = this.strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
    return this.strokes.length >= this.most.strokes || points >= this.most.points || this.time >= this.most.seconds;
  }

  // Whether the keyboard's pen is on the paper.
  get writing() {
    return Boolean(this.pen) && this.pointer === undefined;
  }

  undo() {
    this.#lift();
    if (!this.past.length) return;
    this.strokes = this.past.pop();
    this.#show();
  }

  clear() {
    this.#lift();
    if (!this.strokes.length) return;
    this.#remember();
    this.strokes = [];
    this.#show();
  }

  // A new sheet, without a way back.
  renew() {
    Object.assign(this, { strokes: [], past: [], time: 0, pen: null, at: [0.5, 0.5] });
    this.#show();
  }

  // What is sent.
  get drawing() {
    return { strokes: this.strokes.map(({ points, erase }) => (erase ? { points, erase } : { points })) };
  }

  #remember() {
    this.past = [...this.past, this.strokes].slice(-PAST);
  }

  #begin(point) {
    if (this.full) {
      this.say("The sheet is full.");
      return;
    }
    this.#tick();
    this.#remember();
    this.pen = { points: [this.#stamped(point)], erase: this.erase };
    this.strokes = [...this.strokes, this.pen];
    drawStroke(this.canvas.getContext("2d"), this.canvas.width, this.pen);
  }

  #extend(point) {
    const { points } = this.pen;
    const [x, y] = points.at(-1);
    if (Math.hypot(point[0] - x, point[1] - y) < NEAR) return;
    if (this.full) {
      this.#lift();
      this.say("The sheet is full.");
      return;
    }
    this.#tick();
    points.push(this.#stamped(point));
    drawStroke(this.canvas.getContext("2d"), this.canvas.width, this.pen, points.length - 2);
  }

  #lift() {
    if (!this.pen) return;
    this.pen = null;
    this.pointer = undefined;
    this.onchange();
  }

  // Pauses in which one thinks are cut short.
  #tick() {
    const now = performance.now() / 1000;
    if (this.strokes.length) this.time = Math.min(this.most.seconds, this.time + Math.min(PAUSE, now - this.last));
    this.last = now;
  }

  #stamped([x, y, pressure]) {
    const kept = (value, places) => Number(value.toFixed(places));
    const point = [kept(x, 4), kept(y, 4), kept(this.time, 3)];
    return pressure === USUAL ? point : [...point, kept(pressure, 2)];
  }

  #down(event) {
    if (!event.isPrimary || event.button !== 0 || this.pen) return;
    event.preventDefault();
    this.canvas.focus({ focusVisible: false });
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.#begin(this.#place(event));
  }

  #move(event) {
    if (!this.pen || event.pointerId !== this.pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) if (this.pen) this.#extend(this.#place(each));
  }

  #up(event) {
    if (event.pointerId === this.pointer) this.#lift();
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    const inside = (value) => Math.min(1, Math.max(0, value));
    // A mouse and most fingers say the same pressure always, or none.
    const felt = event.pointerType === "pen" || ![0, USUAL, 1].includes(event.pressure);
    const pressure = felt ? inside(event.pressure) : USUAL;
    this.at = [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
    return [...this.at, pressure];
  }

  #key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " || event.key === "Enter") {
      if (event.repeat) return;
      if (this.pen) {
        this.#lift();
        this.say("Pen lifted.");
      } else {
        this.#begin([...this.at, USUAL]);
        if (this.pen) this.say(this.erase ? "Eraser down." : "Pen down.");
      }
    } else if (event.key === "Escape" && this.writing) {
      this.#lift();
      this.say("Pen lifted.");
    } else if (event.key in steps) {
      const far = STEP * (event.shiftKey ? 4 : 1);
      this.at = this.at.map((value, i) => Math.min(1, Math.max(0, value + far * steps[event.key][i])));
      if (this.pen) this.#extend([...this.at, USUAL]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.#point();
  }

  #point() {
    Object.assign(this.cursor.style, { left: `${100 * this.at[0]}%`, top: `${100 * this.at[1]}%` });
    this.cursor.classList.toggle("down", this.writing);
  }

  #fit() {
    const side = Math.max(1, Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1)));
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    drawStrokes(this.canvas, this.strokes);
    this.#point();
  }

  #show() {
    drawStrokes(this.canvas, this.strokes);
    this.#point();
    this.onchange();
  }
}

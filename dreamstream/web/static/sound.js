// The sound of the show: a buffer of its own beside the picture's, led to where the picture is.

import { join } from "./fragment.js";

const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;
const NEAR = 0.14; // seconds before the newest sound where it must stay, or it would run dry
const JUMP = 0.4; // seconds off past which it jumps
const KEEP = 6; // seconds of played sound kept

export class Sound {
  static plays(codec) {
    return Boolean(Source?.isTypeSupported(`audio/mp4; codecs="${codec}"`));
  }

  // where(): the stream's time, in seconds, of the picture that is shown; null when there is none.
  constructor(where) {
    this.where = where;
    this.on = false;
    this.asked = false;
    this.reserve = 0.12; // seconds that the picture waits for the sound to be ready
    this.element = null;
    this.queue = [];
  }

  // In the handler of a click, so that the browser lets it sound.
  set(on) {
    this.on = on;
    if (!on) {
      this.#end();
      return;
    }
    this.element ??= new Audio();
    this.element.disableRemotePlayback = true;
  }

  open(init, codec) {
    if (!this.on) return;
    this.#end();
    const source = new Source();
    const url = URL.createObjectURL(source);
    this.queue = [init];
    source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(url);
      if (this.source !== source) return;
      this.buffer = source.addSourceBuffer(`audio/mp4; codecs="${codec}"`);
      this.buffer.addEventListener("updateend", () => this.#pump());
      this.#pump();
    });
    this.source = source;
    this.element.src = url;
  }

  push(data) {
    if (!this.source) return;
    this.queue.push(data);
    if (this.queue.length > 500) this.queue.splice(1, 250);
    this.#pump();
  }

  // The connection has gone; the next one is asked for the sound again.
  close() {
    this.asked = false;
    this.#end();
  }

  get time() {
    return this.element && this.source ? this.element.currentTime : null;
  }

  tick() {
    const { element } = this;
    const picture = this.where();
    if (!this.on || !this.source || !element?.buffered.length || picture === null) return;
    const edge = element.buffered.end(element.buffered.length - 1);
    const wanted = Math.min(picture, edge - NEAR);
    if (wanted < element.buffered.start(0)) return;
    const off = wanted - element.currentTime;
    if (Math.abs(off) > JUMP) element.currentTime = wanted;
    // A change of speed this small is not heard as a change of pitch.
    element.playbackRate = Math.abs(off) < 0.03 || Math.abs(off) > JUMP ? 1 : 1 + Math.min(0.02, Math.max(-0.02, off * 0.2));
    if (element.paused) element.play().catch(() => {});
  }

  #end() {
    this.source = null;
    this.buffer = null;
    this.queue = [];
    if (this.element?.src) {
      this.element.pause();
      this.element.removeAttribute("src");
      this.element.load();
    }
  }

  #pump() {
    const { buffer, element } = this;
    if (!buffer || buffer.updating || !this.queue.length) return;
    try {
      if (buffer.buffered.length && element.currentTime - buffer.buffered.start(0) > 2 * KEEP) {
        buffer.remove(0, element.currentTime - KEEP);
        return;
      }
      buffer.appendBuffer(join(this.queue.splice(0)));
    } catch {
      // A broken buffer is silent until the next connection; the picture goes on.
      this.#end();
    }
  }
}

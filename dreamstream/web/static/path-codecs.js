// Live video by WebCodecs: the browser decodes each frame as it comes, and this shows it at its moment on a canvas.
// The least delay there is: only as much is held back as the network's unevenness asks for.

import { describe, sampleOf } from "./fragment.js";

const HELD = 24; // decoded frames kept at most; decoders have few
const SPAN = 500; // ms of which the latest arrival counts
const SPANS = 16; // that many of them are judged
const FORGIVEN = 2; // spans whose stalls are too rare to hold everything else back for
const LEAST = 0.012; // seconds held back at least
const MOST = 0.35;
const JUMP = 0.7; // seconds off past which it jumps instead of hurrying
const BURST = 400; // ms after joining in which what was kept for newcomers arrives, all at once
const MAX_GOP = 900; // fragments kept since the last key frame

export class CodecsPath {
  static name = "codecs";
  static socket = "ws/video";

  static get here() {
    return "VideoDecoder" in globalThis && "EncodedVideoChunk" in globalThis;
  }

  static async plays(about) {
    try {
      return (await VideoDecoder.isConfigSupported({ codec: about.codec, codedWidth: about.width, codedHeight: about.height })).supported;
    } catch {
      return false;
    }
  }

  constructor(stage, on) {
    this.element = stage.live;
    this.context = this.element.getContext("2d", { alpha: false, desynchronized: true });
    this.on = on;
    this.extra = 0;
    this.closed = false;
    this.frames = [];
    this.gop = [];
    this.spans = []; // {when, least, most}: wall time less stream time (s) of the first and the last to come
    this.base = null; // wall time (s) less stream time of the fastest arrival lately
    this.delay = 0.05;
    this.playhead = null;
    this.shown = null;
    this.edge = null;
    this.rate = 1;
    this.dropped = 0;
    this.idle = true; // whether the decoder waits for a key frame
    this.stop = new AbortController();
    document.addEventListener("visibilitychange", () => this.#seen(), { signal: this.stop.signal });
  }

  open(about) {
    this.about = about;
    this.element.width = about.width;
    this.element.height = about.height;
  }

  // The initialisation segment first, then fragments.
  push(data) {
    if (!this.config) {
      const { timescale, description } = describe(data);
      this.timescale = timescale;
      this.config = { codec: this.about.codec, description, optimizeForLatency: true };
      this.#configure();
      this.#draw();
      return;
    }
    const sample = sampleOf(data, this.timescale);
    if (sample.key) this.gop = [];
    this.gop.push(sample);
    if (this.gop.length > MAX_GOP) this.gop = [];
    this.#arrived(sample);
    // Nobody sees it: what is needed to go on is kept.
    if (!document.hidden) this.#decode(sample);
  }

  close() {
    this.closed = true;
    this.stop.abort();
    cancelAnimationFrame(this.request);
    for (const frame of this.frames.splice(0)) frame.close();
    if (this.decoder?.state !== "closed") this.decoder?.close();
    this.gop = [];
  }

  get time() {
    return this.shown;
  }

  get latency() {
    return this.shown === null || this.base === null ? null : Math.max(0, performance.now() / 1000 - this.base - this.shown);
  }

  play() {}

  follow() {}

  tick() {
    // After a stall in the network the decoder may be far behind: begin anew at the next key frame.
    if (this.decoder?.state === "configured" && this.decoder.decodeQueueSize > 90) this.#configure();
  }

  #configure() {
    if (this.decoder?.state === "configured") this.decoder.reset();
    else {
      this.decoder = new VideoDecoder({ output: (frame) => this.#take(frame), error: () => this.closed || this.on.fault() });
    }
    this.decoder.configure(this.config);
    this.idle = true;
  }

  #decode({ key, time, bytes }) {
    if (this.closed || this.decoder.state !== "configured" || (this.idle && !key)) return;
    this.idle = false;
    try {
      this.decoder.decode(new EncodedVideoChunk({ type: key ? "key" : "delta", timestamp: Math.round(time * 1e6), data: bytes }));
    } catch {
      this.on.fault();
    }
  }

  #take(frame) {
    if (this.closed) {
      frame.close();
      return;
    }
    this.frames.push(frame);
    while (this.frames.length > HELD) {
      this.frames.shift().close();
      this.#drop();
    }
  }

  // Newcomers are sent more than they need; what they skip of it is no loss.
  #drop() {
    if (performance.now() > this.began + BURST) this.dropped += 1;
  }

  // A frame is due when the slower ones of the last seconds would have come too. A lone stall, such as the page's own
  // beginning, must not delay all that comes after it.
  #arrived({ time, end }) {
    const now = performance.now();
    this.edge = end;
    this.began ??= now;
    const offset = now / 1000 - time;
    const when = Math.floor(now / SPAN);
    if (this.spans.at(-1)?.when !== when) this.spans.push({ when, least: offset, most: -Infinity });
    while (this.spans[0].when <= when - SPANS) this.spans.shift();
    const span = this.spans.at(-1);
    span.least = Math.min(span.least, offset);
    // What came in one burst on joining says nothing about the network.
    if (now > this.began + BURST) span.most = Math.max(span.most, offset);
    this.base = Math.min(...this.spans.map((each) => each.least));
    const worst = this.spans.map((each) => each.most - this.base).sort((a, b) => b - a);
    if (worst.length <= FORGIVEN) return;
    const wanted = Math.min(MOST, Math.max(LEAST, worst[FORGIVEN] + 0.004));
    // Quickly more, slowly less.
    this.delay += (wanted - this.delay) * (wanted > this.delay ? 0.3 : 0.02);
  }

  #draw() {
    if (this.closed) return;
    this.request = requestAnimationFrame((now) => this.#paint(now));
  }

  #paint(now) {
    const passed = Math.min(0.25, Math.max(0, (now - (this.painted ?? now)) / 1000));
    this.painted = now;
    if (this.base !== null) {
      const wanted = performance.now() / 1000 - this.base - this.delay - this.extra;
      const off = this.playhead === null ? Infinity : wanted - this.playhead;
      if (Math.abs(off) > JUMP) {
        this.playhead = wanted;
        this.rate = 1;
      } else {
        this.rate = Math.abs(off) < 0.004 ? 1 : Math.min(1.12, Math.max(0.92, 1 + off));
        this.playhead += passed * this.rate;
      }
    }
    let due = null;
    // Half a screen refresh early is nearer to its moment than half a refresh late.
    while (this.frames.length && this.frames[0].timestamp / 1e6 <= (this.playhead ?? 0) + 0.008) {
      if (due) {
        due.close();
        this.#drop();
      }
      due = this.frames.shift();
    }
    // The very first picture is shown at once, whenever it is due.
    if (!due && this.shown === null && this.frames.length) due = this.frames.shift();
    if (due) {
      this.context.drawImage(due, 0, 0, this.element.width, this.element.height);
      this.shown = due.timestamp / 1e6;
      due.close();
      this.on.frame();
    }
    this.#draw();
  }

  // Back in sight: everything since the last key frame once more, quickly.
  #seen() {
    if (document.hidden || !this.config || this.closed) return;
    for (const frame of this.frames.splice(0)) frame.close();
    this.#configure();
    for (const sample of this.gop) this.#decode(sample);
  }
}

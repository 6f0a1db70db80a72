// Live video by Media Source Extensions: plays nearly everywhere. Stays near the live edge by a little more or less speed.

import { join } from "./fragment.js";

const KEEP = 8; // seconds of played video kept in the buffer
const JUMP = 1.6; // seconds behind the edge past which it jumps instead of hurrying
const CALM = 0.1; // seconds behind the edge it aims at when all goes well
const MOST = 0.4; // and at most, however uneven the network
const SETTLING = 1500; // ms after joining or jumping in which running dry says nothing about the network
const APART = 500; // ms; running dry again sooner is the same stall
const MAX_QUEUE = 900; // fragments waiting for the buffer; more means that it is stuck

const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;

export class MsePath {
  static name = "mse";
  static socket = "ws/video";

  static async plays(about) {
    return Boolean(Source?.isTypeSupported(`video/mp4; codecs="${about.codec}"`));
  }

  static get here() {
    return Boolean(Source);
  }

  // on: {frame(), fault(), blocked(), flowing()}
  constructor(stage, on) {
    this.element = stage.video;
    this.on = on;
    this.extra = 0; // seconds that sound wants to be kept ready
    this.queue = [];
    this.buffer = null;
    this.joined = false;
    this.closed = false;
    this.target = CALM;
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.element.addEventListener("waiting", () => this.#starved(), { signal });
    this.element.addEventListener("error", () => this.closed || on.fault(), { signal });
    this.#watch();
  }

  open(about) {
    const source = new Source();
    const url = URL.createObjectURL(source);
    source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(url);
      if (this.closed) return;
      const buffer = source.addSourceBuffer(`video/mp4; codecs="${about.codec}"`);
      buffer.addEventListener("updateend", () => {
        if (this.closed) return;
        this.follow();
        this.#pump();
      });
      this.buffer = buffer;
      this.#pump();
    });
    this.element.disableRemotePlayback = true;
    this.element.src = url;
  }

  push(data) {
    this.queue.push(data);
    if (this.queue.length > MAX_QUEUE) this.on.fault();
    else this.#pump();
  }

  close() {
    this.closed = true;
    this.stop.abort();
    this.queue = [];
    this.buffer = null;
  }

  // Seconds of the stream: the newest known here, and the one that is shown.
  get edge() {
    const ranges = this.element.buffered;
    return ranges.length ? ranges.end(ranges.length - 1) : null;
  }

  get time() {
    return this.joined ? this.element.currentTime : null;
  }

  get latency() {
    return this.joined && this.edge !== null ? Math.max(0, this.edge - this.element.currentTime) : null;
  }

  get dropped() {
    return this.element.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  }

  get rate() {
    return this.element.playbackRate;
  }

  async play() {
    try {
      await this.element.play();
      this.on.flowing();
    } catch (error) {
      if (error.name === "NotAllowedError" && !this.closed) this.on.blocked();
    }
  }

  tick() {
    this.target = Math.max(CALM, this.target * 0.987);
    if (this.joined && this.element.paused && !document.hidden) this.play();
  }

  // Hurry or dawdle a little, jump when far off.
  follow() {
    const video = this.element;
    const ranges = video.buffered;
    if (this.closed || !ranges.length) return;
    const start = ranges.start(ranges.length - 1);
    const behind = this.edge - video.currentTime;
    const target = this.target + this.extra;
    if (!this.joined || behind > JUMP || behind < -0.5 || video.currentTime < start - 0.05) {
      this.joined = true;
      this.calmed = performance.now() + SETTLING;
      video.currentTime = Math.max(start, this.edge - target);
      video.playbackRate = 1;
      this.play();
      return;
    }
    const off = behind - target;
    video.playbackRate = Math.abs(off) < 0.03 ? 1 : Math.min(1.15, Math.max(0.94, 1 + off * 0.5));
  }

  // The edge was too near for this network: keep a little more, and forget it within half a minute.
  #starved() {
    const now = performance.now();
    if (!this.joined || now < this.calmed) return;
    this.calmed = now + APART;
    this.target = Math.min(this.target * 1.35, MOST);
  }

  #pump() {
    const { buffer, queue } = this;
    if (!buffer || buffer.updating || !queue.length) return;
    try {
      if (buffer.buffered.length && this.element.currentTime - buffer.buffered.start(0) > 2 * KEEP) {
        buffer.remove(0, this.element.currentTime - KEEP);
        return;
      }
      buffer.appendBuffer(join(queue.splice(0)));
    } catch {
      // A full or broken buffer: a new one starts at the live edge.
      this.on.fault();
    }
  }

  #watch() {
    const video = this.element;
    if (!video.requestVideoFrameCallback) {
      video.addEventListener("timeupdate", () => this.joined && this.on.frame(), { signal: this.stop.signal });
      return;
    }
    const again = () => {
      if (this.closed) return;
      if (this.joined) this.on.frame();
      video.requestVideoFrameCallback(again);
    };
    video.requestVideoFrameCallback(again);
  }
}

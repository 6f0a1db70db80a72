// Live video by Media Source Extensions: one websocket, one buffer, always near the live edge.
//
// It recovers by making everything anew: after a dropped socket, a restarted server (whose times start again) or a
// laptop's sleep, the last picture is held on a canvas until the new connection shows its first.

import { Backoff } from "./backoff.js";

const SILENCE = 4000; // ms without data after which the connection is taken for dead
const WARM_UP = 30000; // ms without data before the first frame: a show that starts has none to send
const KEEP = 8; // seconds of played video kept in the buffer
const JUMP = 1.6; // seconds behind the edge past which it jumps instead of hurrying
const CALM = 0.1; // seconds behind the edge it aims at when all goes well
const MAX_QUEUE = 900; // fragments waiting for the buffer; more means that it is stuck

const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;

export class Player {
  // onchange(): called when `phase` changes. phase: "connecting"; "waiting" (connected, no frame yet); "playing";
  // "offline"; "blocked" (autoplay refused); "full" (no place left); "unsupported".
  // standing(): whether the show itself says that its pictures stand still, so that silence is no sign of a dead socket.
  constructor(video, still, url, onchange, standing) {
    Object.assign(this, { video, still, url, onchange, standing });
    this.phase = "connecting";
    this.reconnects = 0;
    this.presented = 0;
    this.frames = 0;
    this.target = CALM;
    this.backoff = new Backoff(() => this.#connect());
    this.queue = [];
    this.lastTick = this.lastData = performance.now();
  }

  start() {
    if (!Source) {
      this.#set("unsupported");
      return;
    }
    const { video } = this;
    video.addEventListener("waiting", () => {
      // The edge was too near for this network: keep a little more, and forget it slowly.
      if (this.phase === "playing") this.target = Math.min(this.target * 1.35, 0.9);
    });
    video.addEventListener("error", () => this.#again());
    document.addEventListener("visibilitychange", () => this.#wake());
    addEventListener("online", () => this.#wake());
    addEventListener("pageshow", () => this.#wake());
    setInterval(() => this.#tick(), 200);
    this.#watchFrames();
    this.#connect();
  }

  // Seconds that the shown picture is behind the newest one known here.
  get latency() {
    const { video } = this;
    if (!video.buffered.length) return null;
    const edge = video.buffered.end(video.buffered.length - 1);
    return Math.max(0, edge - video.currentTime) + Math.max(0, performance.now() - this.lastData - 100) / 1000;
  }

  // Seconds since a new picture was shown.
  get age() {
    return this.presented ? (performance.now() - this.presented) / 1000 : null;
  }

  get dropped() {
    return this.video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  }

  // After a click: browsers that refuse to start a picture by themselves allow it then.
  async play() {
    try {
      await this.video.play();
      if (this.phase === "blocked") this.#set("waiting");
    } catch (error) {
      if (error.name === "NotAllowedError") this.#set("blocked");
    }
  }

  #set(phase) {
    if (this.phase === phase) return;
    this.phase = phase;
    this.onchange();
  }

  #connect() {
    this.#drop();
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.lastData = performance.now();
    socket.onopen = () => {
      if (socket === this.socket) this.#set("waiting");
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.#receive(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.#again(event.code === 1013 && event.reason ? "full" : "offline");
    };
  }

  #drop() {
    if (this.socket) {
      this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
      this.socket.close();
      this.socket = null;
    }
    this.queue = [];
    this.buffer = null;
    this.joined = false;
  }

  #again(phase = "offline") {
    this.#hold();
    this.#drop();
    this.reconnects += 1;
    this.#set(phase);
    this.backoff.schedule();
  }

  // Keep the last picture in sight while the video element has none.
  #hold() {
    const { video, still } = this;
    if (video.readyState < 2 || !video.videoWidth) return;
    still.width = video.videoWidth;
    still.height = video.videoHeight;
    still.getContext("2d").drawImage(video, 0, 0);
    still.classList.add("held");
  }

  #receive(data) {
    this.lastData = performance.now();
    if (typeof data === "string") {
      this.#open(JSON.parse(data));
      return;
    }
    this.queue.push(data);
    if (this.queue.length > MAX_QUEUE) this.#again();
    else this.#pump();
  }

  #open(about) {
    const type = `video/mp4; codecs="${about.codec}"`;
    if (!Source.isTypeSupported(type)) {
      this.#drop();
      this.#set("unsupported");
      return;
    }
    const source = new Source();
    const url = URL.createObjectURL(source);
    const { video, socket } = this;
    source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(url);
      if (socket !== this.socket) return;
      const buffer = source.addSourceBuffer(type);
      buffer.addEventListener("updateend", () => {
        if (buffer !== this.buffer) return;
        this.#follow();
        this.#pump();
      });
      this.buffer = buffer;
      this.#pump();
    });
    video.disableRemotePlayback = true;
    video.src = url;
  }

  #pump() {
    const { buffer, queue, video } = this;
    if (!buffer || buffer.updating || !queue.length) return;
    try {
      if (buffer.buffered.length && video.currentTime - buffer.buffered.start(0) > 2 * KEEP) {
        buffer.remove(0, video.currentTime - KEEP);
        return;
      }
      const parts = queue.splice(0);
      buffer.appendBuffer(parts.length === 1 ? parts[0] : join(parts));
    } catch {
      // A full or broken buffer: a new one starts at the live edge.
      this.#again();
    }
  }

  // Stay near the live edge: hurry or dawdle a little (there is no sound to give it away), jump when far off.
  #follow() {
    const { video } = this;
    const ranges = video.buffered;
    if (!ranges.length) return;
    const start = ranges.start(ranges.length - 1);
    const edge = ranges.end(ranges.length - 1);
    const behind = edge - video.currentTime;
    if (!this.joined || behind > JUMP || behind < -0.5 || video.currentTime < start - 0.05) {
      this.joined = true;
      video.currentTime = Math.max(start, edge - this.target);
      video.playbackRate = 1;
      this.play();
      return;
    }
    const off = behind - this.target;
    video.playbackRate = Math.abs(off) < 0.03 ? 1 : Math.min(1.15, Math.max(0.94, 1 + off * 0.5));
  }

  #tick() {
    const now = performance.now();
    const slept = now - this.lastTick > 5000 && !document.hidden;
    this.lastTick = now;
    this.target = Math.max(CALM, this.target * 0.996);
    const patience = this.joined && !this.standing() ? SILENCE : WARM_UP;
    if (this.socket && now - this.lastData > patience) this.#again();
    else if (slept) this.#wake();
    else if (this.phase === "playing" && this.video.paused && !document.hidden) this.play();
  }

  #wake() {
    if (document.hidden || this.phase === "unsupported") return;
    if (!this.socket) this.backoff.now();
    else this.#follow();
  }

  #watchFrames() {
    const { video, still } = this;
    const shown = () => {
      this.presented = performance.now();
      this.frames += 1;
      if (this.socket && this.joined && this.phase !== "playing") {
        this.backoff.reset();
        still.classList.remove("held");
        video.classList.add("moving");
        this.#set("playing");
      }
    };
    if (video.requestVideoFrameCallback) {
      const again = () => {
        shown();
        video.requestVideoFrameCallback(again);
      };
      video.requestVideoFrameCallback(again);
    } else {
      video.addEventListener("timeupdate", shown);
    }
  }
}

function join(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), place);
    place += part.byteLength;
  }
  return whole;
}

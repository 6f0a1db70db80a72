// The websocket of the live video, and when it has to be made anew: it was dropped, nothing comes though it seems to
// stand, the network is back, or a laptop wakes. What is torn down then and what is kept is the player's.

import { Backoff } from "./backoff.js";

const SILENCE = 4000; // ms without data after which the connection is taken for dead
const WARM_UP = 30000; // ms without data before the first frame: a show that starts has none to send
const TICK = 200; // ms
const SLEPT = 5000; // ms between two ticks that tell of a machine that slept

export class VideoLink {
  // on: {due(): time to connect; opened(); came(data); lost(event): closed by the other end, or silent (no event);
  // woke(): back in sight, from sleep, or in the network; ticked(): five times a second}.
  // flowing(): whether data is expected to come all the time.
  constructor(on, flowing) {
    Object.assign(this, { on, flowing });
    this.socket = null;
    this.backoff = new Backoff(on.due);
    this.lastTick = this.lastData = performance.now();
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#wake());
    addEventListener("online", () => this.#wake());
    addEventListener("pageshow", () => this.#wake());
    setInterval(() => this.#tick(), TICK);
    this.on.due();
  }

  // Milliseconds since data came, or since the connection was begun.
  get silence() {
    return performance.now() - this.lastData;
  }

  connect(url) {
    this.close();
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.on.opened();
    socket.onmessage = (event) => {
      this.lastData = performance.now();
      this.on.came(event.data);
    };
    socket.onclose = (event) => this.on.lost(event);
    this.socket = socket;
    this.lastData = performance.now();
  }

  close() {
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  // Whether it could be sent.
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  #tick() {
    const now = performance.now();
    const slept = now - this.lastTick > SLEPT;
    this.lastTick = now;
    this.on.ticked();
    if (this.socket && this.silence > (this.flowing() ? SILENCE : WARM_UP)) this.on.lost();
    else if (slept) this.#wake();
  }

  #wake() {
    if (!document.hidden) this.on.woke();
  }
}

// The events socket: the whole state on connect, then what changes; requests go the other way.

import { Backoff } from "./backoff.js";

const SILENCE = 8000; // ms; a living server says something every second
const PATIENCE = 10000; // ms to wait for the reply to a request
const VERSION = 1;

export class Link {
  // onstate(state): the whole state, at each change. online: whether the socket is open.
  constructor(url, onstate) {
    Object.assign(this, { url, onstate });
    this.online = false;
    this.state = null;
    this.waiting = new Map();
    this.last = 0;
    this.backoff = new Backoff(() => this.#connect());
  }

  start() {
    setInterval(() => {
      if (this.socket && performance.now() - this.last > SILENCE) this.#again();
    }, 1000);
    addEventListener("online", () => this.#wake());
    document.addEventListener("visibilitychange", () => this.#wake());
    this.#connect();
  }

  // The reply to one line of chat: {text, ok}. Rejects with a sentence for the person who asked.
  ask(text, who) {
    if (!this.online) return Promise.reject(new Error("There is no connection just now. Try again in a moment."));
    const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, new Error("No answer came. Try again in a moment.")), PATIENCE);
      this.waiting.set(id, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ ask: text, who, id }));
    });
  }

  #connect() {
    const socket = new WebSocket(this.url);
    this.#close();
    this.socket = socket;
    this.last = performance.now();
    socket.onmessage = (event) => {
      this.last = performance.now();
      this.backoff.reset();
      this.online = true;
      this.#receive(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (socket === this.socket) this.#again();
    };
  }

  #receive(message) {
    if (message.type === "reply") this.#settle(message.id, message);
    else if (message.type === "state") this.#update(message.version, message.state);
    else if (message.type === "change" && this.state) this.#update(message.version, { ...this.state, ...message.changes });
  }

  #update(version, state) {
    // The server was updated under an open page: only a fresh page speaks its language.
    if (version !== VERSION) {
      if (!sessionStorage.getItem("reloaded")) {
        sessionStorage.setItem("reloaded", "yes");
        location.reload();
      }
      return;
    }
    sessionStorage.removeItem("reloaded");
    this.state = state;
    this.onstate(state);
  }

  #settle(id, outcome) {
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    this.waiting.delete(id);
    clearTimeout(waiting.timer);
    if (outcome instanceof Error) waiting.reject(outcome);
    else waiting.resolve(outcome);
  }

  #close() {
    if (!this.socket) return;
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  #again() {
    this.#close();
    this.online = false;
    for (const id of [...this.waiting.keys()]) this.#settle(id, new Error("The connection broke. Try again in a moment."));
    this.backoff.schedule();
  }

  #wake() {
    if (!document.hidden && !this.socket) this.backoff.now();
  }
}

// The connection to the show: the token, events over one websocket, actions as requests.

import { socketAt } from "../address.js";
import { Backoff } from "../backoff.js";

const KEPT = "dreamstream-token";
const SILENCE = 8000; // ms; a living server says something every second

export class Room {
  // onstate(state): everything, at each change. onlock(why): a token is needed. ononline(flag): whether it is connected.
  constructor({ onstate, onlock, ononline }) {
    Object.assign(this, { onstate, onlock, ononline });
    this.token = takeToken();
    this.state = null;
    this.last = 0;
    this.backoff = new Backoff(() => this.#connect());
  }

  start() {
    setInterval(() => {
      if (this.socket && performance.now() - this.last > SILENCE) this.#again();
    }, 1000);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.socket && this.token) this.backoff.now();
    });
    addEventListener("hashchange", () => {
      const token = takeToken();
      if (token) this.open(token);
    });
    if (this.token) this.#connect();
    else this.onlock("");
  }

  open(token) {
    this.token = token.trim();
    this.#connect();
  }

  // Do one action; the show's answer. Throws an Error with a sentence for the person who asked.
  async act(action, values = {}) {
    let answer;
    try {
      answer = await fetch(`api/control/${action}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${this.token}` },
        body: JSON.stringify(values),
        signal: AbortSignal.timeout(10000),
      });
    } catch {
      throw new Error("The show does not answer.");
    }
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error || `The show answered ${answer.status}.`);
    return said.reply;
  }

  // The strokes of a drawing.
  async drawing(key) {
    const answer = await fetch(`api/control/drawings/${encodeURIComponent(key)}`, { headers: { authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`drawings: ${answer.status}`);
    return answer.json();
  }

  #connect() {
    this.#close();
    const socket = new WebSocket(socketAt("ws/control"));
    this.socket = socket;
    this.last = performance.now();
    socket.onopen = () => socket.send(JSON.stringify({ token: this.token }));
    socket.onmessage = (event) => {
      this.last = performance.now();
      this.backoff.reset();
      if (!this.online) {
        this.online = true;
        keepToken(this.token);
        this.ononline(true);
      }
      const message = JSON.parse(event.data);
      this.state = message.type === "state" ? message.state : { ...this.state, ...message.changes };
      this.onstate(this.state);
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      if (event.code === 1008) {
        this.#close();
        keepToken("");
        this.#offline();
        this.onlock("That is not the token.");
      } else this.#again();
    };
  }

  #close() {
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  #offline() {
    this.online = false;
    this.ononline(false);
  }

  #again() {
    this.#close();
    this.#offline();
    this.backoff.schedule();
  }
}

// The link that the show prints carries the token behind its #, which browsers keep to themselves.
function takeToken() {
  const given = decodeURIComponent(location.hash.slice(1));
  if (given) history.replaceState(null, "", location.pathname + location.search);
  try {
    return given || sessionStorage.getItem(KEPT) || "";
  } catch {
    return given;
  }
}

function keepToken(token) {
  try {
    if (token) sessionStorage.setItem(KEPT, token);
    else sessionStorage.removeItem(KEPT);
  } catch {
    // A browser without storage asks again after a reload.
  }
}

// The queue: requests that can be dragged, moved with the arrow keys, taken out, and their viewers blocked.

import { byId, duration, keyed, make, say } from "./dom.js";

const SETTLED = 2000; // milliseconds after which what the show says counts again, if it never says what was asked

export class Queue {
  constructor(act) {
    this.act = act;
    this.list = byId("queue");
    this.dragged = null;
    this.moved = -Infinity; // when a request was last put elsewhere, until the show says so, too
    this.sending = Promise.resolve();
    this.requests = [];
    this.list.addEventListener("pointerdown", (event) => this.#lift(event));
    this.list.addEventListener("keydown", (event) => this.#key(event));
    byId("clear").addEventListener("click", () => this.#send("clear"));
  }

  show(requests) {
    this.requests = requests;
    say(byId("queue-count"), requests.length ? String(requests.length) : "");
    byId("queue-empty").hidden = requests.length > 0;
    byId("clear").disabled = !requests.length;
    const here = this.#inHandOrder(requests);
    if (here.every((request, place) => request === requests[place])) this.moved = -Infinity;
    // While something is in the hand, and until the show knows where it was put, only the texts change: what it said
    // before it knew would take it back for a moment.
    const shown = this.dragged || performance.now() - this.moved < SETTLED ? here : requests;
    keyed(this.list, shown, (request) => request.id, () => this.#row(), (row, request) => this.#fill(row, request));
  }

  #row() {
    const row = make("li", {}, make("button", { type: "button", class: "handle", "aria-describedby": "drag-help" }, "⠿"));
    row.append(make("span", { class: "emoji", "aria-hidden": "true" }), make("span", { class: "what" }), make("span", { class: "dim who" }));
    row.append(make("span", { class: "dim eta" }));
    const remove = make("button", { type: "button", class: "icon", title: "Take out" }, "✕");
    remove.addEventListener("click", () => this.#send("remove", { id: row.dataset.key }));
    row.append(remove);
    return row;
  }

  #fill(row, request) {
    const [handle, emoji, what, who, eta, remove] = row.children;
    handle.setAttribute("aria-label", `Move ${request.title}`);
    remove.setAttribute("aria-label", `Take out ${request.title}`);
    say(emoji, request.emoji);
    say(what, request.title);
    say(who, request.who);
    say(eta, request.eta === null ? "" : duration(request.eta));
  }

  #inHandOrder(requests) {
    const order = [...this.list.children].map((row) => row.dataset.key);
    const place = (request) => (order.includes(request.id) ? order.indexOf(request.id) : order.length);
    return [...requests].sort((a, b) => place(a) - place(b));
  }

  #lift(event) {
    const handle = event.target.closest(".handle");
    if (!handle || event.button) return;
    const row = handle.parentElement;
    const from = this.#placeOf(row);
    event.preventDefault();
    handle.focus();
    this.dragged = row;
    row.classList.add("lifted");
    // On the document: a row that is moved within the list loses the pointer.
    const move = (at) => this.#carry(row, at.clientY);
    const drop = (at) => {
      document.removeEventListener("pointermove", move);
      for (const end of ["pointerup", "pointercancel"]) document.removeEventListener(end, drop);
      row.classList.remove("lifted");
      this.dragged = null;
      if (at.type === "pointerup" && this.#placeOf(row) !== from) this.#place(row);
      else this.show(this.requests);
    };
    document.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, drop);
  }

  #carry(row, y) {
    const others = [...this.list.children].filter((other) => other !== row);
    const below = others.find((other) => {
      const box = other.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });
    if (row.nextElementSibling !== (below ?? null)) this.list.insertBefore(row, below ?? null);
  }

  #key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const row = event.target.closest(".handle")?.parentElement;
    if (!step || !row) return;
    event.preventDefault();
    const neighbour = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!neighbour) return;
    if (step < 0) neighbour.before(row);
    else neighbour.after(row);
    row.querySelector(".handle").focus();
    this.#place(row);
  }

  #placeOf(row) {
    return [...this.list.children].indexOf(row);
  }

  #place(row) {
    const place = this.#placeOf(row);
    this.moved = performance.now();
    this.#send("move", { id: row.dataset.key, place });
  }

  // One after the other: of two that are under way the first could arrive last, and places mean others when one is gone.
  #send(what, given) {
    this.sending = this.sending.then(() => this.act(what, given));
  }
}

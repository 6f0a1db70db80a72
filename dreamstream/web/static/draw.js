// Drawing for the show: the sheet with its tools, sending what was drawn, and what became of it.

import { Board } from "./board.js";
import { element } from "./view.js";

const TRIES = 20; // how often a picture that is being filled is asked for
const EVERY = 1500; // ms between them
const PATIENCE = 15000; // ms to wait for the answer to a drawing

const find = (id) => document.getElementById(id);

export class Draw {
  // who(): the person's name. place: where on the picture. toast(text, bad): tells the person.
  constructor(who, place, toast) {
    Object.assign(this, { who, place, toast });
    this.dialog = find("draw");
    this.note = find("draw-note");
    this.key = ""; // of the last drawing that was taken
    this.done = false; // whether it was filled
    this.#begin();
  }

  get isOpen() {
    return this.dialog.open;
  }

  open() {
    if (!this.board || this.isOpen) return;
    this.#say("");
    this.dialog.showModal();
    // Until there is something to send, the painter gets ready.
    fetch("api/drawing?soon=1").catch(() => {});
    find("draw-sheet").focus({ focusVisible: false });
  }

  // What the show dreams now: a drawing of ours that is on will be filled in a moment.
  look(state) {
    const on = state.now.wishes.some((wish) => wish.drawing && wish.drawing === this.key);
    if (on && !this.done && !this.looking) this.#await(this.key);
  }

  async #begin() {
    let about;
    try {
      about = await (await fetch("api/drawing")).json();
    } catch {
      return; // Without an answer there is no pen; the next visit asks again.
    }
    if (!about.able) return;
    this.board = new Board(find("draw-sheet"), find("draw-cursor"), about.most, () => this.#tell(), (text) => this.#say(text));
    const words = find("draw-word");
    words.append(...about.words.map(({ name, emoji }) => option(name, `${emoji} ${name}`.trim())));
    find("draw-held").hidden = !about.held;
    find("draw-open").hidden = false;
    find("draw-open").addEventListener("click", () => this.open());
    find("draw-close").addEventListener("click", () => this.dialog.close());
    find("draw-pen").addEventListener("click", () => this.#tool(false));
    find("draw-eraser").addEventListener("click", () => this.#tool(true));
    find("draw-undo").addEventListener("click", () => this.board.undo());
    find("draw-clear").addEventListener("click", () => this.board.clear());
    find("draw-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.board.undo();
      }
    });
    this.#tool(false);
    this.#tell();
  }

  #tool(erase) {
    this.board.erase = erase;
    find("draw-pen").setAttribute("aria-pressed", String(!erase));
    find("draw-eraser").setAttribute("aria-pressed", String(erase));
  }

  #tell() {
    find("draw-send").disabled = this.board.empty || this.sending;
    find("draw-undo").disabled = !this.board.past.length;
    find("draw-clear").disabled = !this.board.strokes.length;
    this.dialog.classList.toggle("drawn", this.board.strokes.length > 0);
  }

  #say(text, bad = false) {
    this.note.textContent = text;
    this.note.classList.toggle("bad", bad);
  }

  async #send() {
    if (this.sending || this.board.empty) return;
    this.sending = true;
    this.#tell();
    this.#say("Sending…");
    const where = this.place.name === "whole" ? "" : ` ${this.place.name}`;
    const of = `${find("draw-word").value || "anything"}${where}`;
    // The same drawing sent again because no answer came is one delivery.
    this.delivery ??= `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
    const body = JSON.stringify({ drawing: this.board.drawing, of, who: this.who(), id: this.delivery });
    try {
      const answer = await fetch("api/draw", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(PATIENCE),
      });
      const { reply, error, ok, drawing } = await answer.json();
      this.delivery = undefined;
      if (ok) this.#taken(drawing, reply);
      else this.#say(error || reply || "It was not taken.", true);
    } catch {
      this.#say("No answer came. Try again in a moment.", true);
    } finally {
      this.sending = false;
      this.#tell();
    }
  }

  #taken(key, reply) {
    this.key = key;
    this.done = false;
    this.board.renew();
    this.place.reset();
    this.dialog.close();
    this.toast(reply || "Heard.");
  }

  // The picture is there a moment after the strokes were seen.
  async #await(key) {
    this.looking = true;
    const address = `drawings/${encodeURIComponent(key)}.png`;
    for (let tries = 0; tries < TRIES && key === this.key && !this.done; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, EVERY));
      try {
        const answer = await fetch(`api/drawing?drawing=${encodeURIComponent(key)}`);
        const { filled, seen } = await answer.json();
        this.done = answer.ok && filled && key === this.key;
        this.seen = seen;
      } catch {
        // The connection may come back.
      }
    }
    this.looking = false;
    if (!this.done) return;
    find("draw-ghost").style.backgroundImage = `url("${address}")`;
    const keep = find("draw-keep");
    keep.href = address;
    keep.download = `dream-${key}.png`;
    keep.hidden = false;
    const told = this.seen ? `I see this: ${this.seen}. If it is something else, draw it with its word.` : "Your drawing is filled in.";
    this.toast(`${told} Behind the pen you can keep it.`);
  }
}

function option(value, text) {
  const item = element("option", "", text);
  item.value = value;
  return item;
}

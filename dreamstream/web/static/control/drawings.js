// Drawings that wait for approval: each with its lines, and what to do with it.

import { drawStrokes } from "../ink.js";
import { byId, keyed, make, say } from "./dom.js";

const SIDE = 168; // pixels of a little picture

export class Drawings {
  // strokes(key): a promise of {strokes}.
  constructor(act, strokes) {
    Object.assign(this, { act, strokes });
  }

  show(held) {
    byId("held-card").hidden = held.length === 0;
    say(byId("held-count"), held.length ? String(held.length) : "");
    keyed(byId("held"), held, (each) => each.drawing, (each) => this.#row(each), () => {});
  }

  #row({ drawing, title, who }) {
    const sheet = make("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": `${title} by ${who}` });
    this.strokes(drawing).then(({ strokes }) => drawStrokes(sheet, strokes), () => {});
    const approve = make("button", { type: "button", class: "button strong", "aria-label": `Approve ${title} by ${who}` }, "Approve");
    approve.addEventListener("click", () => this.act("approve", { key: drawing }));
    const refuse = make("button", { type: "button", class: "button", "aria-label": `Refuse ${title} by ${who}` }, "Refuse");
    refuse.addEventListener("click", () => this.act("undraw", { key: drawing }));
    const words = make("div", {}, make("b", {}, title), make("p", { class: "dim" }, who), make("div", { class: "row" }, approve, refuse));
    return make("li", {}, sheet, words);
  }
}

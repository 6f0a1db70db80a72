// Where on the picture a wish is wanted: by clicking the picture, or by keyboard in a little grid beside the box.

import { pictureBox } from "./titles.js";

const NAMES = [
  ["top left", "top", "top right"],
  ["left", "whole", "right"],
  ["bottom left", "bottom", "bottom right"],
];
const SHOWN = 2200; // ms that a choice stays lit on the picture
const MOVED = 8; // pixels a finger may move in a tap

const find = (id) => document.getElementById(id);

export const said = { whole: "everywhere", top: "in the upper half", bottom: "in the lower half", left: "on the left", right: "on the right" };
export const sayPlace = (name) => said[name] ?? `in the ${name} corner`;

export class Place {
  // picture(): the element that shows the picture, or null. onchange(name, byTouch): after each choice.
  constructor(picture, onchange) {
    Object.assign(this, { picture, onchange });
    this.name = "whole";
    this.button = find("place");
    this.panel = find("places");
    this.light = find("light");
    this.cells = NAMES.flat().map((name, i) => this.#cell(name, i));
    this.panel.append(...this.cells);
    this.button.addEventListener("click", () => this.toggle());
    this.panel.addEventListener("keydown", (event) => this.#key(event));
    this.panel.addEventListener("focusout", (event) => {
      if (!this.panel.contains(event.relatedTarget) && event.relatedTarget !== this.button) this.toggle(false);
    });
    this.#show();
  }

  // Let a click on this element choose by where it falls. ready(): whether clicks choose just now.
  follow(element, ready) {
    let from = null;
    element.addEventListener("pointerdown", (event) => {
      from = ready() && event.isPrimary && event.button === 0 ? event : null;
    });
    element.addEventListener("click", (event) => {
      if (!from || Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > MOVED) return;
      const row = Math.min(2, Math.floor((3 * event.clientY) / innerHeight));
      const column = Math.min(2, Math.floor((3 * event.clientX) / innerWidth));
      const name = NAMES[row][column];
      this.choose(name === this.name ? "whole" : name, from.pointerType === "touch");
      from = null;
    });
  }

  choose(name, byTouch = false) {
    this.name = name;
    this.#show();
    this.#glow();
    this.onchange(name, byTouch);
  }

  // Back to everywhere, without a word.
  reset() {
    this.name = "whole";
    this.#show();
  }

  toggle(open = this.panel.hidden) {
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.cells.find((cell) => cell.tabIndex === 0).focus();
  }

  #cell(name, i) {
    const cell = document.createElement("button");
    cell.type = "button";
    cell.setAttribute("role", "radio");
    cell.setAttribute("aria-label", sayPlace(name));
    cell.title = sayPlace(name);
    cell.dataset.place = name;
    cell.dataset.at = i;
    cell.append(icon(name));
    cell.addEventListener("click", () => {
      this.choose(name, true);
      this.toggle(false);
      this.button.focus();
    });
    return cell;
  }

  #key(event) {
    const at = Number(document.activeElement.dataset.at);
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 };
    if (event.key === "Escape") {
      this.toggle(false);
      this.button.focus();
    } else if (event.key in steps) {
      const next = at + steps[event.key];
      const sameRow = Math.floor(at / 3) === Math.floor(next / 3);
      if (next < 0 || next > 8 || (Math.abs(steps[event.key]) === 1 && !sameRow)) return;
      this.choose(NAMES.flat()[next], true);
      this.cells[next].focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #show() {
    const { name } = this;
    this.cells.forEach((cell) => {
      const chosen = cell.dataset.place === name;
      cell.setAttribute("aria-checked", String(chosen));
      cell.tabIndex = chosen ? 0 : -1;
    });
    this.button.replaceChildren(icon(name));
    this.button.classList.toggle("set", name !== "whole");
    this.button.setAttribute("aria-label", `Where on the picture: ${sayPlace(name)}`);
    this.button.title = `Where: ${sayPlace(name)}. Or click the picture.`;
  }

  // Light the part of the picture that is meant; the picture is larger than the window where their shapes differ.
  #glow() {
    const box = pictureBox(this.picture());
    const words = this.name.split(" ");
    const span = (low, high) => (words.includes(low) ? [0, 0.5] : words.includes(high) ? [0.5, 1] : [0, 1]);
    const [left, right] = span("left", "right").map((part) => Math.min(innerWidth, Math.max(0, box.left + part * box.width)));
    const [top, bottom] = span("top", "bottom").map((part) => Math.min(innerHeight, Math.max(0, box.top + part * box.height)));
    Object.assign(this.light.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
    this.light.classList.add("lit");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.light.classList.remove("lit"), SHOWN);
  }
}

// A little picture of the place: four quarters, those that are meant lit.
function icon(name) {
  const words = name.split(" ");
  const mark = document.createElement("span");
  mark.className = "quarters";
  mark.setAttribute("aria-hidden", "true");
  for (const row of ["top", "bottom"]) {
    for (const column of ["left", "right"]) {
      const part = document.createElement("i");
      const fits = words.every((word) => word === "whole" || word === row || word === column);
      part.classList.toggle("lit", fits);
      mark.append(part);
    }
  }
  return mark;
}

// The box to ask: suggestions while typing (a combobox by the ARIA pattern), the name, the reply.

import { sayPlace } from "./place.js";
import { element } from "./view.js";

const PAUSE = 110; // ms of rest in typing before the server is asked
const COUNT = 6;
const NAME = "dreamstream.name";

const find = (id) => document.getElementById(id);

export class AskBox {
  // ask(text, who): a promise of {text, ok}. toast(text, bad): tells the person. place: where the next thing is wanted.
  constructor(ask, toast, place) {
    Object.assign(this, { ask, toast, place });
    this.form = find("ask");
    this.input = find("wish");
    this.name = find("who-am-i");
    this.list = find("suggestions");
    this.chosen = -1;
    this.found = [];
    this.name.value = recall() || "guest";
    this.#fit();
    this.name.addEventListener("input", () => this.#fit());
    this.name.addEventListener("focus", () => this.name.select());
    this.name.addEventListener("change", () => this.#rename());
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.input.addEventListener("input", () => {
      this.#settle();
      this.#soon();
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.#close());
    // Before blur takes the list away.
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const item = event.target.closest("li");
      if (item) this.#take(Number(item.dataset.place));
    });
    // What may stand in the empty box, the best first; of these the first one that fits in.
    this.invitations = [this.input.placeholder, "Dream of…", "Dream…"];
    this.#invite();
    new ResizeObserver(() => this.#hint()).observe(this.input);
    document.fonts.ready.then(() => this.#hint());
  }

  get open() {
    return !this.list.hidden;
  }

  // A place was chosen: the empty box asks for what belongs there.
  placed(name, byTouch) {
    this.#hint();
    // A finger would bring up the keyboard over the picture.
    if (!byTouch) this.input.focus();
  }

  // Asks for this text, as if it had been typed.
  send(text) {
    this.input.value = text;
    this.form.requestSubmit();
  }

  // A plus ends one thing: the place chosen for it is written down, and the next one starts anew.
  #settle() {
    const { value } = this.input;
    if (this.place.name === "whole" || !/[^\s+]\s*\+\s*$/.test(value)) return;
    this.input.value = value.replace(/\s*\+\s*$/, ` ${this.place.name} + `);
    this.#unplace();
  }

  #unplace() {
    this.place.reset();
    this.#hint();
  }

  // The part being typed: after the last plus, without a command before it.
  #part() {
    const before = this.input.value;
    const place = before.lastIndexOf("+") + 1;
    const lead = place ? /^\s*/ : /^\s*(!dream\b\s*)?/i;
    const start = place + lead.exec(before.slice(place))[0].length;
    return { start, text: before.slice(start).trim() };
  }

  #soon() {
    clearTimeout(this.timer);
    const { text } = this.#part();
    if (!text || text.startsWith("!")) this.#close();
    else this.timer = setTimeout(() => this.#suggest(text), PAUSE);
  }

  async #suggest(text) {
    this.request?.abort();
    this.request = new AbortController();
    try {
      const found = await classes(text, COUNT, this.request.signal);
      if (document.activeElement === this.input && this.#part().text === text) this.#show(found, text);
    } catch (error) {
      if (error.name !== "AbortError") this.#close();
    }
  }

  #show(found, text) {
    this.found = found;
    this.chosen = -1;
    this.list.replaceChildren(...found.map((each, i) => option(each, i, text)));
    this.list.hidden = found.length === 0;
    this.input.setAttribute("aria-expanded", String(this.open));
    this.input.removeAttribute("aria-activedescendant");
  }

  #close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.#show([], "");
  }

  #key(event) {
    if (event.key === "Escape") {
      if (this.open) this.#close();
      else this.input.blur();
      return;
    }
    if (!this.open) return;
    const last = this.found.length - 1;
    if (event.key === "ArrowDown") this.#choose(this.chosen >= last ? 0 : this.chosen + 1);
    else if (event.key === "ArrowUp") this.#choose(this.chosen <= 0 ? last : this.chosen - 1);
    else if (event.key === "Tab" && this.chosen >= 0) this.#take(this.chosen);
    else if (event.key === "Enter" && this.chosen >= 0) this.#take(this.chosen);
    else return;
    event.preventDefault();
  }

  #choose(place) {
    this.chosen = place;
    [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === place)));
    this.input.setAttribute("aria-activedescendant", this.list.children[place].id);
  }

  #take(place) {
    const { start } = this.#part();
    const before = this.input.value.slice(0, start);
    const gap = before.endsWith("+") ? " " : "";
    this.input.value = before + gap + this.found[place].name;
    this.#close();
    this.input.focus();
  }

  async #submit(event) {
    event.preventDefault();
    let text = this.input.value.trim();
    this.#close();
    const wish = text && (!text.startsWith("!") || /^!dream\b/i.test(text));
    if (wish && this.place.name !== "whole" && !text.endsWith("+")) text = `${text} ${this.place.name}`;
    if (!text || this.form.classList.contains("asking")) {
      this.input.focus();
      return;
    }
    this.form.classList.add("asking");
    try {
      const reply = await this.ask(text, this.name.value.trim() || "guest");
      this.toast(reply.text || "Heard.", !reply.ok);
      if (reply.ok) {
        this.input.value = "";
        this.#unplace();
      }
    } catch (error) {
      this.toast(error.message, true);
    } finally {
      this.form.classList.remove("asking");
    }
  }

  #hint() {
    const where = sayPlace(this.place.name);
    const placed = [`What should it dream ${where}?`, `What ${where}?`, "What there?", "There?"];
    const fits = ruler(this.input);
    const texts = this.place.name === "whole" ? this.invitations : placed;
    this.input.placeholder = texts.find(fits) ?? texts.at(-1);
  }

  #rename() {
    this.name.value = this.name.value.trim() || "guest";
    this.#fit();
    try {
      localStorage.setItem(NAME, this.name.value);
    } catch {
      // Private windows may refuse; the name then lasts as long as the page.
    }
  }

  // For browsers that cannot size a field by its content.
  #fit() {
    this.name.style.width = `${Math.min(11, Math.max(3, [...this.name.value].length + 1))}ch`;
  }

  // Examples from the show's own vocabulary invite better than an empty box.
  async #invite() {
    try {
      const known = await classes("", 2000);
      const [one, two, three] = [0, 1, 2].map(() => known.splice(Math.floor(Math.random() * known.length), 1)[0]?.name);
      if (three) this.invitations.unshift(`Try “${one}”, or “${two} + ${three}”`, `Try “${one}”`);
      this.#hint();
    } catch {
      // The plain question stays.
    }
  }
}

// A function that tells whether a text can be read whole in this field.
function ruler(input) {
  const context = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(input);
  context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const room = input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return (text) => context.measureText(text).width <= room;
}

async function classes(query, limit, signal) {
  const answer = await fetch(`api/classes?q=${encodeURIComponent(query)}&limit=${limit}`, { signal });
  if (!answer.ok) throw new Error(`classes: ${answer.status}`);
  return (await answer.json()).classes;
}

function option(found, place, text) {
  const item = element("li");
  item.id = `suggestion-${place}`;
  item.dataset.place = place;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  const mark = element("span", "mark", found.emoji ?? "");
  mark.setAttribute("aria-hidden", "true");
  const name = element("span", "name");
  const at = found.name.toLowerCase().indexOf(text.toLowerCase());
  if (at < 0) name.textContent = found.name;
  else name.append(found.name.slice(0, at), element("b", "", found.name.slice(at, at + text.length)), found.name.slice(at + text.length));
  item.append(mark, name);
  const also = at < 0 && (found.aliases ?? []).find((alias) => alias.toLowerCase().includes(text.toLowerCase()));
  if (also) item.append(element("span", "also", also));
  return item;
}

function recall() {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return "";
  }
}

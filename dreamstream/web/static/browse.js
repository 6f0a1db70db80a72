// Everything that can be dreamed, to look through: pictures of each where there are some, emoji elsewhere.

import { element } from "./view.js";

const MOST = 4; // things that share a picture
const PAUSE = 120; // ms of rest in typing before the server is asked

const find = (id) => document.getElementById(id);

export class Browse {
  // send(text): asks for what was chosen.
  constructor(send) {
    this.send = send;
    this.dialog = find("browse");
    this.search = find("browse-search");
    this.grid = find("browse-grid");
    this.foot = find("browse-foot");
    this.chosen = [];
    this.tiles = new Map();
    this.shown = null; // what was searched for where the tiles answer it
    this.taken = ""; // what was searched for when Enter last took the first tile
    this.entering = Promise.resolve();
    find("browse-open").addEventListener("click", () => this.open());
    find("browse-close").addEventListener("click", () => this.dialog.close());
    find("browse-ask").addEventListener("click", () => this.#ask());
    // A click beside the panel closes it.
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.#find(), PAUSE);
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") this.#step(0, event);
      // Before the browser empties the field with it.
      if (event.key === "Escape") {
        event.preventDefault();
        this.dialog.close();
      }
      if (event.key === "Enter") {
        event.preventDefault();
        const query = this.search.value.trim();
        if (!event.repeat) this.entering = this.entering.then(() => this.#enter(query));
      }
    });
    this.grid.addEventListener("click", (event) => {
      const tile = event.target.closest("button");
      if (tile) this.#choose(tile.dataset.name);
    });
    this.grid.addEventListener("keydown", (event) => this.#key(event));
  }

  get isOpen() {
    return this.dialog.open;
  }

  async open() {
    if (this.isOpen) return;
    this.chosen = [];
    this.search.value = "";
    this.taken = "";
    this.#tell();
    this.dialog.showModal();
    this.search.focus();
    await this.#find();
  }

  async #find() {
    const query = this.search.value.trim();
    this.request?.abort();
    this.request = new AbortController();
    try {
      this.sheet ??= await json("api/pictures");
      const found = await json(`api/classes?limit=2000&q=${encodeURIComponent(query)}`, this.request.signal);
      this.#show(found.classes);
      this.shown = query;
    } catch (error) {
      if (error.name !== "AbortError") this.#say("The list cannot be had just now. Try again in a moment.");
    }
  }

  // Enter in the search: the first of what was found is chosen, and once more asks for it.
  async #enter(query) {
    if (!this.isOpen) return;
    if (this.chosen.length && (!query || query === this.taken)) {
      this.#ask();
      return;
    }
    if (!query) return;
    if (this.shown !== query) {
      clearTimeout(this.timer);
      await this.#find();
    }
    // The tiles that stand there may answer something else: the search failed, or more has been typed since.
    const first = this.shown === query ? this.grid.querySelector("button") : null;
    if (!first || !this.isOpen) return;
    this.taken = query;
    if (!this.chosen.includes(first.dataset.name)) this.#choose(first.dataset.name);
  }

  #show(classes) {
    for (const each of classes) if (!this.tiles.has(each.name)) this.tiles.set(each.name, this.#tile(each));
    const tiles = classes.map((each) => this.tiles.get(each.name));
    this.grid.replaceChildren(...tiles.map(({ item }) => item));
    tiles.forEach(({ button }, i) => {
      button.tabIndex = i ? -1 : 0;
    });
    this.grid.scrollTop = 0;
    this.#say(tiles.length ? "" : "Nothing by that name. Try another word.");
    this.#mark();
  }

  #tile({ name, emoji }) {
    const button = element("button");
    button.type = "button";
    button.dataset.name = name;
    const place = this.sheet.sheet ? this.sheet.names.indexOf(name) : -1;
    const picture = element("span", "thumb", place < 0 ? emoji || [...name][0] : "");
    picture.setAttribute("aria-hidden", "true");
    if (place >= 0) {
      const { columns, names } = this.sheet;
      const rows = Math.ceil(names.length / columns);
      const share = (index, count) => `${(100 * index) / Math.max(1, count - 1)}%`;
      picture.style.backgroundImage = `url("${this.sheet.sheet}")`;
      picture.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
      picture.style.backgroundPosition = `${share(place % columns, columns)} ${share(Math.floor(place / columns), rows)}`;
    }
    const label = element("span", "name", name);
    if (place >= 0 && emoji) {
      const mark = element("span", "emoji", emoji);
      mark.setAttribute("aria-hidden", "true");
      label.prepend(mark);
    }
    button.append(picture, label);
    const item = element("li");
    item.append(button);
    return { item, button };
  }

  #choose(name) {
    if (this.chosen.includes(name)) this.chosen = this.chosen.filter((each) => each !== name);
    else this.chosen = [...this.chosen, name].slice(-MOST);
    this.#mark();
    this.#tell();
  }

  #mark() {
    for (const [name, { button }] of this.tiles) button.setAttribute("aria-pressed", String(this.chosen.includes(name)));
  }

  #tell() {
    this.foot.classList.toggle("ready", this.chosen.length > 0);
    find("browse-chosen").textContent = this.chosen.length ? this.chosen.join(" + ") : "Choose one, or up to four that share the picture.";
    find("browse-ask").disabled = this.chosen.length === 0;
  }

  #say(text) {
    find("browse-empty").textContent = text;
    find("browse-empty").hidden = !text;
  }

  #ask() {
    const text = this.chosen.join(" + ");
    this.dialog.close();
    this.send(text);
  }

  #key(event) {
    const buttons = [...this.grid.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    if (at < 0) return;
    if (event.key === "Enter" && this.chosen.includes(buttons[at].dataset.name)) {
      event.preventDefault();
      if (!event.repeat) this.#ask();
      return;
    }
    const below = buttons.findIndex((each) => each.getBoundingClientRect().top > buttons[0].getBoundingClientRect().bottom);
    const across = below < 0 ? buttons.length : below;
    const steps = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - across, ArrowDown: at + across, Home: 0, End: buttons.length - 1 };
    if (event.key === "ArrowUp" && at < across) {
      event.preventDefault();
      this.search.focus();
    } else if (event.key in steps) this.#step(steps[event.key], event);
  }

  #step(to, event) {
    const buttons = [...this.grid.querySelectorAll("button")];
    const next = buttons[to];
    if (!next) return;
    event.preventDefault();
    for (const each of buttons) each.tabIndex = each === next ? 0 : -1;
    next.focus();
  }
}

async function json(address, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

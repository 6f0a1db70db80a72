// The laboratory of a subject: a board between four corners, its points, a sum, and a sheet by chance.

import { SHEET, STEPS, chance, one, place, read, sum, written } from "./lab-lines.js";
import { Pictures } from "./lab-pictures.js";
import { element } from "./view.js";

const NUDGE = 0.05;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PATIENCE = 10000; // ms to wait for the answer to a wish

const find = (id) => document.getElementById(id);

class Laboratory {
  constructor({ subject, points, named, version, largest }) {
    Object.assign(this, { subject, letters: points, names: named, largest, pictures: new Pictures(version), x: 0.5, y: 0.5 });
    this.state = read(location.search, this.points, largest);
    find("subject").textContent = ` of ${subject}`;
    document.title = `Laboratory of ${subject} · dreamstream`;
    this.cursor = element("i", "cursor");
    this.cursor.setAttribute("aria-hidden", "true");
    this.board = Array.from({ length: STEPS ** 2 }, () => tile());
    find("board").append(...this.board, this.cursor);
    this.board.forEach((each, i) => each.addEventListener("click", () => this.#go((i % STEPS) / (STEPS - 1), Math.floor(i / STEPS) / (STEPS - 1))));
    find("board").addEventListener("keydown", (event) => this.#key(event));
    this.corners = [0, 1, 2, 3].map((i) => this.#choice(find(`corner-${i}`), "corners", i));
    this.#name();
    find("naming").addEventListener("submit", (event) => this.#keep(event));
    this.#sums();
    this.sheet = Array.from({ length: SHEET }, (_, i) => this.#simple(tile(), () => chance(this.state.sheet + i)));
    find("sheet").append(...this.sheet);
    for (const group of [find("points"), find("sheet")]) group.addEventListener("keydown", walk);
    find("another").addEventListener("click", () => this.#another());
    find("walk").addEventListener("click", () => this.#wish(`!corners ${this.state.corners.join(" ")}`));
    find("wish").addEventListener("click", () => this.#wish(this.line));
    addEventListener("popstate", () => {
      this.state = read(location.search, this.points, largest);
      this.#draw();
    });
    find("benches").hidden = find("chosen").hidden = false;
    this.#draw();
    this.#go(0.5, 0.5, false);
  }

  get points() {
    return [...this.letters, ...this.names];
  }

  // The tiles of the points, and those in every select.
  #name() {
    this.tiles = this.points.map((each) => this.#simple(tile(each), () => one(this.subject, each), `Point ${each}`));
    find("points").replaceChildren(...this.tiles);
    for (const select of document.querySelectorAll("#benches select")) this.#fill(select);
  }

  #fill(select) {
    select.replaceChildren(...this.points.map((each) => element("option", "", each)));
  }

  // Give what is on the name that was typed, and show what there is now.
  async #keep(event) {
    event.preventDefault();
    const name = find("name").value.trim();
    if (!name) return;
    await this.#wish(`!name ${name}`, find("named"));
    try {
      this.names = (await (await fetch("api/lab")).json()).named;
    } catch {
      return;
    }
    this.state = read(written(this.state), this.points, this.largest);
    this.#name();
    this.#draw();
    if (this.names.includes(name.toLowerCase())) find("name").value = "";
  }

  // A select of points: one of those of the state.
  #choice(select, name, i) {
    this.#fill(select);
    select.addEventListener("change", () => {
      this.state[name] = this.state[name].with(i, select.value);
      history.replaceState(null, "", written(this.state));
      this.#draw();
      if (name === "corners") this.#go(this.x, this.y, false);
    });
    return select;
  }

  // A tile that is what `said` says at the time.
  #simple(button, said, label) {
    Object.assign(button, { said });
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", () => this.#choose(button, said()));
    button.addEventListener("keydown", (event) => this.#enter(event, said));
    return button;
  }

  #sums() {
    const labels = ["First", "Less", "And"];
    this.terms = labels.map((label, i) => {
      const button = this.#simple(tile(), () => one(this.subject, this.state.calc[i]));
      const select = this.#choice(element("select"), "calc", i);
      select.setAttribute("aria-label", `${label}: a point`);
      return { button, select };
    });
    this.total = this.#simple(tile(), () => sum(this.subject, ...this.state.calc), "The sum");
    const cells = this.terms.map(({ button, select }) => cell(button, select));
    find("sum").append(cells[0], sign("−"), cells[1], sign("+"), cells[2], sign("="), cell(this.total));
  }

  // Everything as the state says.
  #draw() {
    const { corners, calc, sheet } = this.state;
    this.tiles.forEach((each) => this.#picture(each, each.said()));
    this.corners.forEach((select, i) => (select.value = corners[i]));
    this.board.forEach((each, i) => {
      const [x, y] = [(i % STEPS) / (STEPS - 1), Math.floor(i / STEPS) / (STEPS - 1)];
      this.#picture(each, place(this.subject, corners, x, y));
      each.setAttribute("aria-label", `${Math.round(100 * x)} % across, ${Math.round(100 * y)} % down`);
    });
    this.terms.forEach(({ button, select }, i) => {
      select.value = calc[i];
      button.setAttribute("aria-label", `Point ${calc[i]}`);
      this.#picture(button, button.said());
    });
    this.#picture(this.total, this.total.said());
    this.sheet.forEach((each, i) => {
      each.setAttribute("aria-label", `Number ${sheet + i}`);
      this.#picture(each, each.said());
    });
  }

  #picture(button, said) {
    this.pictures.show(button.firstElementChild, said.point);
  }

  // To a place on the board, on a tile or between.
  #go(x, y, focus = true) {
    Object.assign(this, { x, y });
    const [across, down] = [x, y].map((each) => Math.round(each * (STEPS - 1)));
    const near = this.board[down * STEPS + across];
    this.board.forEach((each) => (each.tabIndex = each === near ? 0 : -1));
    this.cursor.style.setProperty("--x", x);
    this.cursor.style.setProperty("--y", y);
    if (focus) near.focus();
    this.#choose(near, place(this.subject, this.state.corners, x, y));
  }

  #key(event) {
    this.#enter(event, () => place(this.subject, this.state.corners, this.x, this.y));
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? NUDGE : 1 / (STEPS - 1);
    // Whole steps begin on a tile.
    const from = [this.x, this.y].map((each) => (event.shiftKey ? each : Math.round(each * (STEPS - 1)) / (STEPS - 1)));
    const [x, y] = from.map((each, i) => Math.min(1, Math.max(0, Math.round((each + arrow[i] * step) * 100) / 100)));
    this.#go(x, y);
    event.preventDefault();
  }

  #enter(event, said) {
    if (event.key !== "Enter" || event.repeat) return;
    event.preventDefault();
    this.#wish(said().line);
  }

  #choose(button, { line, point }) {
    document.querySelector(".tile[aria-pressed='true']")?.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", "true");
    this.cursor.hidden = !this.board.includes(button);
    this.line = line;
    find("chosen-line").textContent = line;
    find("said").textContent = "";
    this.pictures.show(find("chosen-picture"), point);
  }

  #another() {
    this.state.sheet = Math.floor(Math.random() * (this.largest - SHEET + 2));
    history.pushState(null, "", written(this.state));
    this.#draw();
  }

  async #wish(line, where = find("said")) {
    if (this.asking) return;
    this.asking = true;
    find("wish").disabled = true;
    where.textContent = await asked(line);
    find("wish").disabled = this.asking = false;
  }
}

// The show's reply to one line of chat, or why there is none.
async function asked(text) {
  try {
    const body = JSON.stringify({ text, who: recall() || "guest", id: crypto.randomUUID?.() ?? String(Math.random()) });
    const headers = { "content-type": "application/json" };
    const answer = await fetch("api/ask", { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE) });
    const said = await answer.json();
    return said.reply || said.error || "Heard.";
  } catch {
    return "No answer came. Try again in a moment.";
  }
}

// The name that was given on the page of the show.
function recall() {
  try {
    return localStorage.getItem("dreamstream.name");
  } catch {
    return "";
  }
}

function tile(mark = "") {
  const button = element("button", "tile");
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  const image = element("img");
  Object.assign(image, { alt: "", width: 64, height: 64, draggable: false });
  button.append(image);
  if (mark) button.append(element("b", "", mark));
  return button;
}

function cell(...parts) {
  const box = element("div", "cell");
  box.append(...parts);
  return box;
}

function sign(text) {
  const mark = element("span", "sign", text);
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

// Arrows go from tile to tile of a group, along its rows.
function walk(event) {
  const tiles = [...event.currentTarget.children];
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(tiles), ArrowDown: columns(tiles) }[event.key];
  const next = step && tiles[tiles.indexOf(event.target) + step];
  if (!next) return;
  next.focus();
  next.click();
  event.preventDefault();
}

function columns(tiles) {
  const top = tiles[0].offsetTop;
  const below = tiles.findIndex((each) => each.offsetTop > top);
  return below < 0 ? tiles.length : below;
}

const about = await (await fetch("api/lab")).json();
if (about.film) {
  find("film-video").src = "lab/film.mp4";
  find("film").hidden = false;
}
if (about.able) new Laboratory(about);
else find("none").hidden = false;

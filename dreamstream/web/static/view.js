// The words on the picture: what is dreamed, for whom, for how long, and what comes next. Text goes in as text only.

const SHOWN = 5; // requests listed; the rest are counted
const LONG = 22; // characters past which the title is set smaller

const find = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");

export function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const two = (part) => String(part).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

function graphemes(text) {
  return Intl.Segmenter ? [...new Intl.Segmenter().segment(text)].map((each) => each.segment) : [...text];
}

// A restarted show may give a number again to another request.
const keyOf = ({ id, title, who }) => JSON.stringify([id, title, who]);

export class View {
  constructor() {
    this.title = null;
    this.turn = 0;
    this.state = null;
    this.received = 0;
    setInterval(() => this.#count(), 500);
  }

  show(state) {
    this.state = state;
    this.received = performance.now();
    const { now } = state;
    if (now.title !== this.title) this.#retitle(now);
    const who = find("who");
    who.replaceChildren();
    if (now.who) who.append("for ", element("b", "", now.who));
    find("eyebrow").textContent = now.idle || !now.who ? "dreaming on its own" : "now dreaming";
    this.#list(state.queue ?? []);
    this.#count();
  }

  async #retitle(now) {
    this.title = now.title;
    document.title = now.title ? `${now.title} · dreamstream` : "dreamstream";
    const turn = ++this.turn;
    const title = find("title");
    const emoji = find("emoji");
    const ease = { duration: 420, easing: "ease-in", fill: "forwards" };
    const moves = !still.matches && title.childElementCount > 0 && !document.hidden;
    if (moves) {
      const gone = [{}, { opacity: 0, filter: "blur(10px)", transform: "translateY(-0.12em)" }];
      await Promise.all([title, emoji].map((each) => each.animate(gone, ease).finished));
      if (turn !== this.turn) return;
    }
    // What is wanted first; what is not wanted behind a minus, and without its emoji.
    const wishes = [...(now.wishes ?? [])].sort((a, b) => (a.weight < 0) - (b.weight < 0));
    const unwanted = (i) => wishes[i]?.weight < 0;
    const names = wishes.length ? wishes.map((wish) => wish.what) : now.title ? [now.title] : [];
    title.replaceChildren();
    names.forEach((name, i) => {
      if (i) title.append(element("span", "plus", unwanted(i) ? "−" : "+"), " ");
      title.append(element("span", "", name), " ");
    });
    title.classList.toggle("long", names.join(" + ").length > LONG);
    emoji.textContent = wishes.map((wish) => (wish.weight < 0 ? "" : (wish.emoji ?? ""))).join("");
    if (!still.matches) {
      const come = [{ opacity: 0, filter: "blur(14px)", transform: "translateY(0.18em)" }, { opacity: 1, filter: "none", transform: "none" }];
      for (const each of [title, emoji]) {
        for (const old of each.getAnimations()) old.cancel();
        each.animate(come, { duration: 1100, easing: "cubic-bezier(0.22, 0.8, 0.24, 1)" });
      }
    }
  }

  #list(queue) {
    const list = find("queue-list");
    find("queue").hidden = queue.length === 0 || find("queue").dataset.off === "";
    const old = new Map([...list.children].map((item) => [item.dataset.id, item]));
    const items = queue.slice(0, SHOWN).map((request) => old.get(keyOf(request)) ?? this.#item(request));
    const same = items.length === list.children.length && items.every((item, i) => item === list.children[i]);
    if (!same) list.replaceChildren(...items);
    const more = find("queue-more");
    more.hidden = queue.length <= SHOWN;
    more.textContent = `and ${queue.length - SHOWN} more`;
  }

  #item(request) {
    const item = element("li");
    item.dataset.id = keyOf(request);
    const names = element("div");
    names.append(element("span", "what", request.title), element("span", "whose", request.who ? `for ${request.who}` : ""));
    const marks = graphemes(request.emoji ?? "");
    const mark = element("span", marks.length > 1 ? "mark two" : "mark", marks.slice(0, 2).join(""));
    mark.setAttribute("aria-hidden", "true");
    item.append(mark, names, element("span", "eta"));
    return item;
  }

  // The server says the times once; in between they go on by themselves.
  #count() {
    if (!this.state) return;
    const passed = (performance.now() - this.received) / 1000;
    const { now, queue } = this.state;
    const left = now.left === null || now.left === undefined ? null : Math.max(0, now.left - passed);
    find("left").textContent = left === null ? "" : left < 1 ? "fading" : `${clock(left)} left`;
    const line = find("hairline");
    const whole = now.since + (now.left ?? 0);
    line.classList.toggle("on", left !== null && whole > 0);
    if (left !== null && whole > 0) line.firstElementChild.style.transform = `scaleX(${Math.min(1, (now.since + passed) / whole)})`;
    const etas = new Map((queue ?? []).map((request) => [keyOf(request), request.eta]));
    const list = find("queue-list");
    // What scrolls must be reachable by keyboard.
    list.tabIndex = list.scrollWidth > list.clientWidth + 1 ? 0 : -1;
    for (const item of list.children) {
      const eta = etas.get(item.dataset.id);
      const wait = typeof eta === "number" ? Math.max(0, eta - passed) : null;
      item.lastElementChild.textContent = wait === null ? "" : wait < 1 ? "now" : clock(wait);
    }
  }
}

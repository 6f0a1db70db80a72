// Sliders: each with its value, its range, a way back to the default, and one line of what it does.

import { keyed, make, say } from "./dom.js";

const SETTLE = 120; // ms between two values sent while a slider moves
const HOLD = 1500; // ms after a touch in which what the show says does not move the slider

export class Dials {
  // change(name, value): tell the show; what it gives back is waited for.
  constructor(place, change) {
    Object.assign(this, { place, change });
  }

  // dials: {name, value, unit, low, high, default, help, whole?}
  show(dials) {
    keyed(this.place, dials, (dial) => dial.name, (dial) => this.#row(dial), (row, dial) => this.#fill(row, dial));
  }

  #row(dial) {
    const id = `dial-${dial.name.replace(/\W/g, "-")}`;
    const label = make("label", { for: id });
    const value = make("output", { for: id });
    const back = make("button", { type: "button", class: "icon", title: "Back to the default" }, "↺");
    const slider = make("input", { type: "range", id, "aria-describedby": `${id}-help` });
    const row = make("div", { class: "dial" }, label, value, back, slider, make("p", { class: "dim", id: `${id}-help` }));
    let waiting = 0;
    let sending = false;
    let wanted = 0;
    // One after the other, and of several only the last: of two that are under way, the first could arrive last.
    const send = async () => {
      waiting = 0;
      if (sending) return later();
      sending = true;
      await this.change(row.dataset.key, wanted);
      sending = false;
    };
    const later = () => {
      waiting ||= setTimeout(send, SETTLE);
    };
    slider.addEventListener("input", () => {
      row.touched = performance.now();
      wanted = Number(slider.value);
      say(value, shown(wanted, row.dial));
      paint(slider);
      later();
    });
    back.addEventListener("click", () => {
      row.touched = 0;
      wanted = row.dial.default;
      clearTimeout(waiting);
      send();
    });
    return row;
  }

  #fill(row, dial) {
    row.dial = dial;
    const [label, value, back, slider, help] = row.children;
    say(label, dial.name.replaceAll("_", " "));
    say(help, dial.help);
    back.setAttribute("aria-label", `${dial.name}: back to ${dial.default}`);
    back.hidden = dial.default === undefined || Math.abs(dial.value - dial.default) < (dial.high - dial.low) / 1e4;
    if (performance.now() - (row.touched || -HOLD) < HOLD) return;
    slider.min = dial.low;
    slider.max = dial.high;
    slider.step = dial.whole ? 1 : step(dial.high - dial.low);
    slider.value = dial.value;
    say(value, shown(dial.value, dial));
    slider.setAttribute("aria-valuetext", value.textContent);
    paint(slider);
  }
}

function step(range) {
  return 10 ** Math.floor(Math.log10(range / 200));
}

function shown(value, dial) {
  const digits = dial.whole ? 0 : Math.max(0, -Math.floor(Math.log10((dial.high - dial.low) / 200)));
  return `${value.toFixed(Math.min(4, digits))}${dial.unit ? ` ${dial.unit}` : ""}`;
}

function paint(slider) {
  const share = (slider.value - slider.min) / (slider.max - slider.min || 1);
  slider.style.setProperty("--share", `${100 * share}%`);
}

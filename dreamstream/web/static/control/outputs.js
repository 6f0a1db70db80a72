// Outputs and chat sources: what each does, since when, what went wrong; outputs can be stopped, started and removed.

import { byId, bytes, duration, keyed, make, say } from "./dom.js";

const GOOD = new Set(["live"]);
const BAD = new Set(["failed", "waiting"]);

export class Outputs {
  constructor(act) {
    this.act = act;
  }

  show(outputs, sources) {
    keyed(byId("outputs"), outputs, (output) => output.name, () => this.#row(true), (row, output) => this.#fill(row, output));
    keyed(byId("sources"), sources, (source) => source.name, () => this.#row(false), (row, source) => this.#fill(row, source));
  }

  #row(toggles) {
    const row = make("li", {}, make("span", { class: "dot", "aria-hidden": "true" }));
    row.append(make("b"), make("span", { class: "dim state" }));
    if (toggles) {
      const toggle = make("button", { type: "button", class: "button quiet" });
      toggle.addEventListener("click", async () => {
        toggle.disabled = true;
        await this.act(row.stopped ? "start" : "stop", { name: row.dataset.key });
        toggle.disabled = false;
      });
      const forget = make("button", { type: "button", class: "button quiet forget", hidden: true }, "Remove");
      forget.addEventListener("click", () => this.act("forget", { name: row.dataset.key }));
      row.append(toggle, forget);
    }
    row.append(make("p", { class: "dim" }));
    return row;
  }

  #fill(row, output) {
    row.stopped = ["stopped", "closed", "failed"].includes(output.state);
    row.dataset.mood = GOOD.has(output.state) ? "good" : BAD.has(output.state) ? "bad" : "";
    const [, name, state] = row.children;
    say(name, output.name);
    const since = output.seconds === undefined ? "" : ` for ${duration(output.seconds)}`;
    say(state, `${output.kind}, ${output.state}${since}`);
    const toggle = row.querySelector("button");
    if (toggle) {
      say(toggle, row.stopped ? "Start" : "Stop");
      toggle.setAttribute("aria-label", `${toggle.textContent} ${output.name}`);
      const forget = row.querySelector(".forget");
      forget.hidden = !row.stopped;
      forget.setAttribute("aria-label", `Remove ${output.name}`);
    }
    const told = [output.detail];
    if (output.bytes) told.push(`${bytes(output.bytes)} sent`);
    if (output.dropped) told.push(`${output.dropped} packets dropped`);
    if (output.reconnects) told.push(`${output.reconnects} reconnects`);
    say(row.querySelector("p"), told.filter(Boolean).join(" · "));
  }
}

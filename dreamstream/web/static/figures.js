// The panel behind the state button: how the stream is doing, for those who want to know.

import { clock, element } from "./view.js";

const WAYS = { codecs: "WebCodecs", mse: "Media Source", stills: "still pictures" };
const KINDS = { rtmp: "Stream", hls: "HLS", mpegts: "MPEG-TS", irc: "IRC", console: "Terminal" };

export class Figures {
  constructor(list) {
    this.list = list;
  }

  show(player, state) {
    const rows = [
      ["Behind live", player.latency === null ? "no picture yet" : `${Math.round(player.latency * 1000)} ms`],
      ["Shown by", WAYS[player.way] ?? "nothing"],
      ["Last picture", player.age === null ? "none yet" : `${player.age.toFixed(1)} s ago`],
    ];
    if (player.dropped) rows.push(["Frames dropped here", String(player.dropped)]);
    if (player.reconnects) rows.push(["Reconnected", times(player.reconnects)]);
    if (state) {
      const { dream, frames } = state;
      rows.push(["Dreams", `${number(dream.per_second)} per second`]);
      for (const [unit, rate] of Object.entries(dream.cost_per_second)) rows.push([capital(unit), `${number(rate)} per second`]);
      if (dream.state !== "dreaming") rows.push(["Dreamer", dream.detail || dream.state]);
      rows.push(["Frames", `${number(frames.fps)} per second`]);
      if (frames.on_time !== null && frames.on_time !== undefined) rows.push(["On time", `${(100 * frames.on_time).toFixed(1)} %`]);
      rows.push(["Watching", String(state.viewers)], ["Running for", clock(state.uptime)]);
      for (const part of [...(state.sinks ?? []), ...(state.sources ?? [])]) {
        if (part.kind !== "preview" && part.kind !== "stills") rows.push([KINDS[part.kind] ?? capital(part.kind), part.state]);
      }
    }
    // Rows are reused, so that a screen reader or a selection is not thrown out four times a second.
    while (this.list.children.length > 2 * rows.length) this.list.lastElementChild.remove();
    while (this.list.children.length < 2 * rows.length) this.list.append(element("dt"), element("dd"));
    rows.flat().forEach((text, i) => {
      if (this.list.children[i].textContent !== text) this.list.children[i].textContent = text;
    });
  }
}

function capital(text) {
  return text && text[0].toUpperCase() + text.slice(1);
}

function number(value) {
  return typeof value === "number" ? value.toFixed(value < 10 ? 1 : 0) : "?";
}

function times(count) {
  return count === 1 ? "once" : `${count} times`;
}

// For a wall: the picture alone, and a code that leads phones to the viewer page.

import { socketAt } from "./address.js";
import { stayAwake } from "./ambience.js";
import { Link } from "./link.js";
import { Player } from "./player.js";

const AGAIN = 30000; // ms after which the address is asked for again: a laptop may have changed its network
const TOLD = 20000; // ms that the operator is told why there is no code

const find = (id) => document.getElementById(id);
const root = document.documentElement;

const link = new Link(socketAt("ws"), () => {});
const stage = { video: find("video"), live: find("live"), still: find("still") };
const standing = () => link.online && link.state?.picture_age > 2;
const player = new Player(stage, socketAt, () => {
  root.dataset.state = player.phase === "playing" ? "live" : player.phase;
}, standing);

async function invite() {
  const at = new URL(".", location.href);
  at.search = "";
  const query = `at=${encodeURIComponent(at.href)}`;
  try {
    const { url } = await (await fetch(`api/address?${query}`)).json();
    find("code").hidden = !url;
    if (!url) {
      if (performance.now() < TOLD) find("alone").hidden = false;
      return;
    }
    find("alone").hidden = true;
    if (find("address").dataset.url !== url) {
      find("address").dataset.url = url;
      find("address").textContent = url.replace(/^https?:\/\//, "").replace(/\/$/, "");
      find("qr").src = `qr.svg?${query}`;
    }
  } catch {
    // The server is away; the code that is shown stays.
  }
}

setTimeout(() => {
  find("alone").hidden = true;
}, TOLD);
setInterval(invite, AGAIN);
invite();
stayAwake();
link.start();
player.start();

window.dreamstream = {
  get stats() {
    return { latency: player.latency, frames: player.frames, reconnects: player.reconnects, way: player.way, events: link.online };
  },
};

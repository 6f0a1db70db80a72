// The overlay for OBS: the parts named in ?show=now,queue,help over a transparent ground.

import { socketAt } from "./address.js";
import { Link } from "./link.js";
import { View } from "./view.js";

const parts = new Set((new URLSearchParams(location.search).get("show") ?? "now,queue").split(",").map((part) => part.trim()));
const find = (id) => document.getElementById(id);

find("part-now").hidden = !parts.has("now");
find("part-help").hidden = !parts.has("help");
if (!parts.has("queue")) find("queue").dataset.off = "";

const view = new View();
const link = new Link(socketAt("ws"), (state) => view.show(state));
link.start();
// Without a server the words would be lies: they fade until it is back.
setInterval(() => {
  document.documentElement.dataset.state = link.online ? "live" : "offline";
}, 500);

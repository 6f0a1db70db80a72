// The wall: every channel's picture and health, and for operators what can be done about it.

import { byId, bytes, duration, keyed, make, say } from "../static/control/dom.js";

const KEPT = "dreamstream-wall";
const EVERY = 1000; // ms between two looks
const PICTURE_EVERY = 3000;
const MOODS = { running: "good", starting: "wait", waiting: "wait", ending: "wait", stopped: "off", parked: "bad" };

let token = takeToken();
let looking = 0;
let operator = false;
let toastTimer = 0;
const pictures = new Map(); // by channel: when it was asked for, and the address of what came

function takeToken() {
  const said = location.hash.slice(1);
  if (said) {
    sessionStorage.setItem(KEPT, said);
    history.replaceState(null, "", location.pathname);
  }
  return said || sessionStorage.getItem(KEPT) || "";
}

function ask(path, options = {}) {
  const headers = { authorization: `Bearer ${token}`, ...(options.headers || {}) };
  return fetch(path, { ...options, headers, signal: AbortSignal.timeout(10000) });
}

async function look() {
  clearTimeout(looking);
  try {
    const answer = await ask("api/farm");
    if (answer.status === 401 || answer.status === 429) {
      const said = await answer.json().catch(() => ({}));
      lock(token ? (answer.status === 429 ? said.error : "This is not a token of the wall.") : "");
      return;
    }
    if (!answer.ok) throw new Error();
    show(await answer.json());
  } catch {
    state("offline", "the farm does not answer");
  }
  looking = setTimeout(look, document.hidden ? 5 * EVERY : EVERY);
}

function lock(why) {
  state("locked", "locked");
  byId("wall").hidden = true;
  byId("gate").hidden = false;
  say(byId("wrong"), why);
  byId("token").focus();
}

function state(name, text) {
  document.documentElement.dataset.state = name;
  say(byId("state-text"), text);
}

function show(farm) {
  byId("gate").hidden = true;
  byId("wall").hidden = false;
  operator = farm.role === "operator";
  const channels = farm.channels;
  const running = channels.filter((channel) => channel.phase === "running");
  state("live", "live");
  say(byId("running"), `${running.length} of ${channels.length}`);
  say(byId("viewers"), String(running.reduce((sum, channel) => sum + (channel.viewers || 0), 0)));
  say(byId("memory"), bytes(channels.reduce((sum, channel) => sum + channel.memory, 0)));
  say(byId("note"), farm.note);
  byId("restart-all").hidden = !operator;
  keyed(byId("channels"), channels, (channel) => channel.name, tile, (element, channel) => fill(element, channel, farm.control));
  // One that is gone is shown for as long as a channel is waited for from there.
  const nodes = farm.nodes.filter((node) => node.alive || on(node, channels).length);
  byId("machines").hidden = nodes.length === 0;
  keyed(byId("nodes"), nodes, (node) => node.name, makeNode, (element, node) => fillNode(element, node, channels));
  for (const channel of running) picture(channel.name);
}

function on(node, channels) {
  return channels.filter((channel) => channel.node === node.name).map((channel) => channel.name);
}

function makeNode(node) {
  const drain = make("button", { type: "button", class: "button" });
  drain.addEventListener("click", () => act("drain", { node: node.name, undo: drain.dataset.undo === "yes" }));
  return make(
    "li",
    { class: "node" },
    make("span", { class: "dot", "aria-hidden": "true" }),
    make("span", { class: "name" }, node.name),
    make("span", { class: "dim" }, node.address),
    make("span", { class: "how" }),
    make("span", { class: "who" }),
    drain,
  );
}

function fillNode(element, node, channels) {
  const here = on(node, channels);
  element.dataset.mood = !node.alive ? "bad" : node.drained ? "off" : "good";
  say(element.querySelector(".how"), !node.alive ? "gone" : node.drained ? "drained" : "there");
  say(element.querySelector(".who"), here.join(", ") || "no channel");
  const button = element.querySelector("button");
  button.hidden = !operator || !node.alive;
  button.dataset.undo = node.drained ? "yes" : "no";
  say(button, node.drained ? "Take channels again" : "Drain");
  button.setAttribute("aria-label", `${button.textContent}: node ${node.name}`);
}

function tile(channel) {
  const image = make("img", { alt: "", decoding: "async" });
  const actions = make("p", { class: "actions" });
  for (const [order, word] of [["restart", "Restart"], ["stop", "Stop"], ["start", "Start"]]) {
    const button = make("button", { type: "button", class: "button", "data-order": order, "aria-label": `${word} ${channel.name}` }, word);
    button.addEventListener("click", () => act(order, { channel: channel.name }));
    actions.append(button);
  }
  actions.append(make("a", { class: "button", "data-way": true, target: "_blank", rel: "noopener", "aria-label": `Control room of ${channel.name}` }, "Control room"));
  return make(
    "li",
    { class: "tile" },
    make("a", { class: "scene", target: "_blank", rel: "noopener" }, image),
    make(
      "div",
      { class: "about" },
      make(
        "p",
        { class: "line" },
        make("span", { class: "dot", "aria-hidden": "true" }),
        make("span", { class: "name" }, channel.name),
        make("span", { class: "phase" }),
      ),
      make("p", { class: "title" }),
      make("p", { class: "facts" }),
      make("p", { class: "why" }),
      actions,
    ),
  );
}

function fill(element, channel, control) {
  const part = (name) => element.querySelector(name);
  const well = channel.phase === "running" && channel.sinks.length === 0 && (channel.on_time ?? 1) > 0.95;
  element.dataset.mood = channel.phase === "running" && !well ? "wait" : MOODS[channel.phase];
  say(part(".phase"), channel.since ? `${channel.phase}, ${duration(channel.since)}` : channel.phase);
  say(part(".title"), channel.title || "");
  const link = part(".scene");
  link.href = channel.page;
  link.setAttribute("aria-label", `Page of ${channel.name}`);
  const facts = [];
  if (channel.dreams_per_second !== null) facts.push([channel.dreams_per_second.toFixed(1), "dreams/s"]);
  if (channel.on_time !== null) facts.push([`${(100 * channel.on_time).toFixed(1)} %`, "on time"]);
  if (channel.waiting !== null) facts.push([channel.waiting, "waiting"]);
  if (channel.viewers !== null) facts.push([channel.viewers, "watching"]);
  if (channel.memory) facts.push([bytes(channel.memory), ""]);
  if (channel.starts > 1) facts.push([channel.starts, "starts"]);
  const text = JSON.stringify(facts);
  const place = part(".facts");
  if (place.dataset.said !== text) {
    place.dataset.said = text;
    place.replaceChildren(...facts.map(([value, word]) => make("span", {}, make("b", {}, String(value)), ` ${word}`)));
  }
  const outputs = channel.sinks.map((sink) => `${sink}.`).join(" ");
  say(part(".why"), [outputs, channel.why ? `Last: ${channel.why}.` : ""].filter(Boolean).join(" "));
  const on = ["running", "starting"].includes(channel.phase);
  const stopped = ["stopped", "parked"].includes(channel.phase);
  part(".actions").hidden = !operator;
  part('[data-order="start"]').hidden = !stopped;
  part('[data-order="restart"]').hidden = !on;
  part('[data-order="stop"]').hidden = channel.phase === "stopped";
  const way = part("[data-way]");
  way.hidden = !control[channel.name] || !on;
  if (control[channel.name]) way.href = control[channel.name];
  if (channel.phase !== "running") part("img").removeAttribute("src");
  const known = pictures.get(channel.name);
  if (known?.url && channel.phase === "running" && part("img").src !== known.url) part("img").src = known.url;
}

// Ask for a channel's picture, when the one before is old enough.
async function picture(name) {
  const known = pictures.get(name) || { at: -Infinity, url: "" };
  if (document.hidden || performance.now() - known.at < PICTURE_EVERY) return;
  known.at = performance.now();
  pictures.set(name, known);
  try {
    const answer = await ask(`api/still/${name}`);
    if (!answer.ok) return;
    const before = known.url;
    known.url = URL.createObjectURL(await answer.blob());
    const image = byId("channels").querySelector(`[data-key="${CSS.escape(name)}"] img`);
    if (image) {
      image.src = known.url;
      image.alt = `What ${name} shows now`;
    }
    if (before) setTimeout(() => URL.revokeObjectURL(before), 2000);
  } catch {
    // The next look asks again.
  }
}

async function act(order, what = {}) {
  try {
    const answer = await ask(`api/farm/${order}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(what),
    });
    const said = await answer.json().catch(() => ({}));
    toast(answer.ok ? said.reply : said.error || `The farm answered ${answer.status}.`, !answer.ok);
  } catch {
    toast("The farm does not answer.", true);
  }
  look();
}

function toast(text, bad = false) {
  const place = byId("toast");
  say(place, text);
  place.classList.toggle("bad", bad);
  place.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove("shown"), bad ? 7000 : 3500);
}

byId("gate").addEventListener("submit", (event) => {
  event.preventDefault();
  token = byId("token").value.trim();
  byId("token").value = "";
  sessionStorage.setItem(KEPT, token);
  look();
});
byId("restart-all").addEventListener("click", () => act("restart"));
addEventListener("hashchange", () => {
  token = takeToken();
  look();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && token) look();
});
if (token) look();
else lock("");

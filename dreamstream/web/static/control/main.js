// The control room: puts what the show says on the page, and what the person does to the show.

import { socketAt } from "../address.js";
import { Player } from "../player.js";
import { Dials } from "./dials.js";
import { byId, duration, keyed, make, say } from "./dom.js";
import { Drawings } from "./drawings.js";
import { Outputs } from "./outputs.js";
import { Queue } from "./queue.js";
import { Room } from "./room.js";

const room = new Room({ onstate: show, onlock: lock, ononline: online });
const queue = new Queue(act);
const outputs = new Outputs(act);
const drawings = new Drawings(act, (key) => room.drawing(key));
const dials = new Dials(byId("dials"), (name, value) => act("set", { name, value }, true));
const policy = new Dials(byId("policy"), (name, value) => {
  if (name === "hold") return act("hold", { seconds: value }, true);
  return act("limit", { count: Math.round(value) }, true);
});
const stage = { video: byId("video"), live: byId("live"), still: byId("still") };
const player = new Player(stage, socketAt, () => {}, () => room.state?.picture_age > 2);
let watching = false;
let toastTimer = 0;

// Do an action and say how it went. quiet: only say what went wrong.
async function act(action, values = {}, quiet = false) {
  try {
    const reply = await room.act(action, values);
    if (!quiet) toast(reply);
    return true;
  } catch (error) {
    toast(error.message, true);
    return false;
  }
}

function toast(text, bad = false) {
  const place = byId("toast");
  say(place, text);
  place.classList.toggle("bad", bad);
  place.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove("shown"), bad ? 7000 : 3500);
}

function lock(why) {
  document.documentElement.dataset.state = "locked";
  byId("desk").hidden = true;
  byId("gate").hidden = false;
  say(byId("wrong"), why);
  say(byId("state-text"), "locked");
  byId("token").focus();
}

function online(flag) {
  document.documentElement.dataset.state = flag ? "live" : "offline";
  say(byId("state-text"), flag ? "live" : "connecting");
  if (!flag) return;
  byId("gate").hidden = true;
  byId("desk").hidden = false;
  if (!watching) player.start();
  watching = true;
}

function show(state) {
  const { control, now, dream, frames } = state;
  figures(state);
  document.title = `${now.title} · control room`;
  say(byId("now-title"), now.title);
  say(byId("now-eyebrow"), control.paused ? "paused at" : now.idle ? "picked by the show" : "now dreaming");
  const left = now.left === null || control.paused ? "" : `${duration(now.left)} left`;
  say(byId("now-who"), [now.who && `for ${now.who}`, `for ${duration(now.since)} now`, left].filter(Boolean).join(" · "));
  byId("pause").setAttribute("aria-pressed", String(control.paused));
  say(byId("pause"), control.paused ? "Resume" : "Pause");
  const health = dream.state !== "dreaming" ? dream.state : frames.on_time !== null && frames.on_time < 0.95 ? "late frames" : "live";
  say(byId("state-text"), health);
  document.documentElement.dataset.state = health === "live" ? "live" : "troubled";
  byId("undraw").hidden = !shownDrawing(state);
  queue.show(state.queue);
  drawings.show(control.held);
  presets(control);
  dials.show(control.controls);
  policy.show([
    { name: "hold", value: control.hold, unit: "s", low: 5, high: 180, default: 30, whole: true, help: "How long a request is dreamed when others wait." },
    { name: "limit", value: control.limit, unit: "", low: 1, high: 10, default: 2, whole: true, help: "How many requests of one viewer may wait." },
  ]);
  outputs.show(control.outputs, state.sources);
  sound(control.sound);
  blocked(control.blocked);
  const unread = control.chat.unread ? `, ${control.chat.unread} left unread in a flood` : "";
  say(byId("chat"), `${control.chat.messages} messages, ${control.chat.accepted} requests taken, ${control.chat.refused} refused${unread}`);
  errors(control.errors);
}

// The key of a drawing that is on the picture now; "" where there is none.
function shownDrawing(state) {
  return state?.now.wishes.find((wish) => wish.drawing)?.drawing ?? "";
}

function figures({ dream, frames, viewers, memory, uptime }) {
  say(byId("fps"), frames.fps.toFixed(0));
  say(byId("ontime"), frames.on_time === null ? "–" : `${(100 * frames.on_time).toFixed(1)} %`);
  say(byId("dreams"), dream.per_second.toFixed(1));
  const [unit, rate] = Object.entries(dream.cost_per_second)[0] ?? ["steps", 0];
  say(byId("cost"), rate.toFixed(0));
  say(byId("cost-word"), unit);
  say(byId("viewers"), String(viewers));
  say(byId("viewers-word"), viewers === 1 ? "viewer" : "viewers");
  say(byId("memory"), (memory / (1 << 20)).toFixed(0));
  say(byId("uptime"), duration(uptime));
}

function presets({ preset, presets: known }) {
  const select = byId("preset");
  keyed(select, known, (name) => name, (name) => make("option", { value: name }, name), () => {});
  if (document.activeElement !== select) select.value = preset;
}

function blocked({ viewers, classes }) {
  const names = [...classes.map((name) => [name, name]), ...viewers.map((name) => [`@${name}`, `@${name}`])];
  keyed(byId("blocked"), names, ([name]) => name, ([name, sent]) => {
    const chip = make("button", { type: "button", title: "Unblock", "aria-label": `Unblock ${name}` }, name, make("span", { "aria-hidden": "true" }, " ✕"));
    chip.addEventListener("click", () => act("unblock", { name: sent }));
    return make("li", {}, chip);
  }, () => {});
}

function sound({ state, file, left_out: leftOut }) {
  const playing = { silence: "", playing: `Sound: ${file}`, waiting: "Sound: nothing can be played" }[state];
  say(byId("sound"), leftOut ? `${playing}; ${leftOut} ${leftOut === 1 ? "file" : "files"} left out` : playing);
}

function errors(list) {
  say(byId("errors-count"), list.length ? String(list.length) : "");
  byId("errors-empty").hidden = list.length > 0;
  keyed(byId("errors"), list, (each) => each.text, () => make("li", {}, make("p"), make("span", { class: "dim" })), (row, each) => {
    row.dataset.mood = each.level === "warning" ? "" : "bad";
    say(row.firstChild, each.text);
    say(row.lastChild, `${duration(each.age)} ago${each.count > 1 ? `, ${each.count} times` : ""}`);
  });
}

function form(id, input, action, name) {
  byId(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = byId(input);
    if (field.value.trim() && (await act(action, { [name]: field.value.trim() }))) field.value = "";
  });
}

form("ask", "wish", "ask", "text");
form("block", "blocked-name", "block", "name");
form("stream", "rtmp", "stream", "url");
byId("skip").addEventListener("click", () => act("skip"));
byId("undraw").addEventListener("click", () => act("undraw", { key: shownDrawing(room.state) }));
byId("record").addEventListener("click", () => act("record"));
byId("pause").addEventListener("click", () => act(room.state?.control.paused ? "resume" : "pause"));
byId("preset").addEventListener("change", (event) => act("preset", { name: event.target.value }));
byId("gate").addEventListener("submit", (event) => {
  event.preventDefault();
  say(byId("wrong"), "");
  room.open(byId("token").value);
  byId("token").value = "";
});
room.start();

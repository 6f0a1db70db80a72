// The viewer page: wires the picture, the words, the box and the room together.

import { socketAt } from "./address.js";
import { followColours, fullScreen, hideWhenIdle } from "./ambience.js";
import { AskBox } from "./ask.js";
import { Browse } from "./browse.js";
import { Draw } from "./draw.js";
import { Figures } from "./figures.js";
import { onKeys } from "./keys.js";
import { Link } from "./link.js";
import { Pace } from "./pace.js";
import { Place } from "./place.js";
import { Player } from "./player.js";
import { oneTitle } from "./titles.js";
import { View, clock } from "./view.js";

const STALE = 2; // seconds without a new picture after which the page says so
const root = document.documentElement;
const find = (id) => document.getElementById(id);

const view = new View();
const link = new Link(socketAt("ws"), (state) => {
  view.show(state);
  draw.look(state);
  refresh();
});
const stage = { video: find("video"), live: find("live"), still: find("still") };
const player = new Player(stage, socketAt, () => refresh(), () => sentAge() > 0);
const figures = new Figures(find("figures"));
const details = find("details");

let toastTimer = 0;
function toast(text, bad = false) {
  const box = find("toast");
  box.textContent = text;
  box.classList.toggle("bad", bad);
  box.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => box.classList.remove("shown"), 3500 + 55 * text.length);
}

const place = new Place(() => player.picture, (name, byTouch) => box.placed(name, byTouch));
const box = new AskBox((text, who) => {
  toggleDetails(false);
  return link.ask(text, who);
}, toast, place);
const pace = new Pace();
const placeTitle = oneTitle(() => player.picture, () => Boolean(link.state?.frames.titled));
const browse = new Browse((text) => box.send(text));
const draw = new Draw(() => box.name.value.trim() || "guest", place, toast);

const VEILS = {
  connecting: ["Falling asleep", ""],
  waiting: ["Falling asleep", ""],
  offline: ["Waking up", "The connection is lost; trying again."],
  full: ["The room is full", "All places are taken; the next free one is yours."],
  blocked: ["Ready to dream", "This browser waits for a touch before it shows moving pictures."],
  unsupported: ["No picture here", "This browser cannot play live H.264 video. Try a current Chrome, Firefox, Edge or Safari."],
};

// Seconds since the show sent a picture, where it says itself that its pictures stand still; else 0.
function sentAge() {
  const sent = link.online ? link.state?.picture_age : null;
  return typeof sent === "number" && sent > STALE ? sent + (performance.now() - link.last) / 1000 : 0;
}

function pictureAge() {
  return Math.max(player.age ?? 0, sentAge());
}

function sentence(text = "") {
  return text && text[0].toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : "…");
}

function current() {
  if (player.phase !== "playing") return player.phase;
  if (pictureAge() > STALE) return "late";
  return "live";
}

function refresh() {
  const state = current();
  root.dataset.state = state;
  const words = {
    live: "live",
    late: `picture ${clock(pictureAge())} old`,
    connecting: "connecting",
    waiting: player.age === null ? "waiting" : `picture ${clock(pictureAge())} old`,
    offline: "reconnecting",
    full: "waiting for a place",
    blocked: "paused",
    paused: "paused",
    unsupported: "no video",
  };
  // A telling delay is worth saying; a small one is not.
  const lag = player.latency ?? 0;
  let text = words[state];
  if (state === "live") text = link.online ? (lag >= 1 ? `live, ${lag.toFixed(1)} s behind` : "live") : "live, reconnecting";
  if (state === "live" && player.way === "hls") text = "live, some seconds behind";
  if (find("state-text").textContent !== text) find("state-text").textContent = text;
  const [title, line] = VEILS[state] ?? ["", ""];
  const veiled = title && (!find("still").classList.contains("held") || state === "unsupported" || state === "full");
  find("veil").classList.toggle("shown", Boolean(veiled));
  if (veiled) {
    const dream = link.state?.dream;
    find("veil-title").textContent = title;
    find("veil-text").textContent = line || sentence(dream?.detail) || "The first picture comes in a few seconds.";
  }
  find("sound").hidden = !player.audible;
  find("pause").setAttribute("aria-pressed", String(player.paused));
  placeTitle();
  const slow = link.online && link.state ? pace.look(link.state.dream, performance.now() / 1000) : "";
  if (find("slow").textContent !== slow) find("slow").textContent = slow;
  find("play").hidden = state !== "blocked";
  const channel = link.state?.channel;
  find("channel").textContent = channel && channel !== "main" ? `dreamstream · ${channel}` : "dreamstream";
  if (!details.hidden) figures.show(player, link.state);
}

function toggleDetails(open = details.hidden) {
  details.hidden = !open;
  find("state").setAttribute("aria-expanded", String(open));
  refresh();
}

find("state").addEventListener("click", () => toggleDetails());
find("play").addEventListener("click", () => player.play());

function toggleSound() {
  if (!player.audible) return;
  player.listen(!player.sound.on);
  find("sound").setAttribute("aria-pressed", String(player.sound.on));
}

async function detach() {
  if (!(await player.detach())) toast("This browser has no picture in picture for this.", true);
}

function togglePause() {
  player.pause(!player.paused);
}

find("pause").addEventListener("click", togglePause);
find("sound").addEventListener("click", toggleSound);
find("detach").addEventListener("click", detach);
find("detach").hidden = !document.pictureInPictureEnabled;
addEventListener("pointerdown", (event) => {
  if (!details.hidden && !event.target.closest("#details, #state")) toggleDetails(false);
});

const toggleFullScreen = fullScreen(find("fullscreen"));
const picture = document.querySelector(".stage");
picture.addEventListener("dblclick", toggleFullScreen);
place.follow(picture, () => !root.classList.contains("hush") && details.hidden && player.phase === "playing");
onKeys({ k: togglePause, f: toggleFullScreen, m: toggleSound, p: detach, b: () => browse.open(), d: () => draw.open() }, { "/": () => box.input.focus() });
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !details.hidden) toggleDetails(false);
});

hideWhenIdle(() => {
  // What was clicked and left alone keeps no controls in the picture; what is used by keyboard does, as text fields do.
  const used = document.activeElement.closest(".chrome") && document.activeElement.matches(":focus-visible");
  return !["live", "paused"].includes(root.dataset.state) || !details.hidden || used || box.open || browse.isOpen || draw.isOpen || !find("places").hidden;
});
followColours(() => player.picture);
setInterval(refresh, 250);

window.dreamstream = {
  get stats() {
    return {
      latency: player.latency,
      age: player.age === null ? null : pictureAge(),
      dropped: player.dropped,
      reconnects: player.reconnects,
      frames: player.frames,
      first: player.first,
      rate: player.path?.rate ?? 1,
      way: player.way,
      time: player.path?.time ?? null,
      sound: player.sound.time,
      events: link.online,
    };
  },
};

// A subject has a laboratory.
fetch("api/lab").then((answer) => answer.json()).then(({ able }) => (find("lab").hidden = !able), () => {});

link.start();
player.start();

// The live picture: one websocket, and whichever way this browser has of showing it, always near the live edge.
//
// It recovers by making everything anew: after a dropped socket, a restarted server (whose times start again) or a
// laptop's sleep, the last picture is held on a canvas until the new connection shows its first.

import { Backoff } from "./backoff.js";
import { PICTURE, trackOf } from "./fragment.js";
import { CodecsPath } from "./path-codecs.js";
import { HlsPath } from "./path-hls.js";
import { MsePath } from "./path-mse.js";
import { StillsPath } from "./path-stills.js";
import { Sound } from "./sound.js";

const SILENCE = 4000; // ms without data after which the connection is taken for dead
const WARM_UP = 30000; // ms without data before the first frame: a show that starts has none to send
const FAULTS = 2; // faults of one way within FAULT_SPAN after which the next is tried
const FAULT_SPAN = 15000; // ms
// A copy of the show on another server that failed is left alone for a while, twice as long each time: one whose source
// is gone still plays the seconds that it has. One that played for longer than PROVEN gets the first rest again.
const REST = 10000; // ms
const LONGEST_REST = 120000; // ms
const PROVEN = 60000; // ms

// The least delay first; ?video=mse (or codecs, stills) asks for one.
const PATHS = [CodecsPath, MsePath, StillsPath];

export class Player {
  // stage: {video, live, still}: the elements. address(path): a websocket's address. onchange(): called when `phase`
  // changes. phase: "connecting"; "waiting" (connected, no frame yet); "playing"; "offline"; "blocked" (autoplay
  // refused); "full" (no place left); "paused" (by the viewer); "unsupported".
  // standing(): whether the show itself says that its pictures stand still, so that silence is no sign of a dead socket.
  constructor(stage, address, onchange, standing) {
    Object.assign(this, { stage, address, onchange, standing });
    const asked = new URLSearchParams(location.search).get("video");
    this.paths = PATHS.filter((each) => each.here && (!asked || each.name === asked));
    this.phase = "connecting";
    this.reconnects = 0;
    this.presented = 0;
    this.frames = 0;
    this.faults = [];
    this.paused = false;
    this.rest = REST / 2;
    this.rested = 0; // ms from the page's start, when the copy may be tried again
    this.path = null;
    this.sound = new Sound(() => this.path?.time ?? null);
    this.backoff = new Backoff(() => this.#connect());
    this.lastTick = this.lastData = performance.now();
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#wake());
    addEventListener("online", () => this.#wake());
    addEventListener("pageshow", () => this.#wake());
    setInterval(() => this.#tick(), 200);
    this.#connect();
  }

  // Seconds that the shown picture is behind the newest one known here.
  get latency() {
    const behind = this.path?.latency ?? null;
    if (behind === null || this.path.edge === null) return behind;
    return this.path instanceof MsePath ? behind + Math.max(0, performance.now() - this.lastData - 100) / 1000 : behind;
  }

  // Seconds since a new picture was shown.
  get age() {
    return this.presented ? (performance.now() - this.presented) / 1000 : null;
  }

  get dropped() {
    return this.path?.dropped ?? 0;
  }

  get way() {
    return (this.path instanceof HlsPath ? HlsPath : this.paths[0])?.name ?? "none";
  }

  // The element that shows the picture now, or null.
  get picture() {
    return this.path && this.presented ? this.path.element : null;
  }

  // After a click: browsers that refuse to start a picture by themselves allow it then.
  play() {
    return this.path?.play();
  }

  // Whether this show has a sound that this browser can play.
  get audible() {
    return this.path instanceof HlsPath || (Boolean(this.about?.sound) && Sound.plays(this.about.sound));
  }

  // After a click, for browsers let no page begin to sound by itself.
  listen(on) {
    this.sound.set(on);
    if (this.path instanceof HlsPath) this.path.sound(on);
    this.#ask();
  }

  // Shows the picture in a window of its own; resolves to whether that works. It needs a video element.
  async detach() {
    this.pause(false);
    if (document.pictureInPictureElement) {
      await document.exitPictureInPicture();
      return true;
    }
    if (!(this.path instanceof MsePath)) {
      if (!MsePath.here || !this.about || !(await MsePath.plays(this.about))) return false;
      this.paths = [MsePath, ...this.paths.filter((each) => each !== MsePath)];
      this.#hold();
      this.#connect();
      await new Promise((resolve) => {
        this.stage.video.addEventListener("playing", resolve, { once: true });
        setTimeout(resolve, 3000);
      });
    }
    try {
      await this.stage.video.requestPictureInPicture();
      return true;
    } catch {
      return false;
    }
  }

  // Holds the picture that is shown, for this viewer alone, and takes no more of them; or goes on with the live ones.
  pause(on) {
    if (on === this.paused || this.phase === "unsupported") return;
    this.paused = on;
    if (on) {
      this.#hold();
      this.#drop();
      this.#set("paused");
    } else {
      this.#set("connecting");
      this.backoff.now();
    }
  }

  #set(phase) {
    if (this.phase === phase) return;
    this.phase = phase;
    this.onchange();
  }

  #connect() {
    this.#drop();
    if (this.paused) return;
    const [Path] = this.paths;
    if (!Path) {
      this.#set("unsupported");
      return;
    }
    const socket = new WebSocket(this.address(Path.socket));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.lastData = performance.now();
    this.backlog = [];
    this.overflow = "";
    socket.onopen = () => {
      if (socket === this.socket && this.phase !== "playing") this.#set("waiting");
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.#receive(event.data, Path);
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      const full = event.code === 1013 && event.reason;
      if (full && this.overflow && HlsPath.here && performance.now() > this.rested) this.#elsewhere();
      else this.#again(full ? "full" : "offline");
    };
  }

  // There is no place here, but there is a copy of the show on another server.
  #elsewhere() {
    const { overflow } = this;
    this.#hold();
    this.#drop();
    const begun = performance.now();
    const live = (call) => () => this.path === mine && call();
    const mine = new HlsPath(this.stage, {
      frame: live(() => this.#presented()),
      fault: live(() => {
        const now = performance.now();
        this.rest = now - begun > PROVEN ? REST : Math.min(LONGEST_REST, 2 * this.rest);
        this.rested = now + this.rest;
        this.#again("full");
      }),
      blocked: live(() => this.#set("blocked")),
      flowing: live(() => this.phase === "blocked" && this.#set("waiting")),
    });
    this.path = mine;
    mine.open({ overflow });
    mine.sound(this.sound.on);
    this.#set("waiting");
  }

  #drop() {
    if (this.socket) {
      this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
      this.socket.close();
      this.socket = null;
    }
    this.path?.close();
    this.path = null;
    this.flowing = false;
    this.sound.close();
  }

  #again(phase = "offline") {
    this.#hold();
    this.#drop();
    this.reconnects += 1;
    this.#set(phase);
    this.backoff.schedule();
  }

  // This way of showing the picture has failed; when it does so again soon, the next one is taken.
  #fault() {
    const now = performance.now();
    this.faults = [...this.faults.filter((when) => now - when < FAULT_SPAN), now];
    if (this.faults.length >= FAULTS && this.paths.length > 1) {
      this.paths.shift();
      this.faults = [];
    }
    this.#again();
  }

  // Keep the last picture in sight while there is none.
  #hold() {
    const { still } = this.stage;
    const shown = this.picture;
    const width = shown?.videoWidth ?? shown?.width;
    if (!width || (shown.videoWidth !== undefined && shown.readyState < 2)) return;
    still.width = width;
    still.height = shown.videoHeight ?? shown.height;
    still.getContext("2d").drawImage(shown, 0, 0);
    still.classList.add("held");
  }

  #receive(data, Path) {
    this.lastData = performance.now();
    if (typeof data === "string") {
      const said = JSON.parse(data);
      if (said.overflow) this.overflow = said.overflow;
      else this.#open(said, Path);
    } else if (this.path) this.#push(data);
    else this.backlog.push(data);
  }

  async #open(about, Path) {
    const { socket } = this;
    const plays = await Path.plays(about);
    if (socket !== this.socket) return;
    if (!plays) {
      this.paths.shift();
      this.#connect();
      return;
    }
    if (about.codec) this.about = about;
    const { path } = this;
    const live = (call) => () => this.path === mine && call();
    const mine = new Path(this.stage, {
      frame: live(() => this.#presented()),
      fault: live(() => this.#fault()),
      blocked: live(() => this.#set("blocked")),
      flowing: live(() => this.phase === "blocked" && this.#set("waiting")),
    });
    path?.close();
    this.path = mine;
    mine.extra = this.sound.on ? this.sound.reserve : 0;
    mine.open(about);
    for (const data of this.backlog.splice(0)) this.#push(data);
    this.#ask();
  }

  #push(data) {
    if (this.path instanceof StillsPath) {
      this.path.push(data);
      return;
    }
    const { track, whole } = trackOf(data);
    if (track === PICTURE) this.path.push(data);
    else if (whole) this.sound.open(data, this.about.sound);
    else this.sound.push(data);
  }

  // Tell the server whether the sound is wanted.
  #ask() {
    if (!this.socket || !this.path || this.path instanceof StillsPath || !this.about?.sound) return;
    this.path.extra = this.sound.on ? this.sound.reserve : 0;
    if (this.sound.on !== this.sound.asked && this.socket?.readyState === WebSocket.OPEN) {
      this.sound.asked = this.sound.on;
      this.socket.send(JSON.stringify({ sound: this.sound.on }));
    }
  }

  #presented() {
    this.presented = performance.now();
    this.first ??= this.presented; // ms from the page's start to its first picture
    this.frames += 1;
    if (this.flowing) return;
    this.flowing = true;
    this.backoff.reset();
    this.stage.still.classList.remove("held");
    for (const each of [this.stage.video, this.stage.live]) each.classList.toggle("moving", each === this.path.element);
    this.#set("playing");
  }

  #tick() {
    const now = performance.now();
    const slept = now - this.lastTick > 5000 && !document.hidden;
    this.lastTick = now;
    this.path?.tick();
    this.sound.tick();
    const patience = this.flowing && !this.standing() ? SILENCE : WARM_UP;
    if (this.socket && now - this.lastData > patience) this.#again();
    else if (slept) this.#wake();
  }

  #wake() {
    if (document.hidden || this.phase === "unsupported") return;
    if (this.path instanceof HlsPath) this.path.play();
    else if (!this.socket) this.backoff.now();
    else this.path?.follow();
  }
}

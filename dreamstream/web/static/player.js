// The live picture: one websocket, and whichever way this browser has of showing it, always near the live edge.
//
// It recovers by making everything anew: after a dropped socket, a restarted server (whose times start again) or a
// laptop's sleep, the last picture is held on a canvas until the new connection shows its first.

import { PICTURE, trackOf } from "./fragment.js";
import { PathChoice } from "./path-choice.js";
import { HlsPath } from "./path-hls.js";
import { MsePath } from "./path-mse.js";
import { StillsPath } from "./path-stills.js";
import { Sound } from "./sound.js";
import { VideoLink } from "./video-link.js";

export class Player {
  // stage: {video, live, still}: the elements. address(path): a websocket's address. onchange(): called when `phase`
  // changes. phase: "connecting"; "waiting" (connected, no frame yet); "playing"; "offline"; "blocked" (autoplay
  // refused); "full" (no place left); "paused" (by the viewer); "unsupported".
  // standing(): whether the show itself says that its pictures stand still, so that silence is no sign of a dead socket.
  constructor(stage, address, onchange, standing) {
    Object.assign(this, { stage, address, onchange, standing });
    this.choice = new PathChoice();
    this.phase = "connecting";
    this.reconnects = 0;
    this.presented = 0;
    this.frames = 0;
    this.paused = false;
    this.flowing = false;
    this.path = null;
    this.sound = new Sound(() => this.path?.time ?? null);
    const on = {
      due: () => this.#connect(),
      opened: () => this.phase !== "playing" && this.#set("waiting"),
      came: (data) => this.#receive(data),
      lost: (event) => this.#lost(event),
      woke: () => this.#wake(),
      ticked: () => {
        this.path?.tick();
        this.sound.tick();
      },
    };
    this.link = new VideoLink(on, () => this.flowing && !this.standing());
  }

  start() {
    this.link.start();
  }

  // Seconds that the shown picture is behind the newest one known here.
  get latency() {
    const behind = this.path?.latency ?? null;
    if (behind === null || this.path.edge === null) return behind;
    return this.path instanceof MsePath ? behind + Math.max(0, this.link.silence - 100) / 1000 : behind;
  }

  // Seconds since a new picture was shown.
  get age() {
    return this.presented ? (performance.now() - this.presented) / 1000 : null;
  }

  get dropped() {
    return this.path?.dropped ?? 0;
  }

  get way() {
    return (this.path instanceof HlsPath ? HlsPath : this.choice.first)?.name ?? "none";
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
      this.choice.prefer(MsePath);
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
      this.link.backoff.now();
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
    const Path = this.choice.first;
    if (!Path) {
      this.#set("unsupported");
      return;
    }
    this.backlog = [];
    this.overflow = "";
    this.link.connect(this.address(Path.socket));
  }

  // The server has closed the connection, or (without an event) is silent.
  #lost(event) {
    const full = event?.code === 1013 && event.reason;
    if (full && this.overflow && this.choice.elsewhere) this.#elsewhere();
    else this.#again(full ? "full" : "offline");
  }

  // There is no place here, but there is a copy of the show on another server.
  #elsewhere() {
    const { overflow } = this;
    this.#hold();
    this.#drop();
    const begun = performance.now();
    this.path = this.#make(HlsPath, () => {
      this.choice.copyFault(begun);
      this.#again("full");
    });
    this.path.open({ overflow });
    this.path.sound(this.sound.on);
    this.#set("waiting");
  }

  // A way of showing the picture, which is heard only while it is the one in use. fault(): what to do when it fails.
  #make(Path, fault) {
    const live = (call) => () => this.path === made && call();
    const made = new Path(this.stage, {
      frame: live(() => this.#presented()),
      fault: live(fault),
      blocked: live(() => this.#set("blocked")),
      flowing: live(() => this.phase === "blocked" && this.#set("waiting")),
    });
    return made;
  }

  #drop() {
    this.link.close();
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
    this.link.backoff.schedule();
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

  #receive(data) {
    if (typeof data === "string") {
      const said = JSON.parse(data);
      if (said.overflow) this.overflow = said.overflow;
      else this.#open(said);
    } else if (this.path) this.#push(data);
    else this.backlog.push(data);
  }

  async #open(about) {
    const { socket } = this.link;
    const Path = this.choice.first;
    const plays = await Path.plays(about);
    if (socket !== this.link.socket) return;
    if (!plays) {
      this.choice.skip();
      this.#connect();
      return;
    }
    if (about.codec) this.about = about;
    const before = this.path;
    this.path = this.#make(Path, () => {
      this.choice.fault();
      this.#again();
    });
    before?.close();
    this.path.extra = this.sound.on ? this.sound.reserve : 0;
    this.path.open(about);
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
    if (!this.path || this.path instanceof StillsPath || !this.about?.sound) return;
    this.path.extra = this.sound.on ? this.sound.reserve : 0;
    if (this.sound.on !== this.sound.asked && this.link.send({ sound: this.sound.on })) this.sound.asked = this.sound.on;
  }

  #presented() {
    this.presented = performance.now();
    this.first ??= this.presented; // ms from the page's start to its first picture
    this.frames += 1;
    if (this.flowing) return;
    this.flowing = true;
    this.link.backoff.reset();
    this.stage.still.classList.remove("held");
    for (const each of [this.stage.video, this.stage.live]) each.classList.toggle("moving", each === this.path.element);
    this.#set("playing");
  }

  // Woken up, or in the network again.
  #wake() {
    if (this.phase === "unsupported") return;
    if (this.path instanceof HlsPath) this.path.play();
    else if (!this.link.socket) this.link.backoff.now();
    else this.path?.follow();
  }
}

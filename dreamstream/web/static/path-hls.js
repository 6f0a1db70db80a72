// The show's copy on another server, as HLS, for whom the page itself has no room: some seconds behind, otherwise the
// same. It needs no socket; the browser plays the playlist by itself.

const TYPE = "application/vnd.apple.mpegurl";
// A copy is taken for dead when its picture has not moved, or its playlist not grown, for so long; a segment lasts a few
// seconds. The picture alone does not tell: at the end of a playlist that has stopped growing, Chromium plays the last
// seconds over and over.
const SILENCE = 20000; // ms
const LOOK_EVERY = 5000; // ms between two looks at the playlist

export class HlsPath {
  static name = "hls";

  static get here() {
    return Boolean(document.createElement("video").canPlayType(TYPE));
  }

  // on: {frame(), fault(), blocked(), flowing()}
  constructor(stage, on) {
    this.element = stage.video;
    this.on = on;
    this.extra = 0;
    this.time = this.edge = this.latency = null;
    this.rate = 1;
    this.closed = false;
    this.shown = 0; // the media's time, s
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.element.addEventListener("error", () => this.closed || on.fault(), { signal });
    this.element.addEventListener("ended", () => this.closed || on.fault(), { signal });
    this.element.addEventListener("timeupdate", () => this.#moved(), { signal });
  }

  open(about) {
    // The page takes its colours from the picture, which it may only where that server lets it (CORS).
    this.element.crossOrigin = "anonymous";
    this.element.src = this.address = about.overflow;
    this.#alive();
    this.play();
  }

  // Its sound is in the video.
  sound(on) {
    this.element.muted = !on;
  }

  close() {
    this.closed = true;
    this.stop.abort();
    this.element.muted = true;
    this.element.removeAttribute("src");
    this.element.removeAttribute("crossorigin");
    this.element.load();
  }

  get dropped() {
    return this.element.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  }

  async play() {
    try {
      await this.element.play();
      this.on.flowing();
    } catch (error) {
      if (error.name === "NotAllowedError" && !this.closed) this.on.blocked();
    }
  }

  #moved() {
    const { currentTime } = this.element;
    if (this.closed || currentTime === this.shown) return;
    this.shown = currentTime;
    this.last = performance.now();
    this.on.frame();
  }

  #alive() {
    this.last = this.grew = this.looked = performance.now();
  }

  // Whether there is more than at the last look.
  async #look() {
    this.looked = performance.now();
    const { signal } = this.stop;
    const read = async (address) => (await fetch(address, { signal, cache: "no-store" })).text();
    try {
      let text = await read(this.address);
      if (text.includes("#EXT-X-STREAM-INF")) {
        const [media] = text.split("\n").filter((line) => line.trim() && !line.startsWith("#"));
        text = await read(new URL(media.trim(), this.address));
      }
      if (text !== this.playlist) this.grew = performance.now();
      this.playlist = text;
    } catch {
      // Its server is gone, or lets no page read it: as one that does not grow.
    }
  }

  push() {}

  follow() {}

  tick() {
    const now = performance.now();
    if (document.hidden) this.#alive();
    else if (this.element.paused && this.element.readyState > 1) this.play();
    if (now - this.looked > LOOK_EVERY) this.#look();
    if (now - Math.min(this.last, this.grew) > SILENCE) this.on.fault();
  }
}

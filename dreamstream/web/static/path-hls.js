// The show's copy on another server, as HLS, for whom the page itself has no room: some seconds behind, otherwise the
// same. It needs no socket; the browser plays the playlist by itself.

const TYPE = "application/vnd.apple.mpegurl";
const SILENCE = 20000; // ms without a movement after which the copy is taken for dead; a segment lasts a few seconds

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
    this.moved = false;
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.element.addEventListener("error", () => this.closed || on.fault(), { signal });
    this.element.addEventListener("ended", () => this.closed || on.fault(), { signal });
    this.element.addEventListener("timeupdate", () => this.#moved(), { signal });
  }

  open(about) {
    // The page takes its colours from the picture, which it may only where that server lets it (CORS).
    this.element.crossOrigin = "anonymous";
    this.element.src = about.overflow;
    this.last = performance.now();
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
    if (this.closed || !this.element.currentTime) return;
    this.moved = true;
    this.last = performance.now();
    this.on.frame();
  }

  push() {}

  follow() {}

  tick() {
    if (document.hidden) this.last = performance.now();
    else if (this.element.paused && this.element.readyState > 1) this.play();
    if (performance.now() - this.last > SILENCE) this.on.fault();
  }
}

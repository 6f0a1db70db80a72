// Still pictures, a few a second, where a browser can play no live H.264 at all.

export class StillsPath {
  static name = "stills";
  static socket = "ws/stills";
  static here = true;

  static async plays() {
    return true;
  }

  constructor(stage, on) {
    this.element = stage.live;
    this.context = this.element.getContext("2d", { alpha: false });
    this.on = on;
    this.extra = 0;
    this.time = this.edge = this.latency = null;
    this.dropped = 0;
    this.rate = 1;
    this.busy = false;
  }

  open(about) {
    this.element.width = about.width;
    this.element.height = about.height;
  }

  async push(data) {
    // A slow machine gets fewer pictures, never older ones.
    if (this.busy || document.hidden) {
      this.dropped += 1;
      return;
    }
    this.busy = true;
    const came = performance.now();
    try {
      const picture = await createImageBitmap(new Blob([data], { type: "image/jpeg" }));
      if (!this.closed) {
        this.context.drawImage(picture, 0, 0, this.element.width, this.element.height);
        this.latency = (performance.now() - came) / 1000;
        this.on.frame();
      }
      picture.close();
    } catch {
      // A broken picture: the next one comes soon.
    } finally {
      this.busy = false;
    }
  }

  close() {
    this.closed = true;
  }

  play() {}

  follow() {}

  tick() {}
}

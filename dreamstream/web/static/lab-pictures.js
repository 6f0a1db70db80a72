// Pictures of points, a few asked for at a time, in the order in which they are wanted.

const AT_ONCE = 4;
const AGAIN = 1500; // ms until one that did not come is asked for again
const TRIES = 40;

export class Pictures {
  // version: what tells the pictures of this subject from those of another.
  constructor(version) {
    this.version = version;
    this.wanted = [];
    this.busy = 0;
  }

  // Show a point in an image; the last one that was wanted of each image counts.
  show(image, point) {
    if (image.dataset.point === point) return;
    image.dataset.point = point;
    image.classList.remove("there");
    this.#want(image, TRIES);
  }

  #want(image, tries) {
    this.wanted = this.wanted.filter((each) => each.image !== image);
    this.wanted.push({ image, tries });
    this.#next();
  }

  #next() {
    while (this.busy < AT_ONCE && this.wanted.length) this.#load(this.wanted.shift());
  }

  async #load({ image, tries }) {
    const { point } = image.dataset;
    const loader = new Image();
    loader.src = `lab/${encodeURIComponent(point)}.jpg?${this.version}`;
    this.busy += 1;
    try {
      await loader.decode();
      if (image.dataset.point === point) {
        image.src = loader.src;
        image.classList.add("there");
      }
    } catch {
      setTimeout(() => {
        if (image.dataset.point === point && tries > 1) this.#want(image, tries - 1);
      }, AGAIN);
    }
    this.busy -= 1;
    this.#next();
  }
}

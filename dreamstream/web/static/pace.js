// Whether the show dreams so seldom that its picture is mush: then the page says so, and how often it dreams.
//
// Keeping up, or slow: slow after LONG seconds below SLOW dreams a second, keeping up again after SOON seconds above ENOUGH.

const SLOW = 1;
const ENOUGH = 1.25;
const LONG = 12;
const SOON = 5;
const APART = 1.3; // ratio of two rates that is worth a new sentence

export class Pace {
  constructor() {
    this.slow = false;
    this.since = null; // seconds: when the rate first spoke for a change
    this.told = 0;
    this.fewer = false; // what was told of the things in the picture
    this.sentence = "";
  }

  // What to say of a dreamer with this figure and state at a time in seconds; "" while there is nothing to say.
  look({ state, per_second: rate, things = 1 }, now) {
    if (state !== "dreaming" && state !== "late") {
      Object.assign(this, { slow: false, since: null, told: 0, fewer: false, sentence: "" });
      return "";
    }
    const change = this.slow ? rate >= ENOUGH : rate < SLOW;
    this.since = change ? (this.since ?? now) : null;
    if (change && now - this.since >= (this.slow ? SOON : LONG)) {
      this.slow = !this.slow;
      this.since = null;
      this.told = 0;
      this.sentence = "";
    }
    const fewer = things < 1;
    if (this.slow && (fewer !== this.fewer || Math.max(rate, this.told) > APART * Math.min(rate, this.told))) {
      Object.assign(this, { told: rate, fewer });
      this.sentence = `This machine is slow: ${often(rate)}${fewer ? ", of fewer and larger things" : ""}.`;
    }
    return this.sentence;
  }
}

function often(rate) {
  if (rate >= 0.95) return "1 dream a second";
  if (rate >= 0.1) return `${rate.toFixed(1)} dreams a second`;
  return rate > 0 ? `a dream every ${Math.round(1 / rate)} seconds` : "no dream in the last seconds";
}

// When to try again: soon at first, then more and more rarely, never all pages at the same moment.

const FIRST = 300; // ms
const LAST = 5000; // ms

export class Backoff {
  constructor(attempt) {
    this.attempt = attempt;
    this.wait = FIRST;
    this.timer = 0;
  }

  schedule() {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.attempt, this.wait * (0.6 + 0.4 * Math.random()));
    this.wait = Math.min(LAST, this.wait * 1.7);
  }

  now() {
    clearTimeout(this.timer);
    this.attempt();
  }

  reset() {
    this.wait = FIRST;
  }
}

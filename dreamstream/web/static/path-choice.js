// Which way of showing the picture is tried: the one with the least delay that works in this browser, the next one when
// it fails again and again; and whether a copy of the show on another server may be tried, when there is no place here.

import { CodecsPath } from "./path-codecs.js";
import { HlsPath } from "./path-hls.js";
import { MsePath } from "./path-mse.js";
import { StillsPath } from "./path-stills.js";

const FAULTS = 2; // faults of one way within FAULT_SPAN after which the next is tried
const FAULT_SPAN = 15000; // ms
// A copy that failed is left alone for a while, twice as long each time: one whose source is gone still plays the
// seconds that it has. One that played for longer than PROVEN gets the first rest again.
const REST = 10000; // ms
const LONGEST_REST = 120000; // ms
const PROVEN = 60000; // ms

// The least delay first; ?video=mse (or codecs, stills) asks for one.
const PATHS = [CodecsPath, MsePath, StillsPath];

export class PathChoice {
  constructor() {
    const asked = new URLSearchParams(location.search).get("video");
    this.paths = PATHS.filter((each) => each.here && (!asked || each.name === asked));
    this.faults = [];
    this.rest = REST / 2;
    this.rested = 0; // ms from the page's start, when a copy may be tried again
  }

  // The way to try now; undefined when there is none.
  get first() {
    return this.paths[0];
  }

  // The first way cannot play this stream.
  skip() {
    this.paths.shift();
  }

  // The first way has failed while it played; when it does so again soon, the next one is first.
  fault() {
    const now = performance.now();
    this.faults = [...this.faults.filter((when) => now - when < FAULT_SPAN), now];
    if (this.faults.length >= FAULTS && this.paths.length > 1) {
      this.paths.shift();
      this.faults = [];
    }
  }

  // From now on this way before all others.
  prefer(Path) {
    this.paths = [Path, ...this.paths.filter((each) => each !== Path)];
  }

  // Whether a copy of the show on another server may be tried.
  get elsewhere() {
    return HlsPath.here && performance.now() > this.rested;
  }

  // The copy has failed that was begun at this time, in ms from the page's start.
  copyFault(begun) {
    const now = performance.now();
    this.rest = now - begun > PROVEN ? REST : Math.min(LONGEST_REST, 2 * this.rest);
    this.rested = now + this.rest;
  }
}

// The pieces of MP4 that the server sends: one moof + mdat for each sample, every box at a fixed place.

const START = 60;
const DURATION = 88;
const FLAGS = 96;
const OFFSET = 100;
const SAMPLE = 112;
const SYNC = 0x02000000;

export const PICTURE = 1;
export const SOUND = 2;

// The track of a fragment, or of an initialisation segment (whose tkhd says it); `whole` tells which of both it is.
export function trackOf(data) {
  const view = new DataView(data);
  if (view.getUint32(4) === 0x66747970) return { track: box(data, "tkhd").getUint32(12), whole: true }; // ftyp
  return { track: view.getUint32(44), whole: false };
}

// One sample: {key, time, end} in seconds of the stream, and its bytes.
export function sampleOf(data, timescale) {
  const view = new DataView(data);
  const start = Number(view.getBigUint64(START));
  const time = (start + view.getInt32(OFFSET)) / timescale;
  return { key: view.getUint32(FLAGS) === SYNC, time, end: time + view.getUint32(DURATION) / timescale, bytes: new Uint8Array(data, SAMPLE) };
}

// What a decoder needs from an initialisation segment: ticks per second, and the avcC record.
export function describe(data) {
  return { timescale: box(data, "mdhd").getUint32(12), description: bytesOf(box(data, "avcC")) };
}

// The contents of the first box of this name.
function box(data, name) {
  const bytes = new Uint8Array(data);
  const code = [...name].map((letter) => letter.charCodeAt(0));
  for (let place = 4; place + 4 <= bytes.length; place += 1) {
    if (code.every((byte, i) => bytes[place + i] === byte)) {
      const size = new DataView(data).getUint32(place - 4);
      return new DataView(data, place + 4, size - 8);
    }
  }
  throw new Error(`The stream has no ${name}.`);
}

function bytesOf(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

export function join(parts) {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), place);
    place += part.byteLength;
  }
  return whole;
}

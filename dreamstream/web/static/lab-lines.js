// What a place in the laboratory is called: the line of chat that wishes it, and the name of its picture.

export const STEPS = 5; // tiles along an edge of the board
export const SHEET = 24; // pictures drawn by chance

const number = (value) => String(Math.round(value * 100) / 100).replace(/^0\./, ".");

// A letter, or a name that the audience gave.
export const one = (subject, point) => ({ line: point.length === 1 ? `!dream ${subject} ${point}` : `!dream ${point}`, point });
const mixed = (subject, a, b, share) =>
  a === b || share === 0 ? one(subject, a) : share === 1 ? one(subject, b) : spoken(`mix ${a} ${b} ${number(share)}`);
const spoken = (text) => ({ line: `!${text}`, point: text });

// A place in the square between four points, across and down from 0 to 1; by the shortest line that says it.
export function place(subject, corners, x, y) {
  const [a, b, c, d] = corners;
  if (y === 0 || (a === c && b === d)) return mixed(subject, a, b, x);
  if (y === 1) return mixed(subject, c, d, x);
  if (x === 0 || (a === b && c === d)) return mixed(subject, a, c, y);
  if (x === 1) return mixed(subject, b, d, y);
  return spoken(`at ${a} ${b} ${c} ${d} ${number(x)} ${number(y)}`);
}

// What a has and b has not, on c.
export function sum(subject, a, b, c) {
  if (a === b) return one(subject, c);
  return b === c ? one(subject, a) : spoken(`calc ${a} - ${b} + ${c}`);
}

// What a number draws.
export const chance = (seed) => ({ line: `!dream random ${seed}`, point: `random ${seed}` });

// Corners, terms and sheet of an address's query; whatever is not as it should be is as usual.
export function read(query, known, largest) {
  const given = new URLSearchParams(query);
  const points = (name, usual) => {
    const text = given.get(name) ?? "";
    const said = text.includes(".") ? text.split(".") : [...text];
    return said.length === usual.length && said.every((each) => known.includes(each)) ? said : [...usual];
  };
  const seed = /^\d{1,6}$/.test(given.get("sheet") ?? "") ? Number(given.get("sheet")) : 0;
  return { corners: points("corners", "abcd"), calc: points("calc", "abc"), sheet: Math.min(seed, largest - SHEET + 1) };
}

const joined = (points) => points.map(encodeURIComponent).join(points.every((each) => each.length === 1) ? "" : ".");

export const written = ({ corners, calc, sheet }) => `?corners=${joined(corners)}&calc=${joined(calc)}&sheet=${sheet}`;

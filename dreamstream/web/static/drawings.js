// The drawings of the evening, the newest first: what was drawn, and what it was filled with.

import { element } from "./view.js";

const AGAIN = 15000; // ms between two looks for new ones

const list = document.getElementById("drawings");
const empty = document.getElementById("empty");
const known = new Map();

function item({ drawing, title, who }) {
  const address = `drawings/${encodeURIComponent(drawing)}.png`;
  const picture = element("img");
  Object.assign(picture, { src: address, alt: `${title}: the lines, and what they were filled with`, loading: "lazy", width: 960, height: 480 });
  const link = element("a");
  Object.assign(link, { href: address, download: `dream-${drawing}.png`, title: "Keep this picture" });
  const words = element("p", "", title);
  if (who) words.append(" for ", element("b", "", who));
  link.append(picture);
  const entry = element("li");
  entry.append(link, words);
  return entry;
}

async function look() {
  try {
    const answer = await fetch("api/drawings");
    if (!answer.ok) return;
    const { drawings } = await answer.json();
    for (const each of drawings) if (!known.has(each.drawing)) known.set(each.drawing, item(each));
    const entries = drawings.map((each) => known.get(each.drawing));
    if (entries.length !== list.children.length || entries.some((entry, i) => entry !== list.children[i])) {
      const focused = document.activeElement;
      list.replaceChildren(...entries);
      // The browser takes the focus from what is put into the page anew.
      if (list.contains(focused)) focused.focus({ preventScroll: true });
    }
    empty.hidden = drawings.length > 0;
  } catch {
    // The show may be starting again; what is there stays.
  }
}

look();
setInterval(look, AGAIN);

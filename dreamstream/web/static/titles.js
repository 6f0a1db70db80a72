// One title, where the show draws titles into its pictures: the picture's where it can be read whole, else the page's.
//
// The picture is for everybody the same, and its title stands in the middle of its upper edge. A narrow window would cut
// it: there the strip that holds it is left above the window, and the page shows its own title.

const WHOLE = 0.78; // share of the picture's width that holds any title that is drawn
export const STRIP = 0.24; // share of its height, likewise

const root = document.documentElement;

// picture(): the element that shows the picture now, or null. titled(): whether titles are drawn into it.
export function oneTitle(picture, titled) {
  const look = () => {
    const shown = picture();
    const wide = shown?.videoWidth || shown?.width;
    const high = shown?.videoHeight || shown?.height;
    if (!wide || !high) return;
    const visible = innerWidth / innerHeight / (wide / high);
    root.dataset.title = !titled() ? "page" : visible >= WHOLE ? "picture" : "over";
  };
  addEventListener("resize", look);
  return look;
}

// Where the whole picture lies in the window: {left, top, width, height}, in pixels.
export function pictureBox(shown) {
  const wide = shown?.videoWidth || shown?.width || 16;
  const high = shown?.videoHeight || shown?.height || 9;
  const { title } = root.dataset;
  const room = title === "over" ? innerHeight / (1 - STRIP) : innerHeight;
  const scale = Math.max(innerWidth / wide, room / high);
  const [width, height] = [wide * scale, high * scale];
  const top = title === "over" ? innerHeight - height : title === "picture" ? 0 : (innerHeight - height) / 2;
  return { left: (innerWidth - width) / 2, top, width, height };
}

// The room around the picture: an accent colour taken from it, controls that leave when nobody moves, full screen.

const REST = 6000; // ms without a movement after which the controls leave
const SAMPLE = 1500; // ms between two looks at the picture's colours

// picture(): the element that shows the picture now, or null.
export function followColours(picture) {
  const canvas = document.createElement("canvas");
  canvas.width = 16;
  canvas.height = 9;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  setInterval(() => {
    const shown = picture();
    if (document.hidden || !shown || shown.readyState < 2) return;
    context.drawImage(shown, 0, 0, 16, 9);
    const { data } = context.getImageData(0, 0, 16, 9);
    // The mean direction of hue, weighted by how colourful each sample is.
    let x = 0;
    let y = 0;
    let weight = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
      const chroma = (Math.max(r, g, b) - Math.min(r, g, b)) / 255;
      const hue = Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b);
      x += chroma * chroma * Math.cos(hue);
      y += chroma * chroma * Math.sin(hue);
      weight += chroma;
    }
    const hue = Math.round((Math.atan2(y, x) * 180) / Math.PI);
    const colourful = Math.round(Math.min(1, (2.4 * weight) / (16 * 9)) * 85);
    document.documentElement.style.setProperty("--accent", `hsl(${hue} ${colourful}% 80%)`);
  }, SAMPLE);
}

// busy(): whether the controls must stay although nobody moves.
export function hideWhenIdle(busy) {
  const { classList } = document.documentElement;
  let timer = 0;
  const rest = () => {
    if (busy()) wake();
    else classList.add("hush");
  };
  const wake = () => {
    classList.remove("hush");
    clearTimeout(timer);
    timer = setTimeout(rest, REST);
  };
  for (const kind of ["pointermove", "pointerdown", "keydown", "focusin", "wheel", "touchstart"]) {
    addEventListener(kind, wake, { passive: true });
  }
  wake();
  return wake;
}

export function fullScreen(button) {
  const root = document.documentElement;
  const toggle = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else root.requestFullscreen?.({ navigationUI: "hide" }).catch(() => {});
  };
  button.hidden = !root.requestFullscreen;
  button.addEventListener("click", toggle);
  document.addEventListener("fullscreenchange", () => {
    button.setAttribute("aria-label", document.fullscreenElement ? "Leave full screen" : "Full screen");
  });
  return toggle;
}

// Keep a screen from going dark, where the browser lets a page ask for that.
export function stayAwake() {
  const ask = () => {
    if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}

// Strokes on a canvas: dark ink on whatever lies under it, the same as the show draws them.

const LINE = 0.025; // of a line of the usual pressure, in sides of the box
const ERASER = 3; // how much wider the eraser is
export const USUAL = 0.5; // pressure of devices that have none
const INK = "#1c1726";

// Draws {points: [[x, y, seconds, pressure?], ...], erase?} with places from 0 to 1 on a square canvas, afresh.
export function drawStrokes(canvas, strokes) {
  const context = canvas.getContext("2d");
  const side = canvas.width;
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, side, side);
  for (const stroke of strokes) drawStroke(context, side, stroke);
}

// Draws one stroke over what is there, from the point `since` on.
export function drawStroke(context, side, { points, erase }, since = 0) {
  context.globalCompositeOperation = erase ? "destination-out" : "source-over";
  context.strokeStyle = context.fillStyle = INK;
  context.lineCap = context.lineJoin = "round";
  const width = (point) => LINE * side * (erase ? ERASER : 1) * (0.5 + (point[3] ?? USUAL));
  const [x, y] = points[since];
  context.beginPath();
  context.arc(x * side, y * side, width(points[since]) / 2, 0, 2 * Math.PI);
  context.fill();
  for (let i = since + 1; i < points.length; i += 1) {
    context.lineWidth = (width(points[i - 1]) + width(points[i])) / 2;
    context.beginPath();
    context.moveTo(points[i - 1][0] * side, points[i - 1][1] * side);
    context.lineTo(points[i][0] * side, points[i][1] * side);
    context.stroke();
  }
}

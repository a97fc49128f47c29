"use strict";
// Part 1: a rate, two curvatures, and the share of the way that one update covers.

{
  const NAMES = ["flat", "steep"], MOST = 0.5, STEP = 0.002;
  const rate = find("#rate"), steep = find("#steep"), guess = find("#guess"), watch = find("#watch");
  const starts = [find("#start_flat"), find("#start_steep")];
  const tell = teller(find("#bowl-now"));
  const {updates} = NUMBERS.bowl;
  let shown = updates, stop = () => {}, last = null;
  // What the reader has seen at each setting of the rate: "crawls", "arrives", "edge" or "breaks".
  let seen = [];

  const curvatures = () => [NUMBERS.bowl.curvatures[0], Number(steep.value)];
  // Never 0 in a direction: on the axis itself, nothing would break.
  const start = () => starts.map(input => Number(input.value));
  const fateAt = value => fate(start(), curvatures(), value, updates);

  const figure = new Figure(find("#bowl-figure"), draw);
  const dragStart = figure.handle("start", (x, y) => {
    setSlider(starts[0], map.x.back(x));
    setSlider(starts[1], map.y.back(y));
  });
  const trail = new Figure(find("#trail"), drawTrail);
  const map = {};

  function draw(paint, width) {
    const wide = width >= 720, gap = wide ? 48 : 20;
    const mapWidth = wide ? Math.round(0.6 * width) : width;
    const mapHeight = wide ? 400 : Math.round(0.6 * width);
    drawMap(paint, {left: 0, right: mapWidth, top: 0, bottom: mapHeight});
    const side = wide ? mapWidth + gap : 0, each = wide ? width - side : (width - gap) / 2;
    [1, 0].forEach((i, place) => {
      const left = wide ? side : place * (each + gap), top = wide ? place * 214 : mapHeight + 26;
      drawValley(paint, i, {left, right: left + each, top, bottom: top + 120});
    });
    return wide ? 408 : mapHeight + 26 + 196;
  }

  // Seen from above: lines of equal loss, and the path.
  function drawMap(paint, box) {
    map.x = linear([-12, 12], [box.left, box.right]);
    map.y = linear([-4, 4], [box.bottom, box.top]);
    const [flat, sharp] = curvatures();
    const clip = paint("clipPath", {id: "map-edge"});
    const frame = {x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top, rx: 6};
    clip.append(svgElement("rect", frame));
    paint("rect", {...frame, class: "ground"});
    const group = paint("g", {"clip-path": "url(#map-edge)"});
    for (const loss of [150, 100, 55, 34, 16, 7, 4, 1]) {
      const rx = map.x(Math.sqrt(2 * loss / flat)) - map.x(0), ry = map.y(0) - map.y(Math.sqrt(2 * loss / sharp));
      group.append(svgElement("ellipse", {class: "contour", cx: map.x(0), cy: map.y(0), rx, ry}));
    }
    const points = descend(start(), curvatures(), Number(rate.value), shown).map(([x, y]) => [map.x(x), map.y(y)]);
    const inside = points.filter(([x, y]) => Math.hypot(x, y) < 1e6);
    const kind = fateAt(Number(rate.value));
    group.append(svgElement("path", {class: `path ${kind}`, d: line(inside)}));
    for (const [cx, cy] of inside.slice(1)) group.append(svgElement("circle", {class: `dot ${kind}`, cx, cy, r: 4}));
    paint("text", {x: box.left + 10, y: map.y(0) - 8}, "flat direction");
    paint("text", {x: map.x(0) + 8, y: box.top + 18}, "steep direction");
    dragStart(...points[0]);
  }

  // One direction from the side, and a gauge of its share.
  function drawValley(paint, i, box) {
    const curvature = curvatures()[i], share = Number(rate.value) * curvature;
    const size = Math.abs(start()[i]);
    const x = linear([-1.45 * size, 1.45 * size], [box.left, box.right]);
    const y = linear([0, 1.45 ** 2], [box.bottom, box.top + 30]);
    const at = w => [x(w), y((w / size) ** 2)];
    paint("text", {class: `title ${NAMES[i]}`, x: box.left, y: box.top + 12}, `${NAMES[i]}: curvature ${curvature}`);
    const ground = Array.from({length: 61}, (_, k) => at(size * (k / 30 - 1) * 1.45));
    paint("path", {class: "ground-line", d: line(ground)});
    const walked = descend([start()[i]], [curvature], Number(rate.value), shown).map(([w]) => w);
    const leaves = walked.findIndex(w => Math.abs(w) > 1.45 * size);
    const inside = leaves < 0 ? walked : walked.slice(0, leaves);
    paint("path", {class: `path ${NAMES[i]}`, d: line(inside.map(at))});
    inside.forEach((w, n) => {
      const [cx, cy] = at(w);
      paint("circle", {class: n ? `dot ${NAMES[i]}` : "dot begin", cx, cy, r: n ? 3.5 : 6});
    });
    drawGauge(paint, share, {...box, top: box.bottom + 20});
  }

  function drawGauge(paint, share, box) {
    const x = linear([0, 2.6], [box.left + 4, box.right - 4]), y = box.top + 6;
    paint("path", {class: "gauge", d: line([[x(0), y], [x(2.6), y]])});
    if (seen.includes("breaks")) paint("path", {class: "gauge breaks", d: line([[x(2), y], [x(2.6), y]])});
    for (const tick of [0, 1, 2]) {
      paint("path", {class: "gauge", d: line([[x(tick), y - 5], [x(tick), y + 5]])});
      paint("text", {class: "tick", x: x(tick), y: y + 20, "text-anchor": "middle"}, String(tick));
    }
    paint("circle", {class: share > 2 ? "needle breaks" : "needle", cx: x(Math.min(share, 2.6)), cy: y, r: 7});
    paint("text", {class: "share", x: box.left, y: y + 42}, `share ${short(share)}`);
  }

  // Above the slider: what was seen at each rate, the guess, and the limit once it was met.
  function drawTrail(paint, width) {
    const x = linear([STEP, MOST], [11, width - 11]);
    paint("rect", {class: "unseen", x: 11, y: 26, width: width - 22, height: 8, rx: 4});
    const pixels = x(2 * STEP) - x(STEP);
    for (let k = 0, end; k < seen.length; k = end) {
      for (end = k + 1; end < seen.length && seen[end] === seen[k]; end++);
      const place = {x: x(k * STEP) - pixels / 2, y: 26, width: (end - k) * pixels, height: 8};
      if (seen[k]) paint("rect", {class: seen[k], ...place});
    }
    const limit = 2 / Math.max(...curvatures());
    const marks = [];
    if (seen.includes("breaks")) marks.push([limit, `breaks at ${short(limit)}`, "limit"]);
    if (Number(guess.value) > 0) marks.push([Number(guess.value), "your guess", "guess"]);
    marks.sort((one, other) => one[0] - other[0]);
    const close = marks.length === 2 && x(marks[1][0]) - x(marks[0][0]) < 100;
    marks.forEach(([value, name, kind], k) => {
      const at = Math.max(11, Math.min(width - 11, x(value))), left = close ? k === 0 : at > width - 110;
      paint("path", {class: `flag ${kind}`, d: line([[at, 6], [at, 38]])});
      const side = {x: at + (left ? -5 : 5), "text-anchor": left ? "end" : "start"};
      paint("text", {class: `flag ${kind}`, y: 17, ...side}, name);
    });
    return 40;
  }

  function forget() {
    seen = [];
    last = null;
    show();
  }

  // The settings between the last rate and this one were passed over, and seen.
  function note() {
    const now = Math.round(Number(rate.value) / STEP), from = last ?? now;
    for (let k = Math.min(now, from); k <= Math.max(now, from); k++) seen[k] = fateAt(Number((k * STEP).toFixed(3)));
    last = now;
  }

  function show() {
    note();
    showValue(rate, rate.value);
    for (const input of [steep, ...starts]) showValue(input, input.value);
    figure.draw();
    trail.draw();
    tell(sentence());
  }

  function sentence() {
    const value = Number(rate.value), kind = fateAt(value);
    const shares = curvatures().map(curvature => value * curvature);
    const now = bowlLoss(descend(start(), curvatures(), value, updates).at(-1), curvatures());
    const left = now / bowlLoss(start(), curvatures());
    const ways = shares.map((share, i) => `${short(share)} of the way in the ${NAMES[i]} direction`).join(" and ");
    const broken = NAMES.filter((_, i) => shares[i] > 2).join(" and the ");
    const ends = {
      breaks: `It breaks: in the ${broken} direction every jump ends higher than the last.`,
      edge: `It neither arrives nor breaks: in the steep direction it jumps to the same height, for ever.`,
      arrives: `It arrives: after ${updates} updates less than a hundredth of the loss is left.`,
      crawls: `It is still on its way: after ${updates} updates ${Math.round(100 * left)} % of the loss is left.`,
    };
    return `At a rate of ${short(value)}, one update covers ${ways}. ${ends[kind]}${judged()}`;
  }

  function judged() {
    const limit = 2 / Math.max(...curvatures()), guessed = Number(guess.value);
    if (!(guessed > 0) || !seen.includes("breaks")) return "";
    const answer = Math.abs(guessed - limit) < 0.005 ? "you had it" : `it breaks above ${short(limit)}`;
    return ` You guessed that it breaks at ${short(guessed)}: ${answer}.`;
  }

  rate.addEventListener("input", show);
  guess.addEventListener("input", show);
  for (const input of [steep, ...starts]) input.addEventListener("input", forget);
  watch.addEventListener("click", () => {
    stop();
    if (CALM.matches) {
      shown = shown >= updates ? 0 : shown + 1;
      figure.draw();
    } else {
      stop = animate(5, share => {
        shown = Math.round(share * updates);
        figure.draw();
      });
    }
  });
  rate.addEventListener("input", () => { stop(); shown = updates; figure.draw(); });
  watch.textContent = CALM.matches ? "One update at a time" : "Watch it go";
  show();
}

"use strict";
// What the three figures share: scales, SVG, handles to drag, sliders, and the sentence that tells a figure's state.

const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const find = selector => document.querySelector(selector);

for (const [name, color] of Object.entries(NUMBERS.colors)) {
  document.documentElement.style.setProperty(`--${name}`, color);
}

function svgElement(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Scales: from a value to a place, and back.
function linear([low, high], [start, end]) {
  const scale = value => start + (value - low) / (high - low) * (end - start);
  scale.back = place => low + (place - start) / (end - start) * (high - low);
  return scale;
}

function logarithmic([low, high], places) {
  const inner = linear([Math.log(low), Math.log(high)], places);
  const scale = value => inner(Math.log(value));
  scale.back = place => Math.exp(inner.back(place));
  return scale;
}

function line(points) {
  return points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
}

// Three digits for a rate, thousands with commas for what is counted.
function short(value) {
  return Math.abs(value) >= 1000 ? counted(value) : String(Number(value.toPrecision(3)));
}

function counted(value) {
  return Math.round(value).toLocaleString("en");
}

// A figure: draws itself anew in the width that it has, in pixels. `draw(paint, width)` returns its height.
class Figure {
  constructor(place, draw) {
    this.svg = place;
    this.drawing = svgElement("g");
    this.handles = svgElement("g", {class: "handles"});
    this.svg.append(this.drawing, this.handles);
    this.draw = () => {
      const width = this.svg.clientWidth;
      if (!width) return;
      this.drawing.replaceChildren();
      const height = draw((name, attributes, ...children) => {
        const made = svgElement(name, attributes, ...children);
        this.drawing.append(made);
        return made;
      }, width);
      this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      this.svg.style.height = `${height}px`;
    };
    new ResizeObserver(this.draw).observe(place);
  }

  // A knob for finger and mouse. The keyboard has the sliders: the knob only sets them. `move(x, y)` is told where it
  // was dragged; `place(x, y)` puts it there, and `place(null)` takes it away.
  handle(kind, move) {
    const circles = [22, 8].map(r => svgElement("circle", {r}));
    const knob = svgElement("g", {class: `handle ${kind}`}, ...circles);
    this.handles.append(knob);
    // CSS touch-action does not reach inside an SVG: without this, the page would scroll under the finger.
    knob.addEventListener("touchstart", event => event.preventDefault(), {passive: false});
    knob.addEventListener("pointerdown", event => {
      event.preventDefault();
      knob.setPointerCapture(event.pointerId);
    });
    knob.addEventListener("pointermove", event => {
      if (!knob.hasPointerCapture(event.pointerId)) return;
      const corner = this.svg.getBoundingClientRect();
      move(event.clientX - corner.left, event.clientY - corner.top);
    });
    return (x, y) => {
      knob.style.display = x === null ? "none" : "";
      if (x !== null) knob.setAttribute("transform", `translate(${x} ${y})`);
    };
  }
}

// Axes with ticks, drawn along the left and lower edge of a box.
function axes(paint, box, {x, y, xTicks = [], yTicks = [], xName = "", yName = "", format = short}) {
  for (const tick of yTicks) {
    paint("path", {class: "grid", d: line([[box.left, y(tick)], [box.right, y(tick)]])});
    paint("text", {class: "tick", x: box.left - 7, y: y(tick) + 4, "text-anchor": "end"}, format(tick));
  }
  for (const tick of xTicks) {
    paint("path", {class: "grid", d: line([[x(tick), box.top], [x(tick), box.bottom]])});
    paint("text", {class: "tick", x: x(tick), y: box.bottom + 18, "text-anchor": "middle"}, format(tick));
  }
  paint("text", {class: "name", x: box.right, y: box.bottom + 36, "text-anchor": "end"}, xName);
  paint("text", {class: "name", x: box.left, y: box.top - 10}, yName);
}

// A slider is the state of its quantity: knobs and buttons set it as a hand would.
function setSlider(input, value) {
  const before = input.value;
  input.value = value;
  if (input.value !== before) input.dispatchEvent(new Event("input", {bubbles: true}));
}

// Shows the value beside the slider's label, and says it to screen readers in the same words.
function showValue(input, words) {
  find(`[data-value="${input.id}"]`).textContent = words;
  input.setAttribute("aria-valuetext", words);
}

// The sentence under a figure. After the first it waits for the hand to rest, so that no screen reader is interrupted.
function teller(place) {
  let waiting;
  return sentence => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (place.textContent !== sentence) place.textContent = sentence;
    }, place.textContent ? 300 : 0);
  };
}

// Words of the text that set controls, such as data-set="pick_fixed fixed_lr=0.016", and bring their figure into view.
document.addEventListener("click", event => {
  const words = event.target.closest("[data-set]");
  if (!words) return;
  for (const part of words.dataset.set.split(" ")) {
    const [id, value] = part.split("="), control = document.getElementById(id);
    if (value === undefined) control.click();
    else setSlider(control, value);
    control.closest("figure").querySelector("[role=img]").scrollIntoView({block: "nearest"});
  }
});

// Calls `step(share)` with the share of the seconds that are over, until it is 1 or the returned function is called.
function animate(seconds, step) {
  let begin = null, running = true;
  const frame = now => {
    if (!running) return;
    begin ??= now;
    const share = Math.min(1, (now - begin) / (1000 * seconds));
    step(share);
    if (share < 1) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return () => { running = false; };
}

"use strict";
// Part 2: four policies, and the bill of each.

{
  const CASE = NUMBERS.policy, UNIT = CASE.base_lr, TOP = 0.042;
  const ids = ["base_lr", "max_lr", "step_size", "gamma", "fixed_lr"];
  const sliders = Object.fromEntries(ids.map(id => [id, find(`#${id}`)]));
  const used = {fixed: ["fixed_lr"], exp_range: ["base_lr", "max_lr", "step_size", "gamma"]};
  const times = find("#times"), tell = teller(find("#policy-now"));
  const places = {};
  // The mean rate of each policy under the settings shown.
  let means = {};
  // The bills that the reader has asked for.
  const asked = new Set();

  const figure = new Figure(find("#policy-figure"), draw);
  const bills = new Figure(find("#bills"), drawBills);
  const drag = {
    base_lr: figure.handle("level", (x, y) => setSlider(sliders.base_lr, places.y.back(y))),
    max_lr: figure.handle("level", (x, y) => setSlider(sliders.max_lr, places.y.back(y))),
    fixed_lr: figure.handle("level", (x, y) => setSlider(sliders.fixed_lr, places.y.back(y))),
    step_size: figure.handle("across", x => setSlider(sliders.step_size, places.x.back(x))),
  };

  const policy = () => find("input[name=policy]:checked").value;
  const settings = () => Object.fromEntries(Object.entries(sliders).map(([id, input]) => [id, Number(input.value)]));
  const uses = id => (used[policy()] ?? ["base_lr", "max_lr", "step_size"]).includes(id);
  const meanOf = name => means[name] ??= bill(policyRates(name, settings(), CASE.updates)) / CASE.updates;

  function draw(paint, width) {
    const box = {left: 46, right: width - 24, top: 30, bottom: width >= 720 ? 330 : 250};
    const x = places.x = linear([0, CASE.updates], [box.left, box.right]);
    const y = places.y = linear([0, TOP], [box.bottom, box.top]);
    const few = width < 520;
    axes(paint, box, {
      x, y, xTicks: [0, 4000, 8000, 12000, 16000, 20000, 24000].filter(tick => !few || tick % 8000 === 0),
      yTicks: [0, 0.01, 0.02, 0.03, 0.04], xName: "update", yName: "learning rate",
    });
    const name = policy(), at = settings(), {color, dash} = NUMBERS.styles[name];
    const stride = Math.max(1, Math.floor(CASE.updates / width));
    const iterations = Array.from({length: Math.floor(CASE.updates / stride) + 1}, (_, k) => k * stride);
    for (let n = at.step_size; n <= CASE.updates; n += at.step_size) iterations.push(n);
    const curve = iterations.sort((one, other) => one - other).map(n => [x(n), y(POLICIES[name](n, at))]);
    const foot = [[x(CASE.updates), y(0)], [x(0), y(0)]];
    paint("path", {d: line([...curve, ...foot]), fill: color, opacity: 0.12});
    const mean = meanOf(name);
    paint("path", {d: line(curve), class: "curve", stroke: color, "stroke-dasharray": dash.join(" ")});
    paint("path", {class: "mean", d: line([[x(0), y(mean)], [x(CASE.updates), y(mean)]])});
    const last = POLICIES[name](CASE.updates - 1, at);
    paint("circle", {cx: x(CASE.updates), cy: y(last), r: 5, fill: color});
    const above = {x: box.right - 6, y: y(mean) - 7, "text-anchor": "end"};
    if (name !== "fixed") paint("text", {class: "halo", ...above}, `mean rate ${mean.toFixed(4)}`);
    for (const id of Object.keys(drag)) drag[id](null);
    for (const id of ["base_lr", "max_lr", "fixed_lr"].filter(uses)) {
      paint("path", {class: "bound", d: line([[x(0), y(at[id])], [x(CASE.updates), y(at[id])]])});
      const middle = x(CASE.updates * 0.5);
      drag[id](middle, y(at[id]));
      paint("text", {class: "halo", x: middle + 14, y: y(at[id]) - 8}, id === "fixed_lr" ? "rate" : id);
    }
    if (uses("step_size")) {
      drag.step_size(x(at.step_size), y(0));
      paint("path", {class: "bound", d: line([[x(at.step_size), y(0)], [x(at.step_size), y(at.max_lr)]])});
      paint("text", {class: "halo", x: x(at.step_size) + 14, y: y(0) - 9}, "step_size");
    }
    return box.bottom + 44;
  }

  // A bar for each policy; it stays empty until the reader has picked the policy.
  function drawBills(paint, width) {
    const names = Object.keys(POLICIES), row = 34, left = 92, right = width - 150;
    const most = Math.max(0.018, ...[...asked].map(meanOf));
    const x = linear([0, most], [left, right]);
    names.forEach((name, k) => {
      const y = k * row, {color} = NUMBERS.styles[name], now = name === policy();
      const kind = now ? "label now" : "label";
      paint("text", {class: kind, x: left - 10, y: y + 19, "text-anchor": "end", fill: color}, name);
      if (!asked.has(name)) {
        paint("text", {class: "tick", x: left, y: y + 19}, "pick it, and its bill appears");
        return;
      }
      const mean = meanOf(name), spent = `${counted(mean * CASE.updates / UNIT)} × ${UNIT}`;
      paint("rect", {x: left, y: y + 3, width: x(mean) - left, height: 22, fill: color, opacity: now ? 1 : 0.55});
      paint("text", {class: "label", x: x(mean) + 8, y: y + 19, fill: color}, spent);
    });
    return names.length * row;
  }

  function show() {
    asked.add(policy());
    means = {};
    const at = settings();
    for (const [id, input] of Object.entries(sliders)) {
      showValue(input, id === "step_size" ? counted(at[id]) : id === "gamma" ? at[id].toFixed(5) : short(at[id]));
      input.closest(".control").hidden = !uses(id);
    }
    figure.draw();
    bills.draw();
    tell(sentence());
  }

  function sentence() {
    const name = policy(), at = settings(), mean = meanOf(name);
    const spent = `Mean rate ${mean.toFixed(4)}, bill ${counted(mean * CASE.updates / UNIT)} times ${UNIT}.`;
    if (name === "fixed") {
      return `fixed at ${short(at.fixed_lr)} for ${counted(CASE.updates)} updates. ${spent}${judged()}`;
    }
    const left = updatesLeft(CASE.updates, at.step_size);
    const ends = left === 0 ? "at the foot of a cycle" : left === at.step_size ? "at a peak"
      : `inside a cycle, ${counted(left)} updates before its foot`;
    const count = short(CASE.updates / (2 * at.step_size)), cycles = count === "1" ? "1 cycle" : `${count} cycles`;
    const shrinks = name === "exp_range" ? `, gamma ${at.gamma.toFixed(5)}` : "";
    return `${name} from ${short(at.base_lr)} to ${short(at.max_lr)}${shrinks}, ${cycles}: `
      + `training ends ${ends}. ${spent}${judged()}`;
  }

  function judged() {
    if (!(Number(times.value) > 0) || !asked.has("fixed") || !asked.has("triangular")) return "";
    const ratio = meanOf("triangular") / meanOf("fixed");
    return ` You guessed that triangular spends ${short(Number(times.value))} times what fixed spends: `
      + `it spends ${short(ratio)} times as much.`;
  }

  // The bounds keep apart: the one that is moved gives way.
  function keepApart(event) {
    const {base_lr: low, max_lr: high} = sliders;
    if (Number(low.value) >= Number(high.value)) {
      if (event.target === low) low.value = Number(high.value) - Number(high.step);
      else high.value = Number(low.value) + Number(low.step);
    }
  }

  sliders.base_lr.addEventListener("input", keepApart);
  sliders.max_lr.addEventListener("input", keepApart);
  find("#policies").addEventListener("input", show);
  find("#case1").addEventListener("click", () => {
    for (const [id, input] of Object.entries(sliders)) input.value = id === "fixed_lr" ? CASE.base_lr : CASE[id];
    show();
  });
  show();
}

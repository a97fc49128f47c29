"use strict";
// Part 3: a recorded range test draws itself; the reader marks the bounds before the tool says its own.

{
  const choice = find("#test"), done = find("#done"), run = find("#run"), ask = find("#ask"), again = find("#again");
  const marks = ["base_lr", "max_lr"].map(id => (
    {id, button: find(`#mark_${id}`), slider: find(`#my_${id}`), set: false}
  ));
  const tell = teller(find("#range-now"));
  let test, asked = false, stop = null, places = {};

  NUMBERS.tests.forEach((each, k) => choice.append(new Option(each.title, k)));

  const figure = new Figure(find("#range-figure"), draw);
  const knobs = marks.map(mark => figure.handle(mark.id, x => {
    const rate = places.x.back(x), beyond = test.rates.findIndex(each => each >= rate);
    setSlider(mark.slider, beyond < 0 ? test.rates.length : beyond + 1);
  }));

  // Sliders count updates from 1; 0 is before the first.
  const count = () => Number(done.value);
  const rateAt = n => test.rates[Math.max(0, n - 1)];
  const marked = mark => rateAt(Number(mark.slider.value));
  const tensBetween = (low, high) => {
    const powers = Array.from({length: 9}, (_, k) => Number(`1e${k - 5}`));
    const ticks = high / low < 30 ? [0.002, 0.005, 0.01, 0.02, 0.03] : powers;
    return ticks.filter(tick => tick >= low && tick <= high);
  };

  function draw(paint, width) {
    const box = {left: 40, right: width - 14, top: 72, bottom: width >= 720 ? 370 : 300};
    const ends = [test.min_lr, test.max_lr];
    const x = places.x = logarithmic(ends, [box.left, box.right]), y = linear([0, 1], [box.bottom, box.top]);
    const xTicks = tensBetween(...ends);
    const sweep = asked && test.fixed_rates;
    axes(paint, box, {x, y, xTicks, yTicks: [0, 0.25, 0.5, 0.75, 1], xName: sweep ? "" : "learning rate"});
    paint("text", {class: "name", x: box.left, y: 14}, "accuracy of each batch (thin), and its course");
    const seen = test.accuracy.slice(0, count()), at = (each, i) => [x(test.rates[i]), y(each)];
    const edge = count() ? x(rateAt(count())) : box.left, open = box.right - edge;
    paint("rect", {class: "veil", x: edge, y: box.top, width: Math.max(0, open), height: box.bottom - box.top});
    const name = count() < test.rates.length ? "not yet trained" : "it stopped here";
    if (open > 100) paint("text", {class: "name", x: edge + open / 2, y: y(0.5), "text-anchor": "middle"}, name);
    paint("path", {class: "raw", d: line(seen.map(at))});
    if (seen.length >= 5) paint("path", {class: "curve accuracy", d: line(level(seen, NUMBERS.smoothing).map(at))});
    if (asked) drawAnswers(paint, box, x);
    marks.forEach((mark, k) => {
      if (!mark.set) return knobs[k](null);
      const place = x(marked(mark));
      paint("path", {class: "mark", d: line([[place, box.top - 18], [place, box.bottom]])});
      // base_lr has its name to the left, and higher where there is no room for it.
      const left = k === 0 && place > 110, y = k === 0 && !left ? box.top - 38 : box.top - 22;
      const side = {x: place + (left ? -12 : 12), y, "text-anchor": left ? "end" : "start"};
      paint("text", {class: "mark halo", ...side}, `your ${mark.id}`);
      knobs[k](place, box.top - 18);
    });
    if (!sweep) return box.bottom + 44;
    return drawSweep(paint, {...box, top: box.bottom + 70, bottom: box.bottom + 190}, x, xTicks);
  }

  function drawAnswers(paint, box, x) {
    const lines = [[test.smith.base_lr, "smith: base_lr", "smith"], [test.smith.max_lr, "smith: max_lr", "smith"]];
    for (const [rate, name, method] of [...lines, [test.fall.max_lr, "fall: max_lr", "fall"]].filter(each => each[0])) {
      const place = x(rate), {color, dash} = NUMBERS.styles[method];
      const d = line([[place, box.top], [place, box.bottom]]);
      paint("path", {class: "curve", stroke: color, "stroke-dasharray": dash.join(" "), d});
      const turned = {transform: `translate(${place - 6} ${box.bottom - 8}) rotate(-90)`};
      paint("text", {class: "halo", fill: color, ...turned}, name);
    }
  }

  // What the costly way found: the final test error of whole trainings at nine fixed rates.
  function drawSweep(paint, box, x, xTicks) {
    const y = logarithmic([1.3, 110], [box.bottom, box.top]);
    axes(paint, box, {x, y, xTicks, yTicks: [2, 10, 50], xName: "learning rate"});
    const name = "test error (%) of whole trainings at nine fixed rates";
    paint("text", {class: "name", x: box.left, y: box.top - 10}, name);
    const points = NUMBERS.errors.map(([rate, error]) => [x(rate), y(error)]);
    paint("path", {class: "errors", d: line(points)});
    const best = bestFixed();
    NUMBERS.errors.forEach(([rate], k) => {
      const [cx, cy] = points[k];
      paint("circle", {class: rate === best[0] ? "error best" : "error", cx, cy, r: rate === best[0] ? 7 : 4.5});
    });
    return box.bottom + 44;
  }

  function bestFixed() {
    return NUMBERS.errors.reduce((best, each) => each[1] < best[1] ? each : best);
  }

  function show() {
    const total = test.rates.length;
    for (const mark of marks) {
      mark.slider.max = Math.max(1, count());
      mark.slider.disabled = !mark.set || asked;
      mark.button.disabled = count() === 0 || asked;
      showValue(mark.slider, mark.set ? short(marked(mark)) : "not marked");
    }
    showValue(done, `${counted(count())} of ${counted(test.steps)}`);
    done.disabled = asked;
    run.disabled = asked || count() === total;
    run.textContent = stop ? "Pause" : CALM.matches ? "Train a tenth more" : count() ? "Go on" : "Start the test";
    ask.disabled = asked || !marks.every(mark => mark.set);
    figure.draw();
    tell(sentence());
  }

  function sentence() {
    if (asked) return answer();
    if (!count()) {
      const range = `from ${short(test.min_lr)} to ${short(test.max_lr)}`;
      return `The test has not begun. It will raise the rate ${range} in ${counted(test.steps)} updates.`;
    }
    const course = level(test.accuracy.slice(0, count()), NUMBERS.smoothing).at(-1);
    const place = mark => mark.set ? `marked at ${short(marked(mark))}` : "not marked yet";
    const placed = marks.map(mark => `${mark.id} ${place(mark)}`).join(", ");
    const early = count() === test.rates.length && count() < test.steps;
    const stopped = early ? " The test stopped by itself: the loss had shot up." : "";
    return `After ${counted(count())} of ${counted(test.steps)} updates the rate is ${short(rateAt(count()))} `
      + `and the accuracy about ${Math.round(100 * course)} %; ${placed}.${stopped}`;
  }

  function answer() {
    const [low, high] = marks.map(marked), {smith, fall} = test;
    const parts = [`You chose ${short(low)} to ${short(high)}.`];
    parts.push(`suggest("smith") says ${short(smith.base_lr)} to ${short(smith.max_lr)}:`);
    parts.push(`your max_lr is ${compared(high, smith.max_lr)}.`);
    parts.push(fall.refusal ? `suggest("fall") refuses: ${fall.refusal}.`
      : `The last sign, suggest("fall"), puts max_lr at ${short(fall.max_lr)}.`);
    if (test.fixed_rates) {
      const [rate, error] = bestFixed();
      const wrong = `${error.toFixed(1)} % of the test digits are wrong there`;
      parts.push(`Of nine fixed rates, trained for ten epochs each, the best is ${short(rate)}: ${wrong}.`);
    }
    return parts.join(" ");
  }

  function compared(yours, tools) {
    const ratio = yours / tools, factor = Math.max(ratio, 1 / ratio);
    if (factor <= 2) return "within a factor of two of it, and either could be defended";
    return `${short(Number(factor.toPrecision(2)))} times ${ratio > 1 ? "larger" : "smaller"}`;
  }

  function pause() {
    stop?.();
    stop = null;
  }

  function begin() {
    pause();
    test = NUMBERS.tests[choice.value];
    asked = false;
    done.max = test.rates.length;
    done.value = 0;
    for (const mark of marks) mark.set = false;
    show();
  }

  function start() {
    const total = test.rates.length, from = count();
    if (stop) {
      pause();
    } else if (CALM.matches) {
      done.value = Math.min(total, from + Math.ceil(total / 10));
    } else {
      stop = animate(16 * (1 - from / total), share => {
        done.value = Math.round(from + share * (total - from));
        if (share === 1) pause();
        show();
      });
    }
    show();
  }

  choice.addEventListener("input", begin);
  again.addEventListener("click", begin);
  run.addEventListener("click", start);
  done.addEventListener("input", () => { pause(); show(); });
  for (const mark of marks) {
    mark.button.addEventListener("click", () => {
      mark.set = true;
      mark.slider.max = Math.max(1, count());
      mark.slider.value = count();
      show();
    });
    mark.slider.addEventListener("input", show);
  }
  ask.addEventListener("click", () => {
    pause();
    asked = true;
    done.value = test.rates.length;
    show();
  });
  begin();
}

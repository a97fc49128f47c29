"use strict";
// The line at the head of the page: a training under each of two policies.

{
  const at = {base_lr: 0.06, max_lr: 1, step_size: 40, gamma: 0.996};
  const figure = new Figure(find("#banner"), (paint, width) => {
    const x = linear([0, 480], [0, width]), y = linear([0, 1.1], [88, 0]);
    for (const name of ["triangular", "exp_range"]) {
      const curve = Array.from({length: 481}, (_, n) => [x(n), y(POLICIES[name](n, at))]);
      paint("path", {d: line([...curve, [x(480), y(0)], [0, y(0)]]), fill: NUMBERS.styles[name].color, opacity: 0.08});
      paint("path", {d: line(curve), class: "curve", stroke: NUMBERS.styles[name].color});
    }
    return 90;
  });
  figure.draw();
}

"use strict";
// The arithmetic of the page: pure functions, held to clr_utils by tests/test_play.py.

// Iteration n, counted from 0, to its rate; as in clr_utils/policies.py.
const POLICIES = {
  triangular: (n, at) => between(at, height(n, at.step_size)),
  triangular2: (n, at) => between(at, height(n, at.step_size) * 2 ** -Math.floor(n / (2 * at.step_size))),
  exp_range: (n, at) => between(at, height(n, at.step_size) * Math.exp(n * Math.log(at.gamma))),
  fixed: (n, at) => at.fixed_lr,
};

// 0 at the ends of a cycle, 1 at its peak.
function height(n, stepSize) {
  const done = n % (2 * stepSize);
  return Math.min(done, 2 * stepSize - done) / stepSize;
}

function between(at, share) {
  return at.base_lr * (1 - share) + at.max_lr * share;
}

function policyRates(name, at, updates) {
  return new Float64Array(updates).map((_, n) => POLICIES[name](n, at));
}

// The learning-rate bill: the rates of all updates, added up.
function bill(rates) {
  return rates.reduce((sum, rate) => sum + rate, 0);
}

// Updates still missing to the foot of the cycle; 0 where training ends at it.
function updatesLeft(updates, stepSize) {
  return (2 * stepSize - updates % (2 * stepSize)) % (2 * stepSize);
}

// Gradient descent on a bowl: one update covers the share rate * curvature of the way to the bottom.
function descend(start, curvatures, rate, updates) {
  const path = [start];
  for (let n = 0; n < updates; n++) path.push(path[n].map((w, i) => w - rate * (curvatures[i] * w)));
  return path;
}

function bowlLoss(w, curvatures) {
  return w.reduce((sum, each, i) => sum + curvatures[i] * each ** 2, 0) / 2;
}

// What a rate does on the bowl. It arrives where less than a hundredth of the loss is left after the updates.
function fate(start, curvatures, rate, updates) {
  const share = rate * Math.max(...curvatures);
  if (share > 2) return "breaks";
  if (share === 2) return "edge";
  const left = bowlLoss(descend(start, curvatures, rate, updates).at(-1), curvatures) / bowlLoss(start, curvatures);
  return left < 0.01 ? "arrives" : "crawls";
}

// The course of a noisy curve: a Gaussian mean that looks to both sides, with the ends mirrored; as in
// clr_utils/range_test/curves.py.
function level(values, smoothing) {
  const count = values.length, sigma = Math.max(2, smoothing * count), radius = Math.floor(4 * sigma + 0.5);
  const weights = Float64Array.from({length: 2 * radius + 1}, (_, k) => Math.exp(-0.5 * ((k - radius) / sigma) ** 2));
  const mirrored = Float64Array.from({length: count + 2 * radius}, (_, i) => {
    const place = (((i - radius) % (2 * count)) + 2 * count) % (2 * count);
    return values[Math.min(place, 2 * count - 1 - place)];
  });
  const total = bill(weights);
  return values.map((_, i) => {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k] * mirrored[i + k];
    return sum / total;
  });
}

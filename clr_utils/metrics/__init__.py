"""Judging: `comparison` of policies with intervals, `detection` by ROC and precision-recall, `curves` draws those."""

"""The synthetic micro-calcification patches: `patches` generates them, `sets` are those of the published cases."""

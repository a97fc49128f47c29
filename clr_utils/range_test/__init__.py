"""The learning-rate range test: `run` trains, `results` holds what it found, `suggestions` reads bounds off it."""

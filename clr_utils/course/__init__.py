"""What the notebooks need: their set-up and verdicts, a check of the computer, Colab, and the bowls of notebook 01."""

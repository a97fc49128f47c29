"""What is read from recorded runs: tables, judged claims, what tuning buys. Studies train; findings read."""

"""Sound files: decoding them to samples, detecting truncated ones, and reading their tags."""

"""Sound files: decoding them to samples, telling whole ones from torn ones, and reading their tags."""

"""Generated music: songs drawn from a seed, the audio they play, and libraries of them."""

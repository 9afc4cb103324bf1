"""Clips: finding a song's highlight, cutting it out, and drawing waveforms and taste maps."""

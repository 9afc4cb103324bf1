"""Learning: what a model is trained on and judged by, and which song to ask about next. Pure."""

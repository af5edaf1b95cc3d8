"""The order of representations under reinforcement: language alone, graphs first, graphs last, mixed."""

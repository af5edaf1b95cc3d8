"""Does what is learnt on graphs or code help with language? The two-stage curriculum, from random weights, on CPU."""

"""What training did: where symbols lie in a model's hidden states, and where the gains of a run come from."""

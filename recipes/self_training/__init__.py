"""Self-training: a model writes programs, a solver says which are right, the model learns from those.

```
.venv/bin/python -m recipes.self_training --out runs/self-training
```
"""

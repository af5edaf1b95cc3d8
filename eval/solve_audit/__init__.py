"""Every gold symbol of the datasets through its solver, against its gold answer: ``symbol-llm solve audit``."""

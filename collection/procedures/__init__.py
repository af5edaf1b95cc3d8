"""Procedures: one task, the shortest time for all steps of a plan, in language, as a graph and as code.

```
Step 1. boil water (5 min)  Step 2. grind beans (1 min)  Step 3. pour (2 min)      1 and 2 must precede 3
→   5 min + 2 min = 7 min, whichever way it is written
```

```
instance        a plan: steps, times, what follows what        critical_path   the shortest time, exactly
generator       plans from a seed                              splits          what is trained on, what is held out
paper_forms     the prompts of arXiv 2602.03542                paper_readers   back from them to the plan
compact         prompts and traces for small models            convert         any form to any other
answer_times    times as people write them                     verifier        the reward
baselines       what needs no search                           analogy         nearness to the training plans
released_files  rows of the paper's files, and their faults    maths_physics   the paper's problems and programs
cli             symbol-llm procedures
```
"""

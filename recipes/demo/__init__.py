"""The whole line at tiny scale: build, evolve, injection, infusion, evaluation, report."""

"""The paper's recipe as commands: collection, Symbol-Evol, Injection, Infusion, evaluation."""

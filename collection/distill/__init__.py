"""Distillation: new text-to-symbol pairs from an LLM, kept only where a solver reproduces the gold answer.

```
plan      what would be sent, and what it costs at most
run       send; every answer is paid for once and kept in a ledger
collect   execute the answers, keep the pairs that are right: RAW/distilled/<task>.jsonl
build     ``symbol-llm collect build`` reads those pairs like any other source
```
"""

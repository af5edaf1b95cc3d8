"""What evolution buys: a tiny model trained with and without evolved records, tested under names it has never seen."""

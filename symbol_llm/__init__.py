"""What every stage shares: the record, the formats, the solvers and the training engine."""

__version__ = "0.1.0"

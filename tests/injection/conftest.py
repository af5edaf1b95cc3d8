"""The tiny tokenised collection of the training tests."""

from tests.training.conftest import one_thread, prepared

__all__ = ["one_thread", "prepared"]

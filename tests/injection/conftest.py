"""The tiny tokenised collection of the training tests."""

from tests.training.conftest import prepared

__all__ = ["prepared"]

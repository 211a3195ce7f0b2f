import pytest
import seqkit_cells

from seqkit import manager


@pytest.fixture(autouse=True)
def _installed():
    """A process in which this package is the only one beside the built-ins."""
    with manager.isolated([seqkit_cells]):
        yield

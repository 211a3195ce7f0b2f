import pytest
from seqkit_kernels import compiled


@pytest.fixture(params=[0, 1, 2], ids=["plain", "avx2", "avx512"])
def level(request):
    """Every level of instructions that this processor has; the best again afterwards."""
    if not compiled.available():
        pytest.skip("the library is not compiled: there was no C++ compiler")
    if compiled.use_level(request.param) != request.param:
        pytest.skip("this processor lacks these instructions")
    yield request.param
    compiled.use_level(2)

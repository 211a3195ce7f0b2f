import builtins

import pytest
from seqkit_forecast.picture import check, picture

from seqkit.errors import MissingDependency


def test_a_picture_is_a_png_and_the_same_each_time(fitted, waves):
    forecasts = fitted.forecast(waves)
    drawn = picture(waves, forecasts, history=30)
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture(waves, forecasts, history=30) == drawn
    assert picture(waves, forecasts, history=20) != drawn


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependency, match=r"pip install 'seqkit-forecast\[plots\]'"):
        check()

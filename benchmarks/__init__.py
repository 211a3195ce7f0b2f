"""Measurements, side by side in one run: ``python -m benchmarks`` makes them all.

A benchmark is a module here with a function ``run(settings)`` that returns a
:class:`benchmarks.report.Report`. Some time functions in one process (:mod:`benchmarks.timing`);
others let whole programs train in turns, each in a process and an environment of its own
(:mod:`benchmarks.contest`), and those programs are in ``peers/``.
"""

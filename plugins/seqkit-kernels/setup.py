"""Compiles the library; where there is no compiler, the package installs without it."""

from pathlib import Path

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "seqkit_kernels._library",
            sources=["src/library.cpp"],
            depends=[str(path) for path in Path("src").glob("*.h")],
            language="c++",
            extra_compile_args=["-std=c++17", "-O3", "-g0", "-pthread", "-Wno-psabi"],
            extra_link_args=["-pthread"],
            optional=True,
        )
    ]
)

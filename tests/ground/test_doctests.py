# SPDX-License-Identifier: Apache-2.0
"""Examples in docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import bmnn_mark

MODULES = sorted(
    one.name
    for one in pkgutil.walk_packages(bmnn_mark.__path__, "bmnn_mark.")
    if not one.name.endswith(("__main__", ".worker")) and ".migrations." not in one.name
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0

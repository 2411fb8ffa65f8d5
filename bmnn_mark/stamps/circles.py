# SPDX-License-Identifier: Apache-2.0
"""The smallest circle around points (Welzl's method, made incremental)."""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Centre x, centre y, radius.
Circle = tuple[float, float, float]
_Point = tuple[float, float]
_SLACK = 1 + 1e-12


def smallest_circle(points: Sequence[_Point]) -> Circle:
    """The smallest circle that holds every point.

    >>> smallest_circle([(0, 0), (4, 0), (2, 1)])
    (2.0, 0.0, 2.0)
    """
    circle: Circle = (*points[0], 0.0)
    for index, point in enumerate(points):
        if not _holds(circle, point):
            circle = _through(points[:index], point)
    return circle


def _through(points: Sequence[_Point], one: _Point) -> Circle:
    """The smallest circle around ``points`` with ``one`` on its edge."""
    circle: Circle = (*one, 0.0)
    for index, point in enumerate(points):
        if not _holds(circle, point):
            circle = _between(one, point)
            for third in points[:index]:
                if not _holds(circle, third):
                    circle = _around(one, point, third)
    return circle


def _holds(circle: Circle, point: _Point) -> bool:
    x, y, radius = circle
    return math.dist((x, y), point) <= radius * _SLACK


def _between(one: _Point, other: _Point) -> Circle:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2, math.dist(one, other) / 2


def _around(one: _Point, two: _Point, three: _Point) -> Circle:
    """The circle through three points that are not in a line."""
    ax, ay = two[0] - one[0], two[1] - one[1]
    bx, by = three[0] - one[0], three[1] - one[1]
    twice = 2 * (ax * by - ay * bx)
    a, b = ax * ax + ay * ay, bx * bx + by * by
    x, y = (by * a - ay * b) / twice, (ax * b - bx * a) / twice
    return one[0] + x, one[1] + y, math.hypot(x, y)

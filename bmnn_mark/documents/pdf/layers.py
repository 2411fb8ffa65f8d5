# SPDX-License-Identifier: Apache-2.0
"""Layers (optional content, ISO 32000-1, 8.11): what is shown and what is printed.

A layer has a state in the default configuration; ``/AS`` may turn it for the screen or for paper by
the layer's own ``/Usage``, and some programs follow ``/Usage`` without being told. Where these do
not agree, nobody who looks at a screen knows what will be on the paper.
"""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Object, Pdf

_LAYERS = 20_000
_EVENTS = ("View", "Print")

States = dict[tuple[int, int], bool]
"""Whether a layer is shown, by its object."""


def printed_states(pdf: Pdf) -> States:
    """Which layers are printed, as the standard reads ``/AS``."""
    properties = _properties(pdf)
    if properties is None:
        return {}
    return _by_event(properties, _stated(properties), "Print")


def layers_differ(pdf: Pdf) -> bool:
    """Whether some program shows on a screen or prints other layers than another one."""
    properties = _properties(pdf)
    if properties is None:
        return False
    stated = _stated(properties)
    readings = [_by_event(properties, stated, event) for event in _EVENTS]
    readings += [_by_usage(properties, stated, event) for event in _EVENTS]
    return any(one != stated for one in readings)


def fix_layers(pdf: Pdf) -> int:
    """Have every program show and print the layers that are printed.

    Returns:
        The number of layers that are neither shown nor printed any more.
    """
    properties = _properties(pdf)
    if properties is None:
        return 0
    states = printed_states(pdf)
    layers = _layers(properties)
    hidden = [one for one in layers if not states[one.objgen]]
    configuration = _configuration(properties)
    for key in (Name.AS, Name.ON):
        if key in configuration:
            del configuration[key]
    configuration[Name.BaseState] = Name.ON
    configuration[Name.OFF] = Array(hidden)
    properties[Name.D] = configuration
    if Name.Configs in properties:
        del properties[Name.Configs]
    for one in layers:
        if Name.Usage in one:
            del one[Name.Usage]
    return len(hidden)


def _properties(pdf: Pdf) -> Dictionary | None:
    found = pdf.Root.get(Name.OCProperties)
    return found if isinstance(found, Dictionary) else None


def _configuration(properties: Dictionary) -> Dictionary:
    found = properties.get(Name.D)
    return found if isinstance(found, Dictionary) else Dictionary()


def _listed(owner: Dictionary, key: Name) -> list[Dictionary]:
    """The layers of an array; anything else in it is left out."""
    found = owner.get(key)
    every = list(found)[:_LAYERS] if isinstance(found, Array) else []
    return [one for one in every if isinstance(one, Dictionary) and one.is_indirect]


def _layers(properties: Dictionary) -> list[Dictionary]:
    """Every layer that the document lists, anywhere."""
    configuration = _configuration(properties)
    every = _listed(properties, Name.OCGs)
    every += _listed(configuration, Name.ON) + _listed(configuration, Name.OFF)
    return list({one.objgen: one for one in every}.values())


def _stated(properties: Dictionary) -> States:
    """The states of the default configuration alone."""
    configuration = _configuration(properties)
    base = configuration.get(Name.BaseState) != Name.OFF
    states = {one.objgen: base for one in _layers(properties)}
    states.update({one.objgen: True for one in _listed(configuration, Name.ON)})
    states.update({one.objgen: False for one in _listed(configuration, Name.OFF)})
    return states


def _by_event(properties: Dictionary, stated: States, event: str) -> States:
    """The states after what ``/AS`` has turned for an event: off where any category says so."""
    applications = _configuration(properties).get(Name.AS)
    usages: dict[tuple[int, int], list[bool]] = {}
    for application in list(applications)[:_LAYERS] if isinstance(applications, Array) else []:
        if not isinstance(application, Dictionary) or application.get(Name.Event) != Name(
            f"/{event}"
        ):
            continue
        categories = application.get(Name.Category)
        for layer in _listed(application, Name.OCGs):
            for category in list(categories) if isinstance(categories, Array) else []:
                state = _usage(layer, str(category).removeprefix("/"))
                if state is not None:
                    usages.setdefault(layer.objgen, []).append(state)
    return {**stated, **{key: all(found) for key, found in usages.items()}}


def _by_usage(properties: Dictionary, stated: States, event: str) -> States:
    """The states of a program that follows ``/Usage`` wherever it finds one."""
    turned = dict(stated)
    for layer in _layers(properties):
        states = (_usage(layer, one) for one in dict.fromkeys((event, "View")))
        state = next((one for one in states if one is not None), None)
        if state is not None:
            turned[layer.objgen] = state
    return turned


def _usage(layer: Dictionary, category: str) -> bool | None:
    """What a layer says of its own use in a category; None where it says nothing."""
    usage = layer.get(Name.Usage)
    found = usage.get(f"/{category}") if isinstance(usage, Dictionary) else None
    state: Object | None = found.get(f"/{category}State") if isinstance(found, Dictionary) else None
    return None if state is None else state != Name.OFF

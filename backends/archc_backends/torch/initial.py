"""How weights begin: as the network's own paper says where it does, else as torch's layers do.

The language has no word for this (it is a matter of training, not of architecture), so the
papers' rules stand here, by the spec's file and the network in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from archc.graph.network import Network

INDENT = " " * 8


@dataclass(frozen=True, slots=True)
class Start:
    """A paper's rule: ``statement`` is its docstring, ``weights`` the statements for a layer's
    weights, ``ones`` the labels of lines whose biases begin at 1 (elsewhere at 0; None: as the
    weights do)."""

    statement: str
    weights: tuple[str, ...]
    ones: tuple[str, ...] | None = ()
    connected: str = ""  # for a convolution with a table of connections


def _normal(deviation: str) -> tuple[str, ...]:
    return (f"nn.init.normal_(module.weight, std={deviation})",)


_HE = ('nn.init.kaiming_normal_(module.weight, nonlinearity="relu")',)

STARTS: Mapping[tuple[str, str], Start] = {
    ("alexnet", "alexnet"): Start(
        "Krizhevsky et al. 2012, Section 5: weights from N(0, 0.01^2); biases 1 in the second, "
        "fourth and fifth convolution and the hidden fully connected layers, else 0.",
        _normal("0.01"),
        ones=("conv2", "conv4", "conv5", "fc6", "fc7"),
    ),
    ("zfnet", "zfnet"): Start(
        "Zeiler & Fergus 2013, Section 3: weights of scale 0.01, read here as N(0, 0.01^2); "
        "biases 0.",
        _normal("0.01"),
    ),
    ("vgg", "vgg"): Start(
        "Simonyan & Zisserman 2014, Section 3.1: weights from N(0, 0.01), a deviation of 0.1; "
        "biases 0.",
        _normal("0.1"),
    ),
    ("resnet", "resnet"): Start(
        "He et al. 2015, Section 3.4, as He et al. 2015 (rectifiers), Eq. 10: weights from "
        "N(0, 2/n), n the values read; biases 0.",
        _HE,
    ),
    ("densenet", "densenet"): Start(
        "Huang et al. 2017, Section 4.2, as He et al. 2015 (rectifiers), Eq. 10: weights from "
        "N(0, 2/n), n the values read; biases 0.",
        _HE,
    ),
    ("lenet5", "lenet5"): Start(
        "LeCun et al. 1998, Appendix A: uniform in ±2.4/n, n the values read.",
        (
            "bound = 2.4 / module.weight[0].numel()",
            "nn.init.uniform_(module.weight, -bound, bound)",
            "if module.bias is not None:",
            "    nn.init.uniform_(module.bias, -bound, bound)",
        ),
        ones=None,
        connected="module.draw([2.4 / count for count in module.fan_in])",
    ),
}


def start(network: Network) -> Start | None:
    """The rule of the network's paper, or None."""
    definition = network.definition
    if definition is None:
        return None
    stem = PurePath(definition.span.source.name).stem
    return STARTS.get((stem, definition.name))


def method(network: Network) -> list[str]:
    """``reset_parameters`` of the network's class, or nothing."""
    rule = start(network)
    if rule is None:
        return []
    named = bool(rule.ones)
    head = "for name, module in self.named_modules()" if named else "for module in self.modules()"
    lines = [
        "    def reset_parameters(self) -> None:",
        *_docstring(rule.statement),
        *_ones(rule.ones or ()),
        f"{INDENT}{head}:",
        f"{INDENT}    if isinstance(module, (nn.Conv2d, nn.Linear)):",
        *(f"{INDENT}        {line}" for line in rule.weights),
    ]
    if rule.ones is not None:
        value = "1 if name.startswith(ones) else 0" if rule.ones else "0"
        lines += [
            f"{INDENT}        if module.bias is not None:",
            f"{INDENT}            nn.init.constant_(module.bias, {value})",
        ]
    if rule.connected and any(_connected(network)):
        lines += [
            f"{INDENT}    elif isinstance(module, ConnectedConv2d):",
            f"{INDENT}        {rule.connected}",
        ]
    return lines


def _ones(labels: tuple[str, ...]) -> list[str]:
    quoted = ", ".join(f'"{label}."' for label in labels)
    return [f"{INDENT}ones = ({quoted})"] if labels else []


def _connected(network: Network) -> list[bool]:
    return [True for layer in network.layers if getattr(layer.op, "connections", None)]


def _docstring(statement: str) -> list[str]:
    from textwrap import wrap

    lines = wrap(f'"""{statement}"""', 100 - len(INDENT))
    return [INDENT + line for line in lines]

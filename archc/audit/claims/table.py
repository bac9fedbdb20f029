"""The quantities that archc brings: the name in a claim, and the object.

The same lines stand as entry points in pyproject.toml.
"""

_HERE = "archc.audit.claims"

BUILTIN: dict[str, str] = {
    "params": f"{_HERE}.weights:params",
    "weights": f"{_HERE}.weights:weights",
    "biases": f"{_HERE}.weights:biases",
    "statistics": f"{_HERE}.weights:statistics",
    "total": f"{_HERE}.weights:total",
    "weight_memory": f"{_HERE}.weights:weight_memory",
    "macs": f"{_HERE}.operations:macs",
    "ops": f"{_HERE}.operations:ops",
    "connections": f"{_HERE}.operations:connections",
    "shape": f"{_HERE}.shapes:shape",
    "input": f"{_HERE}.shapes:input_shape",
    "input_shape": f"{_HERE}.shapes:input_shape",
    "activations": f"{_HERE}.activations:activations",
    "neurons": f"{_HERE}.activations:neurons",
    "memory": f"{_HERE}.activations:memory",
    "weight_layers": f"{_HERE}.depth:weight_layers",
    "branches": f"{_HERE}.depth:branches",
    "receptive_field": f"{_HERE}.receptive_field:receptive_field",
    "kernel": f"{_HERE}.arguments:kernel",
    "stride": f"{_HERE}.arguments:stride",
    "pad": f"{_HERE}.arguments:pad",
    "dilation": f"{_HERE}.arguments:dilation",
    "window": f"{_HERE}.arguments:window",
    "width": f"{_HERE}.arguments:width",
    "filters": f"{_HERE}.arguments:width",
    "units": f"{_HERE}.arguments:width",
    "groups": f"{_HERE}.arguments:groups",
    "size": f"{_HERE}.arguments:size",
    "rate": f"{_HERE}.arguments:rate",
    "filter_shape": f"{_HERE}.arguments:filter_shape",
    "widths": f"{_HERE}.lists:widths",
    "stack": f"{_HERE}.lists:stack",
    "kernels": f"{_HERE}.lists:kernels",
    "pool_positions": f"{_HERE}.lists:pool_positions",
    "order": f"{_HERE}.lists:order",
    "activation": f"{_HERE}.lists:activation",
    "conv_layers": f"{_HERE}.occurrences:conv_layers",
    "fc_layers": f"{_HERE}.occurrences:fc_layers",
    "pool_layers": f"{_HERE}.occurrences:pool_layers",
    "blocks": f"{_HERE}.occurrences:blocks",
}

"""Graph: an ONNX file under construction, node by node. The same calls give the same bytes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 17, 8  # ONNX versions that onnxruntime 1.24 and later read

Array = NDArray[Any]
Shapes = Mapping[str, tuple[int, ...]]


class Graph:
    """Nodes and constants, named by their number."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, kind: str, *taken: str, name: str = "", **attributes: Any) -> str:
        """Add an operation; return its output's name."""
        name = name or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, taken, [name], **attributes))
        return name

    def constant(self, value: Array) -> str:
        name = f"w{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def integers(self, *values: int) -> str:
        name = f"w{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def affine(self, taken: str, scale: Array, offset: Array, name: str = "") -> str:
        return self.node("Add", self.node("Mul", taken, self.constant(scale)), self.constant(offset), name=name)

    def convolution(self, taken: str, kernel: Array, bias: Array, pads: list[int]) -> str:
        shape = list(kernel.shape[2:])
        return self.node("Conv", taken, self.constant(kernel), self.constant(bias), kernel_shape=shape, pads=pads)

    def file(self, takes: Shapes, gives: Shapes, facts: dict[str, str]) -> bytes:
        """Return the checked file, with `facts` as metadata. Inputs and outputs are float32, with any n."""
        graph = helper.make_graph(self._nodes, "graph", _described(takes), _described(gives), self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="cratekeeper")
        model.ir_version = IR
        helper.set_model_props(model, facts)
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))


def _described(shapes: Shapes) -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape]) for name, shape in shapes.items()]

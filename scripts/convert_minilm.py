"""Builds the int8 ONNX form of all-MiniLM-L6-v2 from its original weights; needs the onnx package, but no torch."""

import argparse
import json
import logging
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike, DTypeLike, NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from memory_api.embedders.local import MiniLM

LAYERS = 6
HEADS = 12
DIMENSION = 384
HEAD_SIZE = DIMENSION // HEADS
MAX_TOKENS = 256
OPSET, IR_VERSION = 20, 9
LAYER_NORM_EPSILON = 1e-12

# Pairs of texts with their cosine by the original model in float32, as torch computes it.
REFERENCE = (
    ("The new movie is awesome", "The new film is so great", 0.869285),
    ("How do I reset my password?", "I forgot my login and need a new passphrase", 0.645312),
    ("Melanie painted a sunrise over the lake in 2022", "Naïve café owners met on 7 May in Zürich", 0.090196),
)
FLOAT_TOLERANCE, INT8_TOLERANCE = 1e-5, 0.03

Array = NDArray[np.float32]


class Weights:
    """The tensors of a .safetensors file by name: an 8-byte header size, a JSON header, then raw little-endian data."""

    def __init__(self, data: bytes) -> None:
        (header_size,) = struct.unpack_from("<Q", data)
        self._data = data
        self._start = 8 + header_size
        self._header = json.loads(data[8 : self._start])

    def __getitem__(self, name: str) -> Array:
        entry = self._header[name]
        first, end = entry["data_offsets"]
        flat = np.frombuffer(self._data, "<f4", count=(end - first) // 4, offset=self._start + first)
        return flat.reshape(entry["shape"])


class Graph:
    """Collects nodes and constants; every method that adds one returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: ArrayLike, dtype: DTypeLike = np.float32) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype), name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: object) -> str:
        return self.split(kind, *inputs, outputs=[output or f"{kind}_{len(self.nodes)}"], **attributes)[0]

    def split(self, kind: str, *inputs: str, outputs: list[str], **attributes: object) -> list[str]:
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, name=outputs[0], **attributes))
        return outputs

    def linear(self, x: str, weight: Array, bias: Array) -> str:
        return self.node("Add", self.node("MatMul", x, self.constant(weight.T)), self.constant(bias))

    def layer_norm(self, x: str, weights: Weights, name: str) -> str:
        scale, bias = self.constant(weights[f"{name}.weight"]), self.constant(weights[f"{name}.bias"])
        return self.node("LayerNormalization", x, scale, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)


def bert(weights: Weights) -> onnx.ModelProto:
    """input_ids, int64 [batch, tokens] → embedding, float32 [batch, 384], each row of length 1.

    There is no attention mask: all rows of a batch have the same number of tokens.
    """
    graph = Graph()
    x = embeddings(graph, weights)
    for number in range(LAYERS):
        x = encoder_layer(graph, weights, f"encoder.layer.{number}", x)
    pooled(graph, x)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIMENSION])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def embeddings(graph: Graph, weights: Weights) -> str:
    """Word + position + segment, normalised. A lone text is all segment 0, so that row is folded into the positions."""
    segment = weights["embeddings.token_type_embeddings.weight"][0]
    positions = graph.constant(weights["embeddings.position_embeddings.weight"] + segment)
    words = graph.constant(weights["embeddings.word_embeddings.weight"])
    tokens = graph.node("Shape", "input_ids", start=1, end=2)
    places = graph.node("Slice", positions, graph.integers(0), tokens, graph.integers(0))
    x = graph.node("Add", graph.node("Gather", words, "input_ids"), places)
    return graph.layer_norm(x, weights, "embeddings.LayerNorm")


def encoder_layer(graph: Graph, weights: Weights, layer: str, x: str) -> str:
    attended = graph.linear(
        self_attention(graph, weights, f"{layer}.attention.self", x),
        weights[f"{layer}.attention.output.dense.weight"],
        weights[f"{layer}.attention.output.dense.bias"],
    )
    x = graph.layer_norm(graph.node("Add", attended, x), weights, f"{layer}.attention.output.LayerNorm")
    inner = graph.linear(x, weights[f"{layer}.intermediate.dense.weight"], weights[f"{layer}.intermediate.dense.bias"])
    inner = graph.node("Gelu", inner)
    outer = graph.linear(inner, weights[f"{layer}.output.dense.weight"], weights[f"{layer}.output.dense.bias"])
    return graph.layer_norm(graph.node("Add", outer, x), weights, f"{layer}.output.LayerNorm")


def self_attention(graph: Graph, weights: Weights, name: str, x: str) -> str:
    """Query, key and value come from one matrix product; the division by √(head size) is folded into the query."""
    factors = {"query": np.float32(HEAD_SIZE**-0.5), "key": np.float32(1), "value": np.float32(1)}
    weight = np.concatenate([weights[f"{name}.{part}.weight"] * factor for part, factor in factors.items()])
    bias = np.concatenate([weights[f"{name}.{part}.bias"] * factor for part, factor in factors.items()])
    parts = graph.split(
        "Split",
        graph.linear(x, weight, bias),
        graph.integers(DIMENSION, DIMENSION, DIMENSION),
        outputs=[f"{name}.{part}" for part in factors],
        axis=-1,
    )
    by_head = graph.integers(0, 0, HEADS, HEAD_SIZE)
    query, key, value = (graph.node("Reshape", part, by_head) for part in parts)
    scores = graph.node(
        "MatMul", graph.node("Transpose", query, perm=[0, 2, 1, 3]), graph.node("Transpose", key, perm=[0, 2, 3, 1])
    )
    mixed = graph.node(
        "MatMul", graph.node("Softmax", scores, axis=-1), graph.node("Transpose", value, perm=[0, 2, 1, 3])
    )
    joined = graph.node("Transpose", mixed, perm=[0, 2, 1, 3])
    return graph.node("Reshape", joined, graph.integers(0, 0, DIMENSION))


def pooled(graph: Graph, x: str) -> str:
    """The mean over the tokens, scaled to length 1. There is always a token: every text has its two markers."""
    mean = graph.node("ReduceMean", x, graph.integers(1), keepdims=0)
    length = graph.node("ReduceL2", mean, graph.integers(1), keepdims=1)
    return graph.node("Div", mean, length, output="embedding")


def check(kind: str, model: Path, tokenizer: Path, tolerance: float) -> None:
    """Ends the process when a cosine is further from its reference than `tolerance`."""
    minilm = MiniLM(model, tokenizer, MAX_TOKENS)
    pairs = [(float(minilm.embed(a) @ minilm.embed(b)), wanted) for a, b, wanted in REFERENCE]
    print(f"  {kind}: {size(model)}, cosines " + ", ".join(f"{got:.4f} (original {ref:.4f})" for got, ref in pairs))
    if not all(abs(got - wanted) <= tolerance for got, wanted in pairs):
        sys.exit(f"the {kind} model does not agree with the original: its vectors would be wrong on this machine")


def size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="model.safetensors")
    parser.add_argument("tokenizer", type=Path, help="tokenizer.json")
    parser.add_argument("output", type=Path, help="the int8 model to write; a .float32 copy appears beside it")
    options = parser.parse_args(arguments)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # The quantiser advises a pre-processing step whose only effect, shape inference, is not needed here.
    logging.getLogger().setLevel(logging.ERROR)
    exact = options.output.with_suffix(".float32")
    onnx.save(bert(Weights(options.weights.read_bytes())), str(exact))
    check("float32", exact, options.tokenizer, FLOAT_TOLERANCE)
    quantize_dynamic(str(exact), str(options.output), weight_type=QuantType.QInt8, per_channel=True)
    check("int8", options.output, options.tokenizer, INT8_TOLERANCE)


if __name__ == "__main__":
    main()

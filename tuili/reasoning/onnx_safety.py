"""What must not be in an ONNX file: weights that lie in another one.

A tensor may name a file that holds its data. ONNX Runtime 1.32, given a model as bytes, looks that file up from
the *current directory* (and loads it, with graph optimisations off), so the check can't be left to it. This walks the
protobuf wire format and stops at the first such tensor. It reads tags and lengths and skips the weights; what it
can't follow, it refuses, so that no reader that is more lenient sees a tensor that it didn't.
"""

from __future__ import annotations

from tuili.errors import BundleError

MAX_FIELDS = 200_000
"""As many protobuf fields as are looked at: under half a second. A model of 6 layers in two branches has 6,600."""

# Of each message that can lead to a tensor: the fields that hold such messages (onnx.proto3, IR version 13).
CHILDREN = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto",
        6: "GraphProto",
        10: "TensorProto",
        11: "GraphProto",
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "TensorProto": {},
}
_GRAPH = 7  # of ModelProto
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of TensorProto
_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5  # wire types; 3 and 4 are groups, which ONNX has none of


def refuse_external_data(model: bytes) -> None:
    """Raise BundleError unless these are the bytes of an ONNX model that holds all of its tensors itself.

    That it can be run is not checked. Takes time in the number of fields, not of bytes: under 50 ms for a model
    of 25 MB, and under half a second at most.
    """
    if model[4:8] == b"ORTM":  # the other format that ONNX Runtime tells by its content
        raise BundleError("model.onnx is in ONNX Runtime's own format; allowed is ONNX")
    waiting = [(0, len(model), "ModelProto")]
    seen = 0
    found_graph = False
    while waiting:
        at, end, message = waiting.pop()
        children = CHILDREN[message]
        while at < end:
            seen += 1
            if seen > MAX_FIELDS:
                raise BundleError(f"model.onnx has more than {MAX_FIELDS:,} fields, which is more than is looked at")
            tag, at = _varint(model, at, end)
            # Readers in C++ drop what is beyond 32 bits, and so would see another field than we do.
            if not 8 <= tag < 2**32:
                raise _damaged(at)
            field, wire = tag >> 3, tag & 7
            if message == "TensorProto" and field in (_EXTERNAL_DATA, _DATA_LOCATION):
                _check_location(model, at, end, tag)
            start = at
            at = _skip(model, at, end, wire)
            if wire == _LENGTH and field in children:
                _, start = _varint(model, start, end)
                waiting.append((start, at, children[field]))
                found_graph = found_graph or (message == "ModelProto" and field == _GRAPH)
    if not found_graph:
        raise BundleError("model.onnx is not an ONNX model: it has no graph")


def _check_location(model: bytes, at: int, end: int, tag: int) -> None:
    """Refuse all but `data_location = DEFAULT` (0), which some exporters write out."""
    if tag != _DATA_LOCATION << 3 | _VARINT or _varint(model, at, end)[0]:
        raise BundleError(
            "model.onnx keeps weights in another file; allowed is one file that holds them all: save it anew"
        )


def _skip(model: bytes, at: int, end: int, wire: int) -> int:
    """Where the value that begins at `at` ends."""
    if wire == _VARINT:
        _, at = _varint(model, at, end)
    elif wire == _LENGTH:
        length, at = _varint(model, at, end)
        at += length
    elif wire in (_FIXED_64, _FIXED_32):
        at += 8 if wire == _FIXED_64 else 4
    else:
        raise _damaged(at)
    if at > end:
        raise _damaged(at)
    return at


def _varint(model: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at `at`, seven bits a byte, and where the next thing begins."""
    value = shift = 0
    while at < end and shift < 70:
        byte = model[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise _damaged(at)


def _damaged(at: int) -> BundleError:
    return BundleError(f"model.onnx is not an ONNX model, or a damaged one: nothing that can be read at byte {at}")

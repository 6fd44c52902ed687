"""What the two generators share: closed-form tensors and how a golden file is written."""

import json
import math
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent

# Every size differs from the others, so that a transposed or misread tensor cannot pass.
BATCH, TIME, INPUT, HIDDEN, PROJECTED = 3, 5, 4, 7, 2
# Unsorted, and shorter than T in two rows: the inputs beyond a length are not zero, so reading them would show.
LENGTHS = [5, 2, 3]

WEIGHT_SCALE, INPUT_SCALE, STATE_SCALE, LOSS_SCALE = 0.5, 1.0, 0.6, 1.0


def closed_form(shape: Sequence[int], k: int, scale: float) -> np.ndarray:
    """Entry `i` of the flattened tensor is `scale * sin(1.7 i + 0.13 i^2 + sqrt(2) k)`, rounded to float32.

    `k` is the position of the tensor among those of its file, so that no two tensors agree. The square keeps the
    matrices from having rank 2, as a plain sine would.
    """
    i = np.arange(math.prod(shape), dtype=np.float64)
    values = scale * np.sin(1.7 * i + 0.13 * i * i + math.sqrt(2.0) * k)
    return values.astype(np.float32).reshape(shape)


def assert_distinct(tensors: dict[str, np.ndarray]) -> None:
    """Fails where two entries of one tensor agree, because swapping those would go unseen."""
    for name, tensor in tensors.items():
        assert len(np.unique(tensor)) == tensor.size, f"{name} has repeated values"


def max_error(actual: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the largest expected magnitude."""
    return float(np.abs(actual - expected).max(initial=0.0) / max(np.abs(expected).max(initial=0.0), 1e-30))


def save(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, object]) -> None:
    """Writes safetensors by hand: the library orders metadata at random, and a golden file must not change its bytes."""
    header: dict[str, object] = {
        "__metadata__": {
            key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in metadata.items()
        }
    }
    data = b""
    # int64 first, so that every tensor is aligned to its own width, as the library does it.
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0])):
        dtype = {"float32": "F32", "int32": "I32", "int64": "I64"}[tensor.dtype.name]
        begin = len(data)
        data += np.ascontiguousarray(tensor).tobytes()
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)

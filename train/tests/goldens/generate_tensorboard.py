"""Golden file from TensorBoard: `python generate_tensorboard.py` writes tensorboard.json, the records, in hexadecimal, that its
own writer makes of a few events.

Made with Python 3.11.7, tensorboard 2.21.0.
"""

import io
import json
import struct
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

WALL_TIME = 1700000000.25

SCALARS = [
    ("loss/train", 1, 0.1),
    ("loss/train", 0, 0.0),
    ("a", 127, -0.0),
    ("grad norm", 128, 1e-45),
    ("perplexité", 2**40 + 5, 3.4e38),
    ("t" * 200, 2**63 - 1, float("inf")),
]


def record(**fields) -> str:
    stream = io.BytesIO()
    RecordWriter(stream).write(Event(wall_time=WALL_TIME, **fields).SerializeToString())
    return stream.getvalue().hex()


def scalar(tag: str, step: int, value: float) -> dict:
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return {"tag": tag, "step": step, "bits": bits, "record": record(step=step, summary=summary)}


def main() -> None:
    golden = {
        "wall_time": WALL_TIME,
        "file_version": record(file_version="brain.Event:2"),
        "session_start": record(step=300, session_log=SessionLog(status=SessionLog.START)),
        "scalars": [scalar(*event) for event in SCALARS],
    }
    text = json.dumps(golden, indent=1, ensure_ascii=False)
    Path(__file__).with_name("tensorboard.json").write_text(text + "\n", encoding="utf-8")


main()

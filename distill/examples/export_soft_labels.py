"""Soft labels of any `transformers` classifier: `python export_soft_labels.py MODEL TEXTS OUTPUT`.

MODEL is a folder or a name, TEXTS has a text a line, and OUTPUT becomes the JSON Lines file that `SoftLabelFile` reads.
"""

import argparse
import json
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("texts", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--batch-size", type=int, default=32)
    args = parser.parse_args()

    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForSequenceClassification.from_pretrained(args.model).eval()
    classes = [model.config.id2label[index] for index in range(model.config.num_labels)]
    lines = args.texts.read_text(encoding="utf-8").split("\n")
    # Texts of a length together, so that little is padding; each text once.
    texts = sorted({line for line in lines if line}, key=len, reverse=True)

    beside = args.output.with_name(args.output.name + ".part")
    with beside.open("w", encoding="utf-8") as output, torch.no_grad():
        output.write(json.dumps({"classes": classes}) + "\n")
        for start in range(0, len(texts), args.batch_size):
            batch = texts[start : start + args.batch_size]
            logits = model(**tokenizer(batch, padding=True, truncation=True, return_tensors="pt")).logits
            for text, row in zip(batch, logits.tolist(), strict=True):
                output.write(json.dumps({"text": text, "logits": row}, allow_nan=False) + "\n")
    beside.replace(args.output)


if __name__ == "__main__":
    main()

"""What `transformers` computes for a folder: `python reference.py FOLDER OUTPUT.safetensors`.

The texts are those below. The forward pass runs in float64 and is stored as float32, so that the expected numbers carry no
rounding noise of their own.
"""

import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

# Of several lengths, so that a batch of them is padded; with capitals, accents, punctuation and what no vocabulary has.
TEXTS = [
    "although the plot is good, the film is not",
    "Good!",
    "a café isn't a film",
    "the the the plot was never bad before, and it is not bad now: 7 of 10",
    "x",
    "",
]


def expected(folder: Path) -> dict[str, torch.Tensor]:
    """The tokens `[B, T]` and lengths `[B]` of the texts, the hidden states `[B, T, W]`, zero in the padding, and the logits
    `[B, V]` where the folder has a classifier."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [tokenizer(text, truncation=True)["input_ids"] for text in TEXTS]
    lengths = torch.tensor([len(row) for row in rows])
    steps = int(lengths.max())
    padding = AutoConfig.from_pretrained(folder).pad_token_id
    tokens = torch.tensor([row + [padding] * (steps - len(row)) for row in rows])
    mask = torch.arange(steps)[None, :] < lengths[:, None]

    model, loading = AutoModelForSequenceClassification.from_pretrained(
        folder, attn_implementation="eager", output_loading_info=True
    )
    model = model.double().eval()
    with torch.no_grad():
        output = model(input_ids=tokens, attention_mask=mask.long(), output_hidden_states=True)
    tensors = {"tokens": tokens, "lengths": lengths}
    for layer, hidden in enumerate(output.hidden_states):
        tensors[f"hidden.{layer}"] = (hidden * mask[:, :, None]).float().contiguous()
    if not loading["missing_keys"]:
        tensors["logits"] = output.logits.float()
    return tensors


def write(folder: Path, output: Path) -> None:
    save_file(expected(folder), output, {"transformers": transformers.__version__})


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))

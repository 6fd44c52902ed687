"""Golden files from `transformers`: `python generate.py` writes bert/ and roberta/, a folder each with `expected.safetensors`.

Both are tiny and have random weights, large enough that a swapped matrix or a forgotten bias shows.
"""

import json
import string
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForSequenceClassification, RobertaConfig, RobertaForSequenceClassification

from reference import TEXTS, write

HERE = Path(__file__).parent
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}
CLASSES = {0: "negative", 1: "neutral", 2: "positive"}


def draw_weights(model: torch.nn.Module, seed: int) -> None:
    """Every parameter is `N(0, 0.3^2)`, those of the layer norms around 1 and 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            center = 1.0 if name.endswith("LayerNorm.weight") else 0.0
            parameter.copy_(center + 0.3 * torch.randn(parameter.shape, generator=generator))


def write_word_pieces(folder: Path) -> int:
    """A `vocab.txt` without a `tokenizer.json`; the number of its tokens."""
    words = ["the", "film", "plot", "is", "not", "good", "bad", "never", "although", "before", "and", "it", "now", "cafe"]
    pieces = ["##s", "##ed", "##ing", "##as", "##en", "##lot", "##ilm"]
    letters = list(string.ascii_lowercase)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *string.digits, *",.!':", *words, *pieces]
    tokens += [f"##{letter}" for letter in letters if f"##{letter}" not in tokens]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 64}) + "\n"
    )
    return len(tokens)


def write_byte_pairs(folder: Path) -> int:
    """A `tokenizer.json` of byte-level pairs; the number of its tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "RobertaTokenizer", "model_max_length": 62}) + "\n"
    )
    return tokenizer.get_vocab_size()


def bert() -> None:
    folder = HERE / "bert"
    folder.mkdir(exist_ok=True)
    config = BertConfig(vocab_size=write_word_pieces(folder), id2label=CLASSES, hidden_act="gelu", **SIZES)
    model = BertForSequenceClassification(config)
    draw_weights(model, seed=1)
    model.save_pretrained(folder)
    write(folder, folder / "expected.safetensors")


def roberta() -> None:
    folder = HERE / "roberta"
    folder.mkdir(exist_ok=True)
    config = RobertaConfig(
        vocab_size=write_byte_pairs(folder),
        type_vocab_size=1,
        id2label=CLASSES,
        hidden_act="gelu_new",
        layer_norm_eps=1e-5,
        **SIZES,
    )
    model = RobertaForSequenceClassification(config)
    draw_weights(model, seed=2)
    model.save_pretrained(folder)
    write(folder, folder / "expected.safetensors")


if __name__ == "__main__":
    bert()
    roberta()

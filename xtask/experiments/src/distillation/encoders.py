"""Times encoders of `transformers` for `cargo xtask run distill --torch PYTHON`.

A server: one JSON request a line on standard input, one JSON answer a line on standard output. It works only while it is
asked to, so that the program that asks and this one never share the cores.

    {"load": {"folder": "...", "threads": 2}}                    ->  {"slot": 0}, the encoder of a folder
    {"draw": {"folder": "...", "threads": 2}}                    ->  {"slot": 1}, a BERT-base with the folder's tokenizer
    {"run": {"slot": 0, "texts": ["..."]}}                       ->  {"ms": 8.1}, from the texts to the last hidden state

What cannot be done is answered by {"error": "why"}. The first line is not asked for: {"versions": "..."} or
{"missing": "the module that is not installed"}.
"""

import json
import os
import signal
import sys
import time

# Answers have a descriptor of their own: what a library prints must not come between them.
ANSWERS = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.environ["TOKENIZERS_PARALLELISM"] = "false"


def answer(**content):
    print(json.dumps(content), file=ANSWERS, flush=True)


try:
    import torch
    import transformers
    from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel
except ModuleNotFoundError as error:
    answer(missing=error.name)
    sys.exit()

transformers.logging.set_verbosity_error()
# OpenMP's threads go on spinning for some milliseconds after the work, which must not fall into someone else's time.
SPINNING_ENDS_AFTER = 0.02
slots = []


def hold(model, folder, threads):
    torch.set_num_threads(threads)
    slots.append((model.eval(), AutoTokenizer.from_pretrained(folder)))
    return {"slot": len(slots) - 1}


def load(folder, threads):
    return hold(AutoModel.from_pretrained(folder), folder, threads)


def draw(folder, threads):
    return hold(BertModel(BertConfig()), folder, threads)


def run(slot, texts):
    model, tokenizer = slots[slot]
    with torch.inference_mode():
        started = time.perf_counter()
        model(**tokenizer(texts, padding=True, truncation=True, return_tensors="pt"))
        seconds = time.perf_counter() - started
    time.sleep(SPINNING_ENDS_AFTER)
    return {"ms": 1e3 * seconds}


answer(versions=f"torch {torch.__version__}, transformers {transformers.__version__}")
for line in sys.stdin:
    try:
        ((name, arguments),) = json.loads(line).items()
        answer(**{"load": load, "draw": draw, "run": run}[name](**arguments))
    except Exception as error:
        answer(error=f"{type(error).__name__}: {error}")

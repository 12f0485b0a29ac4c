"""Scores rows by the stored files of an autoencoder, from their description alone: in float64, with none of our code."""

import json
import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])
model = json.loads((folder / "model.json").read_text())
scaling = json.loads((folder / "scaling.json").read_text())
numbers = np.frombuffer((folder / "weights.bin").read_bytes(), "<f4").astype(np.float64)

weights, offset = {}, 0
for spec in model["weightsManifest"][0]["weights"]:
    size = int(np.prod(spec["shape"]))
    weights[spec["name"]] = numbers[offset : offset + size].reshape(spec["shape"])
    offset += size

columns = scaling["columns"]
rows = np.frombuffer((folder / "rows.bin").read_bytes(), "<f4").reshape(-1, len(columns)).astype(np.float64)
center = np.array([column["center"] for column in columns])
spread = np.array([column["spread"] for column in columns])
present = ~np.isnan(rows) & np.array([column["used"] for column in columns])
values = np.where(present, np.clip((rows - center) / spread, -scaling["clip"], scaling["clip"]), 0)

activations = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh, "linear": lambda x: x}
output = np.hstack([values, present])
for layer in model["modelTopology"]["config"]["layers"]:
    config = layer["config"]
    output = output @ weights[config["name"] + "/kernel"] + weights[config["name"] + "/bias"]
    output = activations[config["activation"]](output)

score = ((output - values) ** 2 * present).sum(1) / np.maximum(present.sum(1), 1)
print(json.dumps(score.tolist()))

"""Print the answer to each input, which is an argument: a file or a text."""

import json
import sys
from pathlib import Path

from answers import answers
from inputs import inputs
from network import network

sys.stdout.reconfigure(encoding="utf-8")
folder = Path(__file__).parent
meaning = json.loads((folder / "preprocessing.json").read_text("utf-8"))
outputs_of = network(folder)
for batch in inputs(sys.argv[1:], meaning):
    for answer in answers(batch, outputs_of, meaning):
        print(json.dumps(answer, ensure_ascii=False))

"""Writes the conformance suite's modules, documents and operands as corpora: seed.py SUITE CORPORA."""
import hashlib
import json
import pathlib
import sys

suite, corpora = map(pathlib.Path, sys.argv[1:3])


def write(target, text):
    folder = corpora / target
    folder.mkdir(parents=True, exist_ok=True)
    data = text.encode("utf-8", "surrogatepass")
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


for path in sorted(suite.glob("eval/v*/*.jsonl")):
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line:
            continue
        case = json.loads(line)
        for module in case.get("modules") or []:
            write("parser", module)
            write("compiler", module)
        for name in ("data", "input"):
            if case.get(name) is not None:
                write("json", json.dumps(case[name]))
                write("builtins", "a[" + json.dumps(case[name]) + ",1]")
for target in ("parser", "compiler", "json", "builtins", "machine", "plans"):
    (corpora / target).mkdir(parents=True, exist_ok=True)

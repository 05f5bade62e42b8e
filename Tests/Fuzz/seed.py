"""Writes the conformance suite's modules, documents and operands as corpora: seed.py SUITE CORPORA."""
import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile

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
for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=form) as archive:
        for name in ("/data.json", "./a/policy.rego", "n" * 120 + "/data.json"):
            entry = tarfile.TarInfo(name)
            entry.size = 2
            archive.addfile(entry, io.BytesIO(b"{}"))
    folder = corpora / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"form-{form}").write_bytes(packed.getvalue())
    # Without the empty blocks at its end, which nothing needs.
    tar = gzip.decompress(packed.getvalue()).rstrip(b"\0")
    (folder / f"tar-{form}").write_bytes(tar + b"\0" * (-len(tar) % 512))
for target in ("parser", "compiler", "json", "builtins", "machine", "plans", "archives"):
    (corpora / target).mkdir(parents=True, exist_ok=True)

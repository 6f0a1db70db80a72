"""Broken and hostile weight files, the same at every run."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.weights import networks
from tests.weights.networks import SMALL, random_params

# Where a hostile pickle would leave its trace.
CANARY = "canary-was-here"
LEGACY_BEGIN = b"".join(pickle.dumps(v, protocol=2) for v in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))


def files(folder: Path, seed: int = 7) -> dict[str, bytes]:
    """Every broken file by a name that says how it is broken."""
    found = {}
    rng = random.Random(seed)
    for name, good in _good(folder).items():
        for how, data in _damaged(good, rng):
            found[f"{name} {how}"] = data
    for source in (_pickles, _zips, _safetensors, _matlab):
        found.update(source())
    found.update(_hdf5(_good(folder)["keras"]))
    found["html"] = b"<!DOCTYPE html><title>Too many requests</title>" * 50
    found["zeros"], found["noise"] = bytes(5000), rng.randbytes(5000)
    return found


def _good(folder: Path) -> dict[str, bytes]:
    params = random_params(SMALL)
    writers: dict[str, Callable[[Path], Path]] = {
        "torchvision": lambda p: networks.write_safetensors(p, SMALL, params),
        "timm": lambda p: networks.write_safetensors(p, SMALL, params, timm=True),
        "torch-zip": lambda p: networks.write_torch(p, SMALL, params, epoch=3),
        "torch-old": lambda p: networks.write_torch(p, SMALL, params, old=True),
        "keras": lambda p: networks.write_keras(p, SMALL, params),
        "matlab": lambda p: networks.write_matconvnet(p, params),
        "matlab-plain": lambda p: networks.write_matconvnet(p, params, compress=False),
        "lasagne": lambda p: networks.write_python2_lasagne(p, params),
        "lasagne-0": lambda p: networks.write_lasagne(p, params, 0),
        "lasagne-4": lambda p: networks.write_lasagne(p, params, 4),
    }
    return {name: write(folder / f"good-{name}").read_bytes() for name, write in writers.items()}


def generators(folder: Path, seed: int = 11) -> dict[str, bytes]:
    """The same of somebody's StyleGAN2s: broken ones, and pickles and zips that are hostile to any reader."""
    from tests.weights import stylegan_files, stylegans

    rng = random.Random(seed)
    writers: dict[str, Callable[[Path], Path]] = {
        "rosinality": lambda p: stylegan_files.write_rosinality(p, stylegans.random_(stylegans.Rosinality())),
        "rosinality-old": lambda p: stylegan_files.write_rosinality(
            p, stylegans.random_(stylegans.Rosinality()), old=True
        ),
        "lucidrains": lambda p: stylegan_files.write_lucidrains(p, stylegans.random_(stylegans.Lucidrains())),
        "nvidia": lambda p: stylegan_files.write_nvidia(p, stylegans.random_(stylegans.Nvidia())),
        "tensorflow": lambda p: stylegan_files.write_tensorflow(p, stylegans.random_(stylegans.Nvidia())),
    }
    evil = _evil(f"touch {CANARY}")
    found = {f"evil {name}": data for name, data in evil.items()} | _zips()
    for name, write in writers.items():
        good = write(folder / f"good-{name}").read_bytes()
        found |= {f"{name} {how}": data for how, data in _damaged(good, rng)}
    return found


def _damaged(good: bytes, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    for length in (3, 9, 40, 200, len(good) // 3, len(good) // 2, len(good) - 100, len(good) - 1):
        yield f"cut at {length}", good[:length]
    for number in range(10):  # most structures lie in the first kilobytes, or at the very end
        place = rng.randrange(min(3000, len(good))) if number % 3 else len(good) - 1 - rng.randrange(800)
        changed = bytearray(good)
        changed[place] ^= 1 << rng.randrange(8)
        yield f"flip {number} at {place}", bytes(changed)
    for number in range(4):
        place = rng.randrange(len(good) - 300)
        filler = (bytes(200), b"\xff" * 200, rng.randbytes(200), good[:200])[number]
        yield f"filled {number} at {place}", good[:place] + filler + good[place + 200 :]
    yield "twice", good + good
    yield "behind its end", good + rng.randbytes(1000)
    yield "inside out", good[len(good) // 2 :] + good[: len(good) // 2]


def _evil(command: str) -> dict[str, bytes]:
    text = b"X" + struct.pack("<I", len(command)) + command.encode()
    return {
        "reduce": b"\x80\x02cos\nsystem\n" + text + b"\x85R.",
        "stack name": b"\x80\x04\x8c\x02os\x8c\x06system\x93" + text + b"\x85R.",
        "eval": b"\x80\x02cbuiltins\neval\n" + b"X" + struct.pack("<I", 40) + b"open('" + CANARY.encode() + b"','w')",
        "instance": b"(" + text + b"ios\nsystem\n.",
        "object": b"\x80\x02(cos\nsystem\n" + text + b"o.",
        "new object": b"\x80\x02csubprocess\nPopen\n" + text + b"\x85\x81.",
        "new object with keywords": b"\x80\x04csubprocess\nPopen\n" + text + b"\x85}\x92.",
        "build": b"\x80\x02cargparse\nNamespace\n)\x81}X\x05\x00\x00\x00statecos\nsystem\nsb.",
        "extension": b"\x80\x02\x82\x01.",
        "text protocol": b"(dp0\nS'a'\ncos\nsystem\n(S'" + command.encode() + b"'\ntRs.",
    }


def _pickles() -> dict[str, bytes]:
    evil = {f"evil {name}": data for name, data in _evil(f"touch {CANARY}").items()}
    deep = b"\x80\x02" + b"]" * 300_000 + b"a" * 299_999 + b"."
    nested_key = b"\x80\x02}" + b")" + b"\x85" * 300_000 + b"K\x01s."
    laughs = (
        b"\x80\x02]" + b"".join(b"q" + bytes([i]) + b"](" + (b"h" + bytes([i])) * 10 + b"e" for i in range(60)) + b"."
    )
    itself = b"\x80\x02]q\x00h\x00a."
    bombs = {
        "deep lists": deep,
        "deep key": nested_key,
        "laughing lists": laughs,
        "list in itself": itself,
        "far memo": b"\x80\x02]r\xff\xff\xff\xff.",
        "long number": b"\x80\x02\x8b" + struct.pack("<i", 1_000_000) + bytes(1_000_000) + b".",
        "negative number": b"\x80\x02\x8b" + struct.pack("<i", -5) + b".",
        "digits": b"(dp0\nI" + b"9" * 200_000 + b"\n.",
        "many bytes": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b"abc.",
        "many byte array": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"abc.",
        "many letters": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60) + b"abc.",
        "endless frame": b"\x80\x04\x95" + struct.pack("<Q", (1 << 63) + 5) + b"N.",
        "many marks": b"\x80\x02" + b"(" * 2_000_000,
        "many calls": b"\x80\x02" + b"cos\nsystem\n)R" * 150_000 + b".",
        "empty stack": b"\x80\x02R.",
        "mark as argument": b"\x80\x02cos\nsystem\n(R.",
    }
    legacy = {f"legacy {name}": LEGACY_BEGIN + data for name, data in (evil | bombs).items()}
    storage = (
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ\xff\xff\xff\x7ftQ"
    )
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00%s%s\x89}tR"
    huge = b"(" + b"\x8a\x05\x00\x00\x00\x00\x40" * 2 + b"t"
    state = b"\x80\x02}X\x11\x00\x00\x00features.0.weight" + tensor % (huge, b"(K\x00K\x00t") + b"s."
    legacy["legacy huge tensor"] = LEGACY_BEGIN + state + pickle.dumps(["0"], 2) + struct.pack("<q", 1 << 40)
    legacy["legacy storage of nobody"] = LEGACY_BEGIN + state + pickle.dumps(["1"], 2) + struct.pack("<q", 4)
    legacy["legacy negative storage"] = LEGACY_BEGIN + state + pickle.dumps(["0"], 2) + struct.pack("<q", -4)
    return evil | bombs | legacy


def _zips() -> dict[str, bytes]:
    def packed(entries: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, data in entries.items():
                archive.writestr(name, data)
        return buffer.getvalue()

    found = {f"zip {n}": packed({"a/data.pkl": d, "a/version": b"3"}) for n, d in _evil(f"touch {CANARY}").items()}
    found["zip bomb pickle"] = packed({"a/data.pkl": bytes(80 << 20)}, zipfile.ZIP_DEFLATED)
    found["zip bomb storage"] = packed({"a/data.pkl": b"N.", "a/data/0": bytes(80 << 20)}, zipfile.ZIP_DEFLATED)
    found["zip two pickles"] = packed({"a/data.pkl": b"N.", "b/data.pkl": b"N."})
    found["zip of nothing"] = packed({"readme.txt": b"hello"})
    good = packed({"a/data.pkl": b"N."})
    end = good.rindex(b"PK\x05\x06")
    found["zip long directory"] = good[: end + 12] + struct.pack("<I", 0x7FFFFFFF) + good[end + 16 :]
    found["zip far directory"] = good[: end + 16] + struct.pack("<I", 0x7FFFFFFF) + good[end + 20 :]
    entry = good.rindex(b"PK\x01\x02")
    found["zip long entry"] = good[: entry + 20] + struct.pack("<II", 1 << 31, 1 << 31) + good[entry + 28 :]
    found["zip far entry"] = good[: entry + 42] + struct.pack("<I", 0xFFFFFFF0) + good[entry + 46 :]
    return found


def _safetensors() -> dict[str, bytes]:
    def file(header: object, data: bytes = b"") -> bytes:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data

    def tensor(shape: list[int], end: int, dtype: str = "F32") -> dict[str, object]:
        return {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}

    key = "features.0.weight"
    return {
        "safetensors long header": struct.pack("<Q", 1 << 62) + b"{" + bytes(100),
        "safetensors header of 9 MB": file(b"{" + b" " * (9 << 20) + b"}"),
        "safetensors deep header": file(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        "safetensors huge shape": file({key: tensor([1 << 40, 1 << 40], 4)}, bytes(4)),
        "safetensors overflowing shape": file({key: tensor([1 << 63, 2], 4)}, bytes(4)),
        "safetensors beyond its end": file({key: tensor([4, 3, 3, 3], 432)}, bytes(4)),
        "safetensors overlapping": file({key: tensor([1], 4), "b": tensor([1], 4)}, bytes(4)),
        "safetensors backwards": file({key: {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, bytes(4)),
        "safetensors strange type": file({key: tensor([1], 4, "F31")}, bytes(4)),
        "safetensors metadata": file({"__metadata__": {"format": "dreamstream-vgg-1", "architecture": "[" * 5000}}),
        "safetensors of nothing": file({}),
    }


def _matlab() -> dict[str, bytes]:
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    def matrix(kind: int, shape: tuple[int, ...], rest: bytes, name: bytes = b"layers") -> bytes:
        sizes = element(5, struct.pack(f"<{len(shape)}i", *shape))
        return element(14, element(6, struct.pack("<II", kind, 0)) + sizes + element(1, name) + rest)

    nested = matrix(7, (1, 1), element(7, bytes(4)))
    for _ in range(3000):
        nested = matrix(1, (1, 1), nested)
    field = element(5, struct.pack("<i", 8)) + element(1, bytes(64))
    bomb = zlib.compress(bytes(300 << 20), 9)
    return {
        "matlab bomb": head + struct.pack("<II", 15, len(bomb)) + bomb,
        "matlab deep cells": head + nested,
        "matlab many cells": head + matrix(1, (1 << 16, 1 << 15), b""),
        "matlab many structs": head + matrix(2, (1 << 16, 1 << 15), field),
        "matlab endless names": head + matrix(2, (1, 1), element(5, struct.pack("<i", 1 << 30)) + element(1, b"a")),
        "matlab huge array": head + matrix(7, (1 << 30, 1 << 30), element(7, bytes(4))),
        "matlab negative array": head + matrix(7, (-1, 4), element(7, bytes(4))),
        "matlab long element": head + struct.pack("<II", 14, 0xFFFFFFF0) + bytes(64),
        "matlab many small": head + struct.pack("<HHI", 1, 1, 0) * 300_000,
        "matlab of nothing": head,
    }


def _hdf5(good: bytes) -> dict[str, bytes]:
    tree, node, heap = good.index(b"TREE"), good.index(b"SNOD"), good.index(b"HEAP")
    root = struct.unpack_from("<Q", good, 64)[0]

    def changed(place: int, value: int) -> bytes:
        return good[:place] + struct.pack("<Q", value) + good[place + 8 :]

    shape = good.index(struct.pack("<4Q", 3, 3, 3, 2))
    return {
        "hdf5 group in itself": changed(node + 16, root),
        "hdf5 tree in itself": changed(tree + 32, tree),
        "hdf5 heap far away": changed(heap + 24, 1 << 62),
        "hdf5 root far away": changed(64, 1 << 63),
        "hdf5 huge dataset": changed(shape, 1 << 60),
        "hdf5 zero dataset": changed(shape, 0),
    }

#!/usr/bin/env python3
"""Reads exported journals, written from docs/journal-format.md alone, with the standard library only.

python3 read_journal.py FOLDER; the folder has journal.bin, journal.ndjson and expected.json.
"""
import base64
import hashlib
import json
import pathlib
import sys

MARK = b"ipledger-journal\n"


class Refused(Exception):
    pass


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Tree:
    """RFC 6962, by its peaks."""

    def __init__(self):
        self.peaks = []  # (size, hash)

    def append(self, leaf):
        size, node = 1, leaf
        while self.peaks and self.peaks[-1][0] == size:
            node = sha256(b"\x01", self.peaks.pop()[1], node)
            size *= 2
        self.peaks.append((size, node))

    def size(self):
        return sum(size for size, _ in self.peaks)

    def root(self):
        if not self.peaks:
            return sha256()
        node = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            node = sha256(b"\x01", left, node)
        return node


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data):
            raise Refused("cut off")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """The fields of a protobuf message: number to value; varints and bytes only."""
    at, found = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
            if at > len(data):
                raise Refused("a field is cut off")
        elif key & 7 != 0:
            raise Refused("a wire type that is not in the format")
        found[key >> 3] = value
    return found


def check_root(note, tree):
    """The size and root in a checkpoint are those of the tree as it is now."""
    lines = note.split("\n")
    if int(lines[1]) == tree.size() and base64.b64decode(lines[2]) != tree.root():
        raise Refused("the journal does not continue the checkpoint in its header")


def read_binary(data):
    """The records of the file and their root."""
    if data[:len(MARK)] != MARK:
        raise Refused("not an exported journal")
    at, tree, records, note = len(MARK), Tree(), [], ""
    first = True
    while True:
        length, start = varint(data, at)
        at = start + length
        if at > len(data):
            raise Refused("cut off")
        item = fields(data[start:at])
        if first:
            header = fields(item[1])
            if (header[1], header[3], header[4]) != (1, b"SHA-256", b"RFC6962"):
                raise Refused("another format")
            note, first = header.get(5, b"").decode(), False
        elif 2 in item:
            record = fields(item[2])
            leaf = sha256(b"\x00", record[1])
            if leaf != record[2] or fields(record[1])[1] != len(records) + 1:
                raise Refused(f"record {len(records) + 1} at byte {start}")
            tree.append(leaf)
            records.append(record[1])
            if note:
                check_root(note, tree)
        else:
            end = fields(item[3])
            if (end.get(1, 0), end[2]) != (tree.size(), tree.root()):
                raise Refused("the end disagrees")
            if data[at:] != sha256(data[:at]):
                raise Refused("the hash at the end disagrees")
            return records, tree.root()


def read_ndjson(text):
    """The records of the file and their root."""
    header, *lines, end = [json.loads(line) for line in text.splitlines()]
    if header["kind"] != "ipledger-journal" or header["format"] != 1:
        raise Refused("another format")
    tree, records = Tree(), []
    for line in lines:
        record = base64.b64decode(line["record"], validate=True)
        leaf = sha256(b"\x00", record)
        sequence = fields(record)[1]
        if leaf.hex() != line["leaf"] or not sequence == line["sequence"] == len(records) + 1:
            raise Refused(f"record {len(records) + 1}")
        if line["entry"]["sequence"] != str(sequence) or not line["says"]["zh"]:
            raise Refused(f"record {sequence}: what is beside it is another")
        tree.append(leaf)
        records.append(record)
    if (end["end"], end["size"], end["root"]) != (True, tree.size(), tree.root().hex()):
        raise Refused("the end disagrees")
    return records, tree.root()


def refused(read, data):
    try:
        read(data)
    except (Refused, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return True
    return False


def main():
    folder = pathlib.Path(sys.argv[1])
    binary = (folder / "journal.bin").read_bytes()
    text = (folder / "journal.ndjson").read_text(encoding="utf-8")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    records, root = read_binary(binary)
    assert (len(records), root.hex()) == (expected["entries"], expected["merkle_root"])
    assert read_ndjson(text) == (records, root), "the two forms disagree"
    names = [json.loads(line)["entry"]["enterpriseRegistered"]["name"] for line in text.splitlines()[1:-1]]
    assert "河南㛃䶮新材料有限公司" in names and "𠮷祥(Hebi)科技有限公司" in names
    for at in range(0, len(binary), 7):
        changed = bytearray(binary)
        changed[at] ^= 1 << at % 8
        assert refused(read_binary, bytes(changed)), f"byte {at} changed and taken"
        assert refused(read_binary, binary[:at]), f"cut to {at} bytes and taken"
    lines = text.splitlines()
    for at in range(1, len(lines) - 1):
        for order in (lines[:at] + lines[at + 1:], lines[:at] + [lines[at]] + lines[at:]):
            assert refused(read_ndjson, "\n".join(order)), f"line {at} dropped or doubled and taken"
    print(f"{len(records)} records read in both forms, the root recomputed, changed ones refused")


if __name__ == "__main__":
    main()

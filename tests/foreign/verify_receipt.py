#!/usr/bin/env python3
"""Verifies an ipledger receipt: python3 verify_receipt.py RECEIPT PUBFILE. Exit code 0 proven, 1 not proven.

Written from docs/receipt.md alone, with the standard library and `cryptography` (PyPI) for Ed25519.
"""
import base64
import hashlib
import json
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS = {"kind", "version", "algorithms", "sequence", "record", "leaf_index", "tree_size", "inclusion_path",
          "checkpoint", "key_id"}
ALGORITHMS = {"hash": "SHA-256", "tree": "RFC6962", "signature": "Ed25519"}


class NotProven(Exception):
    """The receipt proves nothing; the text says why."""


def need(condition, problem):
    if not condition:
        raise NotProven(problem)


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise NotProven(f"not base64: {error}") from error
    need(base64.b64encode(data).decode() == text, "base64 in another form than the one it is written in")
    return data


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def read_key(text):
    """NAME+ID+BASE64 -> name, id, key."""
    name, key_id, coded = text.strip().split("+", 2)
    data = unbase64(coded)
    need(len(data) == 33 and data[0] == 1, "the public key is not an Ed25519 key")
    need(sha256(name.encode(), b"\n", data)[:4].hex() == key_id, "the id of the public key is not its own")
    return name, key_id, data[1:]


def root_of(leaf, index, size, path):
    """RFC 9162, 2.1.3.2: the root that a leaf and its path lead to."""
    need(0 <= index < size, "there is no such leaf in the tree")
    first, last, root = index, size - 1, leaf
    for sibling in path:
        need(last > 0, "the path is too long for the tree")
        if first & 1 or first == last:
            root = sha256(b"\x01", sibling, root)
            while first & 1 == 0 and first > 0:
                first, last = first >> 1, last >> 1
        else:
            root = sha256(b"\x01", root, sibling)
        first, last = first >> 1, last >> 1
    need(last == 0, "the path is too short for the tree")
    return root


def open_checkpoint(note, name, key_id, key):
    """Checks the ledger's signature on the note -> size, root."""
    text, separator, lines = note.rpartition("\n\n")
    need(separator and lines.endswith("\n"), "the checkpoint is not a signed note")
    text += "\n"
    signed = False
    for line in lines[:-1].split("\n"):
        parts = re.fullmatch(r"— (\S+) (\S+)", line)
        need(parts, "a line under the checkpoint is not a signature")
        data = unbase64(parts[2])
        need(len(data) > 4, "a signature is too short")
        if parts[1] == name and data[:4].hex() == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(data[4:], text.encode())
            except InvalidSignature as error:
                raise NotProven("the signature of the ledger is wrong") from error
            signed = True
    need(signed, f"the checkpoint is not signed by {name}+{key_id}")
    rows = text.split("\n")
    need(len(rows) >= 4 and all(rows[:-1]), "the checkpoint has not three lines")
    need(rows[0] == name, "the checkpoint is of another ledger")
    need(re.fullmatch(r"0|[1-9][0-9]*", rows[1]), "the size of the checkpoint is not a number")
    return int(rows[1]), unbase64(rows[2])


def number(value):
    need(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64, "a number is none")
    return value


def verify(receipt_text, key_text):
    """The bytes of the record that is proven to be in the ledger, and its sequence."""
    name, key_id, key = read_key(key_text)
    try:
        receipt = json.loads(receipt_text)
    except ValueError as error:
        raise NotProven(f"not JSON: {error}") from error
    need(isinstance(receipt, dict) and set(receipt) == FIELDS, "the receipt has not the fields of version 1")
    need(receipt["kind"] == "ipledger-receipt" and number(receipt["version"]) == 1, "not a receipt of version 1")
    need(receipt["algorithms"] == ALGORITHMS, "not the algorithms of version 1")
    need(receipt["key_id"] == f"{name}+{key_id}", "key_id is not the key")
    need(isinstance(receipt["checkpoint"], str), "the checkpoint is not a text")
    size, root = open_checkpoint(receipt["checkpoint"], name, key_id, key)
    index, sequence = number(receipt["leaf_index"]), number(receipt["sequence"])
    need(number(receipt["tree_size"]) == size, "tree_size is not the size in the checkpoint")
    need(index + 1 == sequence, "leaf_index is not one less than sequence")
    record = unbase64(receipt["record"])
    need(isinstance(receipt["inclusion_path"], list), "inclusion_path is not a list")
    path = [unbase64(one) for one in receipt["inclusion_path"]]
    need(all(len(one) == 32 for one in path), "a hash of the path has not 32 bytes")
    need(root_of(sha256(b"\x00", record), index, size, path) == root, "record and path do not lead to the root")
    # Field 1 of the record is the sequence: the tag 0x08 and a varint.
    fields = dict(walk(record))
    need(fields.get(1) == sequence, "the record has another sequence")
    return record, sequence


def varint(data, at):
    value = shift = 0
    while True:
        need(at < len(data) and shift < 64, "the record is cut")
        value, shift, at = value | (data[at] & 0x7F) << shift, shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


def walk(data):
    """The fields of a protobuf message: number and value, a number or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        need(tag & 7 in (0, 2), "the record has a field of an unknown type")
        if tag & 7 == 2:
            need(at + value <= len(data), "the record is cut")
            value, at = data[at:at + value], at + value
        yield tag >> 3, value


def texts(data):
    """The texts in a record, however deep: enough to see whom it is about."""
    try:
        inner = [text for _, value in walk(data) if isinstance(value, bytes) for text in texts(value)]
        if inner:
            return inner
    except NotProven:
        pass
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return []
    return [text] if len(text) > 1 and text.isprintable() else []


def main():
    with open(sys.argv[1], encoding="utf-8") as receipt, open(sys.argv[2], encoding="utf-8") as key:
        try:
            record, sequence = verify(receipt.read(), key.read())
        except NotProven as problem:
            print(f"NOT PROVEN: {problem}")
            return 1
    print(f"proven: entry {sequence}")
    print("\n".join(texts(record)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

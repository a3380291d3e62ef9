#!/usr/bin/env python3
"""Runs the other verifier: on the vector of the repository, on receipts of a real server, and on changed ones.

python3 test_receipts.py VECTORS RECEIPTS; both are folders.
"""
import json
import pathlib
import sys

from verify_receipt import NotProven, root_of, sha256, texts, verify

NAMES = ["鹤壁镁业有限公司", "河南㛃䶮新材料有限公司", "𠮷祥(Hebi)科技有限公司", "浚县“天工”精密铸造厂"]


def refused(receipt, key):
    try:
        verify(receipt, key)
    except NotProven:
        return True
    return False


def changed_ones(text):
    """Every change of one character that leaves JSON with another meaning, and some of the structure."""
    receipt = json.loads(text)
    for field, value in receipt.items():
        if isinstance(value, str):
            for place, letter in enumerate(value):
                yield field, {**receipt, field: value[:place] + ("A" if letter != "A" else "B") + value[place + 1:]}
        elif isinstance(value, int):
            yield field, {**receipt, field: value + 1}
            yield field, {**receipt, field: str(value)}
        elif isinstance(value, list):
            for place in range(len(value)):
                yield field, {**receipt, field: value[:place] + value[place + 1:]}
                letters = value[place]
                for at in range(len(letters)):
                    other = letters[:at] + ("A" if letters[at] != "A" else "B") + letters[at + 1:]
                    yield field, {**receipt, field: value[:place] + [other] + value[place + 1:]}
        yield field, {key: other for key, other in receipt.items() if key != field}
    yield "more", {**receipt, "more": 1}


def published_paths():
    """The inclusion proofs that Google's certificate-transparency tests published."""
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaf = [sha256(b"\x00", bytes.fromhex(text)) for text in leaves]
    root8 = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    path6 = ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
             "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
             "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]
    assert root_of(leaf[5], 5, 8, [bytes.fromhex(one) for one in path6]).hex() == root8
    root3 = "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    path3 = ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]
    assert root_of(leaf[2], 2, 3, [bytes.fromhex(one) for one in path3]).hex() == root3


def main():
    vectors, receipts = map(pathlib.Path, sys.argv[1:3])
    published_paths()
    cases = [(vectors / "receipt.json", vectors / "receipt.pub")]
    cases += [(path, receipts / "ledger.pub") for path in sorted(receipts.glob("receipt-*.json"))]
    assert len(cases) > 4, "there are no receipts of a real server"
    names, count = set(), 0
    for path, key_path in cases:
        text, key = path.read_text(encoding="utf-8"), key_path.read_text(encoding="utf-8")
        record, sequence = verify(text, key)
        names.update(name for name in NAMES if name in texts(record))
        assert sequence == json.loads(text)["sequence"]
        # A cosigner's line is passed over by this verifier, which knows the ledger's key only; all before it is not.
        text_and_ledger = "\n".join(json.loads(text)["checkpoint"].split("\n")[:5]) + "\n"
        for field, changed in changed_ones(text):
            if field == "checkpoint" and changed.get(field, "").startswith(text_and_ledger):
                continue
            count += 1
            assert refused(json.dumps(changed, ensure_ascii=False), key), f"{path}: changed `{field}` taken: {changed}"
        for length in range(0, len(text) - 2, 7):
            assert refused(text[:length], key), f"{path}: cut to {length} characters it was taken"
    other = cases[0][1].read_text(encoding="utf-8")
    assert refused(cases[1][0].read_text(encoding="utf-8"), other), "the key of another ledger was taken"
    assert names == set(NAMES), f"names are missing: {set(NAMES) - names}"
    print(f"{len(cases)} receipts proven, {count} changed ones refused, all names read")


if __name__ == "__main__":
    main()

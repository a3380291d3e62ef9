"""Reads the workbook of `ipledger reconcile --xlsx` with openpyxl and compares it with `--json` of the same run.

What must come back: every finding on the sheet of its class, amounts as numbers to the fen with their format, dates as
dates, rare characters, and texts that begin like a formula as texts.
"""

import datetime
import json
import sys
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook

SHEETS = {
    "equal": "一致",
    "missing-in-ledger": "账本缺失",
    "missing-in-statement": "对账单缺失",
    "amount-differs": "金额不符",
    "date-differs": "日期或期间不符",
    "party-differs": "户名或合同不符",
    "duplicate": "重复行",
    "split": "拆分",
    "merged": "合并",
    "reversed": "冲正",
    "already-reconciled": "已对账",
}
AMOUNT_FORMAT = "#,##0.00;[Red]-#,##0.00"


def amount(cell):
    assert isinstance(cell.value, (int, float)), (cell.coordinate, cell.value)
    assert cell.number_format == AMOUNT_FORMAT, (cell.coordinate, cell.number_format)
    return Decimal(repr(cell.value)).quantize(Decimal("0.01"))


def day(cell):
    assert isinstance(cell.value, datetime.datetime), (cell.coordinate, cell.value)
    return cell.value.date().isoformat()


def check(folder):
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    book = load_workbook(folder / "result.xlsx")
    comparison = result["comparison"]

    summary = book["汇总"]
    stated = {summary.cell(row, 1).value: summary.cell(row, 2).value for row in range(1, summary.max_row + 1)}
    assert stated["文件摘要 SHA-256"] == result["file_digest"]
    for code, name in SHEETS.items():
        assert stated[f"{name} {code}"] == comparison["counts"].get(code, 0), code
    used = {SHEETS[finding["class"]] for finding in result["findings"]}
    assert set(book.sheetnames) == used | {"汇总"}, book.sheetnames

    seen = 0
    for code, name in SHEETS.items():
        findings = [finding for finding in result["findings"] if finding["class"] == code]
        if not findings:
            continue
        sheet, row = book[name], 2
        for finding in findings:
            for at in range(max(len(finding["lines"]), len(finding["entries"]))):
                cells = sheet[row]
                if at < len(finding["lines"]):
                    line = finding["lines"][at]
                    assert cells[0].value == line["row"]
                    assert day(cells[1]) == line["date"]
                    assert amount(cells[3]) == Decimal(line["amount"])
                    assert (cells[4].value or "") == line["contract_number"]
                    assert (cells[5].value or "") == line["party"]
                    assert (cells[7].value or "") == line["reference"]
                if at < len(finding["entries"]):
                    entry = finding["entries"][at]
                    assert cells[9].value == entry["sequence"]
                    assert day(cells[10]) == entry["date"]
                    assert amount(cells[11]) == Decimal(entry["amount"])
                if at == 0:
                    assert cells[12].value == finding["reason"]["zh"]
                    assert cells[13].value == finding["reason"]["en"]
                row, seen = row + 1, seen + 1
        assert sheet.max_row == row - 1, (name, sheet.max_row, row)
        formulas = [cell.coordinate for cells in sheet.iter_rows() for cell in cells if cell.data_type == "f"]
        assert not formulas, formulas
    parties = {line["party"] for finding in result["findings"] for line in finding["lines"]}
    assert "=HYPERLINK(1)㐂䶮𠮷" in parties, parties
    print(f"{seen} rows on {len(used)} sheets read back as they were")


check(Path(sys.argv[1]))

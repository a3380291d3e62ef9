"""Reads the workbook of every report with openpyxl and compares it with the JSON of the same report.

What must come back: a sheet a section, every heading and cell in its place, amounts as numbers to the fen with their
format, dates as dates, an A4 page one page wide with the heading repeated.
"""

import datetime
import json
import sys
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook

FORMATS = {"yuan": "#,##0.00", "count": "#,##0", "percent": "0.00", "date": "yyyy-mm-dd", "text": "@"}
A4 = 9


def same(cell, kind, expected):
    if expected is None or expected == "":
        return cell.value is None
    if isinstance(expected, dict):
        return cell.value == expected["zh"]
    if isinstance(cell.value, datetime.datetime):
        assert cell.number_format == FORMATS["date"], (cell.coordinate, cell.number_format)
        return cell.value.date().isoformat() == expected
    if isinstance(cell.value, (int, float)):
        assert cell.number_format == FORMATS[kind], (cell.coordinate, cell.number_format)
        return Decimal(repr(cell.value)) == Decimal(str(expected))
    return cell.value == expected


def check(path):
    report = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    book = load_workbook(path)
    assert len(book.sheetnames) == len(report["sections"]), path
    cells = 0
    for sheet, section in zip(book.worksheets, report["sections"]):
        where = f"{path.name}, {sheet.title}"
        assert sheet.page_setup.paperSize == A4 and sheet.sheet_properties.pageSetUpPr.fitToPage, where
        assert sheet.print_title_rows, where
        assert sheet["A1"].value == report["title"]["zh"], where
        titles = [column["title"]["zh"] for column in section["columns"]]
        heading = next(
            row for row in range(1, 6) if [sheet.cell(row, at + 1).value for at in range(len(titles))] == titles
        )
        for at, row in enumerate(section["rows"], start=heading + 1):
            for index, column in enumerate(section["columns"], start=1):
                expected = row[column["column"]]
                cell = sheet.cell(at, index)
                assert same(cell, column["kind"], expected), (where, cell.coordinate, cell.value, expected)
                cells += 1
    return cells


def main():
    paths = sorted(Path(sys.argv[1]).glob("*.xlsx"))
    assert len(paths) == 11, paths
    cells = sum(check(path) for path in paths)
    print(f"{len(paths)} workbooks of reports say what their JSON says, {cells} cells")


main()

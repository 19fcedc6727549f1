"""Workbooks as spreadsheet programs and pandas write them, with what must be read from each (workbooks.json).

python3 -m pip install openpyxl odfpy pandas xlsxwriter; python3 make_workbooks.py
"""

import datetime
import json
import pathlib

import openpyxl
import pandas
import xlsxwriter
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P

here = pathlib.Path(__file__).parent
expected = {}

header = ["subject", "date", "reader", "score", "note"]
rows = [
    ["001", datetime.date(2021, 3, 1), "A", 2.5, "a, b"],
    ["001", datetime.date(2022, 3, 3), "A", 3, None],
    ["002", datetime.date(2021, 3, 8), "B", None, "ND"],
]
cells = {
    "subject": ["001", "001", "002"],
    "date": ["2021-03-01", "2022-03-03", "2021-03-08"],
    "reader": ["A", "A", "B"],
    "score": ["2.5", "3", ""],
    "note": ["a, b", "", "ND"],
}

# openpyxl: shared strings, a title far above, an empty second sheet.
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "scores"
for row in [header, *rows]:
    sheet.append(row)
book.create_sheet("empty")
book.save(here / "plain.xlsx")
expected["plain.xlsx"] = cells

# xlsxwriter with the epoch of 1904, a date with a time, and a table that does not begin in A1.
book = xlsxwriter.Workbook(here / "offset_1904.xlsx", {"date_1904": True})
sheet = book.add_worksheet("scores")
day = book.add_format({"num_format": "dd.mm.yyyy"})
time = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
sheet.write_row(3, 2, ["subject", "date", "seen", "score"])
sheet.write_row(4, 2, ["S1"])
sheet.write_datetime(4, 3, datetime.datetime(2021, 3, 1), day)
sheet.write_datetime(4, 4, datetime.datetime(2021, 3, 1, 13, 5), time)
sheet.write_number(4, 5, 0.1)
sheet.write_row(5, 2, ["S2"])
sheet.write_formula(5, 5, "=1+2", None, 3)
book.close()
expected["offset_1904.xlsx"] = {
    "subject": ["S1", "S2"],
    "date": ["2021-03-01", ""],
    "seen": ["2021-03-01T13:05:00", ""],
    "score": ["0.1", "3"],
}

# pandas writes its index into a first column without a name.
frame = pandas.DataFrame({"subject": ["a", "b", "c"], "score": [1, 2, 3]}).iloc[[0, 2]]
frame.to_excel(here / "pandas_index.xlsx")
expected["pandas_index.xlsx"] = {"subject": ["a", "c"], "score": ["1", "3"]}

# What must be refused.
book = openpyxl.Workbook()
sheet = book.active
sheet.append(["", "", "M0", None, "M12", None])
sheet.append(["Patient", "Reader", "L MCP2", "L MCP3", "L MCP2", "L MCP3"])
sheet.append(["P1", "A", 0, 1, 0, 2])
sheet.merge_cells("C1:D1")
sheet.merge_cells("E1:F1")
book.save(here / "merged.xlsx")

book = openpyxl.Workbook()
book.active.append(["subject", "score"])
book.active.append(["a", "=1+2"])
book.save(here / "formula.xlsx")

book = openpyxl.Workbook()
book.active.title = "M0"
book.active.append(["subject", "score"])
book.active.append(["a", 1])
other = book.create_sheet("M12")
other.append(["subject", "score"])
other.append(["a", 2])
book.save(here / "two_sheets.xlsx")

book = openpyxl.Workbook()
book.active.append(["subject", "score"])
book.active.append(["a", 1])
book.active.cell(1_048_576, 200, "far")
book.save(here / "far.xlsx")


def cell(value):
    if value is None:
        return TableCell()
    if isinstance(value, datetime.date):
        found = TableCell(valuetype="date", datevalue=value.isoformat())
        found.addElement(P(text=value.strftime("%d.%m.%Y")))
    elif isinstance(value, str):
        found = TableCell(valuetype="string")
        found.addElement(P(text=value))
    else:
        found = TableCell(valuetype="float", value=str(value))
        found.addElement(P(text=str(value).replace(".", ",")))
    return found


def document(tables):
    made = OpenDocumentSpreadsheet()
    for table in tables:
        made.spreadsheet.addElement(table)
    return made


table = Table(name="scores")
for row in [header, *rows]:
    line = TableRow()
    for value in row:
        line.addElement(cell(value))
    # What LibreOffice writes to the right of every row and below the last.
    line.addElement(TableCell(numbercolumnsrepeated=16379))
    table.addElement(line)
below = TableRow(numberrowsrepeated=1048570)
below.addElement(TableCell(numbercolumnsrepeated=16384))
table.addElement(below)
document([table]).save(here / "plain.ods")
expected["plain.ods"] = cells

bomb = Table(name="bomb")
line = TableRow()
line.addElement(cell("subject"))
line.addElement(cell("score"))
bomb.addElement(line)
line = TableRow(numberrowsrepeated=1000000)
many = TableCell(valuetype="float", value="1", numbercolumnsrepeated=16000)
line.addElement(many)
bomb.addElement(line)
document([bomb]).save(here / "bomb.ods")

spanned = Table(name="spanned")
line = TableRow()
head = TableCell(valuetype="string", numbercolumnsspanned=2)
head.addElement(P(text="M0"))
line.addElement(head)
line.addElement(CoveredTableCell())
spanned.addElement(line)
line = TableRow()
line.addElement(cell(1))
line.addElement(cell(2))
spanned.addElement(line)
document([spanned]).save(here / "spanned.ods")

(here / "workbooks.json").write_text(json.dumps(expected, indent=1) + "\n")

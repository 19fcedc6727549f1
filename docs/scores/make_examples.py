"""Makes the example tables of docs/score-tables.md: synthetic scores, drawn once with this seed.

python3 -m pip install openpyxl; python3 make_examples.py
"""

import csv
import pathlib
import random

import openpyxl

here = pathlib.Path(__file__).parent
draw = random.Random(14)
joints = ["MCP2", "MCP3", "MCP4", "PIP2", "PIP3"]


def grade(truth, most):
    return max(0, min(most, truth + draw.choice([0, 0, 0, 0, 0, -1, 1])))


def write(name, header, rows, delimiter=","):
    with open(here / name, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def truth(patient, joint):
    """Grade of erosion at both visits: most do not change, some progress, a few heal."""
    start = (3 * patient + 2 * joint) % 4
    change = draw.choice([0, 0, 0, 0, 0, 1, 1, -1])
    return start, max(0, start + change)


# A sheet with a merged header, flattened to one line of names.
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "Scores"
names = [
    f"{visit} {feature} {side} {joint}"
    for visit in ["M0", "M12"]
    for feature in ["Erosion", "JSN"]
    for side in "LR"
    for joint in joints
]
sheet.append(["Patient", "Reader", *names])
for patient in range(1, 13):
    true = {n: None for n in names}
    for feature in ["Erosion", "JSN"]:
        for side in "LR":
            for k, joint in enumerate(joints):
                a, b = truth(patient, k)
                true[f"M0 {feature} {side} {joint}"] = a
                true[f"M12 {feature} {side} {joint}"] = b
    for reader in ["Meyer", "Okafor"]:
        sheet.append([f"P{patient:02}", reader, *[grade(true[n], 4) for n in names]])
book.save(here / "excel-flat.xlsx")

# SDTM MK and DM.
mk, dm = [], []
for patient in range(1, 17):
    subject = f"HW-01-{patient:03}"
    arm = ["Placebo", "Drug A"][patient % 2]
    dm.append(["HW-01", "DM", subject, f"{patient:03}", arm, arm, "2021-01-15"])
    for k, joint in enumerate(joints):
        for side in ["LEFT", "RIGHT"]:
            a, b = truth(patient, k)
            for visit, number, day, true in [("BASELINE", 1, 1, a), ("WEEK 52", 2, 365, b)]:
                for reader in ["READER 1", "READER 2"]:
                    gone = patient == 3 and joint == "PIP2" and visit == "WEEK 52"
                    score = "" if gone else grade(true, 5)
                    mk.append([
                        "HW-01", "MK", subject, "EROSION", "Erosion Score", score,
                        "NOT DONE" if gone else "", "JOINT REPLACED" if gone else "",
                        joint, side, reader, visit, number, day + draw.randint(-5, 5) * (number - 1),
                    ])
write(
    "mk.csv",
    ["STUDYID", "DOMAIN", "USUBJID", "MKTESTCD", "MKTEST", "MKSTRESN", "MKSTAT", "MKREASND", "MKLOC", "MKLAT",
     "MKEVALID", "VISIT", "VISITNUM", "MKDY"],
    mk,
)
write("dm.csv", ["STUDYID", "DOMAIN", "USUBJID", "SUBJID", "ARM", "ACTARM", "RFSTDTC"], dm)

# ADaM BDS: totals, with rows carried forward and rows outside the analysis.
rows = []
for patient in range(1, 25):
    subject = f"HW-02-{patient:03}"
    arm = ["Placebo", "Drug B"][patient % 2]
    base = draw.randint(5, 60)
    slope = 3.0 if arm == "Placebo" else 0.5
    for reader in ["READER 1", "READER 2"]:
        for visit, number, day, year in [("Baseline", 0, 1, 0), ("Week 24", 24, 169, 0.46), ("Week 52", 52, 365, 1)]:
            late = patient == 5 and number == 52
            value = base + slope * year + draw.choice([-1, -0.5, 0, 0, 0.5, 1])
            rows.append([
                subject, arm, "SVDHTOT", "Total score", visit, number, 169 if late else day, value,
                "LOCF" if late else "", "Y", reader,
            ])
        if patient == 9:
            rows.append([subject, arm, "SVDHTOT", "Total score", "Week 24", 24, 200, base + 9, "", "", reader])
write(
    "adxr.csv",
    ["USUBJID", "TRTP", "PARAMCD", "PARAM", "AVISIT", "AVISITN", "ADY", "AVAL", "DTYPE", "ANL01FL", "READER"],
    rows,
)

# RA2-DREAM, wide.
columns = [f"{limb}_{joint}_{f}__{n}" for limb in ["LH", "RH"] for joint in ["mcp", "pip"] for f in "EJ"
           for n in ([1, 2, 3, 4, 5] if joint == "mcp" else [2, 3, 4, 5])]
rows = []
for patient in range(1, 11):
    values = [draw.choice([0, 0, 0, 1, 1, 2, 3]) for _ in columns]
    rows.append([f"UAB{patient:03}", sum(values), *values])
write("ra2-dream.csv", ["Patient_ID", "Overall_Tol", *columns], rows)

# A German sheet.
rows = []
for patient in range(1, 11):
    for k, joint in enumerate(["MCP2", "MCP3"]):
        for side in ["links", "rechts"]:
            a, b = truth(patient, k)
            for year, month, true in [(2021, 3, a), (2022, 3, b)]:
                date = f"{1 + patient:02}.{month:02}.{year}"
                for reader in ["AB", "CD"]:
                    value = grade(2 * true, 10) / 2
                    text = "fehlt" if patient == 4 and joint == "MCP3" and year == 2022 else str(value).replace(".", ",")
                    rows.append([f"{patient:04}", date, reader, side, joint, "Erosion", text, "Röntgen"])
write(
    "klinik.csv",
    ["Patient", "Datum", "Befunder", "Seite", "Gelenk", "Merkmal", "Wert", "Gerät"],
    rows,
    delimiter=";",
)

"""Writes the Parquet and SAS transport fixtures beside this script, and what their cells hold as JSON.

Needs pyarrow, pandas, numpy and pyreadstat; the versions used are kept in expected.json. Cells are written as the
text that `howship_tables::Column::text` gives: numbers in their shortest form, missing ones empty.
"""

import datetime
import decimal
import json
import pathlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat

HERE = pathlib.Path(__file__).parent
expected = {
    "versions": {
        "pyarrow": pa.__version__,
        "pandas": pd.__version__,
        "pyreadstat": pyreadstat.__version__,
    }
}


def cell(value):
    if value is None:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, (datetime.datetime,)):
        if value.time() == datetime.time():
            return value.date().isoformat()
        return value.replace(microsecond=0).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (float, np.floating, decimal.Decimal)):
        value = float(value)
        if np.isnan(value):
            return ""
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return str(value).strip()


def keep(name, columns):
    expected[name] = {k: [cell(v) for v in values] for k, values in columns.items()}


scores = {
    "subject": ["001", "001", "002", "002", "é3"],
    "visit": ["M0", "M12", "M0", "M12", "M0"],
    "reader": [1, 1, 1, 1, 2],
    "score": [0.5, None, 3.0, 2.5, -1.0],
    "blinded": [True, True, None, False, True],
}
for codec in ["none", "snappy", "gzip", "zstd"]:
    table = pa.table(scores)
    table = table.set_column(0, "subject", table["subject"].dictionary_encode())
    name = f"scores_{codec}.parquet"
    # Two row groups, so that columns are put together from parts.
    pq.write_table(table, HERE / name, compression=codec, row_group_size=3, write_statistics=False)
    keep(name, scores)

D = decimal.Decimal
types = {
    "int8": pa.array([-128, 127, None], pa.int8()),
    "uint32": pa.array([0, 4294967295, None], pa.uint32()),
    "int64": pa.array([9007199254740993, -1, None], pa.int64()),
    "float32": pa.array([0.1, -2.5, None], pa.float32()),
    "float16": pa.array(np.array([0.5, -2.0, 1024.0], np.float16)),
    "decimal32": pa.array([D("1.05"), D("-0.10"), None], pa.decimal128(5, 2)),
    "decimal128": pa.array([D("12345678901234567890.5"), D("-0.5"), None], pa.decimal128(30, 1)),
    "date": pa.array([datetime.date(2024, 2, 29), datetime.date(1959, 12, 31), None]),
    "ms": pa.array([datetime.datetime(2024, 2, 29, 13, 5, 0), datetime.datetime(2024, 1, 1), None], pa.timestamp("ms")),
    "us": pa.array([datetime.datetime(1969, 12, 31, 23, 59, 59), None, None], pa.timestamp("us")),
    "ns": pa.array([datetime.datetime(2024, 2, 29, 1, 2, 3), None, None], pa.timestamp("ns")),
    "text": pa.array([" blanks ", "", None], pa.large_string()),
    "required": pa.array([1, 2, 3], pa.int32()),
    "nothing": pa.array([None, None, None], pa.null()),
}
schema = pa.schema([pa.field(k, v.type, nullable=k != "required") for k, v in types.items()])
table = pa.Table.from_arrays(list(types.values()), schema=schema)
pq.write_table(table, HERE / "types.parquet", compression="snappy", write_statistics=False)
known = {k: v.to_pylist() for k, v in types.items()}
known["float32"] = [0.1, -2.5, None]
keep("types.parquet", known)
pq.write_table(table.select(["us"]), HERE / "int96.parquet", use_deprecated_int96_timestamps=True, write_statistics=False)
keep("int96.parquet", {"us": known["us"]})
pq.write_table(pa.table({"x": [[1, 2], [3]]}), HERE / "nested.parquet", write_statistics=False)

# More than a block of 128 differences, some rows without a value, text that begins like the row before.
delta = {
    "subject": [f"centre {i // 50} subject {i:04}" if i % 7 else None for i in range(300)],
    "note": ["x" * (i % 5) for i in range(300)],
    "visit": [i * i for i in range(300)],
}
coded = {"subject": "DELTA_BYTE_ARRAY", "note": "DELTA_LENGTH_BYTE_ARRAY", "visit": "DELTA_BINARY_PACKED"}
for version, codec in [("1.0", "snappy"), ("2.0", "none")]:
    name = f"delta_{version[0]}.parquet"
    pq.write_table(
        pa.table(delta), HERE / name, compression=codec, use_dictionary=False, column_encoding=coded,
        data_page_version=version, write_statistics=False, store_schema=False,
    )
    keep(name, delta)

frame = pd.DataFrame(
    {
        "SUBJID": ["P-001", "P-002", "", "P-004"],
        "AVISITN": [0.0, 12.0, 24.0, np.nan],
        "AVAL": [0.5, -1.25, np.nan, 448.0],
        "WIDE": [1e-7, 123456789.123, -3.0, 0.1],
        "ADT": [datetime.date(2024, 2, 29), datetime.date(1959, 12, 31), None, datetime.date(1960, 1, 1)],
    }
)
for version in [5, 8]:
    name = f"v{version}.xpt"
    path = HERE / name
    pyreadstat.write_xport(frame, str(path), table_name="ADXR", file_format_version=version)
    back, _ = pyreadstat.read_xport(str(path))
    keep(name, {c: [None if pd.isna(v) else v for v in back[c].tolist()] for c in back.columns})
long = frame.rename(columns={"AVISITN": "ANALYSIS_VISIT_NUMBER"})
pyreadstat.write_xport(long, str(HERE / "v8_long.xpt"), table_name="ADXR", file_format_version=8)
keep("v8_long.xpt", {c: [None if pd.isna(v) else v for v in long[c].tolist()] for c in long.columns})
narrow = pd.DataFrame({"X": [1.0, 2.0, np.nan]})
pyreadstat.write_xport(narrow, str(HERE / "narrow.xpt"), table_name="N", file_format_version=5)
keep("narrow.xpt", {"X": [1.0, 2.0, None]})
(HERE / "two.xpt").write_bytes(
    (HERE / "v5.xpt").read_bytes() + (HERE / "narrow.xpt").read_bytes()[3 * 80 :]
)

(HERE / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")

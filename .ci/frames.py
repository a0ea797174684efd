"""Opens results in pandas, polars and DuckDB as they are, and runs the snippet of the README on them.

    .ci/frames.py RESULTS

What is not installed is left out, with a word. With `runs.parquet` and `timeline.parquet` there, they have to say the same.
"""

import importlib.util
import json
import math
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
METRIC = "nodes.uptime"


def snippet(results):
    """The README's block of Python, for another folder."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert "results/first" in code
    return code.replace("results/first", str(results))


def with_pandas(results, expected):
    import pandas as pd

    runs = pd.read_json(results / "runs.jsonl", lines=True)
    metrics = pd.json_normalize(runs["metrics"].tolist())
    # The reader of pandas rounds the last bit unless asked for `precise_float`.
    assert all(math.isclose(a, b, rel_tol=1e-14) for a, b in zip(metrics[METRIC], expected, strict=True))
    assert all(kind == float for kind in metrics.dtypes), "a metric is not a number"
    summary = pd.read_csv(results / "summary.csv")
    assert summary["mean"].dtype == float and summary["ci95_low"].dtype == float
    for name, column in [("runs.parquet", METRIC), ("timeline.parquet", "value")]:
        if (results / name).exists():
            frame = pd.read_parquet(results / name)
            assert frame[column].dtype == float and len(frame) > 0
            assert name != "runs.parquet" or frame[METRIC].tolist() == expected


def with_polars(results, expected):
    import polars as pl

    runs = pl.read_ndjson(results / "runs.jsonl").unnest("metrics")
    assert runs[METRIC].to_list() == expected
    summary = pl.read_csv(results / "summary.csv")
    assert summary["mean"].dtype == pl.Float64 and summary.height > 0
    if (results / "runs.parquet").exists():
        assert pl.read_parquet(results / "runs.parquet")[METRIC].to_list() == expected
        long = pl.read_parquet(results / "timeline.parquet")
        assert long.columns == ["variation", "policy", "replication", "series", "time_s", "value"]


def with_duckdb(results, expected):
    import duckdb

    rows = duckdb.sql(f"SELECT metrics['{METRIC}'] FROM '{results}/runs.jsonl'").fetchall()
    assert [value for (value,) in rows] == expected
    means = duckdb.sql(f"SELECT count(mean) FROM '{results}/summary.csv'").fetchall()[0]
    assert means[0] > 0
    if (results / "runs.parquet").exists():
        rows = duckdb.sql(f"SELECT \"{METRIC}\" FROM '{results}/runs.parquet'").fetchall()
        assert [value for (value,) in rows] == expected
        assert duckdb.sql(f"SELECT count(value) FROM '{results}/timeline.parquet'").fetchall()[0][0] > 0


def main():
    results = Path(sys.argv[1])
    lines = (results / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    expected = [json.loads(line)["metrics"][METRIC] for line in lines]
    tools = {"pandas": with_pandas, "polars": with_polars, "duckdb": with_duckdb}
    missing = [tool for tool in tools if importlib.util.find_spec(tool) is None]
    for tool, check in tools.items():
        if tool in missing:
            print(f"skipped: {tool} is not installed")
        else:
            check(results, expected)
            print(f"{tool}: {len(expected)} runs")
    if not missing:
        exec(compile(snippet(results), "README.md", "exec"), {})


if __name__ == "__main__":
    main()

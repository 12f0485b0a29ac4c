"""Reads the object that holds a trace, its own or a batch of a storm, below a folder of Hive partitions, with pyarrow and
with DuckDB; prints what each saw of the trace as JSON."""

import json
import sys

import duckdb
import pyarrow.parquet as pq

root, key, trace_id = sys.argv[1:]

file = pq.ParquetFile(f"{root}/{key}")
groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
codecs = {group.column(i).compression for group in groups for i in range(group.num_columns)}
rows = file.read().to_pylist()

relation = duckdb.execute(
    f"""
    select span_id, parent_span_id, duration_ms, date
    from read_parquet('{root}/**/*.parquet', hive_partitioning = true, union_by_name = true)
    where trace_id = ?
    """,
    [trace_id],
)
by_duckdb = relation.fetchall()

print(
    json.dumps(
        {
            "codecs": sorted(codecs),
            "pyarrow": {row["span_id"]: row["parent_span_id"] for row in rows if row["trace_id"] == trace_id},
            "duckdb": {span: parent for span, parent, _, _ in by_duckdb},
            "services": sorted({row["service"] for row in rows}),
            "durations": [duration for _, _, duration, _ in by_duckdb],
        }
    )
)

"""Chooses what models are trained with, as `plumbline train --step select` does, by Spark: for more traces than one machine holds.

    spark-submit select_traces.py --run s3a://ml-models/training-runs/<run> --seed SEED --normal 200000 --anomalous 20000

Reads `spans/label=…/` and `extract.json` of the run, and writes `selected/label=…/`: no normal traces from incidents, and of each
entry and hour equally many, as far as there are. Which traces are taken is settled by SHA-256 of seed and trace id, so that both
programs take the same.
"""

import argparse
import json

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

HOUR_NS = 3_600_000_000_000


def service_key() -> F.Column:
    """The four parts of a service's identity joined by `/`, with `/` and `%` in them escaped."""
    parts = [
        F.regexp_replace(F.regexp_replace(F.col(part), "%", "%25"), "/", "%2F")
        for part in ("tenant", "environment", "namespace", "service")
    ]
    return F.concat_ws("/", *parts)


def traces_of(spans: DataFrame) -> DataFrame:
    """One row a trace: start, entry, services."""
    order = F.struct(F.when(F.col("entry"), 0).otherwise(1), F.col("start_unix_nano"), F.col("span_id"))
    return spans.groupBy("trace_id").agg(
        F.min("start_unix_nano").alias("start"),
        F.min_by(F.struct(service_key().alias("key"), "operation"), order).alias("entry"),
        F.collect_set(service_key()).alias("services"),
        F.collect_set("tenant").alias("tenants"),
    )


def without_incidents(spark: SparkSession, traces: DataFrame, excluded: list) -> DataFrame:
    """Leaves out the traces of services in a time in which an incident named them."""
    if not excluded:
        return traces
    rows = [(e["tenant"], float(e["fromMs"]), float(e["toMs"]), list(e["services"])) for e in excluded]
    times = spark.createDataFrame(rows, "tenant string, from_ms double, to_ms double, named array<string>")
    start_ms = F.floor(F.col("start") / 1_000_000)
    covered = (
        (start_ms >= F.col("from_ms"))
        & (start_ms < F.col("to_ms"))
        & F.when(F.size("named") == 0, F.array_contains("tenants", F.col("tenant"))).otherwise(
            F.arrays_overlap("services", "named")
        )
    )
    return traces.join(F.broadcast(times), covered, "left_anti")


def sample(traces: DataFrame, budget: int, seed: str) -> DataFrame:
    """The first of each entry and hour, then the second of each, until there are enough."""
    hashed = traces.withColumn("hash", F.sha2(F.concat(F.lit(f"{seed}:"), F.col("trace_id")), 256)).withColumn(
        "hour", F.floor(F.col("start") / HOUR_NS)
    )
    group = Window.partitionBy("entry", "hour").orderBy("hash")
    return hashed.withColumn("rank", F.row_number().over(group)).orderBy("rank", "hash").limit(budget)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, help="folder or s3a:// address of the training run")
    parser.add_argument("--seed", required=True, help="the same as of `plumbline train`")
    parser.add_argument("--normal", type=int, default=100_000, help="most normal traces")
    parser.add_argument("--anomalous", type=int, default=10_000, help="most anomalous traces")
    options = parser.parse_args()
    spark = SparkSession.builder.appName("plumbline-select-traces").getOrCreate()
    extract = json.loads(
        "\n".join(row.value for row in spark.read.text(f"{options.run}/extract.json", wholetext=True).collect())
    )
    for label, budget in (("normal", options.normal), ("anomalous", options.anomalous)):
        source = f"{options.run}/spans/label={label}"
        path = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(source)
        if not path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).exists(path):
            continue
        spans = spark.read.parquet(source)
        traces = traces_of(spans)
        if label == "normal":
            traces = without_incidents(spark, traces, extract["excluded"])
        taken = sample(traces, budget, options.seed).select("trace_id")
        spans.join(taken, "trace_id", "left_semi").write.mode("overwrite").parquet(
            f"{options.run}/selected/label={label}"
        )
    spark.stop()


if __name__ == "__main__":
    main()

"""The query engine beside DuckDB, polars and chDB, as one table: the same questions over the same sessions.
docs/benchmarks.md holds what was measured.

`bench.py FOLDER [Q1 ...]`: FOLDER is what `bench build` filled, and is filled with its defaults where it is not there;
without names, all questions of `infra/bench/src/questions.rs` are asked, which may take ten minutes. The others read the open copy, which is made beside it. They get two threads, Parquet from the page cache, no time zone to mind and,
where rows are wanted, their own cheapest JSON; ours has S3 over HTTP, decryption, a token to check, and its wire format.
CPU time is that of all threads of a process that does nothing else, the median of five askings after a first one.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BENCH = TARGET / "release/bench"
VENV = ROOT / ".venv-bench"
REQUIREMENTS = Path(__file__).with_name("bench-requirements.txt")
ENGINES = ("duckdb", "polars", "chdb")
WARM = 5
# Ours may take this much of the best peer's CPU time.
GOALS = {"Q1": 0.5, "Q2": 0.5, "Q3": 0.75, "Q4": 0.5, "Q5": 0.5, "Q6": 0.5, "Q7": 0.5, "Q8": 0.5}
# Who writes a message, in both languages.
ORIGINS = (("contact", "contato"), ("agent", "agente"), ("automatic", "automatico", "automático"))
# UTC-3, which the account's zone has been at since 2019.
OFFSET = 3 * 3600
TWELVE = (
    "session_id, protocol, created_at, finished_at, status, channel, campaign_name, agent_name, contact_id, "
    "tabulation, attendance_timer_tma, attendance_timer_tme"
)


def middle(built):
    """The first instant of the middle day, in seconds since 1970."""
    first, last = (datetime.fromisoformat(built[day] + "T00:00:00+00:00") for day in ("first_day", "last_day"))
    return int((first + timedelta(days=(last - first).days // 2)).timestamp()) + OFFSET


def sql(sessions, talks, day, since, session):
    """The questions as SQL: of two tables, the expression of a local day, an instant and a session's id."""
    by_agent = "count(*) AS sessions, sum(attendance_timer_tma) AS tma_seconds"
    some = "WHERE channel = 'WhatsApp Suporte' AND status = 'finished'"
    counts = ", ".join(
        f"sum(CASE WHEN origin IN {names} THEN 1 ELSE 0 END) AS messages_{names[0]}" for names in ORIGINS
    )
    return {
        "Q1": f"SELECT campaign_name, count(*) AS sessions FROM {sessions} GROUP BY 1",
        "Q2": f"SELECT {day} AS day, agent_name, {by_agent} FROM {sessions} GROUP BY 1, 2",
        "Q3": f"SELECT {day} AS day, agent_name, {by_agent} FROM {sessions} {some} GROUP BY 1, 2",
        "Q4": f"SELECT campaign_name, count(DISTINCT contact_id) AS contacts FROM {sessions} GROUP BY 1",
        "Q5": f"SELECT {TWELVE} FROM {sessions} WHERE created_at >= {since} ORDER BY created_at, session_id LIMIT 10000",
        "Q6": f"SELECT {day} AS day, count(*) AS messages, {counts}, count(storage_id) AS messages_media, "
        f"sum(CASE WHEN hsm THEN 1 ELSE 0 END) AS messages_hsm FROM {talks} GROUP BY 1",
        "Q7": f"SELECT created_at, origin, type, message FROM {talks} WHERE session_id = '{session}' ORDER BY position",
        "Q8": f"SELECT session_id, created_at, campaign_name FROM {sessions}",
    }


# The questions whose answer is rows, which are wanted as JSON; the others' answers are small.
ROWS = ("Q5", "Q7", "Q8")


def duckdb_engine(copy, built):
    import duckdb

    connection = duckdb.connect()
    for setting in ("threads = 2", "TimeZone = 'UTC'", "parquet_metadata_cache = true"):
        connection.execute(f"SET {setting}")
    tables = (f"'{copy}/{name}/*.parquet'" for name in ("sessions", "talks"))
    day = f"(epoch_us(created_at) - {OFFSET * 1_000_000}) // 86400000000"
    file = f"/dev/shm/bench-{os.getpid()}.json"

    def ask(name, question):
        if name not in ROWS:
            found = connection.execute(question)
            return totals([column[0] for column in found.description], found.fetchall())
        connection.execute(f"COPY ({question}) TO '{file}' (FORMAT json)")
        size = os.path.getsize(file)
        rows = count_lines(file) if asked_for_rows else None
        os.remove(file)
        return {"rows": rows, "bytes": size}

    return sql(*tables, day, f"to_timestamp({middle(built)})", built["session"]), ask


def chdb_engine(copy, built):
    from chdb.session import Session

    connection = Session()
    tables = (f"file('{copy}/{name}/*.parquet', Parquet)" for name in ("sessions", "talks"))
    day = f"toDate(created_at - {OFFSET}, 'UTC')"

    def ask(name, question):
        form = "JSONCompactEachRow" if name in ROWS else "JSON"
        found = connection.query(f"{question} SETTINGS max_threads = 2, output_format_json_quote_64bit_integers = 0", form)
        if name in ROWS:
            return {"rows": found.bytes().count(b"\n") if asked_for_rows else None, "bytes": found.size()}
        found = json.loads(found.bytes())
        names = [column["name"] for column in found["meta"]]
        return totals(names, [[row[name] for name in names] for row in found["data"]])

    return sql(*tables, day, f"toDateTime({middle(built)}, 'UTC')", built["session"]), ask


def polars_engine(copy, built):
    os.environ["POLARS_MAX_THREADS"] = "2"
    import polars as pl

    sessions, talks = (pl.scan_parquet(f"{copy}/{name}/*.parquet") for name in ("sessions", "talks"))
    day = ((pl.col("created_at").dt.epoch("us") - OFFSET * 1_000_000) // 86_400_000_000).alias("day")
    sums = (pl.len().alias("sessions"), pl.col("attendance_timer_tma").sum().alias("tma_seconds"))
    some = (pl.col("channel") == "WhatsApp Suporte") & (pl.col("status") == "finished")
    since = pl.lit(middle(built) * 1_000_000).cast(pl.Datetime("us", "UTC"))
    origin = pl.col("origin")
    counts = [
        pl.len().alias("messages"),
        *(
            origin.is_in(list(names)).sum().alias(f"messages_{names[0]}")
            for names in ORIGINS
        ),
        pl.col("storage_id").count().alias("messages_media"),
        pl.col("hsm").sum().alias("messages_hsm"),
    ]
    questions = {
        "Q1": sessions.group_by("campaign_name").agg(pl.len().alias("sessions")),
        "Q2": sessions.group_by(day, "agent_name").agg(*sums),
        "Q3": sessions.filter(some).group_by(day, "agent_name").agg(*sums),
        "Q4": sessions.group_by("campaign_name").agg(pl.col("contact_id").drop_nulls().n_unique().alias("contacts")),
        "Q5": sessions.filter(pl.col("created_at") >= since)
        .select(TWELVE.split(", "))
        .sort("created_at", "session_id")
        .head(10_000),
        "Q6": talks.group_by(day).agg(counts),
        "Q7": talks.filter(pl.col("session_id") == built["session"])
        .sort("position")
        .select("created_at", "origin", "type", "message"),
        "Q8": sessions.select("session_id", "created_at", "campaign_name"),
    }

    def ask(name, question):
        found = question.collect()
        if name not in ROWS:
            return totals(found.columns, found.rows())
        text = found.write_ndjson()
        return {"rows": found.height, "bytes": len(text)}

    return questions, ask


def count_lines(file):
    with open(file, "rb") as lines:
        return sum(piece.count(b"\n") for piece in iter(lambda: lines.read(1 << 20), b""))


def totals(names, rows):
    """What is compared of a summary: how many rows, and the sum of every number."""
    sums = {name: sum(row[at] or 0 for row in rows) for at, name in enumerate(names) if at and name != "agent_name"}
    return {"rows": len(rows), "sums": sums}


asked_for_rows = False


def ask_all(engine, copy, built, names):
    """Runs in a process of its own: what each question took and brought, as one line of JSON each."""
    global asked_for_rows
    questions, ask = globals()[f"{engine}_engine"](copy, built)
    for name, question in ((name, questions[name]) for name in names):
        asked_for_rows = True
        answer = ask(name, question)
        asked_for_rows = False
        costs = []
        for _ in range(WARM):
            before, since = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            ask(name, question)
            after = resource.getrusage(resource.RUSAGE_SELF)
            cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            costs.append((cpu * 1000, (time.perf_counter() - since) * 1000))
        cpu, wall = (statistics.median(cost) for cost in zip(*costs))
        print(json.dumps({"name": name, "cpu": cpu, "wall": wall, "peak": after.ru_maxrss / 1024, **answer}), flush=True)


def peer(engine, copy, built, names):
    """The answers of an engine by question."""
    words = [VENV / "bin/python", __file__, "--engine", engine, copy, json.dumps(built), *names]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    return {answer["name"]: answer for answer in map(json.loads, done.stdout.splitlines())}


def same(ours, theirs):
    """Whether two answers agree, as far as they are comparable."""
    columns = ours["columns"]
    if ours["name"] == "Q6":  # Ours is by the session's day, theirs by the message's.
        return all(count == columns[name]["sum"] for name, count in theirs["sums"].items())
    sums = theirs.get("sums", {}).items()
    near = all(abs(total - columns[name]["sum"]) <= 1e-6 * abs(total) for name, total in sums)
    return near and theirs["rows"] == ours["rows"]


def brief(answer):
    return {"rows": answer["rows"], "columns": answer["columns"]}


def install():
    if not (VENV / "requirements.txt").is_file() or (VENV / "requirements.txt").read_text() != REQUIREMENTS.read_text():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        words = [VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]
        subprocess.run(words, check=True)
        (VENV / "requirements.txt").write_text(REQUIREMENTS.read_text())


def main(folder, *names):
    install()
    subprocess.run(["cargo", "build", "--quiet", "--profile", "bench", "-p", "bench"], cwd=ROOT, check=True)
    folder = Path(folder).absolute()
    copy = folder.with_name(folder.name + "-copy")
    if not (folder / "bench.json").is_file():
        subprocess.run([BENCH, "build", "--data", folder], check=True)
        subprocess.run([BENCH, "close", "--data", folder], check=True)
    if not copy.is_dir():
        subprocess.run([BENCH, "copy", "--data", folder, "--output", copy], check=True)
    subprocess.run([BENCH, "run", *names, "--data", folder, "--warm", str(WARM)], check=True, stdout=sys.stderr)
    built = json.loads((folder / "bench.json").read_text())
    ours = {answer["name"]: answer for answer in json.loads((folder / "answers.json").read_text())}
    peers = {engine: peer(engine, copy, built, ours) for engine in ENGINES}
    print(f"\nCPU ms, {built['sessions']:,} sessions\n")
    print("| | premium | " + " | ".join(ENGINES) + " | × best | goal | GETs | MiB | peers' MiB |")
    print("|---|" + "---|" * (len(ENGINES) + 6))
    for name, answer in ours.items():
        for engine in ENGINES:
            if not same(answer, peers[engine][name]):
                print(f"{name}: {engine} answers otherwise: {peers[engine][name]}, not {brief(answer)}", file=sys.stderr)
        cpu = statistics.median(cost["cpu_ms"] for cost in answer["warm"])
        gets = statistics.median(cost["gets"] for cost in answer["warm"])
        theirs = [peers[engine][name]["cpu"] for engine in ENGINES]
        memory = " / ".join(f"{peers[engine][name]['peak']:.0f}" for engine in ENGINES)
        others = " | ".join(f"{cpu:.0f}" for cpu in theirs)
        ratio = f"{cpu / min(theirs):.2f} | {GOALS[name]}"
        print(f"| {name} | {cpu:.0f} | {others} | {ratio} | {gets:.0f} | {answer['peak_mib']:.0f} | {memory} |")


if __name__ == "__main__":
    if sys.argv[1] == "--engine":
        ask_all(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]), sys.argv[5:])
    else:
        main(*sys.argv[1:])

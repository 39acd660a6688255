"""The queue that people write: one table, a state in each row, as safe from power cuts as ours.

Prints as its last line what it cost, as JSON, counted from after the imports until the file is
closed.
"""

import json
import resource
import sqlite3
import sys
import time

way, plays, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
BATCH = 50


def worked():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def play(number):
    return ("rj", 1_776_000_000 + 200 * number, f"artist {number % 97}", f"track {number % 977}", "an album")


def add(rows):
    with db:
        db.executemany(
            "INSERT OR IGNORE INTO queue (user, played_at, artist, track, album) VALUES (?, ?, ?, ?, ?)",
            rows,
        )


def drain():
    while True:
        with db:
            rows = db.execute(
                "SELECT id FROM queue WHERE user = 'rj' AND state = 'waiting' ORDER BY played_at LIMIT ?",
                (BATCH,),
            ).fetchall()
            db.executemany(
                "UPDATE queue SET state = 'sending', attempts = attempts + 1 WHERE id = ?", rows
            )
        if not rows:
            return
        with db:
            db.executemany("UPDATE queue SET state = 'accepted' WHERE id = ?", rows)


db = sqlite3.connect(path)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = FULL")
db.execute(
    """CREATE TABLE queue (
        id INTEGER PRIMARY KEY, user TEXT NOT NULL, played_at INTEGER NOT NULL,
        artist TEXT NOT NULL, track TEXT NOT NULL, album TEXT,
        state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0,
        UNIQUE (user, played_at, artist, track))"""
)
db.execute("CREATE INDEX queue_by_state ON queue (user, state, played_at)")
if way == "drain":
    add([play(number) for number in range(plays)])

started, worked_before = time.perf_counter(), worked()
if way == "single":
    for number in range(plays):
        add([play(number)])
elif way == "batches":
    for first in range(0, plays, BATCH):
        add([play(number) for number in range(first, min(first + BATCH, plays))])
else:
    drain()
state = "accepted" if way == "drain" else "waiting"
kept = db.execute("SELECT count(*) FROM queue WHERE state = ?", (state,)).fetchone()[0]
db.close()
outcome = {
    "plays": plays,
    "kept": kept,
    "seconds": time.perf_counter() - started,
    "cpu_seconds": worked() - worked_before,
    "peak_kib": peak_kib(),
}
print(json.dumps(outcome))

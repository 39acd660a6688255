"""The script that people write: pages by number, each play parsed and put into a flat table.

Prints as its last line what it cost, as JSON, counted from after the imports.
"""

import json
import resource
import sqlite3
import sys
import time

import requests

url, path, page_size = sys.argv[1], sys.argv[2], int(sys.argv[3])


def worked():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


started, worked_before = time.perf_counter(), worked()
db = sqlite3.connect(path)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = NORMAL")
db.execute(
    """CREATE TABLE scrobbles (
        user TEXT NOT NULL, played_at INTEGER NOT NULL, artist TEXT NOT NULL,
        artist_mbid TEXT, track TEXT NOT NULL, track_mbid TEXT, album TEXT, album_mbid TEXT,
        url TEXT, raw TEXT NOT NULL, UNIQUE (user, played_at, artist, track))"""
)
ADD = "INSERT OR IGNORE INTO scrobbles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def write(rows):
    with db:
        db.executemany(ADD, rows)


session = requests.Session()
read, page, rows = 0, 1, []
while True:
    params = {
        "method": "user.getrecenttracks",
        "user": "rj",
        "api_key": "bench",
        "format": "json",
        "limit": page_size,
        "page": page,
    }
    answer = session.get(url, params=params)
    answer.raise_for_status()
    answer = answer.json()["recenttracks"]
    for track in answer["track"]:
        if "date" not in track:
            continue
        read += 1
        rows.append(
            (
                "rj",
                int(track["date"]["uts"]),
                track["artist"]["#text"],
                track["artist"]["mbid"],
                track["name"],
                track["mbid"],
                track["album"]["#text"],
                track["album"]["mbid"],
                track["url"],
                json.dumps(track, ensure_ascii=False, separators=(",", ":")),
            )
        )
    if len(rows) >= 2000:
        write(rows)
        rows = []
    if page >= int(answer["@attr"]["totalPages"]):
        break
    page += 1
write(rows)
kept = db.execute("SELECT count(*) FROM scrobbles").fetchone()[0]
db.close()
outcome = {
    "plays": read,
    "kept": kept,
    "seconds": time.perf_counter() - started,
    "cpu_seconds": worked() - worked_before,
    "peak_kib": peak_kib(),
}
print(json.dumps(outcome))

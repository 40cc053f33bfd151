"""Put verdicts on record, prove that the record is intact, and judge again what it holds."""

import tempfile
from pathlib import Path

import tuili
from tuili.audit import Log, Recorded
from tuili.audit.replay import replay
from tuili.audit.select import select
from tuili.audit.verify import verify

with tempfile.TemporaryDirectory() as directory:
    path = Path(directory, "log")
    with Log(path) as log:
        judge = Recorded(tuili.load(), log)
        judge.judge([("A man is sleeping.", "A person is asleep."), ("A man is sleeping.", "A man is running.")])

    for entry in select(path):
        print(entry.id, entry.what["verdict"]["label"], entry.pair.hypothesis)
    print("intact:", verify(path).ok)
    print("given again, bit for bit:", replay(path).equal)

    segment = path / "0001" / "000001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b"asleep", b"awake!"))
    print("after a change:", *verify(path).problems, sep="\n  ")

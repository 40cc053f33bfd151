"""A process that appends to a log and says on standard output what is on record: for tests that kill it.

python writer.py LOG CALLS [START [TEXTS]]
"""

from __future__ import annotations

import sys

from logs import Quick, pairs

from tuili.audit import Log, Recorded
from tuili.audit.log import Limits


def main() -> None:
    path, calls = sys.argv[1:3]
    start, texts = [*sys.argv[3:], *["0", "plain"][len(sys.argv) - 3 :]]
    with Log(path, texts=texts, limits=Limits(checkpoint_records=20, segment_records=60)) as log:
        judge = Recorded(Quick(), log)
        for call in range(int(start), int(start) + int(calls)):
            judge.judge(pairs(1 + call % 4, 10 * call))
            sys.stdout.write(f"{call}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

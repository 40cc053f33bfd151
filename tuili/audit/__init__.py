"""What was said: a record of every verdict that can be neither changed, cut nor reordered unseen.

`Recorded(judge, log)` is a judge that appends each verdict to a `Log` before it returns it; `verify` finds what was
changed, `replay` judges again and compares. The format is in `docs/audit.md`.
"""

from tuili.audit.log import Log as Log
from tuili.audit.log import RecordId as RecordId
from tuili.audit.recorded import Recorded as Recorded

"""A1, A7, A8, A9, F14, S14: what a log promises to whoever writes and reads it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
import second_verifier as second
from logs import Quick, filled, pairs, signed_log

from tuili.audit import Log, Recorded, RecordId
from tuili.audit.disk import Disk
from tuili.audit.lines import read_line
from tuili.audit.log import Limits
from tuili.audit.merkle import verify_consistency
from tuili.audit.prove import prove, prove_consistency
from tuili.audit.reading import read_entries
from tuili.audit.settings import make_log, read_settings
from tuili.audit.texts import flags, is_text
from tuili.audit.verify import verify
from tuili.engine.runs.file_run import judge_file
from tuili.errors import AuditError, InvalidPair, ModelError, UsageError
from tuili.reasoning.scripted import Scripted
from tuili.types import Evidence, Label, Span


def entries(path, kind="verdict"):
    return [entry for entry in read_entries(path) if entry.kind == kind]


def test_a_verdict_is_on_disk_before_it_is_returned(tmp_path):
    """A1: when `judge` returns, another reader finds the record; where it can't be written, there is no verdict."""
    with Log(tmp_path / "log") as log:
        judge = Recorded(Quick(), log)
        for call in range(1, 6):
            verdicts = judge.judge(pairs(2, call))
            assert [entry.what["verdict"]["label"] for entry in entries(tmp_path / "log")[-2:]] == [
                verdict.label for verdict in verdicts
            ]
            assert len(entries(tmp_path / "log")) == 2 * call
    with pytest.raises(AuditError, match="closed"):
        judge.judge(pairs(1))


def test_a_record_holds_what_the_verdict_was_made_of(tmp_path):
    filled(tmp_path / "log", calls=1, each=2)
    entry = entries(tmp_path / "log")[0]
    assert entry.what["verdict"] == Quick().judge(pairs(1))[0].to_dict()
    assert {k: float.fromhex(v) for k, v in entry.what["hex"].items()} == entry.what["verdict"]["probabilities"]
    assert entry.pair == pairs(1)[0]
    assert entry.engine["model"] == "quick@1"
    assert {"tuili", "numpy", "onnxruntime", "python", "processor"} <= entry.engine["environment"].keys()
    assert entry.what["call"]["pairs"] == 2
    line = read_line((tmp_path / "log/0001/000001.jsonl").read_bytes().splitlines(keepends=True)[1])
    rfc8785 = pytest.importorskip("rfc8785")
    assert rfc8785.dumps(json.loads(line.record)) == line.record
    assert json.loads(line.record)["time"].keys() == {"monotonic_us", "utc"}


def test_refused_and_failed_requests_are_records_too(tmp_path, tiny_engine):
    """A1: one a pair that was refused, one a pair of a call that failed, none for pairs that nobody was answered on."""
    with Log(tmp_path / "log") as log:
        judge = Recorded(tiny_engine, log)
        with pytest.raises(InvalidPair):
            judge.judge([("a man", "is asleep"), ("", "x"), ("a man", "\ud800"), (1, 2), 3])
        with pytest.raises(UsageError):
            judge.judge("not pairs")
        with pytest.raises(UsageError):
            Recorded(Scripted(), log).judge(pairs(3))
        with pytest.raises(ModelError):
            Recorded(Short(), log).judge(pairs(3))
    refused = entries(tmp_path / "log", "refused")
    assert [entry.what["error"]["field"] for entry in refused] == ["premise", "hypothesis", "premise", None]
    assert refused[1].what["input"]["hypothesis"]["flags"] == ["surrogate"]
    assert refused[2].what["input"]["premise"] == {"type": "int"}
    assert refused[3].what["input"] == {"mode": "plain", "type": "int"}
    failed = entries(tmp_path / "log", "failed")
    assert [entry.what["error"]["class"] for entry in failed] == ["UsageError"] * 4 + ["ModelError"] * 3
    assert verify(tmp_path / "log").ok


class Short(Quick):
    def judge(self, pairs):
        return super().judge(list(pairs)[1:])


def test_a_recorded_judge_passes_on_what_it_is_and_not_what_would_go_unrecorded(tmp_path, tiny_engine):
    with Log(tmp_path / "log") as log:
        judge = Recorded(tiny_engine, log)
        assert (judge.model, judge.labels, judge.threshold) == (tiny_engine.model, tiny_engine.labels, 0.0)
        assert judge.provenance()["digest"].startswith(tiny_engine.model.partition("@")[2])
        with pytest.raises(AttributeError):
            _ = judge.nothing
        if hasattr(tiny_engine, "uncalibrated"):
            assert not hasattr(judge, "uncalibrated")
        with pytest.raises(TypeError, match="stays in its process"):
            judge.__reduce__()


def test_a_second_writer_is_refused_at_once(tmp_path):
    """F14: and one that asks for no writer gets a chain of its own."""
    with Log(tmp_path / "log", writer="0001") as log:
        code = "import sys; from tuili.audit import Log; Log(sys.argv[1], writer='0001')"
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path / "log"], capture_output=True, text=True, check=False
        )
        assert "AuditError" in done.stderr
        start = time.monotonic()
        with pytest.raises(AuditError, match="held by another process"):
            Log(tmp_path / "log", writer="0001")
        assert time.monotonic() - start < 1
        with Log(tmp_path / "log") as other:
            assert (log.writer, other.writer) == ("0001", "0002")
            Recorded(Quick(), log).judge(pairs(2))
            Recorded(Quick(), other).judge(pairs(3))
    found = verify(tmp_path / "log")
    assert found.ok
    assert found.records == {"0001": 3, "0002": 4}
    with Log(tmp_path / "log") as again:
        assert again.writer == "0001"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")
def test_a_forked_process_does_not_write_on(tmp_path):
    """F14: the lock is inherited, the right to write is not."""
    with Log(tmp_path / "log") as log:
        judge = Recorded(Quick(), log)
        judge.judge(pairs(1))
        log._process = os.getpid() + 1  # as a forked child sees it
        with pytest.raises(AuditError, match="another process opened the log"):
            judge.judge(pairs(1))
        log._process = os.getpid()


def test_threads_append_one_after_the_other(tmp_path):
    with Log(tmp_path / "log") as log:
        judge = Recorded(Quick(), log)
        threads = [threading.Thread(target=lambda k=k: [judge.judge(pairs(2, k)) for _ in range(10)]) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(entries(tmp_path / "log")) == 80
    assert verify(tmp_path / "log").ok


@pytest.mark.skipif(os.name != "posix", reason="POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_are_for_their_owner_alone(tmp_path, umask):
    """S14: 0600 and 0700 whatever the umask, and nothing is left of temporary files."""
    pytest.importorskip("cryptography")
    before = os.umask(umask)
    try:
        filled(signed_log(tmp_path), texts="sealed", calls=3, limits=Limits(segment_records=4))
    finally:
        os.umask(before)
    found = [tmp_path / "log", tmp_path / "elsewhere", tmp_path / "key", *(tmp_path / "log").rglob("*")]
    assert len(found) > 8
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert not [path for path in found if path.name.startswith(".")]


@pytest.mark.skipif(os.name != "posix", reason="POSIX")
def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path):
    """S14."""
    filled(tmp_path / "log", calls=1)
    (tmp_path / "target").write_bytes(b"")
    (tmp_path / "log/0001/lock").unlink()
    (tmp_path / "log/0001/lock").symlink_to(tmp_path / "target")
    with pytest.raises(AuditError):
        Log(tmp_path / "log")


@pytest.mark.parametrize("texts", ["sealed", "hashed"])
def test_erased_texts_are_gone_and_the_chain_still_verifies(tmp_path, texts):
    """A7: keys of 100 records; the texts are nowhere, proofs and chain hold, both verifiers say so."""
    pytest.importorskip("cryptography")
    filled(signed_log(tmp_path), calls=4, each=50, texts=texts)
    log = tmp_path / "log"
    everything = b"".join(path.read_bytes() for path in log.rglob("*") if path.is_file())
    assert b"sleeps" not in everything
    verdicts = entries(log)
    if texts == "sealed":
        assert verdicts[0].pair == pairs(1)[0]
    chosen = [entry.id for entry in verdicts[20:120]]
    proofs = [prove(log, record, size=200) for record in chosen[:5]]
    with Log(log, texts=texts) as opened:
        erased = opened.erase(chosen, reason="asked to", by="a data protection officer")
    found = verify(log, checkpoints=tmp_path / "elsewhere", public_key=tmp_path / "key.pub")
    assert found.ok, found.problems
    assert all(value is None for value in second.verify(log, tmp_path / "elsewhere").values())
    assert all(proof.holds and prove(log, proof.id, size=200) == proof for proof in proofs)
    after = {entry.id: entry for entry in read_entries(log)}
    assert all(after[record].pair is None for record in chosen)
    assert after[chosen[0]].what == verdicts[20].what
    assert after[erased].what["of"] == [list(record) for record in chosen]
    keys = (log / "0001/keys").read_bytes()
    assert all(keys[32 * record.seq :][:32] == bytes(32) for record in chosen)
    if texts == "sealed":
        assert after[verdicts[0].id].pair == pairs(1)[0]
    else:
        kept = verdicts[0]
        key = keys[32 * kept.id.seq :][:32]
        assert is_text(pairs(1)[0][0], "premise", kept.what["input"], key)
        assert not is_text("Another text.", "premise", kept.what["input"], key)
        assert not is_text(pairs(1, 20)[0][0], "premise", after[chosen[0]].what["input"], bytes(32))


def test_a_key_that_was_changed_or_destroyed_without_a_record_is_found(tmp_path):
    """A7."""
    pytest.importorskip("cryptography")
    log = filled(tmp_path / "log", calls=2, texts="sealed")
    keys = (log / "0001/keys").read_bytes()
    for new in (bytes(32), b"x" * 32):
        (log / "0001/keys").write_bytes(keys[:64] + new + keys[96:])
        assert verify(log).problems[0].seq == 2
        assert second.verify(log)["0001"] == 2
    with pytest.raises(AuditError, match="unsealed"):
        list(read_entries(log))
    filled(tmp_path / "plain", calls=1)
    with Log(tmp_path / "plain") as plain, pytest.raises(AuditError, match="only these can be erased"):
        plain.erase([RecordId("0001", 1)], reason="asked to", by="me")


def test_evidence_and_messages_quote_no_text_that_is_not_to_be_held(tmp_path):
    """A7: a verdict's evidence keeps its places and loses its words."""

    class Quoting(Quick):
        def judge(self, pairs):
            evidence = Evidence("premise", Span(0, 6), "secret", Label.NEUTRAL, 1.0)
            return [replace(verdict, evidence=(evidence,)) for verdict in super().judge(pairs)]

    with Log(tmp_path / "log", texts="hashed") as log:
        Recorded(Quoting(), log).judge([("secret man", "x")])
        with pytest.raises(UsageError):
            Recorded(Scripted(), log).judge([("secret man", "x")])
    assert b"secret" not in (tmp_path / "log/0001/000001.jsonl").read_bytes()
    assert entries(tmp_path / "log")[0].what["verdict"]["evidence"][0]["end"] == 6


def test_a_chain_goes_on_across_fifty_segments(tmp_path):
    """A8: a checkpoint at every rotation, and a consistency proof from each to the end."""
    filled(tmp_path / "log", calls=51, each=1, limits=Limits(segment_records=2))
    with Log(tmp_path / "log") as log:
        Recorded(Quick(), log).judge(pairs(1))
    segments = sorted((tmp_path / "log/0001").glob("*.jsonl"))
    assert len(segments) >= 51
    assert verify(tmp_path / "log").ok
    points = [
        json.loads(line)["checkpoint"]["writers"]["0001"]
        for line in (tmp_path / "log/checkpoints.jsonl").read_bytes().splitlines()
    ]
    assert len({point["segment"] for point in points}) >= 51
    last = points[-1]
    for point in points:
        proof = prove_consistency(tmp_path / "log", "0001", point["size"], last["size"])
        roots = bytes.fromhex(point["root"]), bytes.fromhex(last["root"])
        assert verify_consistency(point["size"], last["size"], proof, *roots)
    # each segment can be read by itself: the engine is named in it
    for segment in segments[:-1]:
        first = json.loads(segment.read_bytes().splitlines()[0])["record"]
        assert first["kind"] == "engine"


def test_records_are_kept_for_six_months_and_there_is_no_way_to_delete(tmp_path):
    """A8."""
    assert read_settings(filled(tmp_path / "log", calls=1)).retention_days == 183
    with pytest.raises(UsageError, match="183"):
        make_log(tmp_path / "short", Disk(), retention_days=182)
    assert not [
        name for name in dir(Log) if any(word in name for word in ("delete", "remove", "prune", "edit", "update"))
    ]


def test_a_correction_leaves_the_old_value_readable(tmp_path):
    """A9."""
    filled(tmp_path / "log", calls=1)
    before = entries(tmp_path / "log")[0]
    with Log(tmp_path / "log") as log:
        new = log.supersede(before.id, reason="misread", by="a reviewer", verdict={"label": "neutral"})
        with pytest.raises(AuditError, match="no record"):
            log.supersede(RecordId("0001", 99), reason="misread", by="a reviewer")
    after = entries(tmp_path / "log")[0]
    assert after.what == before.what
    assert after.superseded_by == (new,)
    correction = entries(tmp_path / "log", "supersede")[0]
    assert correction.what == {
        "by": "a reviewer", "of": ["0001", 1], "reason": "misread", "verdict": {"label": "neutral"},
    }  # fmt: skip
    assert verify(tmp_path / "log").ok


def test_a_file_run_that_broke_off_and_went_on_has_every_row_on_record(tmp_path):
    """A1: the chunk that was judged and not yet written is on record twice, the others once."""

    class Breaking(Recorded):
        left = 2

        def judge(self, pairs):
            verdicts = super().judge(pairs)
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return verdicts

    rows = pairs(14)
    lines = [json.dumps({"premise": premise, "hypothesis": hypothesis}) + "\n" for premise, hypothesis in rows]
    (tmp_path / "in.jsonl").write_text("".join(lines))
    with Log(tmp_path / "log") as log:
        with pytest.raises(KeyboardInterrupt):
            judge_file(Breaking(Quick(), log), tmp_path / "in.jsonl", tmp_path / "out.jsonl", chunk=4)
        run = judge_file(Recorded(Quick(), log), tmp_path / "in.jsonl", tmp_path / "out.jsonl", chunk=4)
    assert (run.rows, run.resumed) == (14, 4)
    recorded = [entry.pair for entry in entries(tmp_path / "log")]
    assert recorded == [*rows[:8], *rows[4:]]


def test_unusual_characters_are_flagged():
    assert flags("plain text\n") == []
    assert flags("bell\x07") == ["control"]
    assert flags("a\u200bb") == ["invisible"]
    assert flags("\u202eabc") == ["bidi"]
    assert flags("pаypal e\u0301") == ["look_alike", "not_nfc"]
    assert flags("ab\U000e0041") == ["tag"]
    assert flags("👩\u200d🚀") == []  # joiners that emoji need
    assert flags("e\u0301") == ["not_nfc"]
    assert flags("\ud800") == ["surrogate"]
    assert flags("中文，🙂") == []


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").write_text("x")
    with pytest.raises(UsageError, match="holds other files"):
        Log(tmp_path / "other")
    with pytest.raises(AuditError, match="there is no log"):
        verify(tmp_path / "nothing")
    with pytest.raises(UsageError, match="plain, hashed or sealed"):
        Log(tmp_path / "log", texts="none")
    with pytest.raises(UsageError, match="0001:42"):
        RecordId.parse("42")
    filled(tmp_path / "log", calls=1)
    (tmp_path / "log/log.json").write_text("{}")
    with pytest.raises(AuditError, match=r"log\.json is damaged"):
        Log(tmp_path / "log")


def test_proofs_hold_and_others_do_not(tmp_path):
    """A4: of every record of a log, against the root of its checkpoint."""
    filled(tmp_path / "log", calls=5)
    point = json.loads((tmp_path / "log/checkpoints.jsonl").read_bytes())["checkpoint"]["writers"]["0001"]
    for seq in range(point["size"]):
        proof = prove(tmp_path / "log", RecordId("0001", seq))
        assert proof.root.hex() == point["root"]
        assert proof.holds
        assert not replace(proof, record=proof.record.replace(b"seq", b"sea")).holds

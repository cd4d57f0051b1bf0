"""quaver-tokenize: inputs, rows, resuming, errors, formats, verify, decode, the page, loaders."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import os
import re
import shutil
import sys
import tarfile

import numpy as np
import pytest
import soundfile
from conftest import ROOT, SAMPLES

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pytest.importorskip("fsspec", reason="fsspec is not installed")

import pyarrow.parquet as pq  # noqa: E402

import quaver  # noqa: E402
from quaver.tokenize import _inputs, _job, _plan, _units, loaders, rows  # noqa: E402
from quaver.tokenize.cli import main  # noqa: E402


def sound(path, seconds=0.5, start=0, rate=16000, of=0, **options):
    """A piece of real speech as a file."""
    samples, _ = soundfile.read(SAMPLES[of], start=start, frames=int(seconds * 16000), dtype="int16")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:  # soundfile takes no path that is not UTF-8
        soundfile.write(file, samples, rate, format=path.suffix[1:].upper(), **options)
    return samples


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder of clips in folders, and one that is no sound."""
    folder = tmp_path_factory.mktemp("corpus")
    for i in range(8):
        sound(folder / f"{'ab'[i % 2]}/clip-{i}.flac", 0.3 + 0.07 * i, 4000 * i, of=i % len(SAMPLES))
    (folder / "a/notes.txt").write_text("no sound")
    (folder / "b/broken.wav").write_bytes(b"RIFF no sound")
    return folder


def tokenize(*arguments, code=0):
    assert main([*map(str, arguments), "--quiet", "--runner", "here"]) == code


@pytest.fixture(scope="module")
def tokens_folder(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "tokens"
    tokenize(corpus, out, "--n-q", "4", "--part-seconds", "1", code=3)
    return out


def found(*inputs):
    return _inputs.find([str(path) for path in inputs])


def test_rows_are_what_encode_gives(corpus, tokens_folder, model):
    met = list(rows.rows(str(tokens_folder)))
    assert [row["id"] for row in met] == sorted(f"{'ab'[i % 2]}/clip-{i}.flac" for i in range(8))
    for row in met:
        samples, rate = soundfile.read(corpus / row["id"], dtype="int16")
        np.testing.assert_array_equal(row["codes"], model.encode(samples, rate, n_q=4))
        assert (row["num_samples"], row["sample_rate"], row["n_q"]) == (len(samples), 16000, 4)
        assert row["source"] == corpus.name and row["model"] == model.identity and row["speaker"] is None


def test_a_link_to_nothing_is_an_error_not_silence(tmp_path):
    sound(tmp_path / "in/a.flac")
    (tmp_path / "in/b.flac").symlink_to(tmp_path / "nothing.flac")
    tokenize(tmp_path / "in", tmp_path / "out", "--n-q", "4", code=3)
    (error,) = pq.read_table(tmp_path / "out/errors.parquet").to_pylist()
    assert error["id"] == "b.flac"


def test_columns(tokens_folder):
    schema = pq.read_schema(rows.shards_of(str(tokens_folder))[0])
    names = "id source speaker text num_samples sample_rate n_q frames codes sha256 model"
    assert schema.names == names.split() and schema.field("codes").type == pa.list_(pa.uint16())


def test_what_failed_is_told(tokens_folder):
    errors = pq.read_table(tokens_folder / "errors.parquet").to_pylist()
    assert [error["id"] for error in errors] == ["b/broken.wav"] and errors[0]["error"]
    manifest = json.loads((tokens_folder / "manifest.json").read_text())
    assert manifest["counts"]["clips"] == 8 and manifest["counts"]["errors"] == 1
    assert sorted(os.listdir(tokens_folder)) == [
        "_SUCCESS", "errors.parquet", "manifest.json", "report.html", "tokens-00000-of-00001.parquet"
    ]  # fmt: skip


def test_max_errors_stops_and_goes_on(corpus, tokens_folder, tmp_path, capsys):
    out = tmp_path / "tokens"
    options = (corpus, out, "--n-q", "4", "--part-seconds", "1")
    tokenize(*options, "--max-errors", "0", code=1)
    assert not (out / "_SUCCESS").exists() and "b/broken.wav" in capsys.readouterr().err
    tokenize(*options, "--max-errors", "1", code=3)
    assert same(out, tokens_folder)


def pairs(*columns):
    lists = [list(column) for column in columns]
    assert len({len(entries) for entries in lists}) == 1
    return list(zip(*lists))


def same(one, other):
    return [(r["id"], r["sha256"]) for r in rows.rows(str(one))] == [(r["id"], r["sha256"]) for r in rows.rows(str(other))]


def test_a_finished_job_does_nothing(corpus, tokens_folder):
    before = {path: path.stat().st_mtime_ns for path in tokens_folder.iterdir()}
    tokenize(corpus, tokens_folder, "--n-q", "4", "--part-seconds", "1", code=3)
    assert before == {path: path.stat().st_mtime_ns for path in tokens_folder.iterdir()}


def test_other_settings_and_other_folders_are_refused(corpus, tokens_folder, tmp_path, capsys):
    tokenize(corpus, tokens_folder, "--n-q", "3", "--part-seconds", "1", code=1)
    assert "n_q: 4 before, 3 now" in capsys.readouterr().err
    (tmp_path / "mine.txt").write_text("mine")
    tokenize(corpus, tmp_path, code=1)
    assert os.listdir(tmp_path) == ["mine.txt"] and "holds other files" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--n-q", "19"], ["--n-q", "2", "--bitrate", "900"], ["--effort", "1"], ["--bitrate", "20"]])
def test_wrong_usage(corpus, tmp_path, arguments):
    with pytest.raises(SystemExit) as end:
        main([str(corpus), str(tmp_path / "out"), *arguments])
    assert end.value.code == 2 and not (tmp_path / "out").exists()


def test_librispeech(tmp_path):
    folder = tmp_path / "LibriSpeech/dev-clean/19/198"
    sound(folder / "19-198-0000.flac")
    sound(folder / "19-198-0001.flac")
    (folder / "19-198.trans.txt").write_text("19-198-0000 GOOD MORNING\n19-198-0001 AND GOOD NIGHT\n")
    for place, name in ((tmp_path / "LibriSpeech", "dev-clean/19/198/"), (folder, "")):
        units = found(place)
        assert [(u.id, u.speaker, u.text) for u in units] == [
            (name + "19-198-0000.flac", "LibriSpeech/19", "GOOD MORNING"),
            (name + "19-198-0001.flac", "LibriSpeech/19", "AND GOOD NIGHT"),
        ]


def test_vctk(tmp_path):
    for mic in (1, 2):
        sound(tmp_path / f"wav48_silence_trimmed/p225/p225_001_mic{mic}.flac")
    (tmp_path / "txt/p225").mkdir(parents=True)
    (tmp_path / "txt/p225/p225_001.txt").write_text("Please call Stella.\n")
    for place in (tmp_path, tmp_path / "wav48_silence_trimmed"):
        units = found(place)
        assert [(u.speaker, u.text) for u in units] == [("VCTK/p225", "Please call Stella.")]
        assert units[0].id.endswith("p225_001_mic1.flac")


def test_common_voice(tmp_path):
    for name in ("one", "two", "unlisted"):
        sound(tmp_path / f"clips/{name}.mp3")
    head = "client_id\tpath\tsentence\n"
    (tmp_path / "train.tsv").write_text(head + 'abc\tone.mp3\tHe said "no.\nabc\tmissing.mp3\tGone.\n')
    (tmp_path / "test.tsv").write_text(head + "def\ttwo\tZwei.\n")
    units = found(tmp_path)
    assert [(u.id, u.speaker, u.text) for u in units if u.kind == _units.FILE] == [
        ("clips/one.mp3", "CommonVoice/abc", 'He said "no.'), ("clips/two.mp3", "CommonVoice/def", "Zwei.")
    ]  # fmt: skip
    assert [u.id for u in units if u.kind == _units.MISSING] == ["clips/missing.mp3"]


def test_manifests_of_three_kinds_name_the_same_clips(tmp_path, model):
    samples = sound(tmp_path / "speech/long.wav", 2)
    lines = {
        "quaver.jsonl": {"path": "speech/long.wav", "offset": 0.5, "duration": 0.75, "speaker": "anna", "text": "hello"},
        "nemo.json": {"audio_filepath": "speech/long.wav", "offset": 0.5, "duration": 0.75, "speaker": "anna", "text": "hello"},
        "cuts.jsonl.gz": {
            "id": "cut-1", "type": "MonoCut", "start": 0.5, "duration": 0.75, "channel": 0,
            "recording": {"id": "r", "sources": [{"type": "file", "channels": [0], "source": str(tmp_path / "speech/long.wav")}]},
            "supervisions": [{"speaker": "anna", "text": "hello"}],
        },
    }  # fmt: skip
    for name, line in lines.items():
        text = json.dumps(line).encode() + b"\n\n"
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    tokenize(*(tmp_path / name for name in lines), tmp_path / "out", "--n-q", "2")
    wanted = model.encode(samples[8000:20000], 16000, n_q=2)
    met = list(rows.rows(str(tmp_path / "out")))
    assert [row["source"] for row in met] == sorted(lines)
    assert {row["id"] for row in met} == {"speech/long.wav#t=0.5,1.25", "cut-1"}
    for row in met:
        assert (row["speaker"], row["text"]) == ("anna", "hello")
        np.testing.assert_array_equal(row["codes"], wanted)


@pytest.mark.parametrize(
    "line, message",
    [
        ("{", "line 2: not valid JSON"), ("[]", "line 2: not a JSON object"), ("{}", "line 2: .*missing"),
        ('{"path": "a.wav", "offset": -1}', 'line 2: "offset" must be'), ('{"path": 3}', 'line 2: "path" is not a string'),
        ('{"path": "a.wav", "duration": 0}', 'line 2: "duration" is 0'), ('{"path": "x.wav"}', "line 2: the same clip as in line 1"),
        ('{"id": "c", "type": "MixedCut", "tracks": []}', "line 2: .*mix of tracks"),
        ('{"id": "c", "recording": {"sources": [{"type": "command", "source": "rm"}]}}', "line 2: .*'command'"),
    ],
    ids=range(9),
)  # fmt: skip
def test_wrong_manifests_name_the_line(tmp_path, line, message):
    (tmp_path / "list.jsonl").write_text('{"path": "x.wav"}\n' + line + "\n")
    (wrong,) = (unit for unit in found(tmp_path / "list.jsonl") if unit.kind == _units.MISSING)
    assert wrong.id == "line 2" and re.search(message, wrong.text)
    if "same clip" not in message:
        (tmp_path / "list.jsonl").write_text("\n" + line + "\n")
        with pytest.raises(ValueError, match=message):  # no good line at all
            found(tmp_path / "list.jsonl")


def test_tars_and_parquet_hold_the_clips_of_files(corpus, tmp_path, model):
    """The same sound as files, in a tar, and in Parquet as bytes and as paths: the same codes, speakers and texts."""
    files = sorted(corpus.glob("*/*.flac"))[:3]
    wanted = [model.encode(*soundfile.read(file, dtype="int16"), n_q=2) for file in files]
    with tarfile.open(tmp_path / "shard.tar", "w") as archive:
        for i, file in enumerate(files):
            archive.add(file, f"{i}.flac")
            facts = json.dumps({"speaker": f"s{i}", "text": f"t{i}"}).encode()
            member = tarfile.TarInfo(f"{i}.json")
            member.size = len(facts)
            archive.addfile(member, io.BytesIO(facts))
    columns = {"speaker": ["s0", "s1", "s2"], "text": ["t0", "t1", "t2"]}
    audio = [{"bytes": file.read_bytes(), "path": None} for file in files]
    pq.write_table(pa.table({**columns, "audio": audio}), tmp_path / "bytes.parquet", row_group_size=2)
    pq.write_table(pa.table({**columns, "path": [str(file) for file in files]}), tmp_path / "paths.parquet")
    tokenize(*(tmp_path / n for n in ("shard.tar", "bytes.parquet", "paths.parquet")), tmp_path / "out", "--n-q", "2")
    met = list(rows.rows(str(tmp_path / "out")))
    assert len(met) == 9 and len({(row["source"], row["id"]) for row in met}) == 9
    for i, row in enumerate(met):
        assert (row["speaker"], row["text"]) == (f"s{i % 3}", f"t{i % 3}")
        np.testing.assert_array_equal(row["codes"], wanted[i % 3])
    assert main(["verify", str(tmp_path / "out")]) == 0


def test_a_tar_that_is_cut_off_keeps_what_was_before(corpus, tmp_path):
    with tarfile.open(tmp_path / "whole.tar", "w") as archive:
        for i, file in enumerate(sorted(corpus.glob("*/*.flac"))[:3]):
            archive.add(file, f"{i}.flac")
        end = archive.offset
    (tmp_path / "cut.tar").write_bytes((tmp_path / "whole.tar").read_bytes()[: end - 4000])
    tokenize(tmp_path / "cut.tar", tmp_path / "out", "--n-q", "1", code=3)
    assert [row["id"] for row in rows.rows(str(tmp_path / "out"))] == ["cut.tar/0.flac", "cut.tar/1.flac"]


def test_urls_go_through_fsspec(corpus, tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    for file in sorted(corpus.glob("a/*.flac"))[:2]:
        memory.pipe(f"/speech/a/{file.name}", file.read_bytes())
    units = found("memory://speech")
    assert [unit.id for unit in units] == ["a/clip-0.flac", "a/clip-2.flac"]
    from quaver.tokenize._clips import clips_of, samples_of

    for unit in units:
        (clip,) = clips_of(unit)
        np.testing.assert_array_equal(samples_of(clip)[0], soundfile.read(corpus / unit.id, dtype="float32")[0])


def test_other_rates_channels_and_bitrates(tmp_path, model):
    samples, _ = soundfile.read(SAMPLES[1], frames=16000, dtype="float32")
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in/stereo.wav", np.stack([samples, np.zeros_like(samples)], 1), 24000, subtype="FLOAT")
    soundfile.write(tmp_path / "in/mono.wav", samples, 16000, subtype="FLOAT")
    tokenize(tmp_path / "in", tmp_path / "out", "--bitrate", "1200")
    mono, stereo = rows.rows(str(tmp_path / "out"))
    np.testing.assert_array_equal(mono["codes"], model.encode(samples, 16000, bitrate=1200))
    np.testing.assert_array_equal(stereo["codes"], model.encode(samples / 2, 24000, bitrate=1200))
    assert stereo["sample_rate"] == 24000 and stereo["num_samples"] == 16000
    assert main(["decode", str(tmp_path / "out"), str(tmp_path / "sound")]) == 0
    assert soundfile.info(tmp_path / "sound/in/stereo.wav.wav").frames == 10667


@pytest.mark.parametrize("format", ["webdataset", "megatron"])
def test_other_formats_hold_the_same_rows(corpus, tokens_folder, tmp_path, format):
    out = tmp_path / "tokens"
    tokenize(corpus, out, "--n-q", "4", "--part-seconds", "1", "--format", format, "--shard-size", "1K", code=3)
    assert format == "megatron" or len(rows.shards_of(str(out))) > 1
    for one, other in pairs(rows.rows(str(out)), rows.rows(str(tokens_folder))):
        np.testing.assert_array_equal(one.pop("codes"), other.pop("codes"))
        assert one == other
    assert main(["verify", str(out), "--again", "1"]) == 0


def test_megatron_files_are_read_as_megatron_reads_them(corpus, tokens_folder, tmp_path):
    out = tmp_path / "tokens"
    tokenize(corpus, out, "--n-q", "4", "--part-seconds", "1", "--format", "megatron", code=3)
    index = (out / "tokens.idx").read_bytes()
    assert index[:9] == b"MMIDIDX\0\0" and index[9:17] == (1).to_bytes(8, "little") and index[17] == 8
    sequences, documents = np.frombuffer(index, "<u8", 2, 18)
    lengths = np.frombuffer(index, "<i4", int(sequences), 34)
    pointers = np.frombuffer(index, "<i8", int(sequences), 34 + 4 * int(sequences))
    ends = np.frombuffer(index, "<i8", int(documents), 34 + 12 * int(sequences))
    assert len(index) == 34 + 12 * sequences + 8 * documents and ends.tolist() == list(range(int(sequences) + 1))
    binary = (out / "tokens.bin").read_bytes()
    for row, length, pointer in pairs(rows.rows(str(tokens_folder)), lengths, pointers):
        np.testing.assert_array_equal(np.frombuffer(binary, "<u2", length, pointer), row["codes"].ravel())


def damaged(folder, tmp_path, name):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    return copy, copy / name


def test_verify_finds_damage(tokens_folder, tmp_path, capsys):
    assert main(["verify", str(tokens_folder)]) == 0
    copy, shard = damaged(tokens_folder, tmp_path, "tokens-00000-of-00001.parquet")
    table = pq.read_table(shard)
    codes = table["codes"].to_pylist()
    codes[3][5] ^= 1
    changed = table.set_column(table.schema.get_field_index("codes"), table.schema.field("codes"), pa.array(codes, pa.list_(pa.uint16())))
    pq.write_table(changed.slice(0, 7), shard)
    capsys.readouterr()
    assert main(["verify", str(copy)]) == 1
    told = capsys.readouterr().err
    assert "other bytes" in told and "do not match their SHA-256" in told
    shard.write_bytes(shard.read_bytes()[:-100])
    assert main(["verify", str(copy)]) == 1
    shard.unlink()
    assert main(["verify", str(copy)]) == 1 and "not there" in capsys.readouterr().err


def test_verify_finds_that_the_sound_was_changed(tmp_path, capsys):
    sound(tmp_path / "in/a.wav")
    tokenize(tmp_path / "in", tmp_path / "out", "--n-q", "2")
    sound(tmp_path / "in/a.wav", start=9000)
    assert main(["verify", str(tmp_path / "out")]) == 1 and "other codes" in capsys.readouterr().err


def test_decode_stays_in_its_folder(tokens_folder, tmp_path, model):
    from quaver.tokenize._verify import _safe

    assert _safe("../../etc/passwd") == os.path.join("etc", "passwd") and _safe("..") == "_" and not os.path.isabs(_safe("/x"))
    name = "a/clip-2.flac"
    assert main(["decode", str(tokens_folder), str(tmp_path), "--id", name]) == 0
    row = next(row for row in rows.rows(str(tokens_folder)) if row["id"] == name)
    wanted = model.decode(row["codes"], num_samples=row["num_samples"], dtype=np.int16)
    (path,) = tmp_path.rglob("*.wav")
    assert np.abs(soundfile.read(path, dtype="int16")[0].astype(int) - wanted).max() <= 1
    assert main(["decode", str(tokens_folder), str(tmp_path), "--id", "nothing"]) == 1


def test_the_page_tells_what_looks_broken(tmp_path):
    folder = tmp_path / "in"
    clip = sound(folder / "good.wav", 1)
    loud = np.clip(clip.astype(int) * 200, -32768, 32767).astype(np.int16)
    soundfile.write(folder / "<loud>.wav", loud, 16000)
    soundfile.write(folder / "silent.wav", np.zeros(8000, np.int16), 16000)
    soundfile.write(folder / "short.wav", clip[5000:5500], 16000)
    tokenize(folder, tmp_path / "out", "--n-q", "2", "--samples", "2")
    page = (tmp_path / "out/report.html").read_text()
    for what, name in (("clipped", "&lt;loud&gt;.wav"), ("silent", "silent.wav"), ("very short", "short.wav")):
        assert re.search(f"<td>{what}</td><td>in</td><td>{name}</td>", page)
    assert "<loud>" not in page and not re.search(r"(src|href)=\"https?:", page)
    sounds = re.findall(r"data:audio/flac;base64,([^\"]+)", page)
    assert len(sounds) == 2
    assert len(soundfile.read(io.BytesIO(base64.b64decode(sounds[1])))[0]) == 16000


def test_entropy_is_that_of_the_distribution():
    from quaver.tokenize._report import entropy

    assert entropy(np.array([4, 4, 0, 4, 4])) == 2 and entropy(np.array([7, 0])) == 0 and entropy(np.zeros(3)) == 0


def test_parts_and_shards_hold_everything_once():
    from quaver.tokenize._shards import groups_of

    units = [_units.Unit(_units.FILE, "s", str(i), "p", weight=1 + i % 7) for i in range(1000)]
    parts = _plan._parted(units, 40)
    assert [unit for part in parts for unit in part] == units
    assert all(sum(u.weight for u in part) <= 40 for part in parts)
    for format in ("parquet", "webdataset", "megatron"):
        groups = groups_of([i * 10 for i in range(50)], format, 2000)
        assert [part for group in groups for part in group] == list(range(50))


def test_two_jobs_in_one_folder_are_refused(corpus, tmp_path, capsys):
    os.makedirs(tmp_path / "out")
    with _job._only_one(str(tmp_path / "out")):
        tokenize(corpus, tmp_path / "out", code=1)
    assert "another quaver-tokenize" in capsys.readouterr().err


def test_the_blocks_of_the_guide_run(tokens_folder, tmp_path, monkeypatch):
    text = (ROOT / "docs/guide/corpora.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tokens_folder.parent)
    exec(compile(block, "corpora.md", "exec"), {})


def test_the_guide_names_the_columns():
    from quaver.tokenize._parts import schema

    text = (ROOT / "docs/guide/corpora.md").read_text(encoding="utf-8")
    for name in schema().names:
        assert f"`{name}`" in text


def test_padding_and_delays(model, speech):
    clips = [model.encode(clip, 16000, n_q=4) for clip in speech[:3]]
    batch, lengths = loaders.padded(clips)
    for one, other in zip(model.decode(batch, lengths=lengths), clips):
        np.testing.assert_array_equal(one, model.decode(other))
    delayed = loaders.delayed(batch)
    assert delayed.shape[1] == batch.shape[1] + 3
    np.testing.assert_array_equal(loaders.undelayed(delayed), batch)
    for k in range(4):
        np.testing.assert_array_equal(delayed[:, k : k + batch.shape[1], k], batch[..., k])
        assert (delayed[:, :k, k] == quaver.NO_TOKEN).all()


@pytest.mark.parametrize("workers", [0, 2])
def test_pytorch(tokens_folder, workers):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    wanted = {row["id"]: row["codes"] for row in rows.rows(str(tokens_folder))}
    met = {}
    for rank in range(2):
        data = loaders.TokenDataset(str(tokens_folder), rank, 2)
        for batch in torch.utils.data.DataLoader(data, batch_size=3, num_workers=workers, collate_fn=loaders.collate):
            assert batch["codes"].dtype == torch.int64
            for name, codes, length in zip(batch["id"], batch["codes"], batch["lengths"]):
                assert name not in met and (codes[length:] == quaver.NO_TOKEN).all()
                met[name] = codes[:length].numpy()
    assert met.keys() == wanted.keys()
    for name, codes in wanted.items():
        np.testing.assert_array_equal(met[name], codes)


def test_datasets(tokens_folder, tmp_path):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    files = str(tokens_folder / "tokens-*.parquet")
    data = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path))
    for one, other in pairs(data.with_format("numpy"), rows.rows(str(tokens_folder))):
        np.testing.assert_array_equal(one["codes"].reshape(one["frames"], one["n_q"]), other["codes"])


def test_webdataset(corpus, tokens_folder, tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
    out = tmp_path / "tokens"
    tokenize(corpus, out, "--n-q", "4", "--part-seconds", "1", "--format", "webdataset", code=3)
    data = webdataset.WebDataset(rows.shards_of(str(out)), shardshuffle=False).decode()
    for one, other in pairs(data, rows.rows(str(tokens_folder))):
        np.testing.assert_array_equal(one["npy"], other["codes"])
        assert one["json"]["id"] == other["id"]


def errors_of(out):
    with open(out / "errors.parquet", "rb") as file:
        return {error["id"]: error["error"] for error in pq.read_table(file).to_pylist()}


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are no UTF-8")
def test_names_that_are_not_utf8(tmp_path, model):
    """The clip is there, with %E9 for such a byte in its id; and goes on existing for verify, decode and a second run."""
    source = tmp_path / os.fsdecode(b"caf\xe9")
    wanted = sound(source / os.fsdecode(b"na\xefve/\xe9t\xe9.wav"))
    sound(source / "plain.wav", start=4000)
    (source / os.fsdecode(b"br\xf6ken.wav")).write_bytes(b"no sound")
    out = tmp_path / os.fsdecode(b"\xe4us")
    for code in (3, 3):
        tokenize(source, out, "--n-q", "2", code=code)
    met = {row["id"]: row for row in rows.rows(str(out))}
    assert set(met) == {"na%EFve/%E9t%E9.wav", "plain.wav"} and met["plain.wav"]["source"] == "caf%E9"
    np.testing.assert_array_equal(met["na%EFve/%E9t%E9.wav"]["codes"], model.encode(wanted, 16000, n_q=2))
    assert set(errors_of(out)) == {"br%F6ken.wav"}
    assert main(["verify", str(out)]) == 0
    assert main(["decode", str(out), str(tmp_path / "sound"), "--id", "na%EFve/%E9t%E9.wav"]) == 0
    assert (tmp_path / "sound/caf%E9/na%EFve/%E9t%E9.wav.wav").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are no UTF-8")
def test_names_that_are_not_utf8_in_processes_and_tars(tmp_path):
    name = os.fsdecode(b"\xe9t\xe9.wav")
    sound(tmp_path / "in" / name)
    with tarfile.open(tmp_path / "in.tar", "w") as archive:
        archive.add(tmp_path / "in" / name, name)
        facts = b'{"speaker": "a\\ud800", "text": "\\udcff"}'
        member = tarfile.TarInfo(os.fsdecode(b"\xe9t\xe9.json"))
        member.size = len(facts)
        archive.addfile(member, io.BytesIO(facts))
    out = tmp_path / "out"
    assert main([*map(str, (tmp_path / "in", tmp_path / "in.tar", out)), "--n-q", "1", "--quiet", "--runner", "processes"]) == 0
    one, other = rows.rows(str(out))
    assert (one["id"], other["id"]) == ("%E9t%E9.wav", "in.tar/%E9t%E9.wav")
    assert (other["speaker"], other["text"]) == ("a\ufffd", "%FF") and one["sha256"] == other["sha256"]


def test_two_names_that_are_one_id(tmp_path):
    for name in (b"a\xff.wav", b"a%FF.wav"):
        sound(tmp_path / "in" / os.fsdecode(name))
    tokenize(tmp_path / "in", tmp_path / "out", "--n-q", "1", code=3)
    assert [row["id"] for row in rows.rows(str(tmp_path / "out"))] == ["a%FF.wav"]
    assert "another file has this id" in errors_of(tmp_path / "out")["a%FF.wav"]


def test_nemo_means_the_start_of_the_file(tmp_path, model):
    """A duration without an offset; one that is rounded may end a little behind the file."""
    samples = sound(tmp_path / "long.wav", 2)
    lines = [
        {"audio_filepath": "long.wav", "duration": 0.75, "text": "one"},
        {"audio_filepath": "long.wav", "duration": 2.04, "text": "all"},
        {"audio_filepath": "long.wav", "duration": 2.06, "text": "too long"},
        {"audio_filepath": "long.wav", "text": "whole"},
    ]
    (tmp_path / "nemo.json").write_text("\n".join(map(json.dumps, lines)))
    tokenize(tmp_path / "nemo.json", tmp_path / "out", "--n-q", "2", code=3)
    met = {row["text"]: row for row in rows.rows(str(tmp_path / "out"))}
    for text, count in (("one", 12000), ("all", 32000), ("whole", 32000)):
        assert met[text]["num_samples"] == count
        np.testing.assert_array_equal(met[text]["codes"], model.encode(samples[:count], 16000, n_q=2))
    assert met["one"]["id"] == "long.wav#t=0,0.75" and met["whole"]["id"] == "long.wav"
    assert "ends before" in errors_of(tmp_path / "out")["long.wav#t=0,2.06"]


def test_a_wrong_line_is_a_clip_that_failed(tmp_path, capsys):
    sound(tmp_path / "a.wav")
    path = tmp_path / "list.jsonl"
    path.write_bytes(b'{"path": "a.wav"}\n{"path": \n\xff\xfe\n\n{"path": "b.wav"}\n{"path": "a.wav"}\n' + b"[" * 100000 + b"\n")
    tokenize(path, tmp_path / "out", "--n-q", "1", code=3)
    assert [row["id"] for row in rows.rows(str(tmp_path / "out"))] == ["a.wav"]
    errors = errors_of(tmp_path / "out")
    assert set(errors) == {"b.wav", "line 2", "line 3", "line 6", "line 7"}
    for name, why in (("line 2", "not valid JSON"), ("line 3", "not UTF-8"), ("line 6", "same clip as in line 1"), ("line 7", "JSON")):
        assert errors[name].startswith(f"{path}: {name}: ") and why in errors[name]
    tokenize(path, tmp_path / "few", "--n-q", "1", "--max-errors", "4", code=1)
    assert "line 2" in capsys.readouterr().err
    tokenize(path, tmp_path / "few", "--n-q", "1", "--max-errors", "5", code=3)


@pytest.mark.parametrize("name, cut", [("list.jsonl.gz", gzip.compress), ("list.jsonl.xz", lzma.compress), ("list.jsonl.bz2", bz2.compress)])
def test_a_list_that_is_cut_off_is_refused(tmp_path, name, cut, capsys):
    """Nobody can say how many clips it has lost."""
    lines = "".join(json.dumps({"path": f"{i * 7919 % 1000:04}.wav"}) + "\n" for i in range(2000)).encode()
    (tmp_path / name).write_bytes(cut(lines)[:-30])
    tokenize(tmp_path / name, tmp_path / "out", "--n-q", "1", code=1)
    assert re.search(r"list.jsonl.*: line \d+: cannot be read", capsys.readouterr().err)


def test_wrong_lines_of_common_voice_and_broken_parquet(tmp_path):
    sound(tmp_path / "cv/clips/one.mp3")
    (tmp_path / "cv/train.tsv").write_text("client_id\tpath\tsentence\nabc\nabc\tone.mp3\tYes.\n")
    tokenize(tmp_path / "cv", tmp_path / "out", "--n-q", "1", code=3)
    assert list(errors_of(tmp_path / "out")) == ["train.tsv, line 2"]
    (tmp_path / "rows").mkdir()
    sound(tmp_path / "a.wav")
    pq.write_table(pa.table({"bytes": [(tmp_path / "a.wav").read_bytes()]}), tmp_path / "rows/good.parquet")
    (tmp_path / "rows/bad.parquet").write_bytes(b"PAR1 no rows")
    tokenize(tmp_path / "rows", tmp_path / "out2", "--n-q", "1", code=3)
    assert list(errors_of(tmp_path / "out2")) == ["bad.parquet"]
    assert [row["id"] for row in rows.rows(str(tmp_path / "out2"))] == ["good.parquet/0"]


@pytest.mark.parametrize("size, shards", [("100", 2), ("1M", 1)])
def test_the_end_of_a_job_shows_progress_too(corpus, tmp_path, capsys, size, shards):
    options = ["--n-q", "4", "--part-seconds", "1", "--shard-size", size, "--runner", "here"]
    assert main([str(corpus), str(tmp_path / "out"), *options]) == 3
    told = capsys.readouterr().err.splitlines()
    count = len(rows.shards_of(str(tmp_path / "out")))
    assert count >= shards and (count == 1) == (shards == 1)
    (parts,) = (int(match[1]) for match in (re.fullmatch(r"quaver-tokenize: (\d+) parts", line) for line in told) if match)
    assert f"quaver-tokenize: writing {count} shard{'s' * (count > 1)}" in told
    assert f"quaver-tokenize: {parts}/{parts} parts in shards, 0:00:00 left" in told
    assert told.index("quaver-tokenize: writing the page") > told.index(f"quaver-tokenize: {parts}/{parts} parts in shards, 0:00:00 left")


def test_the_page_decodes_only_what_it_plays(tmp_path, model, monkeypatch):
    """The beginning of a long clip, which has the same samples."""
    folder = tmp_path / "in"
    clip = np.concatenate([soundfile.read(path, dtype="int16")[0] for path in SAMPLES])[: 16000 * 14 - 123]
    folder.mkdir()
    soundfile.write(folder / "long.wav", clip, 16000)
    decoded = []
    decode = quaver.Model.decode
    monkeypatch.setattr(quaver.Model, "decode", lambda self, codes, **more: decoded.append(codes) or decode(self, codes, **more))
    tokenize(folder, tmp_path / "out", "--n-q", "2")
    (codes,) = decoded
    assert len(codes) == 401
    (row,) = rows.rows(str(tmp_path / "out"))
    from quaver.tokenize._verify import sound_of

    whole = sound_of(row, model)
    assert len(whole) == len(clip)
    for seconds in (0.5, 1.23, 8, 13.99):
        np.testing.assert_array_equal(sound_of(row, model, seconds), whole[: int(seconds * 16000)])

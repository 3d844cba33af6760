"""A file is what its bytes say, whatever it is called; a picture's size is read without opening it."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain import file_kinds
from ivy.domain.file_kinds import kinds_of, named, size_of
from ivy.emulators import sample_files


def office(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (sample_files.jpeg(), "image/jpeg"),
        (sample_files.png(), "image/png"),
        (sample_files.webp(), "image/webp"),
        (b"GIF89a\x01\x00\x01\x00", "image/gif"),
        (sample_files.ogg_opus(), "audio/ogg"),
        (b"OggS\0\2" + bytes(22) + b"\x01vorbis", "application/ogg"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + bytes(100), "audio/mpeg"),
        (b"\xff\xf1\x50\x80" + bytes(100), "audio/aac"),
        (b"#!AMR\n" + bytes(10), "audio/amr"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4"),
        (b"\0\0\0\x18ftyp3gp5\0\0\0\0", "video/3gpp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heif"),
        (sample_files.pdf(), "application/pdf"),
        (office("[Content_Types].xml", "word/document.xml"), file_kinds.DOCX),
        (office("[Content_Types].xml", "xl/workbook.xml"), file_kinds.XLSX),
        (office("[Content_Types].xml", "ppt/presentation.xml"), file_kinds.PPTX),
        (office("AndroidManifest.xml", "classes.dex"), "application/zip"),
        (b"Lista de la compra: leche, pan\n", "text/plain"),
        ("\ufeffnotas".encode(), "text/plain"),
        ("notas".encode("utf-16"), "text/plain"),
        (b"  <!DOCTYPE html><html>", "text/html"),
    ],
)
def test_a_kind_is_known_by_its_bytes(content: bytes, kind: str) -> None:
    assert kinds_of(content[: file_kinds.HEAD])[0] == kind


@pytest.mark.parametrize(
    "content", [b"", b"MZ\x90\0", b"\x7fELF\x02\x01", b"\0" * 100, b"\xff\xe0\0\0", b"RIFF\0\0\0\0AVI "]
)
def test_what_nobody_knows_is_nothing(content: bytes) -> None:
    assert kinds_of(content) == ()


def test_names_lose_their_parameters_and_aliases() -> None:
    assert named("audio/ogg; codecs=opus") == "audio/ogg"
    assert named(" IMAGE/JPG ") == "image/jpeg"
    assert named("application/octet-stream") == named("") == ""


@given(width=st.integers(1, 500), height=st.integers(1, 500))
@settings(max_examples=30, deadline=None)
def test_a_pictures_size_is_read_from_its_head(width: int, height: int) -> None:
    assert size_of(sample_files.jpeg(width, height)) == (width, height)
    assert size_of(sample_files.webp(width, height)) == (width, height)
    assert size_of(sample_files.png(width, height)[:33]) == (width, height)


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=60).map(lambda rest: b"\xff\xd8\xff" + rest)))
@settings(max_examples=150, deadline=None)
def test_no_bytes_are_too_odd(content: bytes) -> None:
    kinds_of(content)
    found = size_of(content)
    assert found is None or min(found) > 0


@given(
    st.sampled_from([sample_files.jpeg(), sample_files.png(), sample_files.webp(), sample_files.ogg_opus(1)]), st.data()
)
@settings(max_examples=60, deadline=None)
def test_a_file_cut_short_is_the_same_kind_or_none(content: bytes, data: st.DataObject) -> None:
    cut = content[: data.draw(st.integers(0, len(content)))]
    assert set(kinds_of(cut)) <= {*kinds_of(content), "application/ogg", "text/plain", "text/csv"}
    assert size_of(cut) in (None, size_of(content))

# SPDX-License-Identifier: Apache-2.0
"""``check`` from the command line: findings with their exit code, pictures, a clean copy."""

import subprocess
import zipfile

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image

KEYS = {
    "code", "severity", "message", "next_step", "clause", "provenance", "page", "box_mm", "detail",
}  # fmt: skip
RED, ORANGE = (196, 0, 26), (200, 98, 0)


@pytest.fixture
def desk(clerk, sample_pdf):
    (clerk.home / "mau.pdf").write_bytes(sample_pdf.read_bytes())
    with Pdf.open(sample_pdf) as pdf:
        pdf.docinfo["/Author"] = "Canary"
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("Canary"))
        page = pdf.pages[1].obj
        note = Dictionary(
            Subtype=Name.Text, Rect=Array([200, 400, 220, 420]), Contents=String("Canary")
        )
        page.Annots = Array([note])
        cover = pdf.make_stream(b"q 0 g 80 600 300 60 re f Q")
        page.Contents = Array([page.Contents, cover])
        pdf.save(clerk.home / "dau.pdf", fix_metadata_version=False)
    return clerk


def codes(findings):
    return [one["code"] for one in findings]


def test_findings_have_stable_keys_and_stop_a_script(desk):
    ran = desk.json("check", "dau.pdf", "--level", "mat")
    assert ran.code == 3
    told = ran.json
    assert told["verdict"] == "faulty"
    assert all(set(one) == KEYS for one in told["findings"])
    found = codes(told["findings"])
    assert {"hidden.scripts", "hidden.text_covered", "hidden.comments", "hidden.metadata"} <= set(
        found
    )
    weights = [one["severity"] for one in told["findings"]]
    assert weights == sorted(weights, key=["fault", "warning", "note"].index)
    note = told["findings"][found.index("hidden.comments")]
    assert note["page"] == 2
    assert note["box_mm"][2:] == pytest.approx([20 / 72 * 25.4] * 2, abs=0.1)
    assert "Canary" not in ran.out
    assert told["certificates"] == []
    assert told["codes"] is None
    assert (told["pictures"], told["cleaned"]) == ([], None)


def test_text_is_grouped_by_weight_and_says_how_to_mend(desk):
    ran = desk.run("check", "dau.pdf", lang="vi")
    assert ran.code == 3
    fault, warning = ran.out.index("LỖI ("), ran.out.index("CẢNH BÁO (")
    assert fault < ran.out.index("[hidden.scripts]") < warning < ran.out.index("[hidden.metadata]")
    assert "Trang 2: " in ran.out
    assert "→ " in ran.out
    assert "Kết luận: có lỗi" in ran.out
    assert "Canary" not in ran.out + ran.err


def test_a_marked_document_is_measured(desk):
    assert desk.json("stamp", "mau.pdf", "--level", "toi-mat", "-o", "m.pdf").code == 0
    told = desk.json("check", "m.pdf", "--level", "toi-mat").json
    assert "finding.level_missing" not in codes(told["findings"])
    (mark,) = [one for one in told["certificates"] if one["stamp"] == "toi-mat"]
    assert mark["page"] == 1
    sizes = {one["part"]: one for one in mark["measures"]}
    assert sizes["width"]["measured"] == pytest.approx(30.0, abs=0.1)
    assert all("holds" in one for one in mark["measures"])


def test_pictures_of_each_page_with_a_finding(desk):
    ran = desk.json("check", "dau.pdf", "--picture", "soat.png")
    assert ran.json["pictures"][:2] == ["soat.png", "soat-p2.png"]
    first, second = (desk.home / name for name in ran.json["pictures"][:2])
    assert {path.stat().st_mode & 0o777 for path in (first, second)} == {0o600}
    with Image.open(second) as image:
        assert image.info["dpi"] == pytest.approx((150, 150), abs=1)
        assert image.width == pytest.approx(210 / 25.4 * 150, abs=2)
        shown = image.convert("RGB")
        at = tuple(int(one / 72 * 150) for one in (80 + 20, 842 - 660 + 30))
        assert shown.getpixel(at) == (0, 0, 0)
        assert {RED, ORANGE} <= {colour for _, colour in shown.getcolors(1 << 24)}


def test_a_clean_copy_has_nothing_of_it_and_looks_the_same(desk):
    source = (desk.home / "dau.pdf").read_bytes()
    ran = desk.json("check", "dau.pdf", "--clean", "sach.pdf")
    assert ran.code == 3  # the verdict is on the document as it was given
    cleaned = ran.json["cleaned"]
    assert {"hidden.scripts", "hidden.comments", "hidden.metadata"} <= set(
        codes(cleaned["removed"])
    )
    covered = [one for one in ran.json["findings"] if one["code"] == "hidden.text_covered"]
    # Letters that stick out by a hair beside the box stay where they are.
    assert sum(one["detail"]["characters"] for one in covered) > 50
    assert set(codes(cleaned["kept"])) <= {"hidden.text_covered"}
    assert sum(one["detail"]["characters"] for one in cleaned["kept"]) < 6
    assert (desk.home / "dau.pdf").read_bytes() == source
    target = desk.home / "sach.pdf"
    assert target.stat().st_mode & 0o777 == 0o600
    with Pdf.open(target) as pdf:
        assert not any(b"Canary" in one.unparse(resolved=True) for one in pdf.objects)
    shown = []
    for name in ("dau.pdf", "sach.pdf"):
        done = subprocess.run(["pdftoppm", "-r", "60", desk.home / name], capture_output=True)
        shown.append(done.stdout)
    assert len(shown[0]) == len(shown[1]) > 1_000_000
    unlike = sum(a != b for a, b in zip(*shown, strict=True))
    assert unlike < 300  # a hair of a letter, not a word


def test_a_picture_in_the_way_keeps_all_of_them_from_being_written(desk):
    (desk.home / "soat-p2.png").write_bytes(b"mine")
    ran = desk.json("check", "dau.pdf", "--picture", "soat.png", "--clean", "sach.pdf")
    assert (ran.code, ran.error["code"]) == (3, "output.exists")
    assert not (desk.home / "soat.png").exists()
    assert not (desk.home / "sach.pdf").exists()
    assert (desk.home / "soat-p2.png").read_bytes() == b"mine"


def test_outputs_never_take_the_place_of_the_document(desk):
    before = desk.files()
    for order, code in (
        (("--clean", "dau.pdf", "--overwrite"), "output.is_source"),
        (("--picture", "./dau.pdf"), "output.is_source"),
        (("--clean", "x.docx"), "output.other_kind"),
        (("--clean", "a.pdf", "--picture", "a.pdf"), "input.same_output"),
        (("--clean", ""), "input.empty"),
        (("--level", "bi-mat"), "input.level_near"),
        (("--password-file", "none"), "input.password_file"),
    ):
        ran = desk.json("check", "dau.pdf", *order)
        assert ran.error["code"] == code
        assert ran.code in {2, 3}
    assert desk.files() == before


def test_what_cannot_be_read_is_refused_and_what_cannot_be_looked_at_is_a_finding(desk):
    (desk.home / "x.pdf").write_bytes(b"hello")
    assert desk.json("check", "x.pdf").error["code"] == "document.not_a_document"
    assert desk.json("check", "none.pdf").error["code"] == "document.unreadable"
    with Pdf.open(desk.home / "mau.pdf") as pdf:
        value = Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3]), Contents=String("x"))
        one = pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("s"), V=pdf.make_indirect(value)))
        pdf.Root.AcroForm = Dictionary(Fields=Array([one]))
        pdf.save(desk.home / "ky.pdf", object_stream_mode=pikepdf.ObjectStreamMode.disable)
    ran = desk.json("check", "ky.pdf", "--picture", "ky.png")
    assert ran.code == 3
    assert "hidden.signature" in codes(ran.json["findings"])
    assert (desk.home / "ky.png").exists()


def test_an_encrypted_document_is_checked_with_its_password(desk):
    with Pdf.open(desk.home / "dau.pdf") as pdf:
        locked = pikepdf.Encryption(owner="chu", user="doc")
        pdf.save(desk.home / "khoa.pdf", encryption=locked, fix_metadata_version=False)
    assert desk.json("check", "khoa.pdf").error["code"] == "document.encrypted"
    (desk.home / "mk.txt").write_text("chu\n")
    ran = desk.json("check", "khoa.pdf", "--password-file", "mk.txt")
    assert {"hidden.encrypted", "hidden.scripts"} <= set(codes(ran.json["findings"]))
    assert "chu" not in ran.out + ran.err


def test_page_codes_are_held_against_the_register(desk):
    desk.json("register", "init", "--rehearsal")
    ran = desk.json(
        "stamp", "mau.pdf", "--level", "toi-mat", "--number-sign", "12/KH-SM", "--copies", "1",
        "-o", "ra",
    )  # fmt: skip
    copy = ran.json["outputs"][0]["path"]
    told = desk.json("check", copy).json
    assert {one["trace"] for one in told["codes"]} == {"consistent"}
    assert len(told["codes"]) == told["pages"]


def test_pages_that_cannot_be_searched_for_codes_keep_their_other_findings(desk):
    desk.json("register", "init", "--rehearsal")
    with Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(14_000, 14_000))
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("Canary"))
        pdf.save(desk.home / "to.pdf")
    told = desk.json("check", "to.pdf").json
    assert "hidden.scripts" in codes(told["findings"])
    assert told["codes"] is None


def test_a_word_document_is_checked_by_its_paper_and_its_parts(clerk, sample_docx):
    with zipfile.ZipFile(sample_docx) as plain, zipfile.ZipFile(clerk.home / "a.docx", "w") as out:
        for name in plain.namelist():
            data = plain.read(name)
            if name == "word/document.xml":
                hidden = b"<w:r><w:rPr><w:vanish/></w:rPr><w:t>Canary</w:t></w:r>"
                at = data.index(b"</w:p>")
                data = data[:at] + hidden + data[at:]
            out.writestr(name, data)
    ran = clerk.json("check", "a.docx", "--picture", "a.png")
    assert ran.code == 3
    found = codes(ran.json["findings"])
    assert {"finding.level_missing", "hidden.text_hidden", "hidden.metadata"} <= set(found)
    assert (clerk.home / "a.png").exists()
    assert "Canary" not in ran.out + ran.err

# SPDX-License-Identifier: Apache-2.0
"""Bad input through the command line: code, exit code, next step; nothing written or spent."""

import zipfile
from zipfile import ZIP_DEFLATED

import pikepdf
import pytest
from pikepdf import Dictionary, Encryption, Name, Permissions, String

A4 = (595.28, 841.89)


def blank(pages=1):
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=A4)
    return pdf


def encrypted(path):
    blank().save(path, encryption=Encryption(user="u", owner="o"))


def owner_locked(path):
    locked = Permissions(modify_other=False, print_highres=False)
    blank().save(path, encryption=Encryption(user="", owner="o", allow=locked))


def signed(path):
    pdf = blank()
    signature = pdf.make_indirect(
        Dictionary(Type=Name.Sig, Filter=Name.Adobe_PPKLite, Contents=String("x" * 64),
                   ByteRange=pikepdf.Array([0, 10, 20, 10]))
    )  # fmt: skip
    field = pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("Sig1"), V=signature))
    pdf.Root.AcroForm = Dictionary(Fields=pikepdf.Array([field]), SigFlags=3)
    pdf.save(path)


def xfa(path):
    pdf = blank()
    pdf.Root.AcroForm = Dictionary(Fields=pikepdf.Array([]), XFA=pdf.make_stream(b"<xdp/>"))
    pdf.save(path)


def no_pages(path):
    pikepdf.new().save(path)


def too_many_pages(path):
    blank(2001).save(path)


def too_large(path):
    path.write_bytes(b"%PDF-1.7\n")
    with path.open("r+b") as file:
        file.truncate(501 << 20)


def damaged(path):
    path.write_bytes(b"%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n")


def plain_text(path):
    path.write_text("chỉ là chữ")


def empty(path):
    path.touch()


def old_word(path):
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2048))


def zip_of(**members):
    def make(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)

    return make


def other_zip(path):
    zip_of(a_xml="<a/>")(path)


CASES = [
    ("khoa.pdf", encrypted, "document.encrypted"),
    ("khoa-quyen.pdf", owner_locked, "document.encrypted"),
    ("ky-so.pdf", signed, "document.signed"),
    ("xfa.pdf", xfa, "document.xfa"),
    ("khong-trang.pdf", no_pages, "document.no_pages"),
    ("nhieu-trang.pdf", too_many_pages, "document.too_many_pages"),
    ("qua-lon.pdf", too_large, "document.too_large"),
    ("hong.pdf", damaged, "document.damaged"),
    ("chu.pdf", plain_text, "document.not_a_document"),
    ("rong.pdf", empty, "document.empty"),
    ("word-cu.docx", old_word, None),
    ("zip.docx", other_zip, None),
]


@pytest.mark.parametrize(("name", "make", "code"), CASES, ids=[case[0] for case in CASES])
def test_a_bad_document_is_refused_by_name(clerk, name, make, code):
    make(clerk.home / name)
    before = clerk.files()
    ran = clerk.json("stamp", name, "--level", "toi-mat")
    assert ran.code == 3
    if code is not None:
        assert ran.error["code"] == code
    assert ran.error["code"].startswith("document.") or ran.error["code"].startswith("docx.")
    assert ran.error["message"]
    assert ran.error["next_step"]
    assert name.split(".")[0] not in str(ran.error["detail"])
    assert clerk.files() == before


def changed(sample, path, change, **more):
    """The sample with its members passed through ``change`` and some added."""
    with zipfile.ZipFile(sample) as source, zipfile.ZipFile(path, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
        for name, data in more.items():
            target.writestr(name.replace("__", "/").replace("_bin", ".bin"), data)


def macros(sample, path):
    def change(name, data):
        if name == "[Content_Types].xml":
            return data.replace(
                b"officedocument.wordprocessingml.document.main+xml",
                b"ms-word.document.macroEnabled.main+xml",
            ).replace(b"vnd.openxmlformats-ms-word", b"vnd.ms-word")
        return data

    changed(sample, path, change, word__vbaProject_bin=b"macro")


def zip_bomb(sample, path):
    def change(name, data):
        return bytes(300 << 20) if name == "word/styles.xml" else data

    changed(sample, path, change)


def entity_bomb(sample, path):
    levels = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' if n else '<!ENTITY a0 "ha">' for n in range(12)
    )

    def change(name, data):
        if name != "word/document.xml":
            return data
        head, _, body = data.partition(b"?>")
        return head + b"?><!DOCTYPE w [" + levels.encode() + b"]>" + body

    changed(sample, path, change)


WORD_CASES = [
    (macros, "docx.macros"),
    (zip_bomb, "docx.zip_bomb"),
    (entity_bomb, "docx.xml_entities"),
]


@pytest.mark.parametrize(("make", "code"), WORD_CASES, ids=[code for _, code in WORD_CASES])
def test_a_bad_word_document_is_refused_by_name(clerk, sample_docx, make, code):
    make(sample_docx, clerk.home / "a.docx")
    before = clerk.files()
    ran = clerk.json("stamp", "a.docx", "--level", "toi-mat")
    assert (ran.code, ran.error["code"]) == (3, code)
    assert ran.error["next_step"]
    assert clerk.files() == before


def test_a_missing_file_is_refused(clerk):
    ran = clerk.json("stamp", "khong-co.pdf", "--level", "mat")
    assert (ran.code, ran.error["code"]) == (3, "document.unreadable")


def test_an_existing_output_is_refused_before_any_work(clerk):
    blank().save(clerk.home / "a.pdf")
    (clerk.home / "b.pdf").write_bytes(b"old")
    ran = clerk.json("stamp", "a.pdf", "--level", "mat", "-o", "b.pdf")
    assert (ran.code, ran.error["code"]) == (3, "output.exists")
    assert (clerk.home / "b.pdf").read_bytes() == b"old"


def test_a_path_that_cannot_be_written_is_refused(clerk):
    blank().save(clerk.home / "a.pdf")
    ran = clerk.json("stamp", "a.pdf", "--level", "mat", "-o", "none/b.pdf")
    assert (ran.code, ran.error["code"]) == (3, "output.unwritable")


@pytest.mark.parametrize("typed", ["toimat", "TOI MAT", "Tối mật", "toi_mat"])
def test_a_mistyped_level_is_suggested(clerk, typed):
    blank().save(clerk.home / "a.pdf")
    ran = clerk.json("stamp", "a.pdf", "--level", typed)
    assert (ran.code, ran.error["code"]) == (2, "input.level_near")
    assert ran.error["detail"] == {"suggestion": "toi-mat"}


def test_a_date_before_the_packs_is_a_refusal_of_the_rules(clerk):
    blank().save(clerk.home / "a.pdf")
    ran = clerk.json("stamp", "a.pdf", "--level", "mat", "--date", "2019-01-01")
    assert (ran.code, ran.error["code"]) == (4, "rules.no_pack")


@pytest.mark.parametrize("value", ["Nguyễn\nAn", "Nguyễn\x07An", "An\u202e"])
def test_names_with_control_characters_are_refused(clerk, value):
    blank().save(clerk.home / "a.pdf")
    ran = clerk.json("stamp", "a.pdf", "--level", "mat", "--drafter", value)
    assert (ran.code, ran.error["code"]) == (2, "input.control_character")


def test_wrong_words_are_explained_in_the_clerks_language(clerk):
    assert clerk.run("stamp", "a.pdf", "--lvl", lang="vi").err.startswith("Lệnh gõ chưa đúng")
    assert clerk.run("stamp", "a.pdf").code == 2
    assert clerk.json("stamp", "a.pdf", "--level", "mat", "--date", "hôm nay").code == 2
    assert clerk.run("no-such-command").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["--copies", "3"],
        ["--copies", "3", "--to", "nn.csv", "--number-sign", "1/BC"],
        ["--copies", "0", "--number-sign", "1/BC"],
        ["--number-sign", "1/BC"],
        ["--title", "Kế hoạch"],
        ["--approved-on", "2026-11-05"],
        ["--at", ""],
    ],
)
def test_options_that_do_not_go_together_are_refused(clerk, words):
    blank().save(clerk.home / "a.pdf")
    before = clerk.files()
    assert clerk.json("stamp", "a.pdf", "--level", "mat", *words).code == 2
    assert clerk.files() == before


def test_numbered_copies_need_a_register(clerk):
    blank().save(clerk.home / "a.pdf")
    ran = clerk.json("stamp", "a.pdf", "--level", "mat", "--copies", "2", "--number-sign", "1/BC")
    assert (ran.code, ran.error["code"]) == (9, "register.not_found")


def test_a_refused_document_leaves_the_register_as_it_was(clerk):
    assert clerk.json("register", "init", "--rehearsal").code == 0
    signed(clerk.home / "ky-so.pdf")
    before = clerk.json("register", "verify").json["events"]
    ran = clerk.json(
        "stamp", "ky-so.pdf", "--level", "mat", "--copies", "2", "--number-sign", "1/BC"
    )
    assert ran.error["code"] == "document.signed"
    assert clerk.json("register", "verify").json["events"] == before
    assert clerk.json("register", "list").json == {"documents": []}

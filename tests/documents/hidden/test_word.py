# SPDX-License-Identifier: Apache-2.0
"""What a DOCX carries that its pages do not show is found by name, and goes from a clean copy."""

import zipfile

import pytest

from bmnn_mark.documents.hidden.clean_docx import clean_docx
from bmnn_mark.documents.hidden.docx import find_in_docx
from bmnn_mark.documents.hidden.model import CleanTask
from bmnn_mark.documents.hidden.opening import loose_package
from bmnn_mark.documents.hidden.pruning import RISKY_STEPS, prune
from bmnn_mark.documents.word.opening import OpenedDocx, open_docx
from bmnn_mark.documents.word.ours import own_marks
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.worker import ignore_progress

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
SIGNATURE = "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"
STORY = f'xmlns:w="{W}"'


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


class Document:
    """An ordinary DOCX, to which parts and words can be added."""

    def __init__(self, plain):
        with zipfile.ZipFile(plain) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}

    def edit(self, name, old, new):
        assert old.encode() in self.parts[name], old
        self.parts[name] = self.parts[name].replace(old.encode(), new.encode(), 1)

    def body(self, xml):
        main = self.parts["word/document.xml"].decode()
        at = main.index("<w:p>") if "<w:p>" in main else main.index("<w:p ")
        self.parts["word/document.xml"] = (main[:at] + xml + main[at:]).encode()

    def relate(self, kind, target, *, external=False, key="rIdX1", source="document"):
        rels = f"word/_rels/{source}.xml.rels"
        mode = ' TargetMode="External"' if external else ""
        one = f'<Relationship Id="{key}" Type="{kind}" Target="{target}"{mode}/></Relationships>'
        self.edit(rels, "</Relationships>", one)

    def part(self, name, content, kind):
        self.parts[name] = content.encode() if isinstance(content, str) else content
        one = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'
        self.edit("[Content_Types].xml", "</Types>", one)

    def save(self, path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.parts.items():
                archive.writestr(name, data)
        return path


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    """A DOCX of one page without names, traces or pictures of itself."""
    import docx

    path = tmp_path_factory.mktemp("plain") / "plain.docx"
    one = docx.Document()
    one.core_properties.author = one.core_properties.comments = ""
    one.add_paragraph("Visible words")
    one.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    rels = parts["_rels/.rels"].decode()
    for piece in rels.split("<Relationship ")[1:]:
        if "thumbnail" in piece:
            rels = rels.replace("<Relationship " + piece.split("/>")[0] + "/>", "")
    parts["_rels/.rels"] = rels.encode()
    parts.pop("docProps/thumbnail.jpeg")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def document(plain):
    return Document(plain)


@pytest.fixture
def find(tmp_path):
    def find(document):
        path = document.save(tmp_path / "one.docx")
        found = find_in_docx(path, DEFAULT_LIMITS)
        return {one.code.removeprefix("hidden."): one.detail.get("count", 1) for one in found}

    return find


#: What the library's own template has.
BARE = {"edit_traces", "custom_data"}


def comments(one):
    words = f'<w:comment w:id="1" w:author="Canary"><w:p>{run("Canary")}</w:p></w:comment>'
    xml = f"<w:comments {STORY}>{words}</w:comments>"
    one.part("word/comments.xml", xml, WORD + "comments+xml")
    one.relate(KIND + "comments", "comments.xml", key="rIdC")
    one.body(
        f'<w:p><w:commentRangeStart w:id="1"/>{run("Marked")}<w:commentRangeEnd w:id="1"/>'
        '<w:r><w:commentReference w:id="1"/></w:r></w:p>'
    )


def people(one):
    kind = "http://schemas.microsoft.com/office/2011/relationships/people"
    name = "http://schemas.microsoft.com/office/word/2012/wordml"
    xml = f'<p:people xmlns:p="{name}"><p:person p:author="Canary"/></p:people>'
    one.part("word/people.xml", xml, WORD + "people+xml")
    one.relate(kind, "people.xml", key="rIdP")


def changes(one):
    one.body(
        '<w:p><w:del w:id="9" w:author="Canary"><w:r><w:delText>Canary</w:delText></w:r>'
        "</w:del></w:p>"
    )


def author(one):
    one.edit(
        "docProps/core.xml",
        "</cp:coreProperties>",
        "<cp:lastModifiedBy>Canary</cp:lastModifiedBy></cp:coreProperties>",
    )


def hyperlink(one):
    one.relate(KIND + "hyperlink", "https://canary/Canary", external=True, key="rIdH")
    r = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    one.body(
        f'<w:p><w:hyperlink xmlns:r="{r}" r:id="rIdH" w:tooltip="Canary">{run("link")}'
        "</w:hyperlink></w:p>"
    )


def link_field(one):
    one.body(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK '
        '"https://canary/Canary"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/>'
        f'</w:r>{run("field")}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )


def variables(one):
    one.edit(
        "word/settings.xml",
        "</w:settings>",
        '<w:docVars><w:docVar w:name="Canary" w:val="Canary"/></w:docVars></w:settings>',
    )


def mail_merge(one):
    one.edit(
        "word/settings.xml",
        "</w:settings>",
        '<w:mailMerge><w:query w:val="Canary"/></w:mailMerge></w:settings>',
    )


def template(one):
    one.parts.setdefault(
        "word/_rels/settings.xml.rels",
        (
            b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            b"</Relationships>"
        ),
    )
    one.relate(
        KIND + "attachedTemplate",
        "file:///C:/Users/Canary/x.dotx",
        external=True,
        source="settings",
        key="rIdT",
    )
    r = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    one.edit(
        "word/settings.xml",
        "</w:settings>",
        f'<w:attachedTemplate xmlns:r="{r}" r:id="rIdT"/></w:settings>',
    )


def macros(one):
    one.part("word/vbaProject.bin", b"Canary", "application/vnd.ms-office.vbaProject")
    kind = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    one.relate(kind, "vbaProject.bin", key="rIdV")
    one.edit(
        "[Content_Types].xml",
        WORD + "document.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
    )


def data(one):
    one.part("customXml/item9.xml", "<a>Canary</a>", "application/xml")
    one.relate(KIND + "customXml", "../customXml/item9.xml", key="rIdD")


def unused(one):
    one.part("word/media/left.bin", b"Canary", "application/octet-stream")


def printer(one):
    one.part("word/printerSettings1.bin", b"Canary", WORD + "printerSettings")
    one.relate(KIND + "printerSettings", "printerSettings1.bin", key="rIdR")


def vanished(one):
    one.body(f"<w:p>{run('Seen ')}{run('Canary', '<w:vanish/>')}</w:p>")


def embedded(one):
    one.part(
        "word/embeddings/a.bin",
        b"Canary",
        "application/vnd.openxmlformats-officedocument.oleObject",
    )
    one.relate(KIND + "oleObject", "embeddings/a.bin", key="rIdO")


SAFE = {
    "comments": (comments, {"comments"}),
    "people": (people, {"people"}),
    "author": (author, {"metadata"}),
    "hyperlink": (hyperlink, {"links"}),
    "field": (link_field, {"links"}),
    "variables": (variables, {"variables"}),
    "merge": (mail_merge, {"mail_merge"}),
    "template": (template, {"template"}),
    "macros": (macros, {"macros"}),
    "data": (data, {"custom_data"}),
    "unused": (unused, {"unused_parts"}),
    "printer": (printer, {"printer_settings"}),
    "vanished": (vanished, {"text_hidden"}),
}


@pytest.mark.parametrize("way", SAFE)
def test_each_hiding_place_has_its_name(document, find, way):
    add, expected = SAFE[way]
    before = find(document)
    add(document)
    assert {code for code, count in find(document).items() if before.get(code) != count} == expected


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (run("Canary", '<w:color w:val="FFFFFF"/>'), "text_background"),
        (run("Canary", '<w:sz w:val="2"/>'), "text_background"),
        (run("Canary", "<w:vanish/>"), "text_hidden"),
        (run("Seen", '<w:vanish w:val="0"/>'), None),
        (run("Seen", '<w:color w:val="FF0000"/>'), None),
        (run("Seen", '<w:color w:val="FFFFFF"/><w:highlight w:val="black"/>'), None),
        (run("Seen", '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="000000"/>'), None),
        (run("   ", "<w:vanish/>"), None),
    ],
)
def test_text_that_paper_does_not_show(document, find, xml, code):
    document.body(f"<w:p>{xml}</w:p>")
    assert set(find(document)) - BARE == ({code} if code else set())


def test_a_style_hides_as_well(document, find):
    document.edit(
        "word/styles.xml",
        "</w:styles>",
        '<w:style w:type="character" w:styleId="Hid"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="Sub"><w:basedOn w:val="Hid"/></w:style>'
        "</w:styles>",
    )
    styled = run("Canary", '<w:rStyle w:val="Sub"/>')
    document.body(f"<w:p>{styled}</w:p>")
    assert set(find(document)) - BARE == {"text_hidden"}


def test_what_comes_from_outside_and_what_is_signed(document, find):
    document.relate(KIND + "image", "https://canary/a.png", external=True, key="rIdI")
    document.part("_xmlsignatures/sig1.xml", "<a/>", SIGNATURE)
    changes(document)
    embedded(document)
    found = find(document)
    assert set(found) >= {"external_content", "signature", "tracked_changes", "embedded"}


def everything(path):
    with zipfile.ZipFile(path) as archive:
        return b"\n".join(name.encode() + archive.read(name) for name in archive.namelist())


def clean(path, tmp_path):
    target = tmp_path / "clean.docx"
    work = tmp_path / "cleaning"
    work.mkdir()
    task = CleanTask(source=str(path), target=str(target), work=str(work))
    return clean_docx(task, ignore_progress), target


def test_no_byte_is_left_of_what_was_in_every_hiding_place(document, tmp_path):
    for add, _ in SAFE.values():
        add(document)
    path = document.save(tmp_path / "one.docx")
    assert b"Canary" in everything(path)
    result, target = clean(path, tmp_path)
    assert b"Canary" not in everything(target)
    assert b"canary" not in everything(target)
    gone = {one.code.removeprefix("hidden.") for one in result.removed}
    assert gone >= set().union(*(codes for _, codes in SAFE.values()))
    assert result.kept == ()
    assert result.pages == 1
    words = everything(target)
    assert all(word in words for word in (b"Visible words", b"Marked", b"link", b"field", b"Seen"))
    with zipfile.ZipFile(target) as archive:
        types = archive.read("[Content_Types].xml").decode()
        names = {f"/{name}" for name in archive.namelist()}
    assert {one.split('"')[0] for one in types.split('PartName="')[1:]} <= names
    opened = open_docx(target, DEFAULT_LIMITS)  # an ordinary document, without macros
    assert opened.notices == ()


def test_a_mark_of_ours_and_parts_without_hidden_matter_stay_as_they_are(document, tmp_path):
    wp = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    name = "bmnn-mark:level:mat:abc"
    document.body(
        f'<w:p><w:r><w:drawing><wp:anchor xmlns:wp="{wp}"><wp:extent cx="720000" cy="288000"/>'
        f'<wp:docPr id="9" name="{name}" descr="a pack"/></wp:anchor></w:drawing></w:r></w:p>'
    )
    comments(document)
    package, main = loose_package(document.save(tmp_path / "one.docx"), DEFAULT_LIMITS)
    before = {name: member.data() for name, member in package.members.items()}
    pruned = prune(package, main, RISKY_STEPS, DEFAULT_LIMITS)
    marks = own_marks(OpenedDocx(package=pruned, main=main, notices=()))
    assert [one.stamp for one in marks.marks] == ["mat"]
    kept = {name for name, member in pruned.members.items() if member.data() == before[name]}
    assert kept >= {"word/fontTable.xml", "word/theme/theme1.xml", "word/webSettings.xml"}


def test_what_a_person_has_to_decide_is_not_cleaned_away(document, tmp_path):
    changes(document)
    path = document.save(tmp_path / "one.docx")
    with pytest.raises(DocumentRefused, match="docx.tracked_changes"):
        clean(path, tmp_path)
    assert not (tmp_path / "clean.docx").exists()


def test_a_signed_document_is_not_cleaned(document, tmp_path):
    document.part("_xmlsignatures/sig1.xml", "<a/>", SIGNATURE)
    with pytest.raises(DocumentRefused, match="hidden.clean_signed"):
        clean(document.save(tmp_path / "one.docx"), tmp_path)

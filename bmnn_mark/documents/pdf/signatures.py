# SPDX-License-Identifier: Apache-2.0
"""Electronic signatures of a PDF (ISO 32000-1, 12.8): found, read, and taken out of a printout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pikepdf
from cryptography.hazmat.primitives import hashes
from pikepdf import Array, Dictionary, Name, Object, Pdf

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.pdf.cms import Verdict, certificate_name, check
from bmnn_mark.documents.signed import Signature, State, signature_notices
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.text import shown

_FIELD_NODES = 20_000
_SIGNATURES = 200
_CHUNK = 1 << 20
_NAME_CHARS = 100
_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d))?(?:(Z)|([+-]\d\d)'?(\d\d)?)?")
_DETACHED = frozenset({Name("/adbe.pkcs7.detached"), Name("/ETSI.CAdES.detached")})


_TOLD = {
    State.INTACT: "document.signature_intact",
    State.ADDED_TO: "document.signature_added_to",
    State.BROKEN: "document.signature_broken",
    State.UNKNOWN: "document.signature_unknown",
}


def is_signed(pdf: Pdf, path: Path) -> bool:
    """Whether anything in the file claims to sign it.

    Raises:
        DocumentRefused: ``document.too_deep``.
    """
    permissions = pdf.Root.get(Name.Perms)
    if isinstance(permissions, Dictionary) and "/DocMDP" in permissions:
        return True
    return bool(_dictionaries(pdf, path))


def read_signatures(pdf: Pdf, path: Path) -> tuple[Signature, ...]:
    """Every signature of a file, in the order of what they sign.

    Args:
        pdf: the parsed file.
        path: the file as it came, byte for byte.

    Raises:
        DocumentRefused: ``document.too_deep``.
    """
    found = sorted(_dictionaries(pdf, path), key=lambda one: _end(one) or 0)
    return tuple(_read(one, path) for one in found)


def told_signatures(pdf: Pdf, path: Path) -> tuple[Notice, ...]:
    """What the clerk is told of each signature; arguments as of :func:`read_signatures`."""
    return signature_notices(read_signatures(pdf, path), _TOLD)


def remove_signatures(pdf: Pdf) -> None:
    """Empty every dictionary that signs something; what was drawn of it is in the pages."""
    for one in _dictionaries(pdf, None):
        for key in list(one.keys()):
            del one[key]
    for entry in (Name.Perms, Name.DSS):
        if entry in pdf.Root:
            del pdf.Root[entry]


def _dictionaries(pdf: Pdf, path: Path | None) -> list[Object]:
    """The dictionaries that sign something: values of signature fields, and any with a byte range.

    A byte range counts bytes of the file, so that its dictionary is never compressed: a file
    without the word has none.
    """
    found: list[Object] = list(_field_values(pdf))
    if path is None or _holds(path, b"/ByteRange"):
        found += [
            one
            for one in pdf.objects
            if isinstance(one, Dictionary) and "/ByteRange" in one and "/Contents" in one
        ]
    every = list({one.objgen if one.is_indirect else id(one): one for one in found}.values())
    if len(every) > _SIGNATURES:
        raise DocumentRefused("document.too_deep")
    return every


def _holds(path: Path, word: bytes) -> bool:
    with path.open("rb") as file:
        before = b""
        while chunk := file.read(_CHUNK):
            if word in before + chunk:
                return True
            before = chunk[-len(word) :]
    return False


def _field_values(pdf: Pdf) -> Iterator[Object]:
    """The values of fields of type Sig; types are inherited downwards."""
    form = pdf.Root.get(Name.AcroForm)
    fields = form.get(Name.Fields) if isinstance(form, Dictionary) else None
    waiting: list[tuple[Object, Object | None]] = []
    waiting += [(one, None) for one in fields] if isinstance(fields, Array) else []
    for _ in range(_FIELD_NODES):
        if not waiting:
            return
        field, inherited = waiting.pop()
        if not isinstance(field, Dictionary):
            continue
        kind, value = field.get(Name.FT, inherited), field.get(Name.V)
        if kind == Name.Sig and value is not None:
            yield value if isinstance(value, Dictionary) else Dictionary()
        kids = field.get(Name.Kids)
        waiting += [(kid, kind) for kid in kids] if isinstance(kids, Array) else []
        if len(waiting) > _FIELD_NODES:  # a ring of wide nodes grows faster than it is walked
            break
    raise DocumentRefused("document.too_deep")


def _read(signature: Object, path: Path) -> Signature:
    state, signer = State.UNKNOWN, None
    ranges = _ranges(signature)
    if ranges is not None:
        state, signer = _check(signature, path, ranges)
    return Signature(
        state=state,
        signer=_tidy(signer or _own_certificate(signature) or _text(signature, Name.Name)),
        time=_time(_text(signature, Name.M)),
    )


def _check(signature: Object, path: Path, ranges: tuple[int, int, int]) -> tuple[State, str | None]:
    first, second, length = ranges
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if second + length > size:
            return State.BROKEN, None
        file.seek(first)
        gap = file.read(second - first)
        if not (gap.startswith(b"<") and gap.endswith(b">")):
            return State.UNKNOWN, None  # it leaves out other bytes than its own
        try:
            contents = bytes.fromhex(gap[1:-1].decode("ascii"))
        except (UnicodeDecodeError, ValueError):
            return State.UNKNOWN, None

        def digest_of(algorithm: hashes.HashAlgorithm) -> bytes:
            digest = hashes.Hash(algorithm)
            for start, count in ((0, first), (second, length)):
                file.seek(start)
                for at in range(0, count, _CHUNK):
                    digest.update(file.read(min(_CHUNK, count - at)))
            return digest.finalize()

        checked = check(contents, digest_of)
        file.seek(second + length)
        added = bool(file.read(_CHUNK).strip())
    if signature.get(Name.SubFilter) not in _DETACHED or checked.verdict is Verdict.UNKNOWN:
        return State.UNKNOWN, checked.signer
    if checked.verdict is Verdict.BROKEN:
        return State.BROKEN, checked.signer
    return State.ADDED_TO if added else State.INTACT, checked.signer


def _ranges(signature: Object) -> tuple[int, int, int] | None:
    """Where the signature's own bytes begin and end, and how many follow; None where unclear."""
    found = signature.get(Name.ByteRange)
    if not isinstance(found, Array) or len(found) != 4:
        return None
    values: list[object] = list(found)
    numbers = [one for one in values if isinstance(one, int)]
    if len(numbers) != 4:
        return None
    start, first, second, length = numbers
    return (first, second, length) if start == 0 < first < second and length > 0 else None


def _end(signature: Object) -> int | None:
    ranges = _ranges(signature)
    return None if ranges is None else ranges[1] + ranges[2]


def _own_certificate(signature: Object) -> str | None:
    """The name in the certificate that some signatures have beside them."""
    found = signature.get(Name.Cert)
    if isinstance(found, Array) and len(found):
        found = found[0]
    return certificate_name(bytes(found)) if isinstance(found, pikepdf.String) else None


def _text(signature: Object, key: Name) -> str | None:
    found = signature.get(key)
    return str(found) if isinstance(found, pikepdf.String) else None


def _tidy(untrusted_name: str | None) -> str | None:
    name = " ".join((untrusted_name or "").split())
    return shown(name, limit=_NAME_CHARS) if name else None


def _time(untrusted_date: str | None) -> str | None:
    """A date of the format (7.9.4) as people write it; None for anything else."""
    found = _DATE.match(untrusted_date or "")
    if found is None:
        return None
    year, month, day, hour, minute, second, zulu, zone, minutes = found.groups()
    offset = "Z" if zulu else f"{zone}:{minutes or '00'}" if zone else ""
    return f"{year}-{month}-{day} {hour}:{minute}:{second or '00'} {offset}".strip()

# SPDX-License-Identifier: Apache-2.0
"""Electronic signatures of an OOXML package (ISO/IEC 29500-2, 13; XML-DSig): read, never trusted.

What is told is whether the signed parts are those that were signed. Of the certificate's worth
nothing is said. Where a form of signature is not known here, the answer is that it cannot be told.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.signed import Signature, State, signature_notices
from bmnn_mark.documents.word.parts import RELS, Package
from bmnn_mark.text import shown

#: Last words of the relationship type that leads to a package's signatures.
ORIGIN = "/digital-signature/origin"

_ONE = "/digital-signature/signature"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_MDSSI = "http://schemas.openxmlformats.org/package/2006/digital-signature"
_C14N = frozenset(
    {
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
    }
)
_RELATIONSHIP_TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    f"{_DS}sha1": hashes.SHA1,
    "http://www.w3.org/2001/04/xmlenc#sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashes.SHA512,
}
_METHODS: dict[str, type[hashes.HashAlgorithm]] = {
    f"{_DS}rsa-sha1": hashes.SHA1,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": hashes.SHA384,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": hashes.SHA512,
}
_NAME_CHARS, _TIME_CHARS = 100, 40


_TOLD = {
    State.INTACT: "docx.signature_intact",
    State.BROKEN: "docx.signature_broken",
    State.UNKNOWN: "docx.signature_unknown",
}


def told_signatures(package: Package, main: str) -> tuple[Notice, ...]:
    """What the clerk is told of each signature of a package."""
    return signature_notices(read_signatures(package, main), _TOLD)


def read_signatures(package: Package, main: str) -> tuple[Signature, ...]:
    """The signatures of a package; one whose part is missing counts as unknown.

    Args:
        package: the package as it came.
        main: name of its main part, which has to be among those that were signed.

    Raises:
        DocumentRefused: a signature's XML is damaged or too deep.
    """
    origins = [one for one in package.relationships() if one.type.endswith(ORIGIN)]
    parts = [
        one.target
        for origin in origins
        for one in package.relationships(origin.target)
        if one.type.endswith(_ONE)
    ]
    if origins and not parts:
        return (Signature(state=State.UNKNOWN, signer=None, time=None),)
    return tuple(_read(package, main, name) for name in parts)


def _read(package: Package, main: str, name: str) -> Signature:
    if name not in package:
        return Signature(state=State.UNKNOWN, signer=None, time=None)
    root = package.root(name)
    return Signature(
        state=_state(package, main, root),
        signer=_name(_certificate(root)),
        time=_time(root),
    )


def _certificate(root: etree._Element) -> x509.Certificate | None:
    text = root.findtext(f"{{{_DS}}}KeyInfo/{{{_DS}}}X509Data/{{{_DS}}}X509Certificate")
    try:
        return x509.load_der_x509_certificate(base64.b64decode(text or ""))
    except (ValueError, binascii.Error):
        return None


def _name(certificate: x509.Certificate | None) -> str | None:
    if certificate is None:
        return None
    try:
        names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    except ValueError:
        return None
    return shown(str(names[0].value), limit=_NAME_CHARS) if names else None


def _time(root: etree._Element) -> str | None:
    for one in root.iter(f"{{{_MDSSI}}}Value", "{*}SigningTime"):
        if one.text and one.text.strip():
            return shown(one.text.strip(), limit=_TIME_CHARS)
    return None


def _state(package: Package, main: str, root: etree._Element) -> State:
    """INTACT only where every step was checked; BROKEN only where a part itself is another."""
    listed = list(_references(root, f"{{{_DS}}}Manifest"))
    parts = [_part_holds(package, one) for one in listed]
    if False in parts:
        return State.BROKEN
    own = [_own_holds(root, one) for one in _references(root, f"{{{_DS}}}SignedInfo")]
    whole = any(_part_of(one) == main.casefold() for one in listed)
    signed = whole and all(parts) and all(own) and _signs_manifest(root)
    return State.INTACT if signed and _signed_by(root) else State.UNKNOWN


def _part_of(reference: etree._Element) -> str:
    """Name of the part that a reference is to, in lower case; names differ in no other way."""
    return unquote(reference.get("URI", "").partition("?")[0]).lstrip("/").casefold()


def _references(root: etree._Element, holder: str) -> Iterator[etree._Element]:
    for one in root.iter(holder):
        yield from one.findall(f"{{{_DS}}}Reference")


def _part_holds(package: Package, reference: etree._Element) -> bool | None:
    """Whether a part is the one that was signed; None where that cannot be told."""
    asked = _part_of(reference)
    name = next((one for one in package.members if one.casefold() == asked), None)
    if name is None:
        return False
    data: bytes | None = package.members[name].data()
    kinds = [one.get("Algorithm", "") for one in reference.iter(f"{{{_DS}}}Transform")]
    if kinds:
        data = None
        if kinds[0] == _RELATIONSHIP_TRANSFORM and kinds[1:] and set(kinds[1:]) <= _C14N:
            data = _chosen_relationships(package.root(name), reference)
    holds = None if data is None else _digest_is(reference, data)
    # Only raw bytes are beyond doubt: of what was transformed first, a difference may be ours.
    return None if holds is False and kinds else holds


def _chosen_relationships(root: etree._Element, reference: etree._Element) -> bytes:
    """The relationships that a transform names, in the form that is signed (part 2, 13.2.4.24)."""
    ids = {one.get("SourceId") for one in reference.iter(f"{{{_MDSSI}}}RelationshipReference")}
    types = {
        one.get("SourceType")
        for one in reference.iter(
            f"{{{_MDSSI}}}RelationshipsGroupReference", f"{{{_MDSSI}}}RelationshipGroupReference"
        )
    }
    chosen = [
        one
        for one in root.iter(f"{{{RELS}}}Relationship")
        if one.get("Id") in ids or one.get("Type") in types
    ]
    signed = etree.Element(f"{{{RELS}}}Relationships", nsmap={None: RELS})  # type: ignore[dict-item]  # lxml takes None for the default namespace
    for one in sorted(chosen, key=lambda one: one.get("Id", "")):
        made = etree.SubElement(signed, f"{{{RELS}}}Relationship")
        for key, value in one.attrib.items():
            made.set(key, value)
        made.set("TargetMode", one.get("TargetMode", "Internal"))
    return etree.tostring(signed, method="c14n")


def _own_holds(root: etree._Element, reference: etree._Element) -> bool:
    """Whether an object inside the signature is the one that was signed."""
    wanted = reference.get("URI", "").removeprefix("#")
    kinds = {one.get("Algorithm", "") for one in reference.iter(f"{{{_DS}}}Transform")}
    found = [one for one in root.iter(etree.Element) if one.get("Id") == wanted]
    if len(found) != 1 or not kinds <= _C14N:
        return False
    return _digest_is(reference, _canonical(found[0])) is True


def _canonical(element: etree._Element) -> bytes:
    """Canonical XML of an element with the names it inherits.

    It is written out and read again first: canonicalised in its tree, its children would lose a
    default namespace that stands above it.
    """
    return etree.tostring(etree.fromstring(etree.tostring(element, with_tail=False)), method="c14n")


def _signs_manifest(root: etree._Element) -> bool:
    """Whether what is signed holds the list of parts."""
    signed = {
        one.get("URI", "").removeprefix("#") for one in _references(root, f"{{{_DS}}}SignedInfo")
    }
    return all(
        any(above.get("Id") in signed for above in (one, *one.iterancestors()))
        for one in root.iter(f"{{{_DS}}}Manifest")
    )


def _digest_is(reference: etree._Element, data: bytes) -> bool | None:
    method = reference.find(f"{{{_DS}}}DigestMethod")
    kind = _DIGESTS.get(method.get("Algorithm", "") if method is not None else "")
    if kind is None:
        return None
    digest = hashes.Hash(kind())
    digest.update(data)
    try:
        stated = base64.b64decode(reference.findtext(f"{{{_DS}}}DigestValue") or "")
    except binascii.Error:
        return None
    return digest.finalize() == stated


def _signed_by(root: etree._Element) -> bool:
    """Whether the certificate's key signed what the signature says was signed."""
    certificate, info = _certificate(root), root.find(f"{{{_DS}}}SignedInfo")
    if info is None or certificate is None:
        return False
    canonical = info.find(f"{{{_DS}}}CanonicalizationMethod")
    method = info.find(f"{{{_DS}}}SignatureMethod")
    kind = _METHODS.get(method.get("Algorithm", "") if method is not None else "")
    if canonical is None or canonical.get("Algorithm") not in _C14N or kind is None:
        return False
    try:
        key = certificate.public_key()
        value = base64.b64decode(root.findtext(f"{{{_DS}}}SignatureValue") or "")
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        key.verify(value, _canonical(info), padding.PKCS1v15(), kind())
    except (ValueError, InvalidSignature):
        return False
    return True

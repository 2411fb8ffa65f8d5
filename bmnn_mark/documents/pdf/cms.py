# SPDX-License-Identifier: Apache-2.0
"""Whether the bytes that an electronic signature speaks of are the bytes at hand (RFC 5652).

Structures are read by ``cryptography``'s ASN.1, digests and signatures checked by ``cryptography``;
nothing of that is done here. What it does not know is a signature of which nothing can be told. No
certificate is trusted, and none distrusted: who signed is for the office's own means to say.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import pkcs7

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_PSS = "1.2.840.113549.1.1.10"
#: MD5 is left out: other bytes of the same digest can be made.
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "1.3.14.3.2.26": hashes.SHA1(),  # noqa: S303  # what old signatures have; no second preimage is known
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}


class Verdict(StrEnum):
    """What can be said of signed bytes."""

    INTACT = "intact"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A signature as far as it can be read.

    Attributes:
        verdict: on the signed bytes.
        signer: common name in the signer's certificate, untrusted; None where there is none.
    """

    verdict: Verdict
    signer: str | None = None


@asn1.sequence
class _ContentInfo:
    kind: x509.ObjectIdentifier
    content: Annotated[asn1.TLV, asn1.Explicit(0)]


@asn1.sequence
class _Encapsulated:
    kind: x509.ObjectIdentifier
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _Attribute:
    kind: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _IssuerAndSerial:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _SignerInfo:
    version: int
    signer: _IssuerAndSerial | Annotated[bytes, asn1.Implicit(0)]
    digest: list[asn1.TLV]
    signed: Annotated[asn1.SetOf[_Attribute] | None, asn1.Implicit(0)]
    method: list[asn1.TLV]
    signature: bytes
    unsigned: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[asn1.TLV]
    content: _Encapsulated
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    revoked: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _Holder:
    """Holds a set, so that it can be encoded as one."""

    held: asn1.SetOf[_Attribute]


def check(untrusted_cms: bytes, digest_of: Callable[[hashes.HashAlgorithm], bytes]) -> Checked:
    """Read a signature of one signer and see what it says of the signed bytes.

    Args:
        untrusted_cms: a DER-encoded SignedData; bytes after it do not count.
        digest_of: digest of the signed bytes under an algorithm.

    Returns:
        ``INTACT`` where the signature is the signer's own over a digest that is that of the bytes;
        ``BROKEN`` where it is not; ``UNKNOWN`` where the structure or an algorithm is.
    """
    try:
        info, certificate = _read(_first_value(untrusted_cms))
    except Exception:  # noqa: BLE001 -- the library raises many things on odd structures
        return Checked(verdict=Verdict.UNKNOWN)
    if certificate is None:
        return Checked(verdict=Verdict.UNKNOWN)
    signer = _common_name(certificate)
    try:
        verdict = _verdict(info, certificate, digest_of)
    except Exception:  # noqa: BLE001 -- as above
        verdict = Verdict.UNKNOWN
    return Checked(verdict=verdict, signer=signer)


def certificate_name(untrusted_der: bytes) -> str | None:
    """The common name in a certificate that stands by itself; None where it cannot be read."""
    try:
        return _common_name(x509.load_der_x509_certificate(untrusted_der))
    except Exception:  # noqa: BLE001 -- as above
        return None


def _first_value(data: bytes) -> bytes:
    """The first DER value of some bytes: a signature's place in a file is filled up with zeros."""
    if len(data) < 2 or data[0] != 0x30 or data[1] == 0x80:
        raise ValueError
    if data[1] < 0x80:
        return data[: 2 + data[1]]
    count = data[1] & 0x7F
    return data[: 2 + count + int.from_bytes(data[2 : 2 + count], "big")]


def _read(der: bytes) -> tuple[_SignerInfo, x509.Certificate | None]:
    """The one signer of a detached signature, and the certificate it names.

    Raises:
        ValueError: it is something else.
    """
    outer = asn1.decode_der(_ContentInfo, der)
    if outer.kind.dotted_string != _SIGNED_DATA:
        raise ValueError
    data = outer.content.parse(_SignedData)
    signers = data.signers.as_list()
    if len(signers) != 1 or data.content.content is not None:
        raise ValueError
    info = signers[0]
    found = (one for one in pkcs7.load_der_pkcs7_certificates(der) if _is_named(info, one))
    return info, next(found, None)


def _is_named(info: _SignerInfo, certificate: x509.Certificate) -> bool:
    if isinstance(info.signer, bytes):
        try:
            extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        except x509.ExtensionNotFound:
            return False
        return extension.value.digest == info.signer
    issuer = asn1.decode_der(asn1.TLV, certificate.issuer.public_bytes())
    same_issuer = bytes(issuer.data) == bytes(info.signer.issuer.data)
    return same_issuer and certificate.serial_number == info.signer.serial


def _verdict(
    info: _SignerInfo,
    certificate: x509.Certificate,
    digest_of: Callable[[hashes.HashAlgorithm], bytes],
) -> Verdict:
    algorithm = _DIGESTS[_identifier(info.digest)]
    have = digest_of(algorithm)
    if info.signed is None:
        return _signed_by(certificate, info, have, Prehashed(algorithm))
    stated = [
        one.values.as_list()
        for one in info.signed.as_list()
        if one.kind.dotted_string == _MESSAGE_DIGEST
    ]
    if len(stated) != 1 or len(stated[0]) != 1:
        return Verdict.UNKNOWN
    # The signature is over these attributes, encoded as a set of their own (5.4).
    encoded = asn1.encode_der(_Holder(held=info.signed))
    signed = bytes(asn1.decode_der(asn1.TLV, encoded).data)
    verdict = _signed_by(certificate, info, signed, algorithm)
    if not hmac.compare_digest(bytes(stated[0][0].parse(bytes)), have):
        return Verdict.BROKEN
    return verdict


def _signed_by(
    certificate: x509.Certificate,
    info: _SignerInfo,
    data: bytes,
    algorithm: hashes.HashAlgorithm | Prehashed,
) -> Verdict:
    """Whether ``data`` was signed by the key of a certificate."""
    key = certificate.public_key()
    hashing = algorithm if isinstance(algorithm, hashes.HashAlgorithm) else None
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if _identifier(info.method) != _PSS:
                key.verify(info.signature, data, padding.PKCS1v15(), algorithm)
            elif hashing is not None:
                salted = padding.PSS(padding.MGF1(hashing), padding.PSS.AUTO)
                key.verify(info.signature, data, salted, hashing)
            else:
                return Verdict.UNKNOWN
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(info.signature, data, ec.ECDSA(algorithm))
        else:
            return Verdict.UNKNOWN
    except InvalidSignature:
        return Verdict.BROKEN
    return Verdict.INTACT


def _identifier(algorithm: list[asn1.TLV]) -> str:
    """The object identifier of an AlgorithmIdentifier."""
    found: x509.ObjectIdentifier = algorithm[0].parse(x509.ObjectIdentifier)
    return found.dotted_string


def _common_name(certificate: x509.Certificate) -> str | None:
    try:
        names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    except Exception:  # noqa: BLE001 -- as above
        return None
    return str(names[0].value) if names else None

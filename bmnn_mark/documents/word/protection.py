# SPDX-License-Identifier: Apache-2.0
"""A Word package behind a password (MS-OFFCRYPTO): opened with it, read in the clear.

Two forms are in use: that of Word 2010 and later ("agile"), which says how it was made and bears a
checksum over all of it, and that of Word 2007 ("standard"). Whatever else protects a file, such as
rights management, has no password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

from bmnn_mark.documents.word.compound import read_stream
from bmnn_mark.documents.word.parts import parse
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits

_AGILE, _STANDARD_MINOR = (4, 4), 2
_NS = "{http://schemas.microsoft.com/office/2006/encryption}"
_KEY_NS = "{http://schemas.microsoft.com/office/2006/keyEncryptor/password}"
_HASHES = {"SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
_SEGMENT = 4096
#: Word takes 100,000; a file may ask for so much more work and no more.
_MOST_ROUNDS, _STANDARD_ROUNDS = 1_000_000, 50_000
_PAD = 0x36
#: What the key of each purpose is made with (MS-OFFCRYPTO 2.3.4.11 to 2.3.4.14).
_CHECK, _CHECKED, _KEY = (
    bytes.fromhex(one) for one in ("fea7d2763b4b9e79", "d7aa0f6d3061344e", "146e0be7abacd0d6")
)
_SEAL_KEY, _SEAL = (bytes.fromhex(one) for one in ("5fb2ad010cb9e1f6", "a0677f02b22c8433"))


def unlock(content: bytes, password: str, limits: Limits) -> bytes:
    """The package inside a compound file.

    Args:
        content: the compound file.
        password: opens it.
        limits: bounds on its description.

    Raises:
        DocumentRefused: ``document.wrong_password``, ``docx.protection_unknown``,
            ``document.damaged``.
    """
    info = read_stream(content, "EncryptionInfo")
    package = read_stream(content, "EncryptedPackage")
    if info is None or package is None or len(info) < 8 or len(package) < 8:
        raise DocumentRefused("docx.protection_unknown")
    major, minor = struct.unpack_from("<2H", info)
    try:
        if (major, minor) == _AGILE:
            return _agile(parse(info[8:], limits), package, password)
        if minor == _STANDARD_MINOR and major in {2, 3, 4}:
            return _standard(info, package, password)
    except (struct.error, ValueError, KeyError, binascii.Error) as error:
        raise DocumentRefused("docx.protection_unknown") from error
    raise DocumentRefused("docx.protection_unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Means:
    """What an agile description says of one key."""

    salt: bytes
    block: int
    key: int
    digest: Callable[[bytes], bytes]
    name: str

    @classmethod
    def of(cls, element: etree._Element) -> _Means:
        name = _HASHES[element.get("hashAlgorithm", "")]
        means = cls(
            salt=_bytes(element, "saltValue"),
            block=int(element.get("blockSize", "")),
            key=int(element.get("keyBits", "")) // 8,
            digest=lambda data: hashlib.new(name, data).digest(),
            name=name,
        )
        chained = element.get("cipherChaining") == "ChainingModeCBC"
        if element.get("cipherAlgorithm") != "AES" or not chained or means.block != 16:
            raise ValueError("another cipher")
        return means

    def start(self, salt: bytes) -> bytes:
        """An initial vector of one block."""
        return salt[: self.block].ljust(self.block, bytes((_PAD,)))


def _agile(root: etree._Element, package: bytes, password: str) -> bytes:
    data, holder = root.find(f"{_NS}keyData"), next(root.iter(f"{_KEY_NS}encryptedKey"), None)
    if data is None or holder is None:
        raise ValueError("no password")
    means, lock = _Means.of(data), _Means.of(holder)
    rounds = int(holder.get("spinCount", ""))
    if not 0 <= rounds <= _MOST_ROUNDS:
        raise ValueError("too many rounds")
    spun = _spun(lock.digest, lock.salt, password, rounds)

    def opened(purpose: bytes, name: str) -> bytes:
        key = lock.digest(spun + purpose)[: lock.key].ljust(lock.key, bytes((_PAD,)))
        return _cbc(key, lock.start(lock.salt), _bytes(holder, name))

    check, checked = (
        opened(_CHECK, "encryptedVerifierHashInput"),
        opened(_CHECKED, "encryptedVerifierHashValue"),
    )
    digest = lock.digest(check[: len(lock.salt)])
    if not hmac.compare_digest(digest, checked[: len(digest)]):
        raise DocumentRefused("document.wrong_password")
    key = opened(_KEY, "encryptedKeyValue")[: means.key]
    _check_seal(root, means, key, package)
    pieces = []
    for number, start in enumerate(range(8, len(package), _SEGMENT)):
        vector = means.start(means.digest(means.salt + struct.pack("<I", number)))
        pieces.append(_cbc(key, vector, package[start : start + _SEGMENT]))
    return _cut(b"".join(pieces), package)


def _check_seal(root: etree._Element, means: _Means, key: bytes, package: bytes) -> None:
    """The checksum over the encrypted package; the standard form has none.

    Raises:
        DocumentRefused: ``document.damaged``.
    """
    seal = root.find(f"{_NS}dataIntegrity")
    if seal is None:
        raise ValueError("no checksum")
    size = len(means.digest(b""))
    parts = [
        _cbc(key, means.start(means.digest(means.salt + purpose)), _bytes(seal, name))[:size]
        for purpose, name in ((_SEAL_KEY, "encryptedHmacKey"), (_SEAL, "encryptedHmacValue"))
    ]
    if not hmac.compare_digest(hmac.digest(parts[0], package, means.name), parts[1]):
        raise DocumentRefused("document.damaged", reason="CHECKSUM")


def _standard(info: bytes, package: bytes, password: str) -> bytes:
    (header_size,) = struct.unpack_from("<I", info, 8)
    bits = struct.unpack_from("<I", info, 12 + 16)[0]
    verifier = 12 + header_size
    (salt_size,) = struct.unpack_from("<I", info, verifier)
    if salt_size != 16 or bits not in {128, 192, 256}:
        raise ValueError("another cipher")
    salt, check = info[verifier + 4 : verifier + 20], info[verifier + 20 : verifier + 36]
    checked = info[verifier + 40 : verifier + 72]
    spun = _sha1(_spun(_sha1, salt, password, _STANDARD_ROUNDS) + struct.pack("<I", 0))
    halves = [_sha1(bytes(one ^ pad for one in spun.ljust(64, b"\0"))) for pad in (_PAD, 0x5C)]
    key = b"".join(halves)[: bits // 8]
    if not hmac.compare_digest(_sha1(_ecb(key, check)), _ecb(key, checked)[:20]):
        raise DocumentRefused("document.wrong_password")
    return _cut(_ecb(key, package[8:]), package)


def _spun(digest: Callable[[bytes], bytes], salt: bytes, password: str, rounds: int) -> bytes:
    spun = digest(salt + password.encode("utf-16-le"))
    for number in range(rounds):
        spun = digest(struct.pack("<I", number) + spun)
    return spun


def _cut(data: bytes, package: bytes) -> bytes:
    """The package without what fills its last block up; its size stands before it."""
    (size,) = struct.unpack_from("<Q", package)
    if size > len(data):
        raise DocumentRefused("document.damaged", reason="CUT")
    return data[:size]


def _bytes(element: etree._Element, name: str) -> bytes:
    return base64.b64decode(element.get(name, ""), validate=True)


def _cbc(key: bytes, start: bytes, data: bytes) -> bytes:
    return _opened(Cipher(algorithms.AES(key), modes.CBC(start)), data)


def _ecb(key: bytes, data: bytes) -> bytes:
    return _opened(Cipher(algorithms.AES(key), modes.ECB()), data)  # noqa: S305 - the format's own


def _opened(cipher: Cipher[modes.CBC] | Cipher[modes.ECB], data: bytes) -> bytes:
    reader = cipher.decryptor()
    return reader.update(data) + reader.finalize()


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()

# SPDX-License-Identifier: Apache-2.0
"""A Word document behind a password: opened with it, refused by name without."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bmnn_mark.documents.model import MarkTask
from bmnn_mark.documents.word.marking import mark_docx
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.documents.word.protection import unlock
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.worker import ignore_progress

PASSWORD = "Mật khẩu 2026"
ROUNDS = 1000
NS = "http://schemas.microsoft.com/office/2006"
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def sectors(data, size=512):
    return [data[at : at + size].ljust(size, b"\0") for at in range(0, len(data), size)]


def compound_file(info, package):
    """A compound file of version 3 with a short stream and a long one (MS-CFB 2)."""
    small = sectors(info, 64)
    parts = {"small": sectors(b"".join(small)), "long": sectors(package)}
    links = [number + 1 for number in range(len(small) - 1)] + [END]
    parts["links"] = sectors(struct.pack(f"<{len(links)}I", *links).ljust(512, b"\xff"))
    start = {}
    number = 1  # sector 0 holds the directory
    for name, held in parts.items():
        start[name] = number
        number += len(held)
    entries = [
        ("Root Entry", 5, start["small"], len(small) * 64),
        ("EncryptionInfo", 2, 0, len(info)),
        ("EncryptedPackage", 2, start["long"], len(package)),
    ]
    directory = b"".join(entry(*one) for one in entries).ljust(512, b"\0")
    tables = -(-(number + 40) // 128)
    table = [END]
    for held in parts.values():
        first = len(table)
        table += [*range(first + 1, first + len(held)), END]
    table += [TABLE] * tables
    table += [FREE] * (128 * tables - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    header += struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIIII", 0, tables, 0, 0, 4096, start["links"], 1, END, 0, number)
    header += b"".join(struct.pack("<I", number + one) for one in range(1, tables))
    body = b"".join([directory, *(one for held in parts.values() for one in held)])
    return header.ljust(512, b"\xff") + body + struct.pack(f"<{len(table)}I", *table)


def entry(name, kind, start, size):
    coded = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<3I", FREE, FREE, FREE)
    return (
        coded.ljust(64, b"\0") + struct.pack("<HBB", len(coded), kind, 1) + links + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )  # fmt: skip


def cbc(key, start, data):
    writer = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    return writer.update(data.ljust(-(-len(data) // 16) * 16, b"\0")) + writer.finalize()


def sha512(data):
    return hashlib.sha512(data).digest()


def agile(content, stated=ROUNDS):
    """What Word 2010 and later write (MS-OFFCRYPTO 2.3.4.10); ``stated`` rounds are not done."""
    salt, lock_salt, key = os.urandom(16), os.urandom(16), os.urandom(32)
    spun = sha512(lock_salt + PASSWORD.encode("utf-16-le"))
    for number in range(ROUNDS):
        spun = sha512(struct.pack("<I", number) + spun)

    def locked(purpose, data):
        own = sha512(spun + bytes.fromhex(purpose))[:32]
        return base64.b64encode(cbc(own, lock_salt, data)).decode()

    package = struct.pack("<Q", len(content))
    for number, at in enumerate(range(0, len(content), 4096)):
        vector = sha512(salt + struct.pack("<I", number))[:16]
        package += cbc(key, vector, content[at : at + 4096])
    check, seal_key = os.urandom(16), os.urandom(64)
    seal = hmac.digest(seal_key, package, "sha512")
    sealed = [
        base64.b64encode(cbc(key, sha512(salt + bytes.fromhex(purpose))[:16], data)).decode()
        for purpose, data in (("5fb2ad010cb9e1f6", seal_key), ("a0677f02b22c8433", seal))
    ]
    kind = (
        'saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" '
        'cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512"'
    )
    xml = (
        f'<encryption xmlns="{NS}/encryption" xmlns:p="{NS}/keyEncryptor/password">'
        f'<keyData {kind} saltValue="{base64.b64encode(salt).decode()}"/>'
        f'<dataIntegrity encryptedHmacKey="{sealed[0]}" encryptedHmacValue="{sealed[1]}"/>'
        f'<keyEncryptors><keyEncryptor uri="{NS}/keyEncryptor/password"><p:encryptedKey '
        f'spinCount="{stated}" {kind} saltValue="{base64.b64encode(lock_salt).decode()}" '
        f'encryptedVerifierHashInput="{locked("fea7d2763b4b9e79", check)}" '
        f'encryptedVerifierHashValue="{locked("d7aa0f6d3061344e", sha512(check))}" '
        f'encryptedKeyValue="{locked("146e0be7abacd0d6", key)}"/></keyEncryptor></keyEncryptors>'
        "</encryption>"
    )
    return compound_file(struct.pack("<HHI", 4, 4, 0x40) + xml.encode(), package)


def standard(content):
    """What Word 2007 writes (MS-OFFCRYPTO 2.3.4.5)."""
    salt = os.urandom(16)
    spun = hashlib.sha1(salt + PASSWORD.encode("utf-16-le")).digest()
    for number in range(50_000):
        spun = hashlib.sha1(struct.pack("<I", number) + spun).digest()
    spun = hashlib.sha1(spun + bytes(4)).digest()
    key = hashlib.sha1(bytes(one ^ 0x36 for one in spun.ljust(64, b"\0"))).digest()[:16]

    def ecb(data):
        writer = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        return writer.update(data.ljust(-(-len(data) // 16) * 16, b"\0")) + writer.finalize()

    check = os.urandom(16)
    head = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 24, 0, 0) + "AES\0".encode("utf-16-le")
    info = struct.pack("<HHII", 4, 2, 0x24, len(head)) + head
    info += struct.pack("<I", 16) + salt + ecb(check)
    info += struct.pack("<I", 20) + ecb(hashlib.sha1(check).digest())
    return compound_file(info, struct.pack("<Q", len(content)) + ecb(content))


@pytest.fixture(scope="session")
def locked(sample):
    return {"agile": agile(sample.read_bytes()), "standard": standard(sample.read_bytes())}


@pytest.mark.parametrize("form", ["agile", "standard"])
def test_the_password_opens_the_very_package(locked, sample, form):
    assert unlock(locked[form], PASSWORD, DEFAULT_LIMITS) == sample.read_bytes()
    with pytest.raises(DocumentRefused, match=r"document\.wrong_password"):
        unlock(locked[form], PASSWORD.lower(), DEFAULT_LIMITS)


def test_a_protected_document_is_marked_and_said_to_be_open_afterwards(locked, tmp_path, order):
    source = tmp_path / "locked.docx"
    source.write_bytes(locked["agile"])
    with pytest.raises(DocumentRefused, match=r"document\.encrypted"):
        open_docx(source, DEFAULT_LIMITS)
    task = MarkTask(
        source=str(source), target=str(tmp_path / "out.docx"), work=str(tmp_path),
        request=order(), password=PASSWORD,
    )  # fmt: skip
    result = mark_docx(task, ignore_progress)
    assert result.notices[0].code == "docx.unlocked"
    assert open_docx(tmp_path / "out.docx", DEFAULT_LIMITS).notices == ()


def test_a_changed_package_is_damaged(locked):
    changed = bytearray(locked["agile"])
    changed[len(changed) // 2] ^= 1
    with pytest.raises(DocumentRefused, match=r"document\.damaged"):
        unlock(bytes(changed), PASSWORD, DEFAULT_LIMITS)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'spinCount="1000"', b'spinCount="9e99"'),
        lambda data: data.replace(b'cipherAlgorithm="AES"', b'cipherAlgorithm="RC4"'),
        lambda data: data.replace(b"\x04\0\x04\0\x40", b"\x03\0\x03\0\x40"),
        lambda data: data.replace(
            "EncryptionInfo".encode("utf-16-le"), "EncryptionXnfo".encode("utf-16-le")
        ),
    ],
)
def test_other_protection_is_refused_by_name(locked, change):
    changed = change(locked["agile"])
    assert changed != locked["agile"]
    with pytest.raises(DocumentRefused) as refusal:
        unlock(changed, PASSWORD, DEFAULT_LIMITS)
    assert refusal.value.code in {"docx.protection_unknown", "document.damaged"}


def test_work_without_end_is_not_begun():
    with pytest.raises(DocumentRefused, match=r"docx\.protection_unknown"):
        unlock(agile(b"x", stated=1_000_000_000), PASSWORD, DEFAULT_LIMITS)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cut=st.integers(8, 100_000),
    changes=st.lists(st.tuples(st.integers(8, 100_000), st.integers(0, 255)), max_size=5),
)
def test_a_spoiled_compound_file_is_a_refusal_and_never_a_traceback(locked, cut, changes):
    content = bytearray(locked["agile"][:cut])
    for place, value in changes:
        content[place % len(content)] = value
    with contextlib.suppress(DocumentRefused):  # anything else fails the test
        unlock(bytes(content), PASSWORD, DEFAULT_LIMITS)

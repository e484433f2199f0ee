"""A stream that only the holder of a key can read, or change unnoticed.

AES-256-GCM over chunks of 1 MiB.  Each file has a key of its own, derived by HKDF-SHA256 from
the site's key and 32 random bytes in the header; the nonce counts the chunks and marks the
last one, so that chunks can be neither reordered nor cut off (the STREAM construction).
"""

from __future__ import annotations

import base64
import binascii
import io
import os
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from plugin.domain.errors import InvalidInput

MAGIC = b"SignGate sealed 1\n"
_SALT, _CHUNK, _TAG = 32, 1 << 20, 16


def new_key_file(path: Path) -> None:
    """Make a key file, readable by its owner alone; an existing file is never overwritten.

    Raises
    ------
    InvalidInput
        When `path` is there already.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InvalidInput(str(path), "is there already; a key is never overwritten") from None
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(os.urandom(32)) + b"\n")


def read_key_file(path: Path) -> bytes:
    """The key's 32 bytes.

    Raises
    ------
    InvalidInput
        When the file cannot be read or holds no key.
    """
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except OSError as error:
        raise InvalidInput(str(path), f"cannot be read: {error.strerror}") from error
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise InvalidInput(str(path), "is no key file; make one with 'signgate backup --make-key FILE'")
    return key


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"signgate backup").derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


class SealingWriter(io.RawIOBase):
    """Encrypts what is written to it; `close` writes the last chunk and leaves `target` open."""

    def __init__(self, target: IO[bytes], key: bytes) -> None:
        salt = os.urandom(_SALT)
        target.write(MAGIC + salt)
        self._target, self._cipher, self._number = target, _cipher(key, salt), 0
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        # One byte more than a chunk must wait: the last chunk is only known at the end.
        while len(self._waiting) > _CHUNK:
            self._seal(bytes(self._waiting[:_CHUNK]), last=False)
            del self._waiting[:_CHUNK]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
        super().close()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, None))
        self._number += 1


class OpeningReader(io.RawIOBase):
    """Decrypts `source`, whose magic has been read already.

    Raises (on reading)
    ------
    InvalidInput
        When the key is another one, or the file was changed or cut off.
    """

    def __init__(self, source: IO[bytes], key: bytes, name: str) -> None:
        self._source, self._name = source, name
        self._cipher, self._number = _cipher(key, source.read(_SALT)), 0
        self._ahead = source.read(_CHUNK + _TAG)
        self._plain = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._plain and not self._ended:
            self._open_next()
        size = min(len(buffer), len(self._plain))
        buffer[:size] = self._plain[:size]
        self._plain = self._plain[size:]
        return size

    def _open_next(self) -> None:
        chunk, self._ahead = self._ahead, self._source.read(_CHUNK + _TAG)
        self._ended = not self._ahead
        try:
            plain = self._cipher.decrypt(_nonce(self._number, last=self._ended), chunk, None)
        except (InvalidTag, ValueError):
            raise InvalidInput(self._name, "cannot be opened: another key, or the file is damaged") from None
        self._plain = memoryview(plain)
        self._number += 1

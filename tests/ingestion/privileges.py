"""Lets a test meet file permissions even where it runs as root."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
_READ_ANYTHING = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH


@contextmanager
def ordinary_permissions() -> Iterator[None]:
    """Lay down root's right to read and write everything, for the time of the block."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    # Effective, permitted and inheritable, twice: the low and the high half.
    held = (ctypes.c_uint32 * 6)()
    if libc.capget(header, held) != 0:
        raise OSError(ctypes.get_errno(), "the capabilities cannot be read")
    lowered = (ctypes.c_uint32 * 6)(*held)
    lowered[0] &= ~_READ_ANYTHING
    if libc.capset(header, lowered) != 0:
        raise OSError(ctypes.get_errno(), "the capabilities cannot be laid down")
    try:
        yield
    finally:
        libc.capset(header, held)

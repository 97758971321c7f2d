"""The one thing that decoding a photograph needs of its EXIF: how the camera was held.

Read here, because a general reader of EXIF follows every entry of a file that may be made to hurt.
"""

import struct

_ORIENTATION = 0x0112
_AS_IT_IS = 1
_SHORT = 3


def orientation_of(exif: bytes) -> int:
    """1 to 8, as EXIF numbers them; 1, which changes nothing, if there is none or it is damaged.

    >>> orientation_of(bytes.fromhex("49492a0008000000 0100 1201 0300 01000000 06000000"))
    6
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return _AS_IT_IS
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for number in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * number)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and value in range(1, 9) else _AS_IT_IS
    except struct.error:
        pass
    return _AS_IT_IS

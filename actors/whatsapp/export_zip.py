"""A zip that nobody vouches for: its members judged before one byte of them is unpacked."""

from __future__ import annotations

import stat
import zipfile
from pathlib import PurePosixPath

from actors.whatsapp.export_contract import ReadLimits

_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})


def fault_of_archive(members: list[zipfile.ZipInfo], limits: ReadLimits) -> str:
    """Say why a zip as a whole is refused, "" if it is not.

    Args:
        members: its directory.
        limits: bounds.
    """
    if len(members) > limits.zip_members:
        return f"has {len(members):,} entries, more than {limits.zip_members:,}"
    total = sum(member.file_size for member in members)
    if total > limits.zip_bytes:
        return f"would unpack to {total:,} bytes, more than {limits.zip_bytes:,}"
    return ""


def fault_of_member(member: zipfile.ZipInfo, limits: ReadLimits) -> str:
    """Say why a member of a zip is refused, "" if it is not.

    Names are never used as paths; a name that tries to leave its folder is refused all the same, because an export
    has none.

    Args:
        member: its entry in the zip's directory.
        limits: bounds.
    """
    name = member.filename
    parts = PurePosixPath(name).parts
    if ".." in parts or name.startswith(("/", "\\")) or "\\" in name or (len(name) > 1 and name[1] == ":"):
        return "its name leaves the zip's folder"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a symbolic link"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if member.compress_type not in _METHODS:
        return f"is packed by an unknown method ({member.compress_type})"
    if member.file_size > limits.member_bytes:
        return f"would unpack to {member.file_size:,} bytes, more than {limits.member_bytes:,}"
    if member.file_size > limits.ratio_from_bytes and member.file_size > member.compress_size * limits.ratio:
        return f"unpacks to more than {limits.ratio} times its size, like a zip bomb"
    return ""

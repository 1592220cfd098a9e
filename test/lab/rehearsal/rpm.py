"""RPMs without content, and a repository of them: enough for tools to list, nothing to install."""

import gzip
import hashlib
import struct
import xml.sax.saxutils

INT32, STRING, BINARY, ARRAY, I18N = 4, 6, 7, 8, 9
# an empty cpio archive: the trailer alone
CPIO = b"070701" + b"0" * 40 + b"00000001" + b"0" * 40 + b"0000000B" + b"0" * 8 + b"TRAILER!!!\0" + b"\0" * 3


def header(tags):
    """A header structure of {tag: (type, value)}."""
    index, store = b"", b""
    for tag, (kind, value) in sorted(tags.items()):
        if kind == INT32:
            store += b"\0" * (-len(store) % 4)
            data, count = struct.pack(">I", value), 1
        elif kind == BINARY:
            data, count = value, len(value)
        elif kind == ARRAY:
            data, count = b"".join(item.encode() + b"\0" for item in value), len(value)
        else:
            data, count = value.encode() + b"\0", 1
        index += struct.pack(">IIII", tag, kind, len(store), count)
        store += data
    return b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">II", len(tags), len(store)) + index + store


def package(name, version, release, architecture="noarch"):
    """The bytes of one RPM (format 3 lead, see rpm's docs/manual/format.md)."""
    full = f"{name}-{version}-{release}"
    lead = struct.pack(">IBBhh66shh16x", 0xEDABEEDB, 3, 0, 0, 0, full.encode()[:65], 1, 5)
    main = header({
        1000: (STRING, name), 1001: (STRING, version), 1002: (STRING, release), 1004: (I18N, "rehearsal"), 1005: (I18N, "rehearsal"),
        1006: (INT32, 0), 1009: (INT32, 0), 1014: (STRING, "Apache-2.0"), 1016: (I18N, "Unspecified"), 1021: (STRING, "linux"),
        1022: (STRING, architecture), 1044: (STRING, f"{full}.src.rpm"), 1047: (ARRAY, [name]), 1112: (INT32, 8),
        1113: (ARRAY, [f"{version}-{release}"]), 1124: (STRING, "cpio"), 1125: (STRING, "gzip"), 1126: (STRING, "9"),
    })
    body = main + gzip.compress(CPIO, mtime=0)
    signature = header({
        269: (STRING, hashlib.sha1(main).hexdigest()), 273: (STRING, hashlib.sha256(main).hexdigest()),
        1000: (INT32, len(body)), 1004: (BINARY, hashlib.md5(body).digest()), 1007: (INT32, len(CPIO)),
    })
    return lead + signature + b"\0" * (-len(signature) % 8) + body


def repository(folder, names, version, release):
    """Writes one RPM per name and repository metadata (primary alone) to a folder."""
    (folder / "repodata").mkdir(parents=True)
    entries = ""
    for name in names:
        file = f"{name}-{version}-{release}.noarch.rpm"
        content = package(name, version, release)
        (folder / file).write_bytes(content)
        entries += (
            f'<package type="rpm"><name>{name}</name><arch>noarch</arch><version epoch="0" ver="{version}" rel="{release}"/>'
            f'<checksum type="sha256" pkgid="YES">{hashlib.sha256(content).hexdigest()}</checksum><summary>rehearsal</summary>'
            f'<description>rehearsal</description><size package="{len(content)}"/><location href="{xml.sax.saxutils.escape(file)}"/></package>'
        )
    primary = f'<metadata xmlns="http://linux.duke.edu/metadata/common" packages="{len(names)}">{entries}</metadata>'.encode()
    packed = gzip.compress(primary, mtime=0)
    (folder / "repodata/primary.xml.gz").write_bytes(packed)
    (folder / "repodata/repomd.xml").write_text(
        f'<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1767225600</revision><data type="primary">'
        f'<checksum type="sha256">{hashlib.sha256(packed).hexdigest()}</checksum>'
        f'<open-checksum type="sha256">{hashlib.sha256(primary).hexdigest()}</open-checksum><location href="repodata/primary.xml.gz"/></data></repomd>\n'
    )

"""OCI archives without a container engine: one layer, labels, reproducible bytes."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def tar(files):
    """A tar of {path: bytes}; same content, same bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        # with folders: an unprivileged skopeo cannot make up those that are missing
        for folder in sorted({str(parent) for path in files for parent in pathlib.PurePosixPath(path).parents} - {"."}):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(info)
        for path, content in sorted(files.items()):
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), 0o644
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def write(path, files, labels, created="1970-01-01T00:00:00Z"):
    """Writes an OCI archive with one layer of {path: bytes} and the labels; returns the digest of its manifest."""
    blobs = {}

    def blob(content):
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    def document(value):
        return blob(json.dumps(value, sort_keys=True).encode())

    plain = tar(files)
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob(gzip.compress(plain, mtime=0))}
    machine = os.uname().machine
    config = {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        **document({
            "architecture": ARCHITECTURES.get(machine, machine),
            "os": "linux",
            "created": created,
            "config": {"Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest()]},
        }),
    }
    manifest = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        **document({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer]}),
    }
    blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()
    blobs["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    with open(path, "wb") as out:
        out.write(tar(blobs))
    return manifest["digest"]

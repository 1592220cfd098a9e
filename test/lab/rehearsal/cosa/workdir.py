"""coreos-assembler's working directory: sources, builds and their metadata."""

import datetime
import hashlib
import json
import os
import pathlib
import re
import sys

SAYS = "rehearsal: no operating system was built"
ARCH = os.uname().machine


def fatal(message):
    sys.exit(f"cosa: fatal: {message}")


def either(options, *names, default=None):
    return next((options[name] for name in names if name in options), default)


def load(path, default=None):
    try:
        return json.loads(pathlib.Path(path).read_text())
    except FileNotFoundError:
        return default


def dump(path, value):
    pathlib.Path(path).write_text(json.dumps(value, indent=2) + "\n")


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def need_kvm():
    device = os.environ.get("COSA_KVM_DEVICE", "/dev/kvm")
    if not os.environ.get("COSA_NO_KVM") and not pathlib.Path(device).is_char_device():
        fatal(f"Missing {device}; COSA_NO_KVM=1 does without")


def need_workdir():
    if not pathlib.Path("builds").is_dir():
        fatal(f"No {os.getcwd()}/builds found; did you run coreos-assembler init?")


def variant():
    return (load("src/config.json") or {}).get("coreos-assembler.config-variant")


def manifest():
    name = f"manifest-{variant()}.yaml" if variant() else "manifest.yaml"
    return pathlib.Path("src/config", name)


def builds():
    return load("builds/builds.json", {"schema-version": "1.0.0", "builds": [], "timestamp": None})


def build_dir(build):
    return pathlib.Path("builds", build, ARCH)


def latest():
    known = builds()["builds"]
    if not known:
        fatal("No builds found")
    return known[0]["id"]


def insert(build):
    known = builds()
    known["builds"] = [{"id": build, "arches": [ARCH]}] + [entry for entry in known["builds"] if entry["id"] != build]
    known["timestamp"] = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    dump("builds/builds.json", known)
    link = pathlib.Path("builds/latest")
    if link.is_symlink():
        link.unlink()
    link.symlink_to(build)


def describe(path, **more):
    path = pathlib.Path(path)
    return {"path": path.name, "sha256": sha256(path), "size": path.stat().st_size, **more}


def repositories():
    """Every repository of the manifest has to be in a repository file, and have metadata where it is on this disk."""
    sections = {}
    for file in pathlib.Path("src/config").glob("*.repo"):
        name = None
        for line in file.read_text().splitlines():
            if match := re.fullmatch(r"\[(.+)\]", line.strip()):
                name = match[1]
                sections[name] = {}
            elif name and "=" in line:
                key, _, value = line.partition("=")
                sections[name][key.strip()] = value.strip()
    inside = False
    for line in manifest().read_text().splitlines():
        if not line.startswith((" ", "-", "#")):
            inside = line.startswith("repos:")
        elif inside and (match := re.match(r"\s*-\s*(\S+)", line)):
            if match[1] not in sections:
                fatal(f"{manifest().name}: repository {match[1]} is in no repository file")
            url = sections[match[1]].get("baseurl", "")
            if url.startswith("file://") and not pathlib.Path(url[7:], "repodata/repomd.xml").is_file():
                fatal(f"repository {match[1]}: no metadata at {url}")
            print(f"repository {match[1]}: {url}")

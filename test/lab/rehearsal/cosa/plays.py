"""What the stand-in does for each sub-command: the real one's rules, and output that later commands and Tasks can read."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import archive
from workdir import (
    ARCH, SAYS, build_dir, builds, describe, dump, either, fatal, insert, latest, load, manifest, need_kvm, need_workdir, now, repositories,
)

# main artifact of a platform, as in cmd-osbuild
SUFFIXES = {"qemu": "qcow2", "openstack": "qcow2", "metal": "raw", "metal4k": "raw", "aws": "vmdk", "azure": "vhd", "gcp": "tar.gz", "kubevirt": "ociarchive"}
LIVE = {"live-iso": "live-iso.{}.iso", "live-kernel": "live-kernel.{}", "live-initramfs": "live-initramfs.{}.img", "live-rootfs": "live-rootfs.{}.img"}


def init(options, rest):
    if len(rest) != 1:
        fatal("init: Missing GITCONFIG")
    if os.listdir(".") and not either(options, "--force", "-f"):
        fatal("init: current directory is not empty, override with --force")
    source, config = rest[0], pathlib.Path("src/config")
    config.parent.mkdir(exist_ok=True)
    if not config.exists():
        if source.startswith("/"):
            config.symlink_to(source)
        else:
            branch = either(options, "--branch", "-b")
            command = ["git", "clone", *([f"--branch={branch}"] if branch else []), "--depth=1", "--shallow-submodules", "--recurse-submodules"]
            subprocess.run([*command, source, str(config)], check=True)
    chosen = either(options, "--variant", "-V", default="default")
    suffix = "" if chosen == "default" else f"-{chosen}"
    if not all((config / f"{kind}{suffix}.yaml").is_file() for kind in ("manifest", "image")):
        if suffix:
            fatal(f"Could not find the manifests (manifest{suffix}.yaml & image{suffix}.yaml) for the '{chosen}' variant")
        fatal("Missing required manifest.yaml or image.yaml files.")
    if suffix:
        dump("src/config.json", {"coreos-assembler.config-variant": chosen})
    for folder in ("cache", "builds", "tmp", "overrides/rpm", "overrides/rootfs"):
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)


def fetch(options, rest):
    need_workdir()
    need_kvm()
    repositories()


def build(options, rest):
    """One-stage builds alone: the current `cosa build` is what Task coreos-build-base does in the open."""
    need_workdir()
    need_kvm()
    if rest not in (["container"], ["ostree"]):
        fatal(f"build: the rehearsal makes target container, not {' '.join(rest) or 'qemu'}")
    repositories()
    git = ["git", "-c", "safe.directory=*", "-C", "src/config", "rev-parse", "HEAD"]
    commit = subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
    inputs = hashlib.sha256(f"{commit} {manifest().read_text()}".encode()).hexdigest()
    known = builds()["builds"]
    forced = either(options, "--force", "-f", "--force-nocache")
    if known and not forced and load(build_dir(known[0]["id"]) / "meta.json", {}).get("rehearsal-inputs") == inputs:
        print(f"No changes since {known[0]['id']}")
        return
    match = re.search(r'^automatic-version-prefix: *"?([0-9.]+)', manifest().read_text(), re.M)
    number = f"{match[1].rstrip('.') if match else '0'}.{now():%Y%m%d%H%M}"
    name, count = f"{number}-0", 0
    while (pathlib.Path("builds") / name).exists():
        count += 1
        name = f"{number}-{count}"
    folder = build_dir(name)
    folder.mkdir(parents=True)
    image = folder / f"scos-{name}-ostree.{ARCH}.ociarchive"
    archive.write(image, {"usr/lib/os-release": f'NAME="{SAYS}"\nVERSION="{name}"\n'.encode()}, {"containers.bootc": "1", "org.opencontainers.image.version": name, "okd-streams.io/rehearsal": SAYS})
    dump(folder / "meta.json", {
        "name": "scos", "buildid": name, "ostree-version": name, "ostree-commit": hashlib.sha256(name.encode()).hexdigest(),
        "coreos-assembler.basearch": ARCH, "coreos-assembler.container-config-git": {"commit": commit}, "rehearsal-inputs": inputs, "rehearsal": SAYS,
        "images": {"ostree": describe(image, **{"skip-compression": True})},
    })
    insert(name)


def import_(options, rest):
    need_workdir()
    if len(rest) != 1 or not rest[0].startswith("oci-archive:"):
        fatal("import: the rehearsal imports one oci-archive:PATH")
    metadata = json.loads(subprocess.run(["skopeo", "inspect", rest[0]], check=True, capture_output=True, text=True).stdout)
    labels = metadata.get("Labels") or {}
    if labels.get("containers.bootc") != "1":
        fatal("import: the image lacks label containers.bootc=1")
    name = labels.get("org.opencontainers.image.version") or fatal("import: the image lacks label org.opencontainers.image.version")
    folder = build_dir(name)
    if folder.exists():
        fatal(f"Build ID {name} ({ARCH}) already exists!")
    folder.mkdir(parents=True)
    osname = labels.get("com.coreos.osname", "custom")
    image = folder / f"{osname}-{name}-ostree.{ARCH}.ociarchive"
    shutil.copyfile(rest[0].partition(":")[2], image)
    dump(folder / "meta.json", {
        "name": osname, "buildid": name, "ostree-version": name, "ostree-commit": metadata["Digest"].removeprefix("sha256:"),
        "coreos-assembler.basearch": ARCH, "coreos-assembler.oci-imported": True, "coreos-assembler.oci-imported-labels": labels, "rehearsal": SAYS,
        "images": {"ostree": describe(image, **{"skip-compression": True})},
    })
    insert(name)
    print(f"Imported OCI image as build {name}")


def artifact(name, key, suffix):
    meta_path = build_dir(name) / "meta.json"
    meta = load(meta_path)
    path = build_dir(name) / f"{meta['name']}-{name}-{suffix}"
    path.write_text(f"{SAYS}\n{key} of {name}\n")
    meta["images"][key] = describe(path)
    dump(meta_path, meta)
    print(f"Successfully generated: {path.name}")


def osbuild(options, platforms):
    need_workdir()
    if "--supported-platforms" in options:
        print(" ".join([*SUFFIXES, "live"]))
        return
    if not platforms:
        fatal("Too few arguments passed to cosa osbuild")
    need_kvm()
    name = either(options, "--build", default=None) or latest()
    for platform in platforms:
        images = load(build_dir(name) / "meta.json")["images"]
        if (platform in images or f"{platform}-iso" in images) and "--force" not in options:
            print(f"{platform} image already exists")
        elif platform == "live":
            for needed in ("metal", "metal4k"):
                if needed not in images:
                    fatal(f"Live image generation requires `{needed}` image")
            for key, suffix in LIVE.items():
                artifact(name, key, suffix.format(ARCH))
        elif platform in SUFFIXES:
            artifact(name, platform, f"{platform}.{ARCH}.{SUFFIXES[platform]}")
        else:
            fatal(f"the rehearsal makes no image for platform {platform}")


def extensions(options, rest):
    need_workdir()
    need_kvm()
    name = latest()
    containerfile = pathlib.Path("src/config/extensions/Dockerfile")
    if not containerfile.is_file():
        fatal(f"{containerfile} is missing")
    meta_path = build_dir(name) / "meta.json"
    image = build_dir(name) / f"scos-{name}-extensions-container.{ARCH}.ociarchive"
    archive.write(image, {"usr/share/rpm-ostree/extensions.json": b"{}\n"}, {"version": name, "okd-streams.io/rehearsal": SAYS})
    meta = load(meta_path)
    meta["images"]["extensions-container"] = describe(image, **{"skip-compression": True})
    dump(meta_path, meta)


def kola(options, rest):
    need_workdir()
    command, patterns = (rest or ["run"])[0], rest[1:]
    if command != "run":
        fatal(f"the rehearsal plays kola run, not {command}")
    need_kvm()
    if "qemu" not in load(build_dir(latest()) / "meta.json")["images"]:
        fatal("kola: the build has no qemu image")
    output = pathlib.Path(options.get("--output-dir", "tmp/kola"), "reports")
    output.mkdir(parents=True)
    dump(output / "report.json", {"result": "PASS", "patterns": patterns or ["*"], "rehearsal": SAYS})
    print(f"=== RUN {' '.join(patterns) or '*'}\nPASS, of no test ({SAYS})")


def release_metadata(options, rest):
    need_workdir()
    name = either(options, "--build-id") or latest()
    meta, base, stream = load(build_dir(name) / "meta.json"), options.get("--stream-baseurl", ""), options.get("--stream-name", "")
    media = {key: {"location": f"{base}/{stream}/builds/{name}/{ARCH}/{image['path']}", "sha256": image["sha256"]} for key, image in meta["images"].items()}
    output = options.get("--output") or f"builds/{name}/release.json"
    dump(output, {"release": name, "stream": stream, "architectures": {ARCH: {"media": media}}, "rehearsal": SAYS})
    print(f"Release metadata written to {output}")


def buildfetch(options, rest):
    need_workdir()
    print(f"No builds.json found at {options.get('--url')} (the rehearsal asks no server)")


def buildupload(options, rest):
    need_workdir()
    if len(rest) != 2 or rest[0] != "s3":
        fatal("buildupload: s3 BUCKET/PREFIX is expected")
    import boto3  # nothing else needs it

    if "--aws-config-file" in options:
        os.environ["AWS_CONFIG_FILE"] = options["--aws-config-file"]
    client = boto3.client("s3", endpoint_url=options.get("--endpoint-url"))
    bucket, _, prefix = rest[1].partition("/")
    name = either(options, "--build", default=None) or latest()

    def upload(path, key):
        print(f"Uploading {path} to s3://{bucket}/{prefix}/{key}")
        client.upload_file(str(path), bucket, f"{prefix}/{key}", ExtraArgs={"ACL": options.get("--acl", "private")})

    # meta.json is the last: it names the others
    for path in sorted(build_dir(name).iterdir(), key=lambda path: (path.name == "meta.json", path.name)):
        upload(path, f"{name}/{ARCH}/{path.name}")
    if "--skip-builds-json" not in options:
        upload("builds/builds.json", "builds.json")


PLAYS = {
    "init": init, "fetch": fetch, "build": build, "import": import_, "osbuild": osbuild, "build-extensions-container": extensions, "kola": kola,
    "generate-release-meta": release_metadata, "buildfetch": buildfetch, "buildupload": buildupload,
}

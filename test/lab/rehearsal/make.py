#!/usr/bin/env python3
"""Makes what a rehearsal builds from: OUT/*.git and OUT/repo.

    make.py OUT [--url file:///rehearsal] [--builder REFERENCE]

Small git repositories in the shape of the real ones, from sources/ beside this file: rhel-coreos-config with its submodule
fedora-coreos-config, openshift/os with a branch per version and shape, and the sources of OpenShift's RPMs. `--url` is where they will be found when they are cloned, `--builder`
the image that the base is composed in. OUT/repo is a small RPM repository: the content of /srv/repo of an image for `rpms-from`.
Same input, same commits.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import rpm  # noqa: E402

# Branches of openshift/os in every shape that it has had: version, folders of sources/ that lie over each other, OpenShift's repository,
# files that the shape has no longer.
BRANCHES = {
    "release-4.18": ("4.18", ["os-one-stage"], "rhel-9.4-server-ose-4.18", []),
    "release-4.20": ("4.20", ["os"], "rhel-9.6-server-ose-4.20", []),
    "release-4.21": ("4.21", ["os"], "rhel-9.6-server-ose-4.21", []),
    "release-4.22": ("4.22", ["os"], "rhel-9.8-server-ose-4.22", []),
    "release-5.0-in-may": ("5.0", ["os", "os-2026-05"], "rhel-10.2-server-ose-5.0", []),
    "release-5.0": ("5.0", ["os", "os-2026-06"], "rhel-10.2-server-ose-5.0", ["packages-openshift.yaml"]),
    "unknown": ("6.0", ["os-unknown"], "", []),
}
# Sources of RPMs as rows of pipelines/rpms/data/rpms.yaml name them: spec file, the RPM, a part of it.
RPM_SOURCES = {
    "kubernetes": ("openshift.spec", "openshift", "kubelet"),
    "oc": ("oc.spec", "openshift-clients", "redistributable"),
    "cloud-provider-aws": ("ecr-credential-provider.spec", "ecr-credential-provider", "doc"),
    "cloud-provider-azure": ("acr-credential-provider.spec", "acr-credential-provider", "doc"),
    "cloud-provider-gcp": ("gcr-credential-provider.spec", "gcr-credential-provider", "doc"),
    "crio-credential-provider": ("crio-credential-provider.spec", "crio-credential-provider", "doc"),
}
RPM_BRANCHES = ["release-4.21", "release-4.22", "release-5.0"]
PACKAGES = ["openshift-clients", "openshift-kubelet", "ose-aws-ecr-image-credential-provider", "ose-azure-acr-image-credential-provider",
            "ose-gcp-gcr-image-credential-provider", "ose-crio-credential-provider"]
IDENTITY = {
    "GIT_AUTHOR_NAME": "rehearsal", "GIT_AUTHOR_EMAIL": "rehearsal@example.invalid", "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "rehearsal", "GIT_COMMITTER_EMAIL": "rehearsal@example.invalid", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
}


def git(folder, *arguments):
    command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=folder, env={**os.environ, **IDENTITY}, check=True, capture_output=True, text=True).stdout.strip()


def copy(source, target, words):
    """Copies a folder; `@WORD@` in a file's text is replaced, links and modes are kept."""
    for path in sorted(source.rglob("*")):
        to = target / path.relative_to(source)
        if path.is_symlink():
            to.symlink_to(os.readlink(path))
        elif path.is_dir():
            to.mkdir(parents=True, exist_ok=True)
        else:
            text = path.read_text()
            for word, value in words.items():
                text = text.replace(f"@{word}@", value)
            to.write_text(text)
            shutil.copymode(path, to)


def publish(work, out, name):
    git(out, "clone", "--quiet", "--bare", str(work), f"{name}.git")
    git(out / f"{name}.git", "remote", "remove", "origin")
    git(out / f"{name}.git", "config", "uploadpack.allowAnySHA1InWant", "true")


def repositories(out, url, builder, temporary):
    shared = temporary / "fedora-coreos-config"
    shared.mkdir()
    git(shared, "init", "--quiet", "--initial-branch=testing-devel")
    copy(HERE / "sources/fedora-coreos-config", shared, {})
    git(shared, "add", "--all")
    git(shared, "commit", "--quiet", "--message=rehearsal")
    publish(shared, out, "fedora-coreos-config")

    base = temporary / "rhel-coreos-config"
    base.mkdir()
    git(base, "init", "--quiet")
    copy(HERE / "sources/rhel-coreos-config", base, {"BUILDER": builder, "URL": url})
    git(base, "add", "--all")
    commit = git(shared, "rev-parse", "HEAD")
    git(base, "update-index", "--add", "--cacheinfo", f"160000,{commit},fedora-coreos-config")
    git(base, "commit", "--quiet", "--message=rehearsal")
    publish(base, out, "rhel-coreos-config")

    node = temporary / "os"
    node.mkdir()
    git(node, "init", "--quiet")
    for branch, (version, folders, repository, gone) in BRANCHES.items():
        git(node, "checkout", "--quiet", "--orphan", branch)
        git(node, "rm", "--quiet", "-r", "--force", "--ignore-unmatch", ".")
        for folder in folders:
            copy(HERE / "sources" / folder, node, {"VERSION": version, "REPOSITORY": repository, "NUMBER": version.replace(".", "")})
        for file in gone:
            (node / file).unlink()
        git(node, "add", "--all")
        git(node, "commit", "--quiet", "--message=rehearsal")
    publish(node, out, "os")

    for name, (spec, package, part) in RPM_SOURCES.items():
        source = temporary / name
        source.mkdir()
        git(source, "init", "--quiet", f"--initial-branch={RPM_BRANCHES[0]}")
        copy(HERE / "sources/rpm", source, {"NAME": package, "PART": part})
        (source / "package.spec").rename(source / spec)
        if name == "kubernetes":
            (source / "openshift-hack/images/hyperkube").mkdir(parents=True)
            (source / "openshift-hack/images/hyperkube/Dockerfile.rhel").write_text('LABEL io.openshift.build.versions="kubernetes=1.35.2"\n')
        git(source, "add", "--all")
        git(source, "commit", "--quiet", "--message=rehearsal")
        for branch in RPM_BRANCHES[1:]:
            git(source, "branch", branch)
        publish(source, out, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--url", default="file:///rehearsal")
    parser.add_argument("--builder", default="kind-registry:5000/lab/busybox:1")
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        repositories(out, arguments.url, arguments.builder, pathlib.Path(temporary))
    rpm.repository(out / "repo", PACKAGES, "4.0.0", "rehearsal")


main()

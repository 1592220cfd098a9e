"""What `oc adm release new` makes of images' manifests: which it finds, how it names them, what it puts into them."""

import io
import json
import posixpath
import tarfile

OPERATOR = "io.openshift.release.operator"
OVERRIDE = "io.openshift.release.override"
SNAPSHOT = "0.0.1-snapshot"
BUILD = [f"io.openshift.build.{name}" for name in ("commit.id", "commit.ref", "source-location")]


def files_in(layer, folder):
    """Files of a layer, right under a folder: name → bytes."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        for entry in archive:
            path = posixpath.normpath("/" + entry.name)
            if entry.isfile() and posixpath.dirname(path) == folder:
                found[posixpath.basename(path)] = archive.extractfile(entry).read()
    return found


def manifests_of(image, everywhere):
    """An operator's manifests, of its last layer or of all; nothing for an image that is none."""
    if not image.labels.get(OPERATOR):
        return None
    files = {}
    for layer in image.layers() if everywhere else [image.layer(-1)]:
        files.update(files_in(layer, "/manifests"))
    return files


def transform(operator, files, images, version, fail):
    """Manifests as a release has them: its name, and its images in place of those that developers wrote."""
    references = files.get("image-references")
    replacements = {}
    for tag in json.loads(references)["spec"]["tags"] if references else []:
        if tag["name"] not in images:
            fail(f'unable to create a release: operator "{operator}" contained an invalid image-references file: no input image tag named "{tag["name"]}"')
        replacements[tag["from"]["name"]] = images[tag["name"]]
    for name, data in sorted(files.items()):
        if name == "image-references":
            continue
        text = data.decode().replace(SNAPSHOT, version)
        for written, image in replacements.items():
            text = text.replace(written, image)
        yield name if name.startswith("0000_") else f"0000_50_{operator}_{name}", text.encode()


def numbered(pairs):
    """Files by name; one of a name that is there gets a number."""
    files, counts = {}, {}
    for name, data in pairs:
        if name in counts:
            counts[name] += 1
            stem, extension = posixpath.splitext(name)
            name = f"{stem}_{counts[name]}{extension}"
        counts[name] = 1
        files[name] = data
    return files


def compose(tags, ordered, include, version, load, fail):
    """
    Tags and manifests of a release.

    ordered: tags whose manifests are written, each as often as it is there
    """
    operators = {}
    for tag in tags:
        image = load(tag["from"]["name"])
        annotations = tag.get("annotations") or {}
        tag["annotations"] = {**annotations, **{name: image.labels.get(name, "") for name in BUILD}}
        files = manifests_of(image, annotations.get(OVERRIDE) == "true")
        if files is not None:
            operators[tag["name"]] = files
    images = {tag["name"]: tag["from"]["name"] for tag in tags}
    pairs = []
    for operator in sorted(ordered):
        if operator in operators:
            pairs += transform(operator, operators[operator], images, version, fail)
    referenced = {tag["name"] for files in operators.values() for tag in json.loads(files.get("image-references", b'{"spec": {"tags": []}}'))["spec"]["tags"]}
    kept = referenced | (set(operators) & set(ordered)) | set(include)
    return [tag for tag in tags if tag["name"] in kept], numbered(pairs)

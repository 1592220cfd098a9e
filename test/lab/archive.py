#!/usr/bin/env python3
"""Make a docker archive (docker load, skopeo docker-archive:, kind load image-archive) without an engine.

usage: archive.py OUT.tar < SPEC.json
SPEC is a list of images: {"tags": ["repo:tag"], "layers": ["ready.tar"], "files": {"/dst": "/src file or folder"},
  "text": {"/dst": "text"}, "links": {"/dst": "target"}, "dirs": ["/x"], "own": {"/x": [uid, gid]},
  "entrypoint": [], "cmd": [], "env": [], "user": "65532:65532", "workdir": "/"}
Layers that several images share are stored once. Times are zero, so the same input gives the same digest.
`repositories` lists every name too: kind reads only the first entry of manifest.json.
"""
import hashlib, io, json, os, sys, tarfile, tempfile

PATH = "PATH=/ko-app:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def layer(spec, out):
    own, seen = spec.get("own", {}), set()
    with tarfile.open(out, "w", format=tarfile.GNU_FORMAT) as t:
        def put(path, kind, mode=0o755, link="", size=0, data=None):
            ti = tarfile.TarInfo(path.strip("/"))
            ti.type, ti.mode, ti.linkname, ti.size = kind, mode, link, size
            ti.uid, ti.gid = own.get("/" + ti.name, (0, 0))
            t.addfile(ti, data)

        def folder(path):  # with its parents; never again one that is there
            parts = path.strip("/").split("/")
            for i in range(1, len(parts) + 1):
                d = "/".join(parts[:i])
                if d and d not in seen:
                    seen.add(d)
                    put(d, tarfile.DIRTYPE, 0o1777 if d == "tmp" else 0o775 if "/" + d in own else 0o755)

        def add(dst, src):
            st = os.lstat(src)
            if os.path.islink(src):
                folder(os.path.dirname(dst)); put(dst, tarfile.SYMTYPE, 0o777, os.readlink(src))
            elif os.path.isdir(src):
                folder(dst)
                for n in sorted(os.listdir(src)):
                    add(dst.rstrip("/") + "/" + n, os.path.join(src, n))
            else:
                folder(os.path.dirname(dst))
                with open(src, "rb") as f:
                    put(dst, tarfile.REGTYPE, st.st_mode & 0o7777, size=st.st_size, data=f)

        for d in spec.get("dirs", []):
            folder(d)
        for dst, src in spec.get("files", {}).items():
            add(dst, src)
        for dst, text in spec.get("text", {}).items():
            b = text.encode()
            folder(os.path.dirname(dst)); put(dst, tarfile.REGTYPE, 0o644, size=len(b), data=io.BytesIO(b))
        for dst, target in spec.get("links", {}).items():
            folder(os.path.dirname(dst)); put(dst, tarfile.SYMTYPE, 0o777, target)


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def main(out):
    manifest, repos, blobs, texts, known = [], {}, {}, {}, {}
    with tempfile.TemporaryDirectory(dir=os.path.dirname(out) or ".") as tmp:
        for i, s in enumerate(json.load(sys.stdin)):
            paths = list(s.get("layers", []))
            if any(k in s for k in ("files", "text", "links", "dirs")):
                paths.append(os.path.join(tmp, f"{i}.tar"))
                layer(s, paths[-1])
            for p in paths:
                if p not in known:
                    known[p] = digest(p)
            ids = [known[p] for p in paths]
            blobs.update({d + ".tar": p for d, p in zip(ids, paths)})
            cfg = json.dumps({
                "architecture": "amd64", "os": "linux", "created": "1970-01-01T00:00:00Z",
                "config": {"Env": [PATH] + s.get("env", []), "Entrypoint": s.get("entrypoint"), "Cmd": s.get("cmd"),
                           "WorkingDir": s.get("workdir", "/"), "User": s.get("user", "")},
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + d for d in ids]},
                "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "archive.py"} for _ in ids]}).encode()
            name = hashlib.sha256(cfg).hexdigest() + ".json"
            texts[name] = cfg
            manifest.append({"Config": name, "RepoTags": s["tags"], "Layers": [d + ".tar" for d in ids]})
            for tag in s["tags"]:
                r, v = tag.rsplit(":", 1)
                repos.setdefault(r, {})[v] = ids[-1]
        texts = {"repositories": json.dumps(repos).encode(), "manifest.json": json.dumps(manifest).encode(), **texts}
        with tarfile.open(out + ".part", "w", format=tarfile.GNU_FORMAT) as t:
            for n, b in texts.items():
                ti = tarfile.TarInfo(n); ti.size, ti.mode = len(b), 0o644
                t.addfile(ti, io.BytesIO(b))
            for n, p in blobs.items():
                ti = tarfile.TarInfo(n); ti.size, ti.mode = os.path.getsize(p), 0o644
                with open(p, "rb") as f:
                    t.addfile(ti, f)
    os.rename(out + ".part", out)
    for m in manifest:
        print("  image", *m["RepoTags"])


main(sys.argv[1])

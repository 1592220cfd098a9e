"""What openstacksdk makes of the cases of cases.yaml, as JSON: `pip install openstacksdk && python record.py > recorded.json`.

Each case runs in a process of its own, in folders of its own, and asks a Keystone that is none: requests' one method is
replaced. What is kept is what would have gone over the wire: to which address, with which body, which certificates are
trusted, and which of the catalogue's endpoints Ironic would be asked at. OS_REGION_NAME and OS_CACERT are handed in as the
`openstack` command does, whose options have them as defaults.
"""

import json
import os
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    with open(os.path.join(HERE, "cases.yaml"), encoding="utf-8") as file:
        cases = yaml.safe_load(file)
    import openstack.version

    recorded = {}
    for case in cases:
        with tempfile.TemporaryDirectory() as root:
            recorded[case["name"]] = run(case, os.path.realpath(root))
    version = openstack.version.__version__
    json.dump({"openstacksdk": version, "recorded": recorded}, sys.stdout, indent=2, sort_keys=True)
    print()


def run(case, root):
    for folder in ("cwd", "home"):
        os.makedirs(os.path.join(root, folder))
    for name, text in (case.get("files") or {}).items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    env = {key: value.replace("{root}", root) for key, value in (case.get("env") or {}).items()}
    env.update(HOME=os.path.join(root, "home"), PATH=os.environ["PATH"])
    args = [sys.executable, "-W", "ignore", os.path.abspath(__file__), json.dumps(case.get("sdk", case["cloud"]))]
    done = subprocess.run(args, cwd=os.path.join(root, "cwd"), env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{case['name']}: {done.stderr}")
    return json.loads(done.stdout.replace(root, "{root}"))


def one(cloud):
    import requests
    from openstack import config
    from openstack import exceptions

    sent = {}

    def answer(_self, method, url, **kwargs):
        response = requests.Response()
        response.status_code = 200
        response.url = url
        if method == "POST":
            body = kwargs.get("json") or json.loads(kwargs["data"])
            sent.update(url=url, body=body, verify=kwargs.get("verify"), cert=kwargs.get("cert"))
            response.status_code = 201
            response.headers["X-Subject-Token"] = "token"
            content = TOKEN
        else:
            base = url.rstrip("/").removesuffix("/v3")
            version = {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": f"{base}/v3/"}]}
            content = {"version": version} if url.rstrip("/").endswith("/v3") else {"versions": {"values": [version]}}
        response._content = json.dumps(content).encode()
        return response

    requests.Session.request = answer
    options = {}
    for option, variable in (("region_name", "OS_REGION_NAME"), ("cacert", "OS_CACERT")):
        if os.environ.get(variable):
            options[option] = os.environ[variable]
    try:
        region = config.OpenStackConfig().get_one(cloud, **options)
    except exceptions.ConfigException as error:
        return {"error": type(error).__name__}
    session = region.get_session()
    session.get_token()
    endpoint = region.get_endpoint("baremetal") or session.get_endpoint(
        service_type="baremetal",
        interface=region.get_interface("baremetal"),
        region_name=region.get_region_name("baremetal"),
        skip_discovery=True,
    )
    return {**sent, "endpoint": endpoint}


TOKEN = {
    "token": {
        "methods": ["password"],
        "expires_at": "2126-01-01T00:00:00.000000Z",
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "user": {"id": "u1", "name": "me", "domain": {"id": "default", "name": "Default"}},
        "catalog": [
            {
                "type": "baremetal",
                "name": "ironic",
                "id": "s1",
                "endpoints": [
                    {
                        "id": f"{region}-{interface}",
                        "interface": interface,
                        "region": region,
                        "region_id": region,
                        "url": f"https://{interface}.{region}.example",
                    }
                    for region in ("south", "north")
                    for interface in ("public", "internal", "admin")
                ],
            }
        ],
    }
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        json.dump(one(json.loads(sys.argv[1])), sys.stdout)
    else:
        main()

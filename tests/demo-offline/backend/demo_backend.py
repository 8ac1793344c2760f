"""A small build backend (PEP 517) for a project of one package, with the standard library alone."""

import base64
import hashlib
import io
import os
import re
import tarfile
import time
import zipfile

#: What an sdist is made of, beside PKG-INFO.
SOURCES = ["README.md", "backend", "pyproject.toml"]


def build_sdist(sdist_directory, config_settings=None):
    """Write `{name}-{version}.tar.gz` (PEP 625) and return its name."""
    project = read_project()
    stem = f"{project['escaped']}-{project['version']}"
    path = os.path.join(sdist_directory, f"{stem}.tar.gz")
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for source in files(SOURCES + [package()]):
            archive.add(source, f"{stem}/{source}", recursive=False)
        add_bytes(archive, f"{stem}/PKG-INFO", metadata(project))
    return os.path.basename(path)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Write `{name}-{version}-py3-none-any.whl` (PEP 427) and return its name."""
    project = read_project()
    stem = f"{project['escaped']}-{project['version']}"
    path = os.path.join(wheel_directory, f"{stem}-py3-none-any.whl")
    wheel = "Wheel-Version: 1.0\nGenerator: demo_backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = ""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        members = {source: read(source) for source in files([package()])}
        members[f"{stem}.dist-info/METADATA"] = metadata(project)
        members[f"{stem}.dist-info/WHEEL"] = wheel.encode()
        for name, content in members.items():
            archive.writestr(member(name), content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
            record += f"{name},sha256={digest.decode().rstrip('=')},{len(content)}\n"
        name = f"{stem}.dist-info/RECORD"
        archive.writestr(member(name), record + f"{name},,\n")
    return os.path.basename(path)


def read_project():
    """The strings in `[project]` and `[project.urls]`; `tomllib` came with Python 3.11."""
    project, table = {"urls": {}}, None
    for line in read("pyproject.toml").decode().splitlines():
        header = re.fullmatch(r"\[(.+)\]\s*", line)
        pair = re.match(r"([\w-]+)\s*=\s*([\"'])(.*?)\2", line)
        if header:
            table = header.group(1)
        elif pair and table == "project":
            project[pair.group(1)] = pair.group(3)
        elif pair and table == "project.urls":
            project["urls"][pair.group(1)] = pair.group(3)
    project["escaped"] = re.sub(r"[-_.]+", "_", project["name"]).lower()
    return project


def package():
    """The directory with an `__init__.py`: the name of the project may be set for a release."""
    places = sorted(os.listdir())
    return next(place for place in places if os.path.exists(os.path.join(place, "__init__.py")))


def metadata(project):
    """METADATA, and PKG-INFO (core metadata, version 2.1)."""
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}"]
    lines.append(f"Summary: {project['description']}")
    lines.append(f"Requires-Python: {project['requires-python']}")
    lines += [f"Project-URL: {label}, {url}" for label, url in project["urls"].items()]
    lines += ["Description-Content-Type: text/markdown", "", read(project["readme"]).decode()]
    return "\n".join(lines).encode()


def files(places):
    """Every file in `places`, in a fixed order."""
    found = [place for place in places if os.path.isfile(place)]
    for place in places:
        for directory, directories, names in os.walk(place):
            directories[:] = sorted(set(directories) - {"__pycache__"})
            found += [f"{directory}/{name}" for name in sorted(names)]
    return sorted(found)


def read(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def epoch():
    """The one time in the archives; a zip has none before 1980."""
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), 315532800)


def member(name):
    """The header of a wheel's member."""
    info = zipfile.ZipInfo(name, time.gmtime(epoch())[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    return info


def add_bytes(archive, name, content):
    """Add a file that is not on the disk to an sdist."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(content), epoch()
    archive.addfile(info, io.BytesIO(content))

"""Calls one hook of a build backend (PEP 517) and writes its answer to a file.

usage: hooks.py REQUEST ANSWER, both JSON, in the directory of the project.
"""

import os
import sys

# setuptools gives setup.py arguments of its own.
REQUEST, ANSWER = sys.argv[1:]
# Standard output belongs to whoever reads the manifest.
os.dup2(2, 1)
sys.stdout.reconfigure(line_buffering=True)
os.umask(0o022)
# This file's directory is no place to import from.
del sys.path[0]

import importlib
import json
import traceback


def call(request):
    places = [os.path.abspath(path) for path in request["backend_path"]]
    sys.path[:0] = places
    module_name, _, object_name = request["backend"].partition(":")
    # Each hook imports it again; an environment may hold bytecode, a source may not.
    sys.dont_write_bytecode = bool(places)
    try:
        backend = module = importlib.import_module(module_name)
        for name in filter(None, object_name.split(".")):
            backend = getattr(backend, name)
    except (AttributeError, ImportError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return {"fault": "import"}
    if places and not is_inside(module, places):
        return {"fault": "place"}
    hook = getattr(backend, request["hook"], None)
    sys.dont_write_bytecode = True
    if hook is None:
        return {"fault": "hook"}
    try:
        return {"value": hook(*request["arguments"], request["config_settings"] or None)}
    except Exception as error:
        # Nobody looks for the mistake in this file.
        traceback.print_exception(type(error), error, error.__traceback__.tb_next)
        sys.exit(1)


def is_inside(module, places):
    """Whether an in-tree backend is in the tree, as PEP 517 demands."""
    top = os.path.join(os.path.realpath(os.getcwd()), "")
    file = os.path.realpath(getattr(module, "__file__", None) or next(iter(module.__path__)))
    here = [os.path.join(os.path.realpath(place), "") for place in places]
    return file.startswith(top) and any(file.startswith(place) for place in here)


with open(REQUEST, encoding="utf-8") as file:
    answer = call(json.load(file))
with open(ANSWER, "w", encoding="utf-8") as file:
    json.dump(answer, file)

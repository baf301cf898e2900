"""Importing 28 modules of the standard library: thousands of code objects that run once, none observed."""

from importlib import import_module

from timing import measure_once

MODULES = (
    "argparse",
    "ast",
    "asyncio",
    "base64",
    "bz2",
    "calendar",
    "cmd",
    "concurrent.futures",
    "configparser",
    "csv",
    "ctypes",
    "decimal",
    "difflib",
    "email.mime.text",
    "fractions",
    "html.parser",
    "http.client",
    "inspect",
    "json",
    "logging.config",
    "multiprocessing",
    "pickle",
    "pydoc",
    "sqlite3",
    "statistics",
    "tarfile",
    "unittest",
    "xml.dom.minidom",
)

measure_once(lambda: [import_module(name) for name in MODULES])

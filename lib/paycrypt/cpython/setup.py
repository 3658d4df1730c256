"""Build of the CPython binding. Writes nothing into the source tree: objects and metadata go to a temporary folder."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))  # build isolation leaves the project's folder out

import build_paycrypt  # noqa: E402


class BuildWithCore(build_ext):
    """Compiles the files of the core, wherever they are; an extension names only files below this folder."""

    def build_extension(self, ext):
        ext.sources += [str(path) for path in sorted(build_paycrypt.core_folder().glob("*.c"))]
        super().build_extension(ext)


class SdistWithCore(sdist):
    """A source distribution carries its own copy of the C core."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        target = os.path.join(base_dir, "core")
        os.makedirs(target, exist_ok=True)
        for path in sorted(build_paycrypt.core_folder().glob("*.[ch]")):
            shutil.copy(path, target)
        shutil.copy(HERE / "build_paycrypt.py", base_dir)


scratch = tempfile.mkdtemp(prefix="paycrypt-build-")
atexit.register(shutil.rmtree, scratch, ignore_errors=True)

setup(
    cffi_modules=["build_paycrypt.py:ffibuilder"],
    cmdclass={"build_ext": BuildWithCore, "sdist": SdistWithCore},
    options={"build": {"build_base": scratch}, "egg_info": {"egg_base": scratch}},
)

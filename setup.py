"""Puts content, themes, search and etc into the wheel as ``govportal/_shipped``; everything else is in setup.cfg."""
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class BuildWithShipped(build_py):
    """``shipped(name)`` finds these folders in an installed package."""

    def run(self):
        super().run()
        for name in ("content", "themes", "search", "etc"):
            target = Path(self.build_lib) / "govportal" / "_shipped" / name
            if (ROOT / name).is_dir() and not self.editable_mode:
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(ROOT / name, target)


setup(cmdclass={"build_py": BuildWithShipped})

"""Build steps that `pyproject.toml` cannot express: the version and the start-up hook.

The version comes from the Cargo workspace, so that it is written down once. The hook is a `.pth`
file that has to lie beside the package, not in it: `site` reads only the top of a site folder.
Compiling is left to setuptools-rust.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

from setuptools import Command, setup
from setuptools.command.build import build

HOOK = "python/ghostglass.pth"

# The interpreter that loads the extension provides the C API: linking `libpython` as well would
# fail where only the interpreter is installed, and load a second runtime where it is linked in.
os.environ.setdefault("PYO3_BUILD_EXTENSION_MODULE", "1")


class build_startup_hook(Command):
    """Put the `.pth` file at the top of the wheel, for ordinary and editable installs."""

    description = "copy the start-up hook to the top of the site folder"
    user_options: list[tuple[str, str | None, str]] = []  # noqa: RUF012 - the base class's form

    def initialize_options(self) -> None:
        """Leave both settings to the surrounding build."""
        self.build_lib: str | None = None
        self.editable_mode = False

    def finalize_options(self) -> None:
        """Take over the folder that becomes the site folder."""
        self.set_undefined_options("build", ("build_lib", "build_lib"))

    def run(self) -> None:
        """Copy the hook; an editable wheel takes nothing from `build_lib`, so bypass it."""
        folder = self._wheel_folder()
        self.mkpath(folder)
        self.copy_file(HOOK, folder)

    def get_outputs(self) -> list[str]:
        """Name the installed file, so that it is listed and later removed."""
        return [] if self.editable_mode else [str(Path(self._wheel_folder(), Path(HOOK).name))]

    def get_output_mapping(self) -> dict[str, str]:
        """Tell which source an output came from."""
        return dict.fromkeys(self.get_outputs(), HOOK)

    def get_source_files(self) -> list[str]:
        """Name the source, so that source distributions hold it."""
        return [HOOK]

    def _wheel_folder(self) -> str:
        if self.editable_mode:
            return str(self.get_finalized_command("install").install_lib)
        return str(self.build_lib)


class build_with_hook(build):
    """The ordinary build followed by the start-up hook."""

    sub_commands = [*build.sub_commands, ("build_startup_hook", None)]  # noqa: RUF012 - as above


def cargo_version() -> str:
    """Read the version of the Cargo workspace."""
    manifest: dict[str, Any] = tomllib.loads(Path("Cargo.toml").read_text(encoding="utf-8"))
    return str(manifest["workspace"]["package"]["version"])


setup(
    version=cargo_version(),
    cmdclass={"build": build_with_hook, "build_startup_hook": build_startup_hook},
)

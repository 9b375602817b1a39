"""Unpack the pip that Python brings along into the environment that runs this.

``venv`` itself lets pip install pip, and compile all of it, which takes longer than all the other packages
take together; it is needed once, to fetch uv. Ends with 1 where Python keeps no such wheel.
"""

import ensurepip
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

#: Where Python keeps the wheel; Debian and Fedora name a folder of their own.
FOLDERS = (Path(ensurepip.__file__).parent / "_bundled", sysconfig.get_config_var("WHEEL_PKG_DIR"))


def unpack_pip() -> bool:
    """Whether a wheel was found; what lies in the packages' folder already is overwritten."""
    for folder in filter(None, FOLDERS):
        for wheel in Path(folder).glob("pip-*.whl"):
            with ZipFile(wheel) as packed:
                packed.extractall(sysconfig.get_path("purelib"))
            return True
    return False


if __name__ == "__main__":
    sys.exit(not unpack_pip())

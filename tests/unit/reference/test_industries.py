"""The selection of industry classes."""

from pathlib import Path

import pytest

from portal.domain.errors import PackError
from portal.reference.industries import industries, read_industries

HEAD = 'id = "T"\ntitle = "t"\ntitle_en = "t"\n[source.s]\ntitle = "t"\nconfidence = "official"\n'
CLASS = '[[class]]\ncode = "{code}"\nname = "n"\nname_en = "n"\nsource = "s"\n'


def test_steel_making_and_dyeing_are_there() -> None:
    assert industries()["3120"].name == "炼钢"
    assert industries()["1713"].name == "棉印染精加工"


@pytest.mark.parametrize("codes", [("31",), ("31a0",), ("3120", "3120")])
def test_a_wrong_code_is_refused(tmp_path: Path, codes: tuple[str, ...]) -> None:
    folder = tmp_path / "industries"
    folder.mkdir()
    (folder / "T.toml").write_text(HEAD + "".join(CLASS.format(code=code) for code in codes))
    with pytest.raises(PackError):
        read_industries("T", data=tmp_path)

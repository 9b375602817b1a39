"""What every form does by itself."""

from collections.abc import Iterator

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import PasswordField, SelectField, StringField, TextAreaField

from forms.base import BaseForm, translate_with
from forms.validators import AtLeast, AtMost, EmailAddress, Required
from portal.domain.errors import Invalid


class Letter(BaseForm):
    name = StringField("姓名", [Required(), AtMost(5)])
    address = StringField("邮箱", [EmailAddress()])
    remark = TextAreaField("备注", [AtLeast(3)], description="写明原因")
    secret = PasswordField("密码")
    kind = SelectField("类别", choices=[("a", "甲")])


def filled(**values: str) -> Letter:
    form = Letter(MultiDict({"name": "沈示例", "kind": "a", **values}))
    form.validate()
    return form


@pytest.fixture
def english() -> Iterator[None]:
    words = {
        "姓名": "Name",
        "写明原因": "Say why",
        "最多 %(most)s 个字，现在是 %(given)s 个，请缩短": "At most %(most)s",
    }
    translate_with(lambda text: words.get(text, text))
    yield
    translate_with(str)


def test_blanks_and_control_characters_go() -> None:
    form = filled(name="  沈\x00示\x07例\u3000", remark=" 一行\n两行 ")
    assert form.given("name") == "沈示例"
    assert form.given("remark") == "一行\n两行"


def test_a_password_is_left_as_it_is() -> None:
    assert filled(secret="  two blanks  ").secret.data == "  two blanks  "


def test_blanks_alone_are_not_given() -> None:
    assert filled(name="  \u3000 ").errors == {"name": ["请填写姓名"]}


def test_a_text_without_a_limit_of_its_own_gets_one() -> None:
    assert "address" in filled(address="a" * 190 + "@example.test").errors
    assert "remark" in filled(remark="字" * 4001).errors
    assert "secret" in filled(secret="x" * 201).errors


def test_its_own_limit_is_kept() -> None:
    assert filled(name="一二三四五六").errors["name"] == ["最多 5 个字，现在是 6 个，请缩短"]


@pytest.mark.parametrize(
    "typed", ["nobody", "a@b", "a b@example.test", "a@example.test,b@example.test", "@x.cn"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert "address" in filled(address=typed).errors


def test_a_choice_that_was_not_offered_is_refused_in_our_words() -> None:
    assert filled(kind="b").errors == {"kind": ["请从列出的选项中选择"]}


@pytest.mark.usefixtures("english")
def test_labels_hints_and_messages_come_in_the_readers_language() -> None:
    form = filled(name="一二三四五六")
    assert form.name.label.text == "Name"
    assert form.remark.description == "Say why"
    assert form.errors["name"] == ["At most 5"]


def test_a_refusal_of_a_service_stands_at_its_field() -> None:
    form = filled()
    form.refuse(Invalid("这个邮箱已有 %(count)s 个账户", params={"count": 1}, path="address"))
    assert form.errors == {"address": ["这个邮箱已有 1 个账户"]}


def test_a_refusal_of_no_field_stands_at_the_first() -> None:
    form = filled()
    form.refuse(Invalid("现在不行", path="elsewhere"))
    assert form.errors == {"name": ["现在不行"]}

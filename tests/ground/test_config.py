# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from bmnn_mark.config import default_data_folder, load_config
from bmnn_mark.errors import UsageRefused


def write(tmp_path, text, mode=0o600):
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_reads_what_an_office_decides(tmp_path):
    config = load_config(
        write(tmp_path, 'agency = "SỞ MẪU"\nink = [200, 0, 0]\npage_code = false\n')
    )
    assert config.agency == "SỞ MẪU"
    assert config.ink == (200, 0, 0)
    assert config.page_code is False


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("colour = 1", "colour"),
        ('page_code = "yes"', "page_code"),
        ('policy = "none"', "policy"),
        ('data_folder = "so"', "data_folder"),
        ('rules_overlay = "so.json"', "rules_overlay"),
        ('data_folder = ""', "data_folder"),
        ("= broken", ""),
    ],
)
def test_refuses_unknown_keys_and_wrong_values(tmp_path, text, key):
    with pytest.raises(UsageRefused, match="config.wrong") as refusal:
        load_config(write(tmp_path, text))
    assert refusal.value.detail["key"] == key


def test_refuses_a_file_that_others_may_write(tmp_path):
    with pytest.raises(UsageRefused, match="config.unsafe"):
        load_config(write(tmp_path, "", mode=0o666))


def test_refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageRefused, match="config.missing"):
        load_config(tmp_path / "none.toml")


def test_a_machine_without_a_home_has_a_data_folder_that_cannot_be_used(monkeypatch):
    def nobody():
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nobody)
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_data_folder() == Path("/nonexistent/bmnn-mark")


def test_refuses_a_pipe_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "config.toml")
    with pytest.raises(UsageRefused, match="config.missing"):
        load_config(tmp_path / "config.toml")

# SPDX-License-Identifier: Apache-2.0
"""Fuzz one reader guided by coverage of our code; see ``script/fuzz-guided`` and ADR 14."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from random import Random

import atheris

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "hostile"))

with atheris.instrument_imports(include=["bmnn_mark"]):
    from readers import PACK, STRUCTURAL, without_programs

from mutators import spoil_docx, spoil_pdf
from seed_files import PDF_SEEDS, sample_word
from stamped_files import stamped_files

from bmnn_mark.errors import BmnnMarkError, Fault

FILES = 1000
#: Seconds for one file, and MiB, beyond which it counts as a fault.
PATIENCE, MEMORY_MIB = 60, 4096


def main() -> None:
    """Fuzz the reader named first, with as many files as is said second."""
    name = sys.argv[1] if len(sys.argv) > 1 else "read-pdf"
    files = int(sys.argv[2]) if len(sys.argv) > 2 else FILES
    reader, kind = STRUCTURAL[name]
    spoil = spoil_pdf if kind == "pdf" else spoil_docx
    logging.disable()  # libraries quote what they read
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp(prefix="bmnn-fuzz-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    seeds = [made() for made in PDF_SEEDS.values()] if kind == "pdf" else [sample_word(folder)]
    if name == "check-pdf":
        seeds += stamped_files(PACK)
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)

    def read(data: bytes) -> None:
        source, work = folder / f"source.{kind}", folder / "work"
        source.write_bytes(data)
        work.mkdir()
        try:
            reader(source, work)
        except Fault:
            raise
        except (BmnnMarkError, MemoryError, RecursionError):
            pass  # refused by name: the worker process names the last two so
        finally:
            shutil.rmtree(work)

    def mutate(data: bytes, size: int, seed: int) -> bytes:
        chance = Random(seed)
        if chance.random() < 0.4:
            return bytes(atheris.Mutate(data, size))
        return spoil(bytes(data), chance)[:size]

    # What is learnt stays in the folder; what fails is written where one stands.
    arguments = [
        sys.argv[0], f"-runs={files}", f"-timeout={PATIENCE}", f"-rss_limit_mb={MEMORY_MIB}",
        "-print_final_stats=1", "-verbosity=1", "-max_len=300000", f"-artifact_prefix={folder}/",
        str(corpus),
    ]  # fmt: skip
    with without_programs():
        atheris.Setup(arguments, read, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

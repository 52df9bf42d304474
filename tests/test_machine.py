"""Cache sizes, read from small /sys trees of real machines."""

import pytest

from fastnn import _core

KIB = 2**10
CACHE = "sys/devices/system/cpu/cpu0/cache"
# Defaults of bytes, bytes per line and ways if nothing is known.
FALLBACK = [(32 * KIB, 64, 8), (512 * KIB, 64, 8), (32768 * KIB, 64, 16)]
NAMES = ("level", "type", "size", "coherency_line_size", "ways_of_associativity")


def caches(tmp_path, *rows):
    for i, row in enumerate(rows):
        folder = tmp_path / CACHE / f"index{i}"
        folder.mkdir(parents=True)
        for name, value in zip(NAMES, row, strict=True):
            if value is not None:
                (folder / name).write_text(f"{value}\n")
    (tmp_path / "sys").mkdir(exist_ok=True)
    return _core.config.machine_caches(str(tmp_path))


INSTRUCTIONS = (1, "Instruction", "64K", 64, 16)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], FALLBACK),
        (
            [
                (1, "Data", "48K", 64, 12),
                INSTRUCTIONS,
                (2, "Unified", "2048K", 64, 16),
                (3, "Unified", "105M", 64, 15),
            ],
            [(48 * KIB, 64, 12), (2048 * KIB, 64, 16), (105 * KIB * KIB, 64, 15)],
        ),
        # Two levels, the second of them shared.
        (
            [(1, "Data", "128K", 128, 8), (2, "Unified", "12M", 128, 12)],
            [(128 * KIB, 128, 8), (12 * KIB * KIB, 128, 12), (12 * KIB * KIB, 128, 12)],
        ),
        # Virtual machines omit associativity or report 0.
        ([(1, "Data", "32K", 64, 0), (3, "Unified", "16M", 64, None)],
         [FALLBACK[0], FALLBACK[1], (16384 * KIB, 64, 16)]),
        ([(1, "Data", "words", 64, 8)], FALLBACK),
    ],
)  # fmt: skip
def test_caches(tmp_path, rows, expected):
    assert caches(tmp_path, *rows) == expected


def test_caches_of_this_machine_are_plausible():
    sizes = [size for size, _, _ in _core.config.machine_caches()]
    assert 4 * KIB <= sizes[0] <= sizes[1] <= sizes[2]
    for size, line, ways in _core.config.machine_caches():
        assert line in (32, 64, 128, 256)
        assert 0 < ways * line <= size

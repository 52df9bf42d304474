"""Training that is killed, resumed and killed again has the bits of a run that was left alone.

``python -m benches.checks.training_kills 100`` kills a run with workers, dropout, batch norm,
schedule and augmentation so often at random moments, resumes it each time, and compares weights,
moments and history whenever it comes to its end; then it begins anew.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import fastnn
from fastnn import nn, optim
from fastnn.data import DataLoader
from fastnn.metrics import Accuracy
from fastnn.train import EarlyStopping, LambdaCallback, ReduceLROnPlateau, Trainer

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 4


class Augmented:
    """Samples with noise from three generators."""

    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.y = x.astype(np.float32), y

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int) -> Any:
        noise = np.random.normal(size=self.x.shape[1])  # noqa: NPY002 - as augmentations do
        shift = random.random() + fastnn.rand(1).item()
        return (self.x[i] + 0.1 * noise + 0.1 * shift).astype(np.float32), int(self.y[i])


def augmented_loader(x: Any, y: Any, workers: int) -> DataLoader:
    """Batches of augmented samples."""
    return DataLoader(Augmented(x, y), 10, shuffle=True, num_workers=workers)


def train(folder: Path) -> None:
    """Train to the end, from the checkpoint in a folder on if there is one; write the result."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 240)
    x = rng.standard_normal((240, 6)) + np.eye(3, 6)[y]
    there = (folder / "run").exists()
    fastnn.manual_seed(99 if there else 0)  # what is resumed must not depend on it
    random.seed(99 if there else 0)
    np.random.seed(99 if there else 0)  # noqa: NPY002
    model = nn.Sequential(
        nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 3)
    )
    optimizer = optim.AdamW(model.parameters(), lr=0.01)
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        metrics=Accuracy(),
        scheduler=optim.lr_scheduler.OneCycleLR(optimizer, 0.05, total_steps=20 * EPOCHS),
        scheduler_interval="step",
        clip_norm=1.0,
    )
    history = trainer.fit(
        augmented_loader(x[:200], y[:200], 2),
        augmented_loader(x[200:], y[200:], 0),
        epochs=EPOCHS,
        callbacks=[
            EarlyStopping(patience=9, restore_best_weights=True),
            ReduceLROnPlateau("loss", patience=9),
            LambdaCallback(on_train_begin=lambda logs: (folder / "began").touch()),
        ],
        verbose=0,
        checkpoint=folder / "run",
        checkpoint_every=3,
        resume=True,
    )
    result = {
        "weights": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "history": history.state_dict(),
        "random": [fastnn.get_rng_state(), list(random.getstate()[1])],
    }
    fastnn.save(result, folder / "result")


def start(folder: Path) -> subprocess.Popen[bytes]:
    """A process that trains in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "began").unlink(missing_ok=True)
    command = [sys.executable, "-c", CODE, str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, cwd=ROOT)


CODE = (
    "import sys, pathlib; from benches.checks.training_kills import train; "
    "train(pathlib.Path(sys.argv[1]))"
)


def seconds_of_training(
    folder: Path, process: subprocess.Popen[bytes], most: float | None
) -> float:
    """Wait for the end of the process, or so long after its training began."""
    while not (folder / "began").exists() and process.poll() is None:
        time.sleep(0.005)
    begin = time.perf_counter()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(most)
    return time.perf_counter() - begin


def main(count: int = 100, seed: int = 0) -> int:
    """Kill so many processes; print and return how many of them had a checkpoint."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folders = iter(Path(name) / str(i) for i in range(2 * count + 2))
        folder = next(folders)
        process = start(folder)
        seconds = seconds_of_training(folder, process, None)
        if process.wait():
            raise RuntimeError("a run that was left alone failed")
        expected = (folder / "result").read_bytes()
        killed = resumed = ends = 0
        folder = next(folders)
        while killed < count or not ends:
            resumed += (folder / "run").exists()
            process = start(folder)
            # The end is left alone once there have been enough kills.
            seconds_of_training(
                folder, process, draw.random() * seconds if killed < count else None
            )
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed += 1
                continue
            if process.returncode:
                raise RuntimeError(f"a run failed after {killed} kills")
            if (folder / "result").read_bytes() != expected:
                raise ValueError(f"another result after {killed} kills, in {folder}")
            ends += 1
            folder = next(folders)
    print(
        f"{killed} processes killed, {resumed} resumed from a checkpoint, {ends} runs came to "
        "their end, each with the bits of the run that was left alone"
    )
    return resumed


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

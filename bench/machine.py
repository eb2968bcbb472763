"""What the machine can do, so that figures taken on another one can be read."""

import os
import platform
import sysconfig
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_LONG_ENOUGH_S = 0.5


def facts() -> list[str]:
    """Lines about the machine, its load just now, and the yardsticks that figures depend on."""
    optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    load = ", ".join(f"{part:.2f}" for part in os.getloadavg())
    names = ("sqlalchemy", "psycopg", "aiohttp", "msgspec", "botbuilder-core", "msgraph-sdk", "azure-functions")
    return [
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release()}; load {load}",
        f"Python {platform.python_version()}, built {'with' if optimised else 'without'} profile-guided optimisation",
        ", ".join(f"{name} {version(name)}" for name in names),
        f"yardsticks: 1 million turns of an empty loop {_loop_s() * 1e3:,.0f} ms; "
        f"RSA-2048 verification {_verify_s() * 1e6:,.0f} µs; {syncs_per_s():,.0f} fdatasync/s",
    ]


def syncs_per_s() -> float:
    """How often a page of 4 KB can be written and synced to the disk on which the measures keep their databases."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.open(Path(folder) / "synced", os.O_CREAT | os.O_RDWR)
        try:
            return _times(partial(_write_and_sync, file))
        finally:
            os.close(file)


def _write_and_sync(file: int) -> None:
    os.pwrite(file, b"x" * 4096, 0)
    os.fdatasync(file)


def _times(work: Callable[[], object]) -> float:
    """How often *work* can be done in a second."""
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < _LONG_ENOUGH_S:
        work()
        done += 1
    return done / passed


def _verify_s() -> float:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signed = key.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
    public = key.public_key()
    return 1 / _times(lambda: public.verify(signed, b"x", padding.PKCS1v15(), hashes.SHA256()))


def _loop_s() -> float:
    began = time.process_time()
    for _ in range(1_000_000):
        pass
    return time.process_time() - began


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()

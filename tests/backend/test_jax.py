import subprocess
import sys

import jax


def test_jax_keeps_what_it_compiles(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    code = """
import kerasdl.backend; kerasdl.backend.select("jax")
import jax; jax.jit(lambda x: x @ x)(jax.numpy.ones((8, 8)))
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert list((tmp_path / "kerasdl" / "jax").iterdir())


def test_float32_is_no_tensorfloat32_on_a_gpu():
    assert jax.config.jax_default_matmul_precision == "highest"

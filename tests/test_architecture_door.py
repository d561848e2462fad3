"""The one door: what a library does not document is used in `keras_internals` alone.

That is what begins with one underscore, in a name or in the path of a module, and all of
`keras.src`. The code is read, not run, so a name that is put together is not seen.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "kerasdl"
DOOR = "backend/keras_internals.py"
IN_FILES = {
    "weight_files/torch_tensors.py": {
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_tensor_v2",
    }
}
"""Names that files hold as texts; nothing of that name is used."""
NOT_YET = {
    "backend/float64.py": "keras.src.backend.tensorflow.core",
    "backend/fused/jax.py": "_jax_state _jax_state_synced",
    "backend/fused/tensorflow.py": "_make_function",
    "backend/fused/tensorflow_kernels.py": """
        _apply_weight_decay _backend_update_step _moments _momentums
        _use_weight_decay _velocities
    """,
    "backend/fused/torch.py": """
        keras.src.backend.torch.core.convert_to_tensor
        keras.src.backend.torch.core.get_device
    """,
    "backend/fused/torch_generators.py": "_inst _rand",
    "backend/fused/torch_globals.py": "_data",
    "backend/fused/torch_graph.py": "_foreach_copy_ _ops _schema _unsafe_view",
    "backend/fused/torch_hooks.py": """
        _backward_hooks _backward_pre_hooks _forward_hooks _forward_pre_hooks
        _post_accumulate_grad_hooks _value
    """,
    "backend/fused/torch_interpreter.py": """
        _C _create_function_from_graph _ops _schema
        torch.jit._fuser.optimized_execution
    """,
    "backend/fused/torch_kernels.py": """
        _apply_weight_decay _cudnn_gru _cudnn_lstm _fallback_gru _fallback_lstm
        _foreach_add _foreach_add_ _foreach_div _foreach_mul _foreach_mul_
        _foreach_norm _foreach_sqrt _fused_adam_ _moments _momentums
        _parallel_update_step _u_product _use_weight_decay _velocities
        keras.src.backend.torch.optimizers.torch_adadelta.Adadelta
        keras.src.backend.torch.optimizers.torch_adam.Adam
        keras.src.backend.torch.optimizers.torch_nadam.Nadam
        keras.src.backend.torch.optimizers.torch_optimizer.TorchOptimizer
        keras.src.backend.torch.optimizers.torch_sgd.SGD
        keras.src.backend.torch.rnn
    """,
    "backend/fused/torch_libraries.py": "_pytest _urandom",
    "backend/fused/torch_record.py": "_value",
    "backend/fused/torch_refusals.py": "_C _cdata",
    "backend/fused/torch_state.py": """
        _compile_loss _compile_metrics _eval_epoch_iterator _learning_rate
        keras.src.backend.torch.trainer.TorchTrainer
    """,
    "backend/fused/torch_recordable_step.py": """
        _call_has_training_arg _compile_metrics _compute_loss _loss_tracker
    """,
    "backend/fused/torch_trace.py": """
        torch.utils._python_dispatch.TorchDispatchMode
    """,
    "backend/fused/torch_watch.py": """
        _abc_impl _compiled_trainable_state _modules
        _trainable_variables_indices _variables _version
    """,
    "backend/tensorflow.py": "tensorflow.python.util._pywrap_util_port",
    "backend/torch.py": "_foreach_norm",
    "backend/wrong_gradients.py": "numpy._core._multiarray_umath.__cpu_features__",
    "optimizers/adam.py": "_backend_update_step",
    "optimizers/sgd.py": "_parallel_update_step",
}
"""What other modules still use. It only shrinks: move a name, and strike it here."""
DOCUMENTED = {"_exit", "_getframe"}
"""Those of `os` and `sys`."""
BY_NAME = {
    *("getattr", "setattr", "hasattr", "delattr", "attrgetter", "import_module"),
    *("attribute", "find_class", "find_function", "find_module", "Replaceable"),
}
"""Functions that are given a name as text."""


def undocumented(module: str) -> bool:
    """Return whether a library documents no such module, or nothing in it."""
    package, *parts = module.split(".")
    hidden = module.startswith("keras.src") or any(map(is_private, parts))
    return hidden and package != "kerasdl"


def is_private(name: str) -> bool:
    return name[:1] == "_" and name[1:2].isalpha() and name not in DOCUMENTED


def defined(tree: ast.AST) -> Iterator[str]:
    """Yield the names of what the classes of a module define, and set of themselves."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(body=body):
                yield from (getattr(part, "name", "") for part in body)
                yield from filter(None, map(assigned, body))
            case ast.Attribute(ast.Name("self" | "cls"), name, ast.Store()):
                yield name


def assigned(statement: ast.stmt) -> str | None:
    match statement:
        case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
            return name
    return None


def used(tree: ast.AST, ours: set[str]) -> Iterator[str]:
    """Yield the undocumented names that a module uses.

    Args:
        tree: The module.
        ours: The attributes that kerasdl's classes have of themselves.
    """
    here = set(defined(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names if undocumented(each.name))
            case ast.ImportFrom(module=str(module), names=names):
                paths = (f"{module}.{each.name}" for each in names)
                yield from filter(undocumented, paths)
            case ast.Attribute(ast.Name("keras"), "src"):
                yield "keras.src"
            case ast.Attribute(ast.Name("self" | "cls"), name):
                yield from filter(is_private, {name} - ours)
            case ast.Attribute(ast.Call(ast.Name("super")), name):
                yield from filter(is_private, [name])
            case ast.Attribute(_, name):
                yield from filter(is_private, {name} - here)
            case ast.Call(function, arguments) if called(function) in BY_NAME:
                yield from written(arguments, here)
            case ast.Tuple(parts) | ast.List(parts) | ast.Set(parts):
                yield from written(parts, here)
            case ast.Compare(ast.Constant() as text, [ast.In() | ast.NotIn()]):
                yield from written([text], here)


def called(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def written(expressions: Iterable[ast.expr], here: set[str]) -> Iterator[str]:
    """Yield the undocumented names among texts."""
    for each in expressions:
        name = getattr(each, "value", None)
        if not isinstance(name, str):
            continue
        if (is_private(name) and name not in here) or undocumented(name):
            yield name


def trees() -> dict[str, ast.Module]:
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text())
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def found() -> dict[str, set[str]]:
    """Return what is used, by file."""
    modules = trees()
    ours = {name for tree in modules.values() for name in defined(tree)}
    return {path: set(used(tree, ours)) for path, tree in modules.items()}


def test_nothing_new_is_used_elsewhere():
    for path, names in found().items():
        new = names - set(NOT_YET.get(path, "").split()) - IN_FILES.get(path, set())
        assert path == DOOR or not new, f"{path}: move {sorted(new)} to {DOOR}"


def test_the_list_of_what_is_left_is_true():
    now = found()
    for path, names in NOT_YET.items():
        gone = set(names.split()) - now.get(path, set())
        assert not gone, f"{path}: strike {sorted(gone)} from the list"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import keras.src", "keras.src"),
        ("import keras.src.tree as tree", "keras.src.tree"),
        ("from keras.src.losses.loss import Loss", "keras.src.losses.loss.Loss"),
        ("from torch._guards import tracing", "torch._guards.tracing"),
        ("import keras; keras.src.backend", "keras.src"),
        ("layer._flatten_layers()", "_flatten_layers"),
        ("model.optimizer._iterations = 1", "_iterations"),
        ("class A(B):\n def f(self): self._from_b()", "_from_b"),
        ("class A(B):\n def _f(self): super()._f()", "_f"),
        ("getattr(layer, '_layers', None)", "_layers"),
        ("replaced([(Adam, '_moments', ours)])", "_moments"),
        ("'_moments' in vars(layer)", "_moments"),
        ("import_module('keras.src.tree')", "keras.src.tree"),
        ("class A:\n _b: int\n def _c(self): self._b, self._c()", ""),
        ("class A:\n def __init__(self): self._b = 1\nA()._b", ""),
        ("from kerasdl._version import version", ""),
        ("sys._getframe()", ""),
        ("keras.tree.flatten(x), 'ends_in' + '_this'", ""),
    ],
)
def test_what_counts(code: str, names: str):
    tree = ast.parse(code)
    assert set(used(tree, set(defined(tree)))) == set(names.split())

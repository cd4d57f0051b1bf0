"""Packages that distillmos and Resemblyzer import and that these measures never call: empty ones in their place spare an
installation of gigabytes. What is installed is used."""

import importlib
import importlib.util
import sys
import types


class Anything(types.ModuleType):
    """A module in which every name is a class."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def provide(*names):
    for name in names:
        parent, _, child = name.rpartition(".")
        if isinstance(sys.modules.get(parent), Anything) or (not parent and not importlib.util.find_spec(name)):
            sys.modules[name] = Anything(name)
            if parent:
                setattr(sys.modules[parent], child, sys.modules[name])


def provide_morphology():
    """Resemblyzer 0.1.4 wants scipy.ndimage.morphology, which SciPy 1.15 took away; what it held is in scipy.ndimage."""
    try:
        importlib.import_module("scipy.ndimage.morphology")
    except ImportError:
        import scipy.ndimage
        module = sys.modules["scipy.ndimage.morphology"] = types.ModuleType("scipy.ndimage.morphology")
        module.binary_dilation = scipy.ndimage.binary_dilation


def provide_pkg_resources():
    """webrtcvad asks setuptools' former pkg_resources for its own version."""
    if "pkg_resources" not in sys.modules and not importlib.util.find_spec("pkg_resources"):
        module = sys.modules["pkg_resources"] = types.ModuleType("pkg_resources")
        module.get_distribution = lambda name: types.SimpleNamespace(version="0")

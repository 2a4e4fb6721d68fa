"""Runs a Python module (LiteLLM, pip) and ends it when whoever started it is gone, however that happened.

launch.py MODULE ARGUMENT...
"""

import os
import runpy
import shutil
import sys
import threading


def end_with_parent() -> None:
    # Nothing is ever written here. The kernel closes the pipe with the process at its other end, also after SIGKILL.
    os.read(0, 1)
    if "WORK_DIR" in os.environ:
        shutil.rmtree(os.environ["WORK_DIR"], ignore_errors=True)
    os._exit(1)


# Before the module is imported: LiteLLM takes seconds for that.
threading.Thread(target=end_with_parent, daemon=True).start()

del sys.argv[0]
# Python puts this script's directory first on the path; as if by `python -m`, nothing of it is to be imported.
del sys.path[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

"""What Binder builds: packages in a layer that a change of the lessons leaves as it is, and no more than it is lent."""
import os
import re
import subprocess
import sys

import pytest
from refresh import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Binder runs Linux")


def test_packages_are_installed_before_the_lessons_are_copied():
    build = subprocess.run([sys.executable, "-m", "repo2docker", "--no-build", "--debug", "--user-id", "1000",
                            "--user-name", "jovyan", "."], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    early, late = re.split(r"COPY \S+ src/ .*", build)
    assert re.findall(r"COPY \S+ src/(\S+)", early) == ["binder/environment.yml"]
    assert 'env update -p ${NB_PYTHON_PREFIX} --file "binder/environment.yml"' in early
    assert "env update" not in late
    assert "RUN ./binder/postBuild" in late
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in late


@pytest.mark.parametrize(("share", "threads"), [("", "1"), ("0.5", "1"), ("1.0", "1"), ("4.0", "4")])
def test_no_more_threads_than_cores_are_lent(share, threads):
    told = subprocess.check_output([ROOT / "binder/start", "printenv", "OMP_NUM_THREADS"], text=True,
                                   env=os.environ | {"CPU_LIMIT": share})
    assert told.strip() == threads

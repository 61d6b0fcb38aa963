#!/usr/bin/env bash
# Write requirements/*.txt again from pyproject.toml: exact versions and hashes, no addresses.
#
#   tools/lock.sh                   upgrade everything
#   tools/lock.sh botocore boto3    upgrade these, and others only where these need it
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
[ -x "$uv" ] || .venv/bin/pip install --quiet uv
upgrade=--upgrade
[ $# -eq 0 ] || upgrade=$(printf -- '--upgrade-package %s ' "$@")
compile="$uv pip compile --universal --python-version 3.11 --generate-hashes
         --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet $upgrade"
echo setuptools | $compile --output-file requirements/build.txt -
$compile --output-file requirements/run.txt pyproject.toml
$compile --extra dev --output-file requirements/dev.txt pyproject.toml

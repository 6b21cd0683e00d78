#!/usr/bin/env bash
# Everything that a release consists of, in one folder with its hashes: the program, the Python wheel, the crate, a trained model with its
# conductances, and the build folder of its design. The tree must be clean, or `--dirty` must be said.
#
# usage: scripts/release.sh OUT [--dirty] [--no-verify]     (--no-verify: the crate is packed, and not built once more from its package)
#
# Needs cargo, and a python3 with venv and pip, which fetches maturin.
set -euo pipefail
usage() { sed -n '5p' "$0" | cut -c3- >&2; exit 2; }
out='' dirty='' verify=''
for word in "$@"; do
  case $word in
    --dirty) dirty=--allow-dirty ;;
    --no-verify) verify=--no-verify ;;
    -*) usage ;;
    *) [ -z "$out" ] || usage; out=$word ;;
  esac
done
[ -n "$out" ] || usage
if [ -e "$out" ]; then
  echo "$out: expected no such folder, found one; remove it or name another" >&2
  exit 2
fi
cd "$(dirname "$0")/.."
case $out in /*) ;; *) out=$OLDPWD/$out ;; esac
if [ -z "$dirty" ] && [ -n "$(git status --porcelain)" ]; then
  echo "$PWD: expected a clean tree, found changes; commit them, or say --dirty" >&2
  exit 2
fi
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
made=$work/release
mkdir "$made"

# $(pack FOLDER NAME): a folder of $work as a file of the release, the same bytes whenever.
pack() {
  tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -c "$1" | gzip -n > "$made/$2.tar.gz"
}

echo "== the program (cargo)"
cargo build --release --features train --locked
hvae=$target/release/hvae
version=$("$hvae" --version | cut -d' ' -f2)
host=$(rustc -vV | sed -n 's/^host: //p')
name=hvae-$version-$host
mkdir "$work/$name"
cp "$hvae" LICENSE README.md CHANGELOG.md "$work/$name/"
strip "$work/$name/hvae" 2>/dev/null || echo "strip: not found, the program keeps its symbols" >&2
pack "$name" "$name"

echo "== the wheel (pip, maturin)"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$made" .

echo "== the crate (cargo package)"
cargo package --no-metadata --locked $dirty $verify
cp "$target/package/hvae-mnn-$version.crate" "$made/"

echo "== a model with its conductances"
scripts/release_model.sh "$hvae" models/short data/short/valid.txt "$made/model-short.tar.gz"

echo "== the design of that model"
"$hvae" generate --model models/short --calibrate data/short/valid.txt --out "$work/design-short" > "$made/design-short.txt"
rm -f "$work/design-short/.lock"
pack design-short design-short

(cd "$made" && sha256sum -- * > "$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
mkdir -p "$(dirname "$out")"
mv "$made" "$out"
(cd "$out" && du -h --apparent-size -- * | sort -k2 && sha256sum --quiet -c SHA256SUMS)

#!/usr/bin/env bash
# A trained model as one file to publish: weights, vocabulary, metrics, conductances, hashes. Same model, same bytes.
#
# usage: scripts/release_model.sh HVAE MODEL CALIBRATION OUT.tar.gz     (CALIBRATION: sentences that show the ranges)
#
# Models trained on text that is not free to share are for their owners alone: ask before you publish one.
set -euo pipefail
if [ $# -ne 4 ]; then
  sed -n '4p' "$0" | cut -c3- >&2
  exit 2
fi
hvae=$1 model=$2 calibration=$3 out=$4
for file in model.safetensors model.toml vocab.txt metrics.jsonl; do
  if [ ! -f "$model/$file" ]; then
    echo "$model/$file: expected the file of a finished model, found none; let hvae train finish" >&2
    exit 2
  fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=$(basename "$model")
mkdir "$work/$name"
cp "$model"/{model.safetensors,model.toml,vocab.txt,metrics.jsonl} "$work/$name/"
"$hvae" export "$model" --calibrate "$calibration" --out "$work/$name/conductances"
"$hvae" --version > "$work/$name/TOOL"
(cd "$work/$name" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS)
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -c "$name" | gzip -n > "$out.part"
mv "$out.part" "$out"
sha256sum "$out"

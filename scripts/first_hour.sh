#!/usr/bin/env bash
# The first hour with a clone, step by step, with the time beside each: writes docs/first-hour.md.
#
# usage: scripts/first_hour.sh > docs/first-hour.md     (HVAE_PYTHON: a Python with torch, numpy and safetensors, see docs/pytorch.md)
#
# Runs in the clone; what it makes lies in build/first-hour. Only lines that are the same everywhere are shown of what is printed.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/target/release:$PWD/.venv/bin:$PATH
rm -rf build/first-hour
mkdir -p build/first-hour
number=0

# step TITLE WORDS PATTERN: runs the commands of the standard input, and shows lines with the pattern.
step() {
  local commands started said took
  commands=$(cat)
  number=$((number + 1))
  started=$SECONDS
  echo "== $1" >&2
  if ! said=$(bash -euo pipefail -c "python() { \"\${HVAE_PYTHON:-python3}\" \"\$@\"; }; $commands" 2> build/first-hour/errors); then
    printf '%s\n' "$said" >&2
    cat build/first-hour/errors >&2
    echo "first_hour.sh: step $number failed: $1" >&2
    exit 1
  fi
  took=$((SECONDS - started))
  printf '\n## %s. %s (%s s)\n\n%s\n\n```sh\n%s\n```\n' "$number" "$1" "$took" "$2" "$commands"
  said=$(grep -oE -- "$3" <<< "$said") || { echo "first_hour.sh: step $number: expected $3, found none" >&2; exit 1; }
  printf '\n```text\n%s\n```\n' "$said"
}

cat <<'PAGE'
# The first hour

From a clone to a network of your own on simulated hardware, every step with the seconds that it took once all is compiled. Written by
`scripts/first_hour.sh`, which runs it; a test follows it (`make test-all`). Before: Rust, Python 3, and

```
git clone THIS-REPOSITORY hvae-mnn && cd hvae-mnn
make tools build
export PATH=$PWD/target/release:$PWD/.venv/bin:$PATH
```

which takes a quarter of an hour, nearly all of it compiling. `hvae doctor` says what is missing. For step 3 a Python with PyTorch:
[pytorch.md](pytorch.md#what-you-need). Every step begins in the clone. After the hour: [your device](device.md), [your FPGA project](fpga.md), [every key](config.md).
PAGE

step 'The demo' 'A trained network through all of it: integers, cells, Verilog, co-simulation, and what it writes. `build/first-hour/demo/report.html` is the page of it.' \
  '[0-9,]+ bits compared|0 mismatches' <<'SH'
hvae demo --model models/demo --data data/short --out build/first-hour/demo --reconstruct 10 --generate 10 --score 10 --other-cells 50
SH

step 'A text of your own' 'Sentences, one a line, in `train.txt`, `valid.txt` and `test.txt`; here parts of ours. A configuration begins with `hvae init`; this one is a committed one with fewer epochs. More epochs, and it writes better.' \
  '^(on|float|crossbar) .*' <<'SH'
mkdir build/first-hour/text
for part in train valid test; do head -2000 data/short/$part.txt > build/first-hour/text/$part.txt; done
sed 's/^epochs = .*/epochs = 10/' configs/short.toml > build/first-hour/text.toml
hvae train --config build/first-hour/text.toml --data build/first-hour/text --out build/first-hour/text-model --device cpu
hvae eval build/first-hour/text-model --data build/first-hour/text --sentences 100 --on float,crossbar
hvae sample build/first-hour/text-model -n 3 --seed 1
SH

step 'A PyTorch module of your own' 'The language model of [pytorch.md](pytorch.md), trained by PyTorch and imported: block by block our numbers are PyTorch'"'"'s.' \
  'all within 1e-4 of the largest number' <<'SH'
awk '/^```python/ { p = 1; next } /^```/ { p = 0 } p' docs/pytorch.md > build/first-hour/poem.py
cd build/first-hour
PYTHONPATH=../../python/src python poem.py
hvae import exported/weights.safetensors --config exported/hvae.toml --vocab exported/vocab.txt --check exported/samples.npz --out poem
SH

step 'Its Verilog' 'A small design of it, with random gaps on every bus while it is compared bit by bit.' \
  '0 mismatches' <<'SH'
cp build/first-hour/exported/hvae.toml build/first-hour/exported/small.toml
printf '[crossbar]\nrows = 32\ncolumns = 32\nshared = true\nphysical_tiles = 1\n[accelerator]\ngate_lanes = 1\ntoken_lanes = 1\nmax_tokens = 16\n' >> build/first-hour/exported/small.toml
hvae generate --config build/first-hour/exported/small.toml --model build/first-hour/poem --out build/first-hour/design
hvae cosim build/first-hour/design --random 5 --stalls 3
SH

step 'A device and a plot' 'The study of [device.md](device.md): how exactly must cells be written? The plot is `build/first-hour/study/ppl-device-verify_tolerance_us.svg`.' \
  '12 rows, 0 without figures|ppl-device-verify_tolerance_us.svg' <<'SH'
awk '/^# my-study.toml/ { p = 1 } /^```/ { p = 0 } p' docs/device.md > build/first-hour/study.toml
hvae study build/first-hour/study.toml --out build/first-hour/study
SH

step 'In FuseSoC' 'The build folder is a core. Its default simulation writes a sentence; `hvae.log` has every beat.' \
  '^O .* 1$' <<'SH'
cd build/first-hour
fusesoc --cores-root design run --target sim hvae
cat build/hvae_*/sim/hvae.log
SH

step 'From C' 'The driver runs the same job through the registers, on a Verilated design.' \
  'ADC clips 0' <<'SH'
make -s -C build/first-hour/design/driver run JOB="generate -r -s 7"
SH

printf '\nTimes: %s cores, load average %s (quiet: 1).\n' "$(nproc)" "$(cut -d' ' -f2 /proc/loadavg)"

#!/usr/bin/env bash
# Measures this machine anew, for the files of this folder: some fifteen minutes, during which nothing else should run.
#
#	docs/bench/measure.sh NAME [PYTHON [FLAGS…]]
#
# NAME begins the names of the files, PYTHON has what peers/requirements.txt names, FLAGS are for both programs: -quick to try it.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 NAME [PYTHON [FLAGS…]]" >&2; exit 2; }
name=$1 python=${2-}
flags=("${@:3}")
cd "$(dirname "$0")/../.."
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
CGO_ENABLED=0 go build -o "$bin/" ./cmd/mixup
simd=""
case "$(go env GOVERSION)" in go1.26*) simd=simd ;; esac
GOEXPERIMENT=$simd go build -o "$bin/" ./peers

at=docs/bench/$name
for run in "" -again; do
  "$bin/mixup" bench "${flags[@]}" -json "$at$run.json" | tee "$at$run.txt"
done
# Of others, with one worker. What is not installed is named at the head of the table.
peers=("$bin/peers" ${python:+-python "$python"} -workers 1 -rounds 9 -seconds 3)
"${peers[@]}" -work mix "${flags[@]}" -json "$at-peers.json" | tee "$at-peers.txt"
for work in normalize cutmix masks; do
  "${peers[@]}" -work $work "${flags[@]}" -json "$at-peers-$work.json" | tee "$at-peers-$work.txt"
done
"$bin/mixup" compare -out "$at" "$at.json"
"$bin/mixup" compare -out "$bin/both" "$at.json" "$at-again.json" | grep 'shares that are not noisy' | tee "$at-agreement.txt"

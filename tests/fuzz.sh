#!/bin/sh
# Runs a fuzz target for SECONDS_EACH seconds and says how far it came.
#
#	tests/fuzz.sh TREE TARGET
#
# What a target finds stays in TREE/corpus for the next run.  It begins with
# tests/fuzz/NAME.seeds/ where there is one, and the talk files are seeds for
# whoever can read them.  An input that breaks a target is named; mended, it
# becomes a case of a unit test.
set -eu
cd "$(dirname "$0")/.."
tree=$1 target=$2 name=${2##*/}
corpus=$tree/corpus/$name
mkdir -p "$corpus"

set -- "$corpus"
for seeds in "tests/fuzz/$name.seeds" tests/talk; do
	if [ -d "$seeds" ]; then set -- "$@" "$seeds"; fi
done
if "$target" -max_total_time="${SECONDS_EACH:-15}" -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$tree/corpus/$name-" "$@" >"$corpus.log" 2>&1
then
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$corpus.log")
	printf '  FUZZ  %s: %s inputs\n' "$name" "$runs"
else
	printf '  FUZZ  %s: broken\n' "$name"
	tail -n 60 "$corpus.log"
	exit 1
fi

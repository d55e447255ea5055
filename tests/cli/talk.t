#!/bin/sh
# Every talk (tests/talk) that is fit for a socket, from end to end: the real
# program, told by its command line and configuration what the talk says, and
# the smarthost as the other side.  The smarthost judges what pneu says, this
# test its exit status, and that it speaks to the user if and only if it fails.
#
# TALKS names single files.  They are shared out among a few workers, because
# those in which the server keeps silent take a second each.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154

. "${0%/*}/lib.sh"

workers=4

# Without a name for the host and its own kind of quoting, recipients are words.
set -f

spoke() {
	if [ -s "$err" ]; then echo yes; else echo no; fi
}

# One talk; prints what TAP is made of, but for the number.
try() {
	smarthost_start --talk "$1" 2>"$work/$worker.blame"
	if [ -n "$host_skip" ]; then
		smarthost_wait
		return
	fi
	# shellcheck disable=SC2046 # one word each
	PNEU_CONFIG=$host_dir/pneu.conf pneu_run -i \
		-f "$(cat "$host_dir/sender")" -- \
		$(cat "$host_dir/recipients") <"$host_dir/letter"
	# Where pneu has never come, the smarthost waits no longer; otherwise it
	# goes on to its end.
	kill "$host_pid" 2>/dev/null
	smarthost_wait
	judged=$?:$status:$(spoke):$(cat "$out")
	expected=0:$host_status:yes:
	[ "$host_status" != 0 ] || expected=0:0:no:
	[ "$judged" = "$expected" ] || printf 'not '
	echo "ok - ${1##*/}"
	[ "$judged" = "$expected" ] && return
	echo "# got $judged, expected $expected"
	sed 's/^/# /' "$work/$worker.blame" "$err"
}

# work N FILE...: every talk that is this worker's.
work() {
	worker=$1
	host_dir=$work/host.$worker out=$work/out.$worker err=$work/err.$worker
	shift
	turn=0
	for talk; do
		[ $((turn % workers)) -ne "$worker" ] || try "$talk"
		turn=$((turn + 1))
	done >"$work/result.$worker"
}

[ -n "${TALKS-}" ] || {
	set +f
	TALKS=$(echo "${0%/*}"/../talk/*.talk)
	set -f
}
n=0
while [ $n -lt $workers ]; do
	# shellcheck disable=SC2086 # file names without blanks
	work $n $TALKS &
	pids="${pids-} $!"
	n=$((n + 1))
done
# shellcheck disable=SC2086
wait $pids
n=0
while [ $n -lt $workers ]; do
	sed 's/^\(not \)\{0,1\}ok - \(.*\)/&/' "$work/result.$n"
	n=$((n + 1))
done | awk '
/^(not )?ok / { n++; bad += /^not /; sub(/ok /, "ok " n " ") }
{ print }
END { print "1.." n; exit bad > 0 || n == 0 }'

# TAP for tests in shell, to be sourced: ok() is told a sentence and a command
# to run, done_testing() says at the end how many there were, diag() says what
# a person needs when one failed.
# shellcheck shell=sh

tap_count=0
tap_failed=0

# ok SENTENCE COMMAND [ARGUMENT...]: the command's output is shown on failure.
ok() {
	tap_sentence=$1
	shift
	tap_count=$((tap_count + 1))
	if tap_output=$("$@" 2>&1); then
		echo "ok $tap_count - $tap_sentence"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $tap_sentence"
		diag "$tap_output"
	fi
}

# empty SENTENCE TEXT: TEXT lists the offenders; there must be none.
empty() {
	ok "$1" nothing "$2"
}
nothing() {
	printf '%s' "$1"
	[ -z "$1" ]
}

diag() {
	[ -z "$*" ] || printf '%s\n' "$*" | sed 's/^/# /'
}

# Not for CI, where everything is to be had: there it is a failure.
skip_all() {
	if [ "${CI:-}" ]; then
		echo "Bail out! nothing is skipped here: $*"
		exit 1
	fi
	echo "1..0 # SKIP $*"
	exit 0
}

done_testing() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
}

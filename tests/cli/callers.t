#!/bin/sh
# The calls in tests/callers/: whoever calls, the letter arrives as it was
# meant to.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck source=tests/callers/lib.sh disable=SC2154

. "${0%/*}/lib.sh"
. "${0%/*}/../callers/lib.sh"

smarthost_start --plain \
	--reject-rcpt '*nobody@*=550 5.1.1 nobody here has that name'
configure plain
for call in "$here_callers"/*.call; do
	replay "$call"
done
is "$(faults)" '' 'and pneu kept to the rules all along'
done_testing

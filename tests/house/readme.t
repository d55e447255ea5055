#!/bin/sh
# What README names exists: the targets of make, and every path of this tree.
# Commands are read where README sets them apart: indented lines, fenced
# blocks, and `words` or "words" in the text.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# Prints the commands of the page $1, one piece a line.
commands() {
	awk '
	/^```/ { fenced = !fenced; next }
	fenced || /^(\t|    )/ { print; next }
	{
		n = split($0, piece, /["`]/)
		for (i = 2; i <= n; i += 2)
			print piece[i]
	}
	' "$1"
}

targets() {
	commands "$1" | sed 's/[;&|]/\n/g' |
		sed -nE 's/^[[:space:]$]*(sudo )?make( |$)//p' | tr ' ' '\n' |
		grep -xE '[a-z][a-z-]*' | sort -u
}

# Prints the targets that page $1 names and the Makefile does not have.
unmade() {
	for target in $(targets "$1"); do
		grep -qE "^([a-z]+ )*$target( [a-z]+)*:" Makefile || echo "$target"
	done
}

# Prints the paths that page $1 names and the tree does not have.
lost() {
	{
		grep -oE '(^|[^A-Za-z0-9_./~-])(\.ci|src|man|tests|completions)/[A-Za-z0-9_./*-]*' "$1"
		grep -oE '\]\([^):]+\)' "$1" | sed 's/^](//; s/)$//; s/#.*//'
	} | sed -E 's,^[^A-Za-z0-9.]+,,; s,[.]+$,,' | sort -u |
	while read -r path; do
		# shellcheck disable=SC2086 # a pattern, perhaps
		[ -z "$path" ] || ls -d $path >/dev/null 2>&1 || echo "$path"
	done
}

ok "there is a README" test -s README
ok "it names the way to a demonstration and to the tests" \
	test "$(targets README | grep -cx -e demo -e check)" = 2
empty "each make target that it names exists" "$(unmade README)"
empty "each path that it names exists" "$(lost README)"

# And the same questions asked of a page that promises too much.
page=$(mktemp) && trap 'rm -f "$page"' EXIT
# shellcheck disable=SC2016 # backticks of a page
printf '%s\n' 'See `src/nowhere/`, (man/pneu.99) and "make sun".' '' \
	'    sudo apt-get install make && make moon' >"$page"
ok "targets that do not exist are found" \
	test "$(unmade "$page" | tr '\n' ' ')" = "moon sun "
ok "paths that do not exist are found" \
	test "$(lost "$page" | tr '\n' ' ')" = "man/pneu.99 src/nowhere/ "

done_testing

#!/bin/sh
# What is in the tree is meant to stay: no notes to self, nothing that belongs
# to one machine; and lines and functions that fit a screen.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# The files of the tree, also where it is no checkout.
files() {
	git ls-files 2>/dev/null || find . -type f ! -path './.git/*' \
		! -path './build/*'
}

# Prints where pattern $1 stands in the files named by stdin.
found() {
	tr '\n' '\0' | xargs -0 grep -nIE "$1" /dev/null
}

# Prints the lines over 80 columns of the files named by stdin.
wide() {
	while read -r f; do
		expand "$f" | awk -v f="$f" 'length > 80 { print f ":" NR }'
	done
}

# Prints the functions over 70 lines of the files named by stdin.
long() {
	tr '\n' '\0' | xargs -0 awk '
	/^{/ { start = FNR }
	/^}/ && start {
		if (FNR - start > 70)
			print FILENAME ":" start ": " FNR - start " lines"
		start = 0
	}' /dev/null
}

c_files() {
	files | grep -E '\.[ch]$'
}

# In two parts each, or this file would be found.
notes='\<(TO''DO|FIX''ME|X''XX|HA''CK)\>'
places='(^|[^[:alnum:].])/(wo''rk|ro''ot|tmp/''h)/'

empty "no notes of things undone" "$(files | found "$notes")"
empty "no paths of one machine" "$(files | found "$places")"
empty "no blanks at the end of a line" \
	"$(files | grep -E '\.([ch]|sh)$|^Makefile$' | found '[[:blank:]]$')"
empty "lines of C fit 80 columns" "$(c_files | LC_ALL=C.UTF-8 wide)"
empty "functions fit 70 lines" "$(c_files | long)"

# And the same questions asked of a file that is not meant to stay.
bad=$(mktemp) && trap 'rm -f "$bad"' EXIT
{
	printf '/* TO%s: later, see /wo%s/x */\n' DO rk
	awk 'BEGIN { print "{"; for (i = 0; i < 80; i++) printf "x"
		for (i = 0; i < 71; i++) print "\t"; print "}" }'
} >"$bad"
ok "notes are found" test -n "$(echo "$bad" | found "$notes")"
ok "paths are found" test -n "$(echo "$bad" | found "$places")"
ok "wide lines are found" test "$(echo "$bad" | wide)" = "$bad:3"
ok "long functions are found" test "$(echo "$bad" | long)" = "$bad:2: 72 lines"

done_testing

#!/bin/sh
# What other readers than the compiler say: of the C that is installed
# clang-tidy and cppcheck, of the shell shellcheck, of the manual mandoc.
# Silent when all is well.
# CFLAGS is how make compiles.
set -eu
cd "$(dirname "$0")/.."
tests/deps.sh lint

# clang-tidy's families, less those that do not fit C as it is written here:
# what -Wconversion asks already (narrowing, widening), what wants Annex K or
# the result of each snprintf or a NUL behind octets that have a length, what
# takes two calls for two equal values, and matters of taste.  Of function-size
# come two rules of the house: a function fits a screen, and has at most five
# parameters and a struct fail.
tidy_checks='-*,bugprone-*,cert-*,clang-analyzer-*,misc-*,performance-*,
	portability-*,readability-function-size,
	-bugprone-assignment-in-if-condition,
	-bugprone-branch-clone,
	-bugprone-easily-swappable-parameters,
	-bugprone-implicit-widening-of-multiplication-result,
	-bugprone-macro-parentheses,
	-bugprone-narrowing-conversions,
	-bugprone-not-null-terminated-result,
	-cert-err33-c,
	-clang-analyzer-optin.performance.Padding,
	-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,
	-clang-analyzer-security.insecureAPI.strcpy,
	-misc-redundant-expression,
	-performance-no-int-to-ptr'
tidy_options='{ CheckOptions: [
	{ key: readability-function-size.LineThreshold, value: 70 },
	{ key: readability-function-size.ParameterThreshold, value: 6 } ] }'

# The analyser is slow: as many at once as there are processors; and one file
# each, for it confuses the va_lists of several.  It counts what it found in
# system headers even when told to be quiet.
tidy() {
	# shellcheck disable=SC2016 # the inner shell expands
	found=$(find src -name '*.c' | sort |
		OPTIONS=$tidy_options CHECKS=$(echo "$tidy_checks" | tr -d '\n\t ') \
		xargs -n 1 -P "$(getconf _NPROCESSORS_ONLN)" sh -c 'clang-tidy \
			--quiet --config="$OPTIONS" --checks="$CHECKS" "$@" \
			-- $CFLAGS' sh 2>&1 | grep -v ' warnings\{0,1\} generated\.$')
	[ -z "$found" ] || { printf '%s\n' "$found"; return 1; }
}

shells() {
	find tests .ci -type f | while read -r f; do
		case $(head -n 1 "$f" | tr -d '\0') in
		'#!/bin/sh'* | '#!/bin/bash'* | '# TAP '*) echo "$f" ;;
		esac
	done
}

status=0
tidy || status=1
# legacyUninitvar is cppcheck's old guess, wrong about designated initialisers
cppcheck --quiet --std=c11 -Isrc --inline-suppr --error-exitcode=1 \
	--suppress=legacyUninitvar --enable=warning,performance,portability \
	src || status=1
shells | xargs shellcheck -x || status=1
for page in man/*.[1-8]; do
	[ ! -e "$page" ] || mandoc -Tlint -Wwarning "$page" || status=1
done
exit $status

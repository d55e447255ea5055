#!/bin/sh
# mail/ and smtp/ are pure: what their objects call is listed here, and is
# neither a descriptor, a stream, a clock, the environment, the locale, a log
# nor a TLS session.  They keep nothing between calls either: no variables
# that can be written.  Asked of the objects that the build made (OUT).
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

objects=$OUT/src
pure_rooms="mail smtp"

# What they may call outside of themselves, as patterns of whole names.
allowed() {
	cat <<'END'
mem(chr|cmp|cpy|move|rchr|set|mem|pcpy)
str(cat|chr|chrnul|cmp|cspn|cpy|len|ncmp|nlen|pbrk|rchr|spn|str|sep|lcpy|lcat|sep)
v?snprintf
qsort|bsearch
free
abort
explicit_bzero
freezero
gnutls_(free|idna_map|idna_reverse_map|utf8_password_normalize|memcmp)
__(memcpy|memmove|memset|v?snprintf|strcat|strcpy|stpcpy|explicit_bzero)_chk
__stack_chk_fail
__assert_fail
_GLOBAL_OFFSET_TABLE_
(buf|text|base64|digest)_[a-z0-9_]+
x(malloc|calloc|reallocarray|realloc|str(n)?dup|memdup|asprintf|vasprintf)
fail_(set|advise)
END
	if [ "${SAN:-}" ]; then
		echo '__(asan|ubsan|sanitizer|lsan|sancov)_.*|__start_.*|__stop_.*'
	fi
}

# Prints the symbols that the objects need and neither have nor may have.
impure() {
	allowed >"$tmp/allowed"
	nm -g --defined-only "$@" | awk 'NF == 3 { print $3 }' >"$tmp/own"
	nm -u "$@" | awk 'NF == 2 { print $2 }' | sort -u |
		grep -vxFf "$tmp/own" | grep -vxEf "$tmp/allowed"
}

# Prints the objects that have variables.  Constants with addresses in them
# (.data.rel.ro) are made read-only by the linker and do not count.
variables() {
	size -A "$@" | awk '
	/:$/ { object = $1 }
	$1 ~ /^\.t?(data|bss)/ && $1 !~ /rel\.ro/ && $2 > 0 {
		print object " " $1 " " $2 " octets"
	}'
}

tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT

for room in $pure_rooms; do
	set -- "$objects/$room"/*.o
	ok "$room/: each file has been built" \
		test $# = "$(find "src/$room" -name '*.c' | wc -l)"
done
set --
for room in $pure_rooms; do
	set -- "$@" "$objects/$room"/*.o
done
empty "mail/ and smtp/ call nothing that is not pure" "$(impure "$@")"
# D-12: a step of the wall clock moves no deadline.  Certificates alone are
# compared with it.
wall_clocks() {
	for object in "$objects/net"/*.o; do
		case ${object##*/} in
		trust.o) continue ;;
		esac
		nm -u "$object" | grep -E ' (time|gettimeofday|ftime)$'
	done
	grep -n 'CLOCK_REALTIME' src/net/*.c
}
empty "net/ waits by no wall clock" "$(wall_clocks)"
if [ "${SAN:-}" ]; then
	echo "# sanitizers keep variables of their own in each object"
else
	empty "mail/ and smtp/ keep nothing between calls" "$(variables "$@")"
fi

# And the same questions asked of an impure object.
cat >"$tmp/impure.c" <<'END'
#include <stdio.h>
#include <time.h>
#include <string.h>
long remembered = 1;
long impure(const char *s);
long impure(const char *s)
{
	puts(s);
	return remembered += (long)time(NULL) + (long)strlen(s);
}
END
"${CC:-cc}" -c -o "$tmp/impure.o" "$tmp/impure.c" || exit 1
ok "an object that prints and reads the clock is found" \
	test "$(impure "$tmp/impure.o" | tr '\n' ' ')" = "puts time "
ok "an object with a variable is found" \
	test -n "$(variables "$tmp/impure.o")"

done_testing

#!/bin/sh
# The rooms of src/ stand in a total order and a file includes only from its
# own room and from those before it; a few headers are doors that only the
# files named here may open.  Read from the #include lines, nothing else.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# Prints each include in the tree $1/src that breaks the order.
disorder() {
	(cd "$1/src" && awk '
	BEGIN {
		n = split("base mail smtp conf net queue tool", room)
		for (i = 1; i <= n; i++)
			rank[room[i]] = i
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, quoted, "\"")
		to = quoted[2]
		from = FILENAME
		sub("^[.]/", "", from)
		inner = sub("/.*", "", from)
		mine = inner ? rank[from] : n + 1
		known = sub("/.*", "", to) && to in rank
		if (!known || !mine || rank[to] > mine)
			print FILENAME ":" FNR ": " quoted[2]
	}' main.c ./*/*.[ch] | sed 's,^\./,,')
}

# Prints the files of the tree $1 that include header $2 (a pattern) and are
# not among $3 (a pattern of paths below src/).
intruders() {
	(cd "$1/src" && grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$2" \
		main.c ./*/*.[ch] | sed 's,^\./,,' | grep -vxE "$3")
}

# Prints the files of the tree $1 where engine and connection meet.
meetings() {
	(cd "$1/src" && for f in main.c */*.[ch]; do
		if grep -q '"smtp/engine.h"' "$f" &&
		    grep -q '"net/conn.h"' "$f"; then
			echo "$f"
		fi
	done)
}

empty "every file includes only from its room and those before it" \
	"$(disorder .)"
empty "no room or file stands outside the order" \
	"$(find src -name '*.[ch]' | grep -vE \
	'^src/(main\.c|(base|mail|smtp|conf|net|queue|tool)/[^/]+)$')"
empty "net/deliver alone knows both the engine and the connection" \
	"$(meetings . | grep -vx 'net/deliver\.c')"
empty "net/tls and net/trust alone know TLS sessions" \
	"$(grep -l gnutls_session_t src/main.c src/*/*.[ch] |
	grep -vxE 'src/net/(tls|trust)\.[ch]')"
empty "net/trust and its helpers alone know certificates" \
	"$(intruders . 'gnutls/(x509|abstract|pkcs|ocsp|tpm)' \
	'net/(tls|trust|bundle|certname)\.[ch]')"
empty "the rest of GnuTLS is known only where a header of ours hides it" \
	"$(intruders . 'gnutls/' "$(tr -d '\n\t' <<'END'
net/(tls|trust|bundle|certname)\.[ch]|
base/(base64|digest|start)\.c|
smtp/sasl_scram\.c|mail/addr_parse\.c|net/host\.c|
tool/help\.c
END
)")"
empty "the rows of the options are seen only in conf/ and by the help" \
	"$(intruders . 'conf/options\.h' 'conf/[^/]+|tool/help[^/]*')"
empty "what depends on the locale stays in base/" \
	"$(intruders . '(ctype|wctype|wchar|strings|locale)\.h' 'base/[^/]+')"
empty "what the smarthost is made of needs no cmocka" \
	"$(grep -l 'cmocka\.h' tests/lib/*.[ch] tests/smarthost/*.[ch])"

# And the same questions asked of a house in disorder.
bad=$(mktemp -d) && trap 'rm -rf "$bad"' EXIT
mkdir -p "$bad/src/mail" "$bad/src/net"
echo '#include "net/conn.h"' >"$bad/src/mail/up.c"
echo '#include "beside.h"' >"$bad/src/net/bare.h"
printf '#include "smtp/engine.h"\n#include "net/conn.h"\n' >"$bad/src/main.c"
echo '#include <gnutls/x509.h>' >"$bad/src/net/door.c"
ok "an include from a later room is found" \
	test "$(disorder "$bad" | sort | tr '\n' ' ')" = \
	"mail/up.c:1: net/conn.h net/bare.h:1: beside.h "
ok "a second meeting of engine and connection is found" \
	test "$(meetings "$bad")" = main.c
ok "an open door is found" \
	test "$(intruders "$bad" 'gnutls/' 'net/tls.c')" = net/door.c

done_testing

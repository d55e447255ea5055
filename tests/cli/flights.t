#!/bin/sh
# The budget of a short letter in round trips, from the TCP handshake to the
# verdict, as the smarthost counts them: nine with STARTTLS, seven with TLS
# from the first octet; one less with chunking = grouped, one less with
# auth-pipelining, two less with both; and as many for fifty recipients as for
# one.  All by the RFCs: the smarthost finds no fault.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2086,SC2154

. "${0%/*}/lib.sh"

make_letter 2000 >"$work/short"

# costs FLIGHTS WAY NAME RECIPIENTS: what the next letter costs.
costs() {
	pneu_run $4 <"$work/short"
	n=$(stored_count)
	delivered "$3"
	is "$(flights "$n"):$(way "$n")" "$1:$2" "$3: $1 flights"
}

# Which listener, how many flights there, and the first of them.
while read -r kind flights start; do
	smarthost_start --$kind
	for count in 1 50; do
		to=$(awk "BEGIN { for (i = 1; i <= $count; i++)
			print \"r\" i \"@example.org\" }")
		rcpt=RCPT
		[ $count -eq 1 ] || rcpt="RCPT*$count"
		name="$kind, $count recipients"

		configure $kind
		costs $flights "$start | AUTH | MAIL $rcpt DATA | letter" \
			"$name" "$to"
		is "$(envelope "$n" tls):$(envelope "$n" mechanism)" \
			TLS1.3:PLAIN "$name: under TLS 1.3, with AUTH PLAIN"
		configure $kind 'chunking = grouped'
		costs $((flights - 1)) "$start | AUTH | MAIL $rcpt BDAT" \
			"$name, chunking = grouped" "$to"
		configure $kind 'auth-pipelining = yes'
		costs $((flights - 1)) "$start | AUTH MAIL $rcpt DATA | letter" \
			"$name, auth-pipelining = yes" "$to"
		configure $kind 'chunking = grouped' 'auth-pipelining = yes'
		costs $((flights - 2)) "$start | AUTH MAIL $rcpt BDAT" \
			"$name, both" "$to"
	done
done <<'END'
starttls 9 connect | greeting | EHLO | STARTTLS | hello | Finished+EHLO
implicit 7 connect | hello | Finished | EHLO
END

# What less, and what more, than the usual server offers comes to.
smarthost_start --plain --without PIPELINING
configure plain
costs 8 'connect | greeting | EHLO | MAIL | RCPT | RCPT | DATA | letter' \
	'without PIPELINING' 'b@example.org c@example.org'
smarthost_start --plain
configure plain
costs 5 'connect | greeting | EHLO | MAIL RCPT DATA | letter' 'in clear' \
	b@example.org
configure plain 'chunking = yes'
costs 5 'connect | greeting | EHLO | MAIL RCPT | BDAT' 'chunking = yes' \
	b@example.org
done_testing

#!/bin/sh
# Who receives a letter: the envelope as the smarthost saw it, and what of the
# addresses can still be read in the letter.  Catalogue: H-01 to H-09, H-11 to
# H-13.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154 # from lib.sh

. "${0%/*}/lib.sh"

# letter_of HEADER [FIELDS]: HEADER (for printf %b) between two fields, FIELDS
# below all, and a body.
letter_of() {
	printf 'From: a@client.example\nDate: today\nX-Before: x\n%bX-Next: y\n' \
		"$1"
	printf 'Message-ID: <1@client.example>\n%b\nBcc: hello\n' "${2:-}"
}

# The paths in letter N's RCPT commands, between blanks.
rcpts() {
	envelope_lines "$1" | tr -d '\r' |
		sed -n 's/^RCPT TO:<\(.*\)>.*/\1/p' | tr '\n' ' ' | sed 's/ $//'
}

# sent NAME PATHS HEADER ARGUMENTS: it goes to PATHS.
sent() {
	name=$1 paths=$2 before=$(stored_count)
	letter_of "$3" >"$work/in"
	shift 3
	pneu_run "$@" <"$work/in"
	is "$status:$(cat "$out" "$err")" 0: "$name: is taken in silence"
	is "$(rcpts $((before + 1)))" "$paths" "$name: for those"
}

# What stands below a header of which no recipient was left.
undisclosed='To: undisclosed-recipients:;\n'

# seen HEADER NAME [FIELDS]: this is all of HEADER that the letter still has.
seen() {
	letter_of "$1" "${3:-}" | crlf >"$work/want"
	same "$work/want" "$(stored "$(stored_count)")" "$2"
}

# unsent STATUS NAME HEADER ARGUMENTS
unsent() {
	expected=$1 name=$2 before=$(stored_count)
	letter_of "$3" >"$work/in"
	shift 3
	pneu_run "$@" <"$work/in"
	is "$status:$(stored_count)" "$expected:$before" "$name: is refused"
	like "$(cat "$err")" 'pneu: ?*' "$name: and that is said"
}

smarthost_start --plain
configure plain

# --- Bcc ---

sent 'H-01: a folded Bcc' 'b@example.org c@example.org d@example.org' \
	'Bcc: b@example.org,\n c@example.org\n\t,d@example.org\n' -t
seen '' 'H-01: is not seen' "$undisclosed"
sent 'H-01: several of them' 'b@example.org c@example.org d@example.org' \
	'Bcc: b@example.org\nTo: c@example.org\nBcc: d@example.org\nBcc:\n' -t
seen 'To: c@example.org\n' 'H-01: none is seen'
sent 'H-01: continued by blanks only' 'b@example.org c@example.org' \
	'Bcc: b@example.org\n \t \n ,c@example.org\n \n' -t
seen '' 'H-01: and the next field is whole' "$undisclosed"
sent 'H-01: folded before its first word' 'b@example.org' \
	'Bcc:\n b@example.org\n' -t
seen '' 'H-01: is not seen either' "$undisclosed"
sent 'H-02: in other spellings' 'b@example.org c@example.org d@example.org' \
	'bCC : b@example.org\nBCC:c@example.org\nbcc\t:d@example.org\n' -t
seen '' 'H-02: none is seen' "$undisclosed"
sent 'H-02: names that only begin so are others' 'b@example.org' \
	'Bccx: c@example.org\nX-Bcc: d@example.org\nTo: b@example.org\n' -t
seen 'Bccx: c@example.org\nX-Bcc: d@example.org\nTo: b@example.org\n' \
	'H-02: and stay'
sent 'H-08: without -t a Bcc is no recipient' b@example.org \
	'Bcc: c@example.org,\n d@example.org\nResent-Bcc: e@example.org\n' \
	b@example.org
seen '' 'H-08: and is not seen' "$undisclosed"

# --- Resent ---

sent 'H-03: the newest block only' \
	'r1@example.org r2@example.org r3@example.org' \
	'Resent-To: r1@example.org\nResent-Cc: r2@example.org
Resent-Bcc: r3@example.org\nReceived: by x; today\nResent-To: o@example.org
Resent-Bcc: p@example.org\nTo: b@example.org\nBcc: c@example.org\n' -t
seen 'Resent-To: r1@example.org\nResent-Cc: r2@example.org
Received: by x; today\nResent-To: o@example.org\nTo: b@example.org\n' \
	'H-03: no Bcc of any kind is seen'
sent 'H-03: a block ends where its names come again' r1@example.org \
	'Resent-From: x@example.org\nResent-To: r1@example.org
Resent-From: y@example.org\nResent-To: r2@example.org\nTo: b@example.org\n' -t
unsent 64 'H-03: a block without recipients' \
	'Resent-From: x@example.org\nTo: b@example.org\n' -t

# --- forms of addresses ---

sent 'H-04: To, Cc and Bcc, in the order of the header' \
	'c@example.org b@example.org d@example.org' \
	'cc: c@example.org\nTo: b@example.org\nBcc: d@example.org\n' -t
sent 'H-04: display names with all that can stand in them' \
	'b@example.org c@example.org d@example.org e@example.org f@example.org' \
	'To: "Doe, John <x@example.org>" <b@example.org>, =?UTF-8?Q?J=2C_=40?=
 <c@example.org>, Jörg B. <d@example.org>, "a \\" , b" <e@example.org>,
 (x@example.org, " ) f (\n nested \\) ) <f@example.org> (g@example.org)\n' -t
sent 'H-04: groups' \
	'b@example.org c@example.org d@example.org' \
	'To: friends: b@example.org, C <c@example.org>;, d@example.org
Cc: "nobody, here": ;\n' -t
sent 'H-04: quoted local parts, in their shortest quoting' \
	'"a b"@example.org b@example.org "c@d"@example.org "e\"f"@example.org' \
	'To: "a b"@example.org, "b"@example.org, "c@d"@example.org,
 "e\\"f"@example.org\n' -t
sent 'H-04: blanks and comments around dots and @' b.c@example.org \
	'To: b (x) . c (y) @ (z) example\n\t.org\n' -t
sent 'H-04: empty places in a list' 'b@example.org c@example.org' \
	'To: ,, b@example.org ,\n , c@example.org,\n' -t
sent 'H-04: arguments are lists too' \
	'b@example.org c@example.org d@example.org' '' \
	'B <b@example.org>, "C, x" <c@example.org>' d@example.org
sent 'H-13: routes are dropped' \
	'd@example.org b@example.org c@example.org' \
	'To: <@x.example,@y.example:b@example.org>, C
 <@x.example : c@example.org>\n' -t '<@x.example:d@example.org>'
sent 'H-13: bare names and postmaster get our domain' \
	'root@client.example postmaster@client.example b@client.example' '' \
	root postmaster '<b>'
sent 'H-13: address literals' 'b@[192.0.2.1] c@[IPv6:2001:db8::1]' '' \
	'b@[192.0.2.1]' 'C <c@[IPv6:2001:db8::1]>'
unsent 65 'H-13: <> as a recipient' '' '<>'
unsent 65 'H-13: and in the header' 'To: b@example.org, X <>\n' -t
sent 'H-09: the domain goes out as A-labels' \
	'c@xn--fsqu00a.example b@xn--bcher-kva.example' \
	'To: b@bücher.example\n' -t 'c@例子.example'
unsent 65 'H-09: a local part that is not ASCII' '' 'büro@example.org'
unsent 65 'H-09: and in the header' \
	'To: b@example.org, "büro"@example.org\n' -t
unsent 65 'H-09: a domain that is no name' '' 'b@bü_cher.example'

# --- none, some, too many ---

unsent 64 'H-05: -t without recipients' 'Subject: x\n' -t
like "$(cat "$err")" '*To, Cc or Bcc*' 'H-05: and where they were looked for'
unsent 64 'H-05: no recipients at all' 'To: b@example.org\n'
like "$(cat "$err")" '*no recipients*use -t*' 'H-05: with a hint at -t'
unsent 64 'H-05: an empty group' 'To: undisclosed-recipients:;\nCc:\n' -t
unsent 64 'H-05: an empty argument' '' ''
sent 'H-05: Bcc alone' b@example.org 'Bcc: b@example.org\n' -t
seen '' 'H-05: and then no recipient is seen' "$undisclosed"
sent 'H-05: Bcc without -t' 'b@example.org c@example.org' \
	'Cc: b@example.org\nBcc: d@example.org\n' b@example.org c@example.org
seen 'Cc: b@example.org\n' 'H-05: a Cc is enough'
sent 'H-05: no field for recipients at all' b@example.org '' b@example.org
seen '' 'H-05: then none is made'
sent 'H-05: Bcc and undisclosed recipients' b@example.org \
	'To: undisclosed-recipients:;\nBcc: b@example.org\n' -t
seen 'To: undisclosed-recipients:;\n' 'H-05: which stay in To'
sent 'H-06: with -t arguments are recipients too' \
	'c@example.org b@example.org' 'To: b@example.org\n' -t c@example.org
seen 'To: b@example.org\n' 'H-06: but are not added to the header'
sent 'H-12: everybody once, as they were first written' \
	'b@Example.org B@example.org c@example.org' \
	'To: b@EXAMPLE.ORG, c@example.org\nCc: c@Example.ORG, B@example.ORG\n' \
	-t b@Example.org B@example.org 'Bee <b@example.org>'

# --- what is no address ---

for bad in '"b@example.org' 'b@example.org (x' '<b@example.org' \
    'b@example.org>' 'b@@example.org' 'b@example..org' 'b@' '@example.org' \
    'b c@example.org' 'b@example.org c@example.org' 'x: y: b@example.org;;' \
    'b@[192.0.2.1' 'b@exam ple.org' 'b@example.org;' "b\\"; do
	unsent 65 "H-07: '$bad'" '' "$bad"
	unsent 65 "H-07: '$bad' in the header" \
		"To: c@example.org, $(printf %s "$bad" | sed 's/\\/\\\\/g')\\n" -t
done
# lines N TEXT: N lines of TEXT.
lines() {
	yes "$2" | head -"$1"
}
unsent 65 'H-07: comments of depth 10000' \
	"To: $(lines 10000 ' (')\\n b@example.org$(lines 10000 ' )')\\n" -t
unsent 65 'H-07: and that never end' "To: $(lines 10000 ' (((')\\n" -t
unsent 65 'H-07: 900 kB of quotes' "To: $(lines 30000 \
	' """"""""""""""""""""""""""""')\\n" -t
sent 'H-07: a list of 900 kB' b@example.org \
	"To: b@example.org$(lines 30000 ' ,"Bee,@<>:;" <b@example.org>')\\n" -t
many=$(awk 'BEGIN { for (i = 0; i < 900; i++)
	printf "%s b%d@example.org", (i > 0 ? ",\n" : ""), i }')
sent 'H-07: 900 recipients' "$(echo "$many" | tr -d ',' | tr -d '\n' |
	sed 's/^ //')" "To:\\n$many\\n" -t

# part N: a word of N octets.
part() {
	head -c "$1" /dev/zero | tr '\0' b
}
sent 'H-11: as long as a path may be' "$(part 242)@example.org" \
	"To:\n $(part 242)@example.org\n" -t
unsent 65 'H-11: a local part of 257' '' "$(part 257)@example.org"
unsent 65 'H-11: a domain of 256' '' \
	"b@$(part 60).$(part 60).$(part 60).$(part 60).$(part 12)"
unsent 65 'H-11: 5000 octets' '' "$(part 4988)@example.org"
unsent 65 'H-11: after the @' '' "b@$(part 4998)"
unsent 65 'H-11: bare' '' "$(part 5000)"
unsent 65 'H-11: in the header' "To: b@example.org,
 $(part 900)@example.org\\n" -t
unsent 65 'H-11: as the sender' '' -f "$(part 900)@example.org" b@example.org

is "$(faults)" '' 'and pneu kept to the rules all along'

# What a server says of each of many may be long.
if [ -z "${SAN-}" ]; then
	smarthost_start --plain --reply "rcpt=550 5.1.1 $(part 12000)"
	configure plain
	"${OUT:-${PNEU%/*}}/tests/tools/peak" "$work/peak" "$PNEU" \
		"$(echo "$many" | tr -d '\n')" \
		"$(echo "$many" | tr -d '\n' | sed 's/org/com/g')" \
		<"$letter" >"$out" 2>"$err"
	is "$?:$(wc -l <"$err" | tr -d ' ')" 67:21 'R-04: 1800 long refusals'
	ok 'R-04: in less than 16 MiB of memory' \
		test "$(cat "$work/peak")" -lt 16384
fi
done_testing

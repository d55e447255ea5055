#!/bin/sh
# Letters that cannot go as they are arrive all the same: what the smarthost
# stored is read by Python's email package and holds the text that was piped.
# What must not be changed is not, or is refused.  Catalogue: M-06, M-28, M-29,
# M-32, M-36.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154,SC2016 # from lib.sh; Perl expands for itself

. "${0%/*}/lib.sh"

here=${0%/*} tools=${OUT:-${PNEU%/*}}/tests/tools
command -v python3 >/dev/null || skip_all 'there is no python3'

# long N: N octets in a line without an end.
long() {
	head -c "$1" /dev/zero | tr '\0' x
}

# lines TEXT: From, To and the lines of TEXT, for printf's %b.
lines() {
	printf 'From: a@client.example\nTo: b@example.org\n'
	printf '%b' "$1"
}

not() {
	! "$@"
}

# arrives NAME ARGUMENTS: the letter $work/in is taken in silence, fit to be
# sent and with the text that it had.
arrives() {
	name=$1 number=$(($(stored_count) + 1))
	shift
	pneu_run "$@" b@example.org <"$work/in"
	is "$status:$(cat "$out" "$err")" 0: "$name: is taken in silence"
	ok "$name: with the same text" \
		python3 "$here/text.py" "$work/in" "$(stored $number)"
	is "$(envelope $number nul):$(envelope $number bare-cr)" 0:0 \
		"$name: without a NUL or a bare CR"
	ok "$name: in lines that are not too long" \
		test "$(envelope $number longest)" -le 998
}

# has NAME PATTERN: the letter that arrived last has a line like that.
has() {
	ok "$1" grep -q "^$2$(printf '\r')\$" "$(stored "$(stored_count)")"
}

# refused NAME PATTERN: the letter $work/in is not sent, and why is said.
refused() {
	before=$(stored_count)
	pneu_run b@example.org <"$work/in"
	is "$status:$(stored_count)" "65:$before" "$1: is refused"
	like "$(head -1 "$err")" "pneu: $2" "$1: and why is said"
}

qp='Content-Transfer-Encoding: quoted-printable'

smarthost_start --plain
configure plain "log = $work/log"

# --- letters without MIME structure ---

{ lines 'Subject: s\n\n' && long 1000 && printf '\nand\n'; } >"$work/in"
arrives 'M-29: a line of 1000 octets'
has 'M-29: it says that it is MIME' 'MIME-Version: 1.0'
has 'M-29: and in which charset' 'Content-Type: text/plain; charset=us-ascii'
has 'M-29: and how it is encoded' "$qp"
sed 's/xx=/xy=/' "$(stored 1)" >"$work/other"
ok 'another text is told apart' \
	not python3 "$here/text.py" "$work/in" "$work/other"
like "$(tail -1 "$work/log")" '*notes=*a line over 998 octets: re-encoded*' \
	'M-29: the record tells of it'

{
	printf '%s\n' 'From: root@client.example (Cron Daemon)' 'To: root@client.example' \
		'Subject: Cron <root@client> backup' 'MIME-Version: 1.0' \
		'Content-Type: text/plain; charset=UTF-8' \
		'Content-Transfer-Encoding: 8bit' \
		'X-Cron-Env: <SHELL=/bin/sh>' \
		'Auto-Submitted: auto-generated' ''
	printf 'pr\303\244fix ' && long 5000
} >"$work/in"
arrives "M-29: cron's letter with a line of 5000 octets" -i
has "M-29: cron's letter keeps its charset" \
	'Content-Type: text/plain; charset=UTF-8'
has "M-29: cron's letter has one encoding" "$qp"

long 3000 >"$work/in"
arrives 'M-29: a line and nothing else'
{ lines '\n' && printf 'a\0b\0\n' && head -c 100000 /dev/zero; } >"$work/in"
arrives 'M-28: many NULs'
like "$(tail -1 "$work/log")" '*notes=*a NUL octet: re-encoded*' \
	'M-28: the record tells of it'
{ lines '\n' && printf '\303\244\0\n'; } >"$work/in"
arrives 'M-28: NUL and UTF-8'
has 'M-28: is UTF-8' 'Content-Type: text/plain; charset=utf-8'
{ lines '\n' && printf '\344\0\n'; } >"$work/in"
arrives 'M-28: NUL and another charset'
has 'M-28: which is not known' 'Content-Type: text/plain; charset=unknown-8bit'
{ lines '\n' && printf 'one\rtwo\r\nthree\0\r\rfour'; } >"$work/in"
arrives 'M-06: any line end is one'
{
	lines '\n' && long 999
	printf '\n%s\n' . .. '.x ' 'From here' '>From there' '-- ' --x ' ' '	' \
		'=3D = == =' 'trailing 	' "$(long 75) " "$(long 74) " \
		"$(long 76)" "$(long 72)=" "$(long 75).$(long 75)--x From "
	printf '\n \n\n\n'
} >"$work/in"
arrives 'RFC 2045 6.7: what lines may begin and end with' -i
ok 'RFC 2045 6.7: lines of 76 octets at most' \
	perl -ne 'die $_ if length() > 78' "$(stored "$(stored_count)")"
ok 'RFC 2045 6.7: none ends in a blank' \
	perl -ne 'die $_ if /[ \t]\r$/' "$(stored "$(stored_count)")"

# --- parts ---

{
	lines 'Content-Type: multipart/mixed; boundary="=_a b"\n'
	lines 'MIME-Version: 1.0\n\npreamble\n--=_a b\n' | sed 1,2d
	printf '%s\n' 'Content-Type: multipart/alternative; boundary=b' '' \
		'--b' '' 'short = ' '--b' 'Content-Type: text/html' '' \
		"<p>$(long 500) --=_a b $(long 500)</p>" '--b--' '--=_a b' \
		'Content-Type: application/octet-stream' \
		'Content-Transfer-Encoding: base64' '' 'AAEC/w==' '--=_a b' \
		'Content-Disposition: inline' '' "$(long 1000)" '--bX' \
		'--=_a b--' epilogue
} >"$work/in"
arrives 'M-29: parts of parts'
is "$(grep -c "^$qp" "$(stored "$(stored_count)")")" 2 \
	'M-29: only the texts that need it are encoded'
sed '/^--=_a b--/d' "$work/in" | sed '/^epilogue/d' >"$work/cut"
mv "$work/cut" "$work/in"
arrives 'M-29: parts without the last boundary'

{
	lines 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n'
	printf '%s\n' --a 'Content-Type: multipart/signed; boundary=s;' \
		' protocol="application/pgp-signature"; micalg=pgp-sha256' '' \
		--s 'Content-Type: text/plain; charset=utf-8' ''
	printf 'signed \303\244 = \n'
	printf '%s\n' --s 'Content-Type: application/pgp-signature' '' x --s-- \
		--a '' "$(long 2000)" --a--
} >"$work/in"
arrives 'M-36: what is signed, beside a long line'
ok 'M-36: what is signed is as it was' \
	grep -q "^signed $(printf '\303\244') = $(printf '\r')\$" \
	"$(stored "$(stored_count)")"

# --- headers ---

{
	lines "Subject: a $(long 600)  $(long 600) b\n"
	printf 'References:'
	awk 'BEGIN { for (i = 0; i < 100; i++) printf " <%d@example.org>", i }'
	printf '\n\nhello\n'
} >"$work/in"
arrives 'M-29: long lines of a header'
ok 'M-29: and the body is as it was' \
	test -z "$(grep "^$qp" "$(stored "$(stored_count)")")"

# --- what nobody may change ---

{ lines 'Content-Type: image/png\n\n' && printf '\0\n'; } >"$work/in"
refused 'M-28: a NUL in an image' 'the letter, line 5: a NUL octet*'
like "$(sed -n 2p "$err")" '*base64*' 'M-28: and what to do'
{
	lines 'Content-Transfer-Encoding: base64\n\n'
	long 1000
} >"$work/in"
refused 'M-29: a long line of base64' 'the letter, line 5: over 998 octets*'
{
	lines 'Content-Type: multipart/signed; boundary=s\n\n--s\n\n'
	long 1000
	printf '\n--s--\n'
} >"$work/in"
refused 'M-36: a long line that is signed' '*in what is signed or encrypted*'
{ lines 'Content-Type: message/rfc822\n\n\n' && long 1000; } >"$work/in"
refused 'M-29: an attached letter' '*in an attached letter*'
{ lines 'Subject: ' && long 1000 && printf '\n\nhello\n'; } >"$work/in"
refused 'M-29: a header that cannot be folded' 'the letter, field Subject:*'
{ lines 'Subject: ' && printf 'a\0b\n\nhello\n'; } >"$work/in"
refused 'M-28: a NUL in a header' 'the letter, field Subject: a NUL octet*'

# --- a dialogue ---

printf '%s\r\n' 'EHLO c.example' 'MAIL FROM:<a@client.example>' \
	'RCPT TO:<b@example.org>' DATA 'Subject: s' '' "$(long 1000)" . QUIT \
	>"$work/said"
number=$(($(stored_count) + 1))
pneu_as sendmail -bs <"$work/said"
is "$status:$(grep -c '^250 2.0.0' "$out")" 0:1 'M-29: a long line by -bs'
is "$(grep -c "^$qp" "$(stored $number)"):$(envelope $number longest)" 1:76 \
	'M-29: is re-encoded'

# --- a server of seven bits ---

smarthost_start --plain --without 8BITMIME
configure plain "log = $work/log"
{ lines 'Subject: s\n\npr\303\244fix = 1\n' && long 80; } >"$work/in"
arrives 'M-32: 8-bit text where there is no 8BITMIME'
number=$(stored_count)
is "$(envelope "$number" 8bit)" no 'M-32: in seven bits'
unlike "$(envelope_lines "$number")" '*BODY=*' 'M-32: and nothing says otherwise'
has 'M-32: with its charset' 'Content-Type: text/plain; charset=utf-8'
like "$(tail -1 "$work/log")" '*notes=*no 8BITMIME: re-encoded*' \
	'M-32: the record tells of it'
{
	lines 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n'
	printf 'Content-Transfer-Encoding: 8bit\n\n--b\n\n\344\n--b\n'
	printf 'Content-Type: text/html; charset=utf-8\n\n\303\244\n--b--\n'
} >"$work/in"
arrives 'M-32: 8-bit parts'
is "$(envelope "$(stored_count)" 8bit)" no 'M-32: in seven bits, all of them'
has 'M-32: as the whole says' 'Content-Transfer-Encoding: 7bit'
{ lines 'Content-Type: image/x\n\n\303\244\n'; } >"$work/in"
arrives 'M-32: 8-bit octets that nobody may change'
is "$(envelope "$(stored_count)" 8bit)" yes 'M-32: are as they were'
unlike "$(envelope_lines "$(stored_count)")" '*BODY=*' \
	'M-32: and nothing is said of them'
like "$(tail -1 "$work/log")" '*notes=*8-bit octets sent without 8BITMIME*' \
	'M-32: the record tells of that, too'
smarthost_start --plain
configure plain
{ lines 'DKIM-Signature: v=1; b=x\n\npr\303\244fix \n'; } >"$work/in"
arrives 'M-36: a signed letter of eight bits where they are taken'
ok 'M-36: is as it was' \
	test -z "$(grep "^$qp" "$(stored "$(stored_count)")")"

# --- size ---

{ lines '\n' && long 20000000; } >"$work/in"
number=$(($(stored_count) + 1))
"$tools/peak" "$work/peak" "$PNEU" b@example.org <"$work/in"
is $? 0 'M-29: a line of 20 MB'
ok 'M-29: with the same text' \
	python3 "$here/text.py" "$work/in" "$(stored $number)"
if [ -z "${SAN:-}" ]; then
	ok 'M-29: in less than 16 MiB of memory' \
		test "$(cat "$work/peak")" -lt 16384
fi
is "$(faults | grep -v '8-bit octets without BODY')" '' \
	'and all kept to the rules'

done_testing

#!/bin/sh
# What was piped is what arrives: every letter here is compared, octet by octet,
# with the file that the smarthost stored.  Catalogue: M-01 to M-06, M-20 to
# M-31, M-33 to M-37.
#
# shellcheck source=tests/cli/lib.sh source=tests/cli/apart.sh
# shellcheck disable=SC2154,SC2016 # from lib.sh; Perl expands for itself

. "${0%/*}/lib.sh"
. "${0%/*}/apart.sh"

tools=${OUT:-${PNEU%/*}}/tests/tools

# A header that lacks nothing.
head_of() {
	printf '%s\n' 'From: Alice <a@client.example>' \
		'To: Bob <b@example.org>' \
		'Date: Thu, 1 Jan 2026 12:00:00 +0000' \
		'Message-ID: <1@client.example>'
}

# taken NAME ARGUMENTS: the letter $work/in is taken in silence and stored as
# $work/want.
taken() {
	name=$1 before=$(stored_count)
	shift
	pneu_run "$@" b@example.org <"$work/in"
	is "$status:$(cat "$out" "$err")" 0: "$name: is taken in silence"
	same "$work/want" "$(stored $((before + 1)))" "$name: as it should be"
	is "$(stored_count)" $((before + 1)) "$name: and nothing else came"
}

# body NAME INPUT WIRE ARGUMENTS: a body of INPUT is stored as WIRE, both for
# printf's %b.
body() {
	name=$1
	{ head_of && printf '\n%b' "$2"; } >"$work/in"
	{ head_of | crlf && printf '\r\n%b' "$3"; } >"$work/want"
	shift 3
	taken "$name" "$@"
}

# refused STATUS NAME ARGUMENTS: the letter $work/in is not, and why is said.
refused() {
	expected=$1 name=$2 before=$(stored_count)
	shift 2
	pneu_run "$@" b@example.org <"$work/in"
	is "$status:$(stored_count)" "$expected:$before" "$name: is refused"
	like "$(head -1 "$err")" 'pneu: the letter*' "$name: and why is said"
}

smarthost_start --plain --implicit
configure plain

# --- dots ---

dots='.\n..\n.x\n..x\n .\n.\n\n.'
body 'M-01: dots with -i' "$dots" '.\r\n..\r\n.x\r\n..x\r\n .\r\n.\r\n\r\n.\r\n' -i
body 'M-01: dots with -oi' "$dots" \
	'.\r\n..\r\n.x\r\n..x\r\n .\r\n.\r\n\r\n.\r\n' -oi
body 'M-01: dots with -OIgnoreDots' "$dots" \
	'.\r\n..\r\n.x\r\n..x\r\n .\r\n.\r\n\r\n.\r\n' -OIgnoreDots
body 'M-03: a lone dot ends the letter without -i' \
	'one\n.\ntwo\n' 'one\r\n'
body 'M-03: and with CRLF' 'one\r\n.\r\ntwo\r\n' 'one\r\n'
body 'M-03: and at the very end, without a line end' 'one\n.' 'one\r\n'
body 'M-03: a first dot of two is taken off without -i' \
	'..\n..x\n.x\n...\n' '.\r\n.x\r\n.x\r\n..\r\n'
body 'M-03: a letter may have no body but the dot' '.\n' ''
pneu_run -v b@example.org <"$work/in"
unlike "$(cat "$err")" '*lone dot*' 'M-03: nothing was cut, so nothing is noted'
{ head_of && printf '\none\n.\ntwo\n'; } >"$work/in"
pneu_run -v b@example.org <"$work/in"
like "$status:$(cat "$err")" '0:*lone dot*' \
	'M-03: what a dot cut off is noted, with -v'

# Lines of one dot only, moved one octet at a time: whatever the buffers are,
# each of their edges falls on a dot and on each side of one.
many_dots() {
	head_of
	echo "X-Pad: $1"
	echo
	awk 'BEGIN { for (i = 0; i < 100000; i++) print "." }'
}
for kind in plain implicit; do
	for chunking in no yes; do
		configure $kind "chunking = $chunking"
		for pad in x xx xxx xxxx; do
			many_dots $pad >"$work/in"
			crlf <"$work/in" >"$work/want"
			taken "M-02: dots at every edge ($kind, \
chunking $chunking, moved by ${#pad})" -i
		done
	done
done
configure plain
many_dots x | sed '/^\.$/s/$/./' >"$work/in"
many_dots x | crlf >"$work/want"
taken 'M-02: and where each is taken off'

# --- line ends ---

body 'M-04: a missing last line end is supplied' 'hello' 'hello\r\n'
body 'M-04: once' 'hello\n' 'hello\r\n'
body 'M-04: and blank lines at the end stay' 'hello\n\n\n' 'hello\r\n\r\n\r\n'
body 'M-05: CRLF stays CRLF' 'one\r\n\r\ntwo\r\n' 'one\r\n\r\ntwo\r\n'
body 'M-05: mixed line ends' 'one\r\ntwo\nthree\r\nfour' \
	'one\r\ntwo\r\nthree\r\nfour\r\n'
body 'M-06: a bare CR is a line end' 'one\rtwo\r\rthree\r' \
	'one\r\ntwo\r\n\r\nthree\r\n'
head_of | sed 's/$/\r/' >"$work/in"
printf '\r\none\r\n' >>"$work/in"
cp "$work/in" "$work/want"
taken 'M-05: a letter with CRLF throughout'
{ head_of | tr '\n' '\r' && printf '\rone\r'; } >"$work/in"
taken 'M-06: a letter with CR throughout'

# --- two letters in one (VU#302671) ---

second='MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n'
second="${second}Subject: second\\r\\n\\r\\nevil\\r\\n.\\r\\n"
# smuggle ROW SEQUENCE WIRE: with -i the dot is data, without it an end.
smuggle() {
	body "$1 with -i" "one$2$second" "one$3$second" -i
	body "$1 without" "one$2$second" 'one\r\n'
}
smuggle 'M-20: LF.LF' '\n.\n' '\r\n.\r\n'
smuggle 'M-21: LF.CRLF' '\n.\r\n' '\r\n.\r\n'
smuggle 'M-22: CRLF.LF' '\r\n.\n' '\r\n.\r\n'
smuggle 'M-23: CR.CR' '\r.\r' '\r\n.\r\n'
smuggle 'M-24: CRLF.CR' '\r\n.\r' '\r\n.\r\n'
smuggle 'M-25: CR.CRLF' '\r.\r\n' '\r\n.\r\n'
body 'M-26: CRCRLF.CRCRLF with -i' "one\\r\\r\\n.\\r\\r\\n$second" \
	"one\\r\\n\\r\\n.\\r\\n\\r\\n$second" -i
body 'M-26: CRCRLF.CRCRLF without' "one\\r\\r\\n.\\r\\r\\n$second" \
	'one\r\n\r\n'
{ head_of && printf '\none\r\n\0.\r\n%b' "$second"; } >"$work/in"
{
	{
		head_of
		echo 'MIME-Version: 1.0'
		echo 'Content-Type: text/plain; charset=us-ascii'
		echo 'Content-Transfer-Encoding: quoted-printable'
	} | crlf
	printf '\r\none\r\n=00.\r\n%b' "${second%.*}"
} >"$work/want"
taken 'M-27: CRLF NUL .CRLF'
printf '=2E\r\n' >>"$work/want"
taken 'M-27: and with -i' -i

# --- what no letter may hold ---

{ head_of && printf 'X: a\0b\n\nhello\n'; } >"$work/in"
refused 65 'M-28: a NUL in the header'

# long N: a line of N octets.
long() {
	head -c "$1" /dev/zero | tr '\0' x
	echo
}
{ head_of && echo && long 998; } >"$work/in"
crlf <"$work/in" >"$work/want"
taken 'M-29: a line of 998 octets'
{ head_of && printf 'X: ' && long 995 && echo && echo hello; } >"$work/in"
crlf <"$work/in" >"$work/want"
taken 'M-29: and one of the header'
{ head_of && printf 'X: ' && long 998 && echo && echo hello; } >"$work/in"
refused 65 'M-29: 998 octets in a line of the header that cannot be folded'

{ head_of && echo 'X: y' && yes ' and so on' | head -9000 &&
	printf '\nhello\n'; } >"$work/in"
crlf <"$work/in" >"$work/want"
taken 'M-30: a field of 100 kB in lines that are not too long'
{ head_of && printf 'X: ' && long 100000 && printf '\nhello\n'; } >"$work/in"
refused 65 'M-30: and in one line'
{ head_of && yes 'X: y' | head -100000 && printf '\nhello\n'; } >"$work/in"
crlf <"$work/in" >"$work/want"
taken 'M-30: 100000 fields'
{ head_of && yes 'X-Field: and its value' | head -100000; } >"$work/in"
refused 65 'M-30: a header of more than 1 MiB'
printf '\nhello\n' >>"$work/in"
refused 65 'M-30: also where it ends'

# --- parts that are missing ---

: >"$work/in"
refused 66 'M-31: 0 octets'
pneu_run b@example.org </dev/null
is "$status" 66 'M-31: and /dev/null'
head_of >"$work/in"
{ head_of | crlf && printf '\r\n'; } >"$work/want"
taken 'M-31: a header without a blank line'
head_of | awk '{ printf "%s%s", between, $0; between = "\n" }' >"$work/in"
taken 'M-31: nor a line end'
{ head_of && echo; } >"$work/in"
taken 'M-31: a header with a blank line'
{ head_of && printf 'Dear Bob,\n\nhello\n'; } >"$work/in"
{ head_of && printf '\nDear Bob,\n\nhello\n'; } | crlf >"$work/want"
taken 'M-31: a header without one before the body'

# added N WANT NAME: letter N is WANT (sed has put Date and Message-ID's own
# words into "..").
added() {
	tr -d '\r' <"$(stored "$1")" |
		sed -e 's/^Date: .*/Date: ../' \
		    -e 's/^Message-ID: <.*@client.example>$/Message-ID: ../' \
		    >"$work/got"
	printf '%b' "$2" >"$work/want"
	same "$work/want" "$work/got" "$3"
}
three='Date: ..\nMessage-ID: ..\nFrom: Eve <a@client.example>\n'
for text in 'hello\n' '\nhello\n' ' Subject: no field\n' 'From here on\n' \
    '>From here on\n' 'no colon\nTo: x@example.org\n' ': x\n' '\n'; do
	printf '%b' "$text" >"$work/in"
	pneu_run -F Eve b@example.org <"$work/in"
	is "$status" 0 "M-31: no header but '$(echo "$text" | tr -s '\n' ' ')'"
	added "$(stored_count)" "$three\\n${text#\\n}" 'M-31: and all of it came'
done

for first in 'From a@client.example Thu Jan  1 12:00:00 2026' \
    '>From a@client.example Thu Jan  1 12:00:00 2026'; do
	{ echo "$first" && head_of && printf '\n%s\n' "$first"; } >"$work/in"
	{ head_of && printf '\n%s\n' "$first"; } | crlf >"$work/want"
	taken "M-34: '$first'"
done

# --- fields that are missing ---

# One field each for Date, Message-ID and From, in spellings that count.
given() {
	printf 'sUBJECT : =?x?\n'
	[ "$1" = no ] || printf 'date : a date\n'
	[ "$2" = no ] || printf 'MESSAGE-ID:\n\t<x@y> (twice)\n'
	[ "$3" = no ] || printf 'fROM:eVe\t<eve@example.org> \n'
	printf 'X-Empty:\n'
}
for date in yes no; do
	for id in yes no; do
		for from in yes no; do
			given $date $id $from >"$work/in"
			pneu_run -F Eve b@example.org <"$work/in"
			want=$(given $date $id $from)
			[ $date = yes ] || want="$want\\nDate: .."
			[ $id = yes ] || want="$want\\nMessage-ID: .."
			[ $from = yes ] ||
				want="$want\\nFrom: Eve <a@client.example>"
			added "$(stored_count)" "$want\\n\\n" \
				"M-35: Date $date, Message-ID $id, From $from"
		done
	done
done
is "$status" 0 'M-35: the last of them was taken'

# value NAME: of a field that the last letter has once, unfolded.
value() {
	tr -d '\r' <"$(stored "$(stored_count)")" | perl -0777 -ne '
		s/\n\n.*//s;
		my @all = /^\Q'"$1"'\E: ((?:.|\n[ \t])*)/mg;
		$_ = @all == 1 ? $all[0] : "(" . @all . " of them)";
		s/\n//g;
		print'
}
# When the zone is a name the system need not know it; here it is a rule.
now() {
	TZ=EAST-5:30 date '+%a, %-d %b %Y %H:%M'
}
echo hello >"$work/in"
earlier=$(now)
TZ=EAST-5:30 pneu_run b@example.org <"$work/in"
date=$(value Date) later=$(now)
case $date in
"$earlier:"*) later=$earlier ;;
esac
like "$date" "$later:[0-6][0-9] +0530" \
	"M-35: the date is this minute's, with the zone of TZ"
first=$(value Message-ID)
pneu_run b@example.org <"$work/in"
unlike "$(value Message-ID)" "$first" 'M-35: no two Message-IDs are alike'
# Its first part is a number and chance, in which a short name may well stand.
like "$first" '<*@client.example>' 'M-35: and its domain is not the machine'
gecos=$(getent passwd "$(id -u)" | cut -d: -f5 | cut -d, -f1)
is "$(value From)" "${gecos:+$gecos }<a@client.example>" \
	'M-35: the name in From is that of the password database'
pneu_run -f '<>' b@example.org <"$work/in"
is "$(value From)" "${gecos:+$gecos }<a@client.example>" \
	"M-35: and its address the profile's where the sender is null"
if can_be_apart; then
	echo 'passwd: files' >"$work/nsswitch"
	# In a namespace of a user's own he is root.
	# shellcheck disable=SC2086
	uid=$(unshare $apart_how id -u)
	while IFS='|' read -r login field written; do
		echo "$login:x:$uid:0:$field:/:/bin/sh" \
			>"$work/passwd"
		apart "$work/nsswitch" /etc/nsswitch.conf \
			"$work/passwd" /etc/passwd
		pneu_run b@example.org <"$work/in"
		together
		is "$(value From)" "${written:+$written }<a@client.example>" \
			"M-35: the name of $login, who is $field"
	done <<-'END'
		jane|& Doe,room 5|Jane Doe
		jane||
		1st|& Grade|1st Grade
		_ntp|& Daemon|_ntp Daemon
	END
else
	diag 'no mount namespaces: the names of others are not looked at'
fi
pneu_run -f bounce@client.example -F '' b@example.org <"$work/in"
is "$(value From)" '<bounce@client.example>' \
	'M-35: else the sender; -F with nothing: no name'

# named NAME WRITTEN
named() {
	pneu_run -F "$1" b@example.org <"$work/in"
	is "$(value From)" "$2 <a@client.example>" "M-35: -F '$1'"
}
named 'Eve Adams' 'Eve Adams'
named 'Adams, Eve' '"Adams, Eve"'
named 'Eve "E." \ Adams' '"Eve \"E.\" \\ Adams"'
named 'eve@example.org' '"eve@example.org"'
named '=?UTF-8?Q?Eve?=' '"=?UTF-8?Q?Eve?="'
named '<>' '"<>"'
# One that is not ASCII is encoded as RFC 2047 has it, which Perl can read.
umlauts=$(printf '\303\244%.0s' 1 2 3 4 5 6 7 8 9 10)
for eve in 'Jürgen Größe' 'イブ' "Eve, née \"Q?=\" _ = Größe" "$umlauts$umlauts$umlauts" \
    "$(long 120)" "$umlauts and $(long 120) and $umlauts"; do
	pneu_run -F "$eve" b@example.org <"$work/in"
	is "$(value From | perl -MEncode -ne '
		s/ <a\@client.example>$// or die;
		print encode("UTF-8", decode("MIME-Header", $_))')" "$eve" \
		"M-35: RFC 2047: $eve"
	ok 'RFC 2047 2: in short lines of ASCII' \
		perl -ne 'die $_ if length() > 78 || /[^\r\n -~]/' \
		"$(stored "$(stored_count)")"
done

# --- what is signed stays as it is (M-36) ---

{
	printf 'dKIM-Signature: v=1;  a=rsa-sha256; c=simple/simple;\n'
	printf '\td=client.example ; s=x;\n \t h=From:To : Subject;\n'
	printf ' bh=AAAA; b=AA\n\n  AA==\n' | sed '/^$/d'
	head_of
	printf 'subject  :\t two  blanks \t\n  and a fold  \n'
	printf 'X-8bit: \303\244\nX-Long: %s\n\n' "$(long 500)"
	printf ' leading and trailing \t\n\n\303\244\n.\n-- \n\n\n'
} >"$work/in"
crlf <"$work/in" >"$work/want"
taken 'M-36: a signed letter, of LF' -i
cp "$work/want" "$work/in"
taken 'M-36: a signed letter, of CRLF' -i
configure plain 'chunking = yes'
taken 'M-36: the same by BDAT' -i
configure plain

# --- letters that are not small ---

# A letter of N KiB as awk writes it: no two lines alike.
book() {
	head_of
	echo
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n * 16; i++)
			printf "%010d and so on, until the page is full enough\
\n", i
	}'
}
book 12000 >"$work/in"
crlf <"$work/in" >"$work/want"
before=$(stored_count)
"$tools/peak" "$work/peak" "$PNEU" b@example.org <"$work/in"
is $? 0 'M-33: a letter of 12 MB'
same "$work/want" "$(stored $((before + 1)))" 'M-33: as it should be'
if [ -z "${SAN:-}" ]; then
	ok 'M-33: in less than 16 MiB of memory' \
		test "$(cat "$work/peak")" -lt 16384
	{ head_of && printf '\n' && long 20000000; } >"$work/in"
	"$tools/peak" "$work/peak" "$PNEU" b@example.org <"$work/in" 2>"$err"
	ok 'M-29: a line of 20 MB, in less than 16 MiB of memory' \
		test "$(cat "$work/peak")" -lt 16384
fi

# --- reading that goes wrong (M-37) ---

# More than a pipe holds: when it is written, pneu has begun to read.
# Whoever runs this may ignore signals, as nohup(1) does; a shell cannot undo
# that, and pneu would keep it.
before=$(stored_count)
mkfifo "$work/pipe"
for signal in TERM HUP; do
	perl -e '$SIG{HUP} = $SIG{TERM} = "DEFAULT"; exec @ARGV' \
		"$PNEU" b@example.org <"$work/pipe" >"$out" 2>"$err" &
	pid=$!
	exec 3>"$work/pipe"
	book 200 >&3
	kill -$signal $pid
	wait $pid
	is "$?:$(stored_count)" "75:$before" "M-37: SIG$signal while stdin is read"
	like "$(cat "$err")" 'pneu: stopped by a signal*' 'M-37: is said'
	exec 3>&-
done
"$PNEU" b@example.org <"$work/pipe" >"$out" 2>"$err" &
pid=$!
exec 3>"$work/pipe"
book 200 >&3
kill -STOP $pid
kill -CONT $pid
exec 3>&-
wait $pid
is "$?:$(stored_count)" "0:$((before + 1))" 'D-13: stopped and continued, it goes on'
before=$(stored_count)
"$PNEU" b@example.org <"$work/pipe" >"$out" 2>"$err" &
pid=$!
exec 3>"$work/pipe"
book 2000 >&3
kill -KILL $pid
wait $pid 2>/dev/null
is "$?:$(stored_count):$(find /var/tmp -name 'pneu.*' -newer "$letter")" "137:$before:" \
	'M-37: SIGKILL leaves nothing behind'
exec 3>&-
pneu_run b@example.org <"$work"
is "$status:$(stored_count)" "66:$before" 'M-37: stdin is a directory'
# shellcheck disable=SC2094 # it is only read
# Nobody but root can trace a process that cannot be dumped.
if [ "$(id -u)" = 0 ] && strace -o "$work/trace" true 2>/dev/null; then
	book 300 >"$work/in"
	strace -E ASAN_OPTIONS=detect_leaks=0 \
		-o "$work/trace" -P "$work/in" -e trace=read \
		-e inject=read:error=EIO:when=3 \
		"$PNEU" b@example.org <"$work/in" >"$out" 2>"$err"
	is "$?:$(stored_count)" "66:$before" 'M-37: a read error in the middle'
	like "$(cat "$err")" '*read*Input/output error*' 'M-37: is told'
else
	diag 'M-37: no strace, or not root, whom alone pneu lets look: no error'
fi

is "$(faults)" '' 'and pneu kept to the rules all along'
done_testing

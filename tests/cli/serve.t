#!/bin/sh
# -bs: a dialogue on stdin and stdout, each letter submitted before it is
# answered.  What the dialogue itself may look like is tests/unit/server.c's;
# here it meets descriptors, the smarthost and time.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154 # from lib.sh

. "${0%/*}/lib.sh"

# As Alpine calls it; a program of its own, so that it can be run by others.
serve=$work/serve
ln -s "$PNEU" "$work/sendmail"
printf '#!/bin/sh\nexec "%s" -bs -odb -oem\n' "$work/sendmail" >"$serve"
chmod +x "$serve"

said=$work/said

# served <dialogue: the whole of it at once; what was answered is in $out, its
# codes in $codes, the status in $status.  Not at the end of a pipe.
served() {
	timeout 60 "$serve" >"$out" 2>"$err"
	status=$?
	codes=$(sed -n 's/^\([0-9][0-9][0-9]\) .*/\1/p' "$out" | tr '\n' ' ')
}

# envelope_of SENDER RECIPIENT...: the commands for it.
open_for() {
	printf 'EHLO caller.example\r\nMAIL FROM:<%s>\r\n' "$1"
	shift
	printf 'RCPT TO:<%s>\r\n' "$@"
}

# The letter $work/in in DATA, stuffed, and QUIT.
data() {
	printf 'DATA\r\n'
	sed 's/^\./../' "$work/in" | crlf
	printf '.\r\n'
}

quit() {
	printf 'QUIT\r\n'
}

# The letter that was stored as number N without the field on top.
without_received() {
	awk 'top == "" && /^Received: / { top = 1; next }
		top == 1 && /^[ \t]/ { next }
		{ top = 2; print }' "$(stored "$1")"
}

smarthost_start --plain --starttls
configure plain
cp "$letter" "$work/in"

# --- letters ---

printf '%s\n' . .. .x '' end >>"$work/in"
crlf <"$work/in" >"$work/want"
{ open_for a@client.example b@example.org c@example.org && data && quit; } >"$said"
served <"$said"
is "$status:$codes" '0:220 250 250 250 250 354 250 221 ' 'a letter is taken'
is "$(cat "$err")" '' 'and nothing is said on stderr'
without_received 1 >"$work/got"
same "$work/want" "$work/got" 'its octets are those that were sent'
is "$(envelope_lines 1 | sed 's/ SIZE=.*//' | tr '\n' ' ' | tr -d '\r')" \
	'MAIL FROM:<a@client.example> RCPT TO:<b@example.org> RCPT TO:<c@example.org> ' \
	'and so is its envelope'
like "$(sed '/^Date:/,$d' "$(stored 1)" | tr -d '\r' | tr '\n' ' ')" \
	"Received: from caller.example?	by * (pneu) with ESMTP?	id *; * From: *" \
	'Received stands on top'
is "$(faults)" '' 'and the smarthost found no fault'
like "$(grep '^250 2.0.0 taken' "$out")" \
	"250 2.0.0 taken by 127.0.0.1:${host_plain##*:}: 250 *" \
	'what the smarthost said is told'

{
	printf 'HELO [127.0.0.1]\r\n'
	for n in 1 2 3; do
		printf 'MAIL FROM:<a@client.example>\r\nRCPT TO:<%s>\r\n' \
			"b$n@example.org"
		data
		printf 'RSET\r\n'
	done
} >"$said"
served <"$said"
is "$status:$codes" \
	'0:220 250 250 250 354 250 250 250 250 354 250 250 250 250 354 250 250 ' \
	'several letters, HELO, no QUIT'
is "$(stored_count)" 4 'each was sent'
like "$(cat "$(stored 4)")" 'Received: from \[127.0.0.1\]*with SMTP*' \
	'and its protocol is SMTP'

{
	open_for a@client.example b@example.org
	printf 'BDAT %d\r\n' "$(wc -c <"$work/want")"
	cat "$work/want"
	printf 'BDAT 0 LAST\r\n'
	quit
} >"$said"
served <"$said"
is "$status:$codes" '0:220 250 250 250 250 250 221 ' 'a letter in chunks'
without_received 5 >"$work/got"
same "$work/want" "$work/got" 'is the same'

{ open_for '' root && printf 'DATA\r\n\r\nhello\r\n.\r\n' && quit; } >"$said"
served <"$said"
is "$status:$codes" '0:220 250 250 250 354 250 221 ' \
	'the null sender, a bare name, no header'
is "$(envelope_lines 6 | sed 's/ SIZE=.*//' | tr '\n' ' ' | tr -d '\r')" \
	'MAIL FROM:<> RCPT TO:<root@client.example> ' \
	'the bare name is qualified'
like "$(cat "$(stored 6)")" '*Date: *Message-ID: *From: <*@client.example>*' \
	'what the header lacks is added'

{
	printf 'EHLO c\r\nMAIL FROM:<a@client.example> RET=HDRS ENVID=a+2Bb\r\n'
	printf 'RCPT TO:<b@example.org> NOTIFY=DELAY,FAILURE '
	printf 'ORCPT=rfc822;b+40x\r\nRCPT TO:<b@example.org>\r\n'
	data
	quit
} >"$said"
served <"$said"
like "$(envelope_lines 7 | tr '\n' ' ')" \
	'* RET=HDRS ENVID=a+2Bb* NOTIFY=FAILURE,DELAY ORCPT=rfc822;b+40x*' \
	'wishes for reports are passed on'

# One transaction, whatever a line end may be taken for.
second='MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n'
before=$(stored_count)
for sequence in '\n.\n' '\n.\r\n' '\r\n.\n' '\r.\r' '\r\n.\r' '\r.\r\n' \
    '\r\r\n.\r\r\n'; do
	{
		open_for a@client.example b@example.org
		printf 'DATA\r\nSubject: x\r\n\r\none%b%bevil\r\n.\r\n' \
			"$sequence" "$second"
		quit
	} >"$said"
served <"$said"
	is "$status:$codes" '0:220 250 250 250 354 250 221 ' \
		"M-20..27: one letter, $(printf %s "$sequence" | tr '\134' /)"
done
is "$(stored_count):$(faults)" $((before + 7)): \
	'M-20..27: as many came, and no bare CR or LF'

# --- what is not sent ---

smarthost_forget
{ open_for a@client.example b@example.org && quit; } >"$said"
served <"$said"
is "$status:$codes" '0:220 250 250 250 221 ' 'QUIT amid a transaction'
{ open_for a@client.example b@example.org && printf 'DATA\r\nx\r\n'; } >"$said"
served <"$said"
is "$status:$codes" '76:220 250 250 250 354 421 ' 'an end amid the letter'
{ open_for a@client.example b@example.org && printf 'DATA\r\nx\r\n.\n'; } >"$said"
served <"$said"
is "$status:$codes" '76:220 250 250 250 354 421 ' 'or behind a dot and LF'
printf 'GET / HTTP/1.1\r\n\r\n' >"$said"
served <"$said"
is "$status:$codes" '76:220 421 ' 'HTTP'
served </dev/null
is "$status:$codes" '0:220 ' 'nothing at all'
{ open_for a@client.example b@example.org &&
	printf 'DATA\r\nSubject: a\0b\r\n\r\nx\r\n.\r\nNOOP\r\n' && quit; } >"$said"
served <"$said"
is "$status:$codes" '0:220 250 250 250 354 554 250 221 ' \
	'a NUL in the header'
like "$(grep ^554 "$out")" '554 5.6.0 *NUL*' 'is refused for what it is'

# loops N: a letter with N Received fields.
loops() {
	open_for a@client.example b@example.org
	printf 'DATA\r\n'
	yes "$(printf 'Received: from a by b; today\r')" | head -"$1"
	printf 'Subject: x\r\n\r\nhello\r\n.\r\n'
	quit
}
is "$(stored_count)" 0 'nothing was sent'
loops 50 >"$said"
served <"$said"
is "$codes$(stored_count)" '220 250 250 250 354 250 221 1' '50 Received fields'
loops 51 >"$said"
configure plain "log = $work/log"
served <"$said"
is "$codes$(stored_count)" '220 250 250 250 354 554 221 1' 'and 51'
like "$(grep ^554 "$out")" '554 5.4.6 *' 'are a loop'
like "$(tail -n 1 "$work/log")" \
	'*from=a@client.example to=b@example.org *stage=local *' \
	'and in the record it is told whose'

# --- what the smarthost says ---

# refused CODES PATTERN NAME: the codes from DATA on, and the answer.
refused() {
	{ open_for "${sender:-a@client.example}" b@example.org c@example.org &&
		data && quit; } >"$said"
served <"$said"
	is "$status:$codes" "0:220 250 250 250 250 354 $1 221 " "$3"
	answer=$(sed -n '/^[45]/p' "$out" | tr -d '\r' | tr '\n' ' ')
	like "$answer" "$2" "$3: and why is said"
}

smarthost_start --plain --starttls \
	--reject-rcpt 'c@*=550 5.1.1 nobody' \
	--reject-mail 'bad@*=553 5.1.8 no such sender'
configure plain
smarthost_forget
refused 550 '550-5.1.1 *RCPT <c@example.org>: 550 5.1.1 nobody*' \
	'a recipient is refused'
is "$(stored_count)" 0 'and then nobody gets the letter'
sender=bad@client.example
refused 553 '553 5.1.8 *MAIL <bad@client.example>: 553 5.1.8 *' \
	'the sender is refused'
sender=''
for case in 'end=554 5.7.1 spam|554|554?5.7.1 *spam*' \
    'data=451 4.3.0 later|451|451 4.3.0 *later*' \
    'mail=530 5.7.0 login first|451|451 4.4.0 *' \
    'ehlo=554 no|451|451 4.4.0 *' 'greeting=421 busy|451|451 4.4.0 *'; do
	reply=${case%%|*} rest=${case#*|}
	smarthost_start --plain --reply "$reply"
	configure plain
	refused "${rest%%|*}" "${rest#*|}" "$reply"
done
smarthost_start --plain --close-at end
configure plain
refused 451 '451 4.4.0 *twice*' 'the end is not answered'

smarthost_start --starttls --reply 'auth=535 5.7.8 wrong'
configure starttls
refused 451 '451 4.4.0 *logging in*' 'the login is refused'
unlike "$answer" '*535*' 'and the client hears no 535'
smarthost_start --starttls --certificate expired
configure starttls
refused 451 '451 4.4.0 *' 'a certificate that is not trusted'
configure plain 'port = 1'
refused 451 '451 4.4.0 *' 'nobody listens'
configure plain '-host' '-port'
refused 451 '451 4.4.0 *' 'no host is configured'
configure plain 'port = 1' 'hots = smtp.example.org'
refused 451 '451 4.4.0 *pneu.conf:*: hots: *' 'a configuration that cannot be read'

# --- in lock step, and in time ---

smarthost_start --plain
configure plain
smarthost_forget
mkfifo "$work/to" "$work/from"

begin() {
	timeout 60 "$serve" <"$work/to" >"$work/from" 2>"$err" &
	serving=$!
	exec 3>"$work/to" 4<"$work/from"
}

end() {
	exec 3>&- 4<&-
	wait $serving
	status=$?
}

# say TEXT CODE: the reply to it has come before anything else is said.
say() {
	# shellcheck disable=SC2059
	printf "$1" >&3
	code=
	while IFS= read -r line <&4; do
		code=${line%"${line#???}"}
		case $line in
		???-*) ;;
		*) break ;;
		esac
	done
	is "$code" "$2" "in lock step: ${1%%\\*} $2"
}

begin
say '' 220
say 'EHLO c\r\n' 250
say 'MAIL FROM:<a@client.example>\r\n' 250
say 'RCPT TO:<b@example.org>\r\n' 250
say 'DATA\r\n' 354
say 'Subject: x\r\n\r\nhello\r\n.\r\n' 250
is "$(stored_count)" 1 'when it is answered, it is stored'
say 'NOOP\r\n' 250
say 'QUIT\r\n' 221
end
is "$status:$(cat "$err")" 0: 'and that was all'

begin
say '' 220
say 'EHLO c\r\n' 250
kill -TERM $serving
say '' 421
end
is "$status" 75 'a signal ends the dialogue with a word'

# Who closed its ears is served all the same: the letter came whole.
smarthost_forget
{ open_for a@client.example b@example.org && data && quit; } >"$said"
{
	"$serve" <"$said"
	echo $? >"$work/status"
} | true
is "$(cat "$work/status"):$(stored_count)" 0:1 \
	'a letter is sent though nobody hears the answers'
"$serve" <"$said" >/dev/null
is "$?:$(stored_count)" 0:2 'or they are thrown away'
"$serve" <&- >"$out" 2>"$err"
is "$?:$(cat "$out")" 66: 'a closed stdin'

# A client that writes much and reads late: the answers wait, nothing is lost.
{
	printf 'EHLO c\r\n'
	yes "$(printf 'NOOP\r')" | head -20000
	quit
} >"$said"
# shellcheck disable=SC2094
timeout 60 "$serve" <"$said" >"$out"
is "$?:$(grep -c '^250 2.0.0' "$out")" 0:20000 '20000 commands at once'

# On a socket, by a client that nobody here wrote.
smarthost_forget
if command -v python3 >/dev/null; then
	# As bytes it leaves LF as it is and stuffs dots behind it.
	ok 'smtplib sends two letters over a socket' timeout 60 python3 -c '
import smtplib, socket, subprocess, sys
ours, theirs = socket.socketpair()
child = subprocess.Popen(sys.argv[2:], stdin=theirs, stdout=theirs)
theirs.close()
smtplib.SMTP._get_socket = lambda *unused: ours
s = smtplib.SMTP("socket", 25, local_hostname="[127.0.0.1]")
letter = open(sys.argv[1]).read() + "\n.\n.x\n.."
for l in letter, letter.encode():
    s.sendmail("a@client.example", ["b@example.org"], l)
s.quit()
sys.exit(child.wait())
' "$letter" "$serve"
	{ cat "$letter" && printf '\n.\n.x\n..\n'; } | crlf >"$work/want"
	for n in $(cd "$host_dir/new" && echo *); do
		without_received "$n" >"$work/got"
		same "$work/want" "$work/got" "letter $n came as it was"
	done
	is "$(stored_count)" 2 'both of them'
else
	skip 'there is no python3' 'smtplib sends two letters over a socket'
fi

# A large letter costs no memory.
peak=${OUT:-${PNEU%/*}}/tests/tools/peak
make_letter 30000000 >"$work/in"
smarthost_forget
{ open_for a@client.example b@example.org && data && quit; } >"$said"
timeout 60 "$peak" "$work/peak" "$serve" <"$said" >"$out"
is "$?:$(stored_count)" 0:1 'a letter of 30 MB'
without_received "$(cd "$host_dir/new" && echo *)" >"$work/got"
crlf <"$work/in" >"$work/want"
same "$work/want" "$work/got" 'comes whole'
[ "${SAN:-}" ] || ok 'and peak memory is below 16 MiB' \
	test "$(cat "$work/peak")" -lt 16384

# And none to keep it: it is refused, and the dialogue goes on.
(
	ulimit -f 4096
	"$serve" <"$said"
) >"$out"
like "$?:$(sed -n 's/^4.*/&/p' "$out")$(tail -1 "$out")" '0:45[12] 4.3.*221 *' \
	'a letter that cannot be kept'
is "$(stored_count)" 1 'is not sent'

done_testing

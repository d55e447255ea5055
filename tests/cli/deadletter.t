#!/bin/sh
# What could not be sent is kept where the key dead-letter says, so that a
# letter of cron, which looks at no exit status, is not lost.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154

. "${0%/*}/lib.sh"

letter=$work/letter
printf 'From: a@client.example\nTo: b@example.org\nSubject: x\n' >"$letter"
printf 'Date: Wed, 25 Nov 2026 12:00:00 +0000\n' >>"$letter"
printf 'Message-ID: <1@client.example>\nBcc: c@example.org\n\n.\nhello\n' \
	>>"$letter"
dead=$work/dead

kept() {
	find "$dead/new" -type f 2>/dev/null
}

smarthost_start --plain --reject-rcpt 'b@example.org=550 5.1.1 no such user'
configure plain "dead-letter = $dead" "log = $work/log"
pneu_run -i -f a@client.example d@example.org <"$letter"
is "$status" 0 'a letter that was taken'
is "$(kept)" '' 'is not kept'

pneu_run -i -f a@client.example b@example.org c@example.org <"$letter"
is "$status" 67 'a letter that was refused for one of two'
file=$(kept)
like "$(cat "$err")" "*pneu: the letter is kept as $file" 'is kept, in words'
{
	echo 'Return-Path: <a@client.example>'
	echo 'X-Envelope-To: <b@example.org>'
	echo 'X-Envelope-To: <c@example.org>'
	sed '/^Bcc/d' "$letter"
} >"$work/wanted"
ok 'with its envelope, and octet by octet' cmp "$file" "$work/wanted"
like "$(tail -n 1 "$work/log")" "*kept=*" 'and the record names the file'
is "$(stat -c %a "$dead" "$file" | tr '\n' ' ')" '700 600 ' 'for us alone'
is "$(find "$dead/tmp" -type f)" '' 'nothing is left in tmp'
rm "$file"

chmod 777 "$dead"
pneu_run -i -f a@client.example b@example.org <"$letter"
is "$status" 67 'a directory open to others does not change the status'
is "$(kept)" '' 'and nothing is kept there'
like "$(cat "$err")" "*$dead is another's or open*" 'which is said'
chmod 700 "$dead"

ln -s "$dead" "$work/link"
configure plain "dead-letter = $work/link"
pneu_run -i -f a@client.example b@example.org <"$letter"
is "$(kept)" '' 'a link is not followed'

configure plain "dead-letter = $dead" "log = $work/log"
pneu_run -i <"$letter"
is "$status" 64 'without a recipient'
ok 'the letter is kept too' test -n "$(kept)"
rm "$dead/new/"*

# What never gets as far as an envelope is found by what it was called.
configure plain "dead-letter = $dead" "log = $work/log" \
	"aliases = $work/missing"
pneu_run -i root b@example.org <"$letter"
is "$status" 78 'a letter without its alias file'
like "$(tail -n 1 "$work/log")" \
	'* to=root,b@example.org * message-id=<1@client.example> *' \
	'is in the record, by its recipients'
is "$(head -n 3 "$(kept)")" 'X-Envelope-To: <root>
X-Envelope-To: <b@example.org>
From: a@client.example' 'and is kept with them'
rm "$dead/new/"*
configure plain "dead-letter = $dead" "log = $work/log"

# A disk that is full for a moment only would leave a hole in the letter.
if [ "$(id -u)" = 0 ] && strace -o "$work/trace" true 2>/dev/null; then
	{ cat "$letter" && yes hello | head -5000; } >"$work/long"
	trace="-e trace=write -e inject=write:error=ENOSPC:when=4"
	# shellcheck disable=SC2086
	strace -E ASAN_OPTIONS=detect_leaks=0 -o "$work/trace" $trace \
		"$PNEU" -i -f a@client.example b@example.org <"$work/long" \
		>"$out" 2>"$err"
	like "$(cat "$work/trace")" '*INJECTED*write(*' \
		'a write fails, and later ones do not'
	is "$(kept)" '' 'a letter with a hole is not kept'
	like "$(cat "$err")" '*a dead letter cannot be written*' \
		'which is said'
else
	diag 'no strace, or not root, whom alone pneu lets look: no holes'
fi
done_testing

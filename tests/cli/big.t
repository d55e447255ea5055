#!/bin/sh
# A letter of a gigabyte from a pipe: it arrives whole, and pneu needs no more
# memory than for a short one.  And a slow producer holds no session: nobody is
# connected to before the letter is there to its last octet.
#
# M-05 M-33
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154

. "${0%/*}/lib.sh"

peak=$OUT/tests/tools/peak
line='.and so it goes on, a dot first, line after line, until the disk is full'
many=14000000 # lines
[ "${SAN-}" = '' ] || many=1000000 # a sanitizer takes its time, and memory
room=$(df -Pk /var/tmp | awk 'END { print $4 }')
[ "$room" -gt $((many * ${#line} / 1024 + 131072)) ] ||
	skip_all 'there is no room for the letter in /var/tmp'

# body LINE COUNT
body() {
	yes "$1" | head -c $(((${#1} + 1) * $2))
}

# big KEY COUNT WAY: a letter of so many lines, sent that way.
big() {
	configure implicit "chunking = $1"
	{
		cat "$letter"
		body "$line" "$2"
	} >"$work/pipe" &
	{
		crlf <"$letter"
		body "$line$(printf '\r')" "$2"
	} | sha256sum >"$work/hash" &
	timeout 300 "$peak" "$work/kib" "$PNEU" -i b@example.org <"$work/pipe" \
		>"$out" 2>"$err"
	status=$?
	wait $!
	n=$(stored_count)
	delivered "M-33: $2 lines, by $3"
	is "$(envelope "$n" way):$(envelope "$n" sha256)" \
		"$3:$(cut -d' ' -f1 "$work/hash")" 'and it has arrived whole'
	[ "${SAN-}" = '' ] || return
	ok "and took less than 16 MiB of memory: $(cat "$work/kib") KiB" \
		test "$(cat "$work/kib")" -lt 16384
}

mkfifo "$work/pipe"
smarthost_start --implicit --discard
big no $many DATA
big yes $((many / 20)) BDAT

# --- a slow producer ---

# What has been written and is more than a pipe holds has been read.
smarthost_stop
smarthost_forget
smarthost_start --plain
configure plain
"$PNEU" -i slow@example.org <"$work/pipe" &
slow=$!
exec 3>"$work/pipe"
cat "$letter" >&3
body "$line" 3000 >&3
pneu_run quick@example.org <"$letter"
delivered 'a quick letter while a slow one is still being read'
echo 'and that was it' >&3
exec 3>&-
wait $slow
is $? 0 'the slow one is sent when it has ended'
is "$(envelope 1 session):$(envelope_lines 1 | tail -n 1)" \
	'1:RCPT TO:<quick@example.org>' 'nobody was connected to before'
is "$(envelope 2 session):$(envelope_lines 2 | tail -n 1)" \
	'2:RCPT TO:<slow@example.org>' 'and then there was a session'
done_testing

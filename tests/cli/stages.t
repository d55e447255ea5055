#!/bin/sh
# Every stage of a submission under every kind of answer, and without one: the
# exit status (the rules of smtp/status), one line for a person that names the
# server and what was being done, nothing on stdout, one record; and nothing
# is stored that the status denies.
#
# T-02 T-03 T-04 T-05 T-06 T-07, A-01 A-02, R-01 R-05 R-07 R-08 R-10 R-14 R-16,
# D-01 D-02 D-03 D-06, N-01 N-02 N-03, O-07
#
# shellcheck source=tests/cli/lib.sh source=tests/cli/apart.sh
# shellcheck disable=SC2154

. "${0%/*}/lib.sh"
. "${0%/*}/apart.sh"

# What the server does instead of answering well, in the order of the columns:
# a reply, or what else smarthost has an option for.  At AUTH the codes are
# those of RFC 4954.
answers() {
	cat <<'END'
451 try later
451 4.3.0 try later
421 going down
550 no
550 5.7.1 no
350 what
hello there
silent
close
reset
END
}

# The status for each of them.  With a * the letter's fate is unknown, and that
# is said; with a + a line of advice follows; - is not played.  By: how the
# letter is sent, or over which link ("bare" begins with TLS).  A silent server
# reads on, so that a letter goes out to its end.
matrix() {
	cat <<'END'
greeting data    75 75 75 69  69  76  76  75  75  75
ehlo     data    75 75 75 69  69  76  76  75  75  75
starttls data    75 75 75 69  69  76  76  75  75  75
tls      data    76 76 76 76  76  76  76  75  75  75
tls      bare    76 76 76 76  76  76  76  75  75  75
auth     data    75 75 75 77+ 77+ 76  76  75  75  75
mail     data    75 75 75 69  77  76  76  75  75  75
rcpt     data    75 75 75 67  77  76  76  75  75  75
data     data    75 75 75 69  77  76  76  75  75  75
body     data    -  -  -  -   -   -   -   75* 75  75
end      data    75 75 75 69  77  75* 75* 75* 75* 75*
rcpt     bdat    75 75 75 67  77  76  76  75  75  75
end      bdat    75 75 75 69  77  75* 75* 75* 75* 75*
mail     grouped 75 75 75 69  77  75* 75* 75* 75* 75*
rcpt     grouped 75 75 75 67  77  75* 75* 75* 75* 75*
end      grouped 75 75 75 69  77  75* 75* 75* 75* 75*
END
}

# Answers that mean something else than their kind.
singles() {
	cat <<'END'
greeting data 0 220 ready
greeting data 0 235 2.7.0 you are known
greeting data 69 554 5.3.2 closed
greeting data 76 HTTP/1.1 400 Bad Request
greeting data 76 SSH-2.0-OpenSSH_9.2
starttls data 76 250 2.0.0 ok
starttls data 69 501 5.5.4 what
auth data 77+ 432 4.7.12 change your password
auth data 75 454 4.7.0 later
auth data 77+ 534 5.7.9 too weak
auth data 76 250 2.0.0 ok
mail data 65 501 bad sender
mail data 69 503 bad sequence
mail data 77+ 530 5.7.0 login first
mail data 65 552 too large
mail data 65 553 that sender not
mail data 65 550 5.1.8 unknown domain
mail data 65 552 5.3.4 too large
mail data 75 452 4.3.1 no room
mail data 77 432 4.7.12 change your password
rcpt data 67 551 user not local
rcpt data 75 552 too many
rcpt data 75 552 5.5.3 too many
rcpt data 69 552 5.2.2 mailbox full
rcpt data 67 550 5.1.1 no such user
rcpt data 68 550 5.1.2 no such host
rcpt data 68 556 5.1.10 null MX
rcpt data 69 554 no
data data 76 250 2.0.0 ok
data data 69 503 5.5.1 what
end data 65 552 too large
end data 65 554 5.6.0 content
end data 75* 354 go on
end data 75 452 4.2.2 full
quit data 0 550 5.5.1 what
quit data 0 close
quit data 0 reset
quit data 0 silent
END
}

phrase() {
	case $1 in
	greeting) echo 'waiting for the greeting' ;;
	ehlo) echo 'saying EHLO' ;;
	starttls) echo 'asking for TLS' ;;
	tls) echo 'setting up TLS' ;;
	auth) echo 'logging in' ;;
	mail) echo 'naming the sender' ;;
	rcpt) echo 'naming the recipients' ;;
	data) echo 'asking to send the data' ;;
	body) echo 'sending the data' ;;
	end) echo 'sending the end of the data; the letter may be delivered twice' ;;
	esac
}

# command STAGE ANSWER: what is said to have been answered.  A 421 is about the
# session and not about a recipient.
command() {
	case $1:$2 in
	greeting:*) echo greeting ;;
	mail:*) echo 'MAIL <a@client.example>' ;;
	rcpt:421*) echo RCPT ;;
	rcpt:*) echo 'RCPT <b@example.org>' ;;
	end:*) echo 'the letter' ;;
	*) echo "$1" | tr '[:lower:]' '[:upper:]' ;;
	esac
}

status_name() {
	case $1 in
	0) echo EX_OK ;;
	65) echo EX_DATAERR ;;
	67) echo EX_NOUSER ;;
	68) echo EX_NOHOST ;;
	69) echo EX_UNAVAILABLE ;;
	75) echo EX_TEMPFAIL ;;
	76) echo EX_PROTOCOL ;;
	77) echo EX_NOPERM ;;
	78) echo EX_CONFIG ;;
	esac
}

# Lines NUMBER STAGE BY STATUS ANSWER, of both tables.
rows() {
	{
		matrix | while read -r stage by statuses; do
			# shellcheck disable=SC2086 # words
			set -- $statuses
			answers | while read -r answer; do
				case $stage:$answer in
				auth:451*) answer=454${answer#451} ;;
				auth:550*) answer=535${answer#550} ;;
				esac
				[ "$1" = - ] || echo "$stage $by $1 $answer"
				shift
			done
		done
		singles
	} | cat -n
}

# play STAGE BY ANSWER: one submission, with a smarthost and a directory of its
# own ($work); what came of it is left there.
play() {
	host_dir=$work/host out=$work/out err=$work/err
	mkdir "$work"
	kind=starttls chunking=no
	case $2 in
	bare) kind=implicit ;;
	bdat) chunking=yes ;;
	grouped) chunking=grouped ;;
	esac
	sent=$letter
	[ "$1" != body ] || sent=$all/long
	case $3 in
	silent | close | reset) smarthost_start --$kind "--$3-at" "$1" ;;
	*) smarthost_start --$kind --reply "$1=$3" ;;
	esac
	where=$host_starttls$host_implicit
	pneu_run --port "${where##*:}" --tls $kind --chunking $chunking \
		--tls-trust "$host_dir/ca.pem" --log "$work/log" \
		b@example.org <"$sent"
	smarthost_stop
	echo "$status" >"$work/status"
}

# said STAGE BY STATUS ANSWER: sets where it must have failed, and the pattern
# of what must be said.
said() {
	where=$1 pattern='pneu: 127.0.0.1:*: '
	case $1:$2:$3 in
	*:0) where=end pattern='' ;;
	*'*') where=end ;;
	tls:data:76) where=starttls ;;
	*:76) ;;
	*) case $4 in
		[0-9]*) pattern="$pattern$(command "$1" "$4"): $4" ;;
		esac ;;
	esac
	case $pattern in
	*:\ ) pattern="$pattern$(phrase "$where"): *" ;;
	esac
}

# What is left behind, in one line: the status, octets on stdout, lines on
# stderr, records, letters at the smarthost.
left() {
	set -- "$work/host/new/"*
	[ -e "$1" ] || shift
	# shellcheck disable=SC2046 # wc pads with blanks
	echo $(cat "$work/status") $(wc -c <"$work/out") \
		$(wc -l <"$work/err") $(wc -l <"$work/log") $#
}

# judge STAGE BY STATUS ANSWER
judge() {
	name="$4 at $1, $2" expected=${3%[*+]} lines=1 letters=0
	said "$@"
	case $1:$3:$4 in
	*:0:*) lines=0 letters=1 ;;
	end:*:silent | end:*:close | end:*:reset) lines=2 letters=1 ;;
	body:*:silent) lines=2 ;;
	greeting:75:[a-z]*) lines=2 ;;
	*) [ "$expected" = "$3" ] || lines=2 ;;
	esac
	# A reset can come before connect(2) has told that there is a link.
	case $4:$(cat "$work/err") in
	reset:*connecting:*) where=connect lines=1 pattern='*connecting: *' ;;
	esac
	is "$(left)" "$expected 0 $lines 1 $letters" "$name: what is left"
	like "$(head -n 1 "$work/err")" "$pattern" "$name: what is said"
	like "$(cat "$work/log")" \
		"*status=$(status_name "$expected") stage=$where *" \
		"$name: what is recorded"
}

all=$work
make_letter 16000000 >"$all/long"
rows >"$all/rows"
configure starttls 'port = 1' 'timeout = 1' 'connect-timeout = 1'

# Those that wait for a deadline wait at the same time.
while read -r n stage by status answer; do
	work=$all/$n
	if [ "$answer" = silent ]; then
		play "$stage" "$by" "$answer" &
	else
		play "$stage" "$by" "$answer"
	fi
done <"$all/rows"
wait
while read -r n stage by status answer; do
	work=$all/$n
	judge "$stage" "$by" "$status" "$answer"
done <"$all/rows"
work=$all host_dir=$all/host out=$all/out err=$all/err
is "$(cat "$all"/*/err | grep -v '^pneu: [ -~]\{1,505\}$')" '' \
	'each line is printable and at most 512 octets long'

# A group that is lost before all of it is written: what was answered by then
# is no protocol failure, and nothing is unknown.
make_letter 60000 >"$work/some"
for stage in mail rcpt; do
	smarthost_start --starttls --reset-at $stage
	configure starttls 'chunking = grouped'
	pneu_run b@example.org <"$work/some"
	is "$status" 75 "a reset at $stage while the group is written"
done

# --- name and connect ---

# failed STATUS STAGE PATTERN NAME
failed() {
	is "$status:$(wc -c <"$out" | tr -d ' ')" "$1:0" "$4"
	like "$(head -n 1 "$err")" "$3" "$4: what is said"
	like "$(cat "$work/log")" \
		"*status=$(status_name "$1") stage=$2 *" \
		"$4: what is recorded"
	is "$(wc -l <"$work/log" | tr -d ' ')" 1 "$4: once"
	rm "$work/log"
}

smarthost_start --plain
configure plain "log = $work/log"
smarthost_stop
pneu_run b@example.org <"$letter"
failed 75 connect \
	'pneu: 127.0.0.1:*: connecting: cannot connect to * refused' \
	'N-01: a port where nobody listens'
configure unix "host = $work/nobody" "log = $work/log"
pneu_run b@example.org <"$letter"
failed 75 connect \
	"pneu: $work/nobody: connecting: cannot connect to $work/nobody: *" \
	'a unix socket that is not there'
configure unix "host = $letter/nobody" "log = $work/log"
pneu_run b@example.org <"$letter"
failed 78 connect "pneu: $letter/nobody: connecting: *" \
	'a unix socket that cannot be there'

if can_be_apart; then
	configure plain 'host = nowhere.example' 'port = 25' "log = $work/log"
	echo 'hosts: files' >"$work/nsswitch"
	apart "$work/nsswitch" /etc/nsswitch.conf
	pneu_run b@example.org <"$letter"
	failed 68 name "pneu: nowhere.example:25: looking up the host: host \
nowhere.example does not exist *" 'N-02: a name that does not exist'
	echo 'hosts: dns' >"$work/nsswitch"
	printf '%s\n' 'nameserver 127.9.9.9' 'options timeout:1 attempts:1' \
		>"$work/resolv"
	apart "$work/nsswitch" /etc/nsswitch.conf \
		"$work/resolv" /etc/resolv.conf
	pneu_run b@example.org <"$letter"
	failed 75 name "pneu: nowhere.example:25: looking up the host: *" \
		'N-03: a resolver that does not answer'
	together
else
	diag 'no mount namespaces: names are not looked up'
fi
done_testing

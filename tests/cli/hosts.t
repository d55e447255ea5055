#!/bin/sh
# Which server is spoken to: addresses in turn, the hosts of a list in turn,
# and after which failures; a unix socket; from which address; and how long
# all that may take.
#
# N-01 N-04 N-05 N-06 N-08, R-10, A-01 A-02
#
# shellcheck source=tests/cli/lib.sh source=tests/cli/apart.sh
# shellcheck disable=SC2086,SC2154

. "${0%/*}/lib.sh"
. "${0%/*}/apart.sh"

# server N OPTIONS: one more smarthost, at 127.0.0.N (6: at ::1) and the same
# port.  $host_dir and $host_pid are its own until use N says otherwise.
port=0
mkdir "$work/store"
server() {
	n=$1 address=127.0.0.$1
	[ "$n" -ne 6 ] || address=::1
	shift
	eval "host_pid=\${pid_$n-}"
	host_dir=$work/host.$n
	[ -z "$host_pid" ] || smarthost_stop
	rm -rf "$host_dir"
	smarthost_start --address $address --starttls=$port "$@"
	port=${host_starttls##*:}
	eval "pid_$n=$host_pid"
	cp "$host_dir/ca.pem" "$work/store/$n.pem"
}

use() {
	host_dir=$work/host.$1
	eval "host_pid=\$pid_$1"
}

# hosts LIST [KEY]...: a configuration for them; theirs is one name, and any of
# them may be trusted.
hosts() {
	list=$1
	shift
	configure starttls "host = $list" "port = $port" 'timeout = 1' \
		"tls-trust = $work/store" 'tls-server-name = localhost' \
		"log = $work/log" "$@"
}

# The first server's way to fail; whether the second is tried; the status, and
# what is said where it is not.
failures() {
	cat <<'END'
next|--reply|greeting=421 4.3.2 going down
next|--reply|greeting=450 4.3.2 busy
next|--reply|greeting=554 5.3.2 no service
next|--reply|greeting=hello
next|--close-at|greeting
next|--silent-at|greeting
next|--reply|ehlo=451 4.3.0 later
next|--reply|ehlo=550 5.5.0 no
next|--close-at|ehlo
next|--without|STARTTLS
next|--reply|starttls=454 4.7.0 not now
next|--reply|starttls=502 5.5.1 no
next|--close-at|tls
next|--silent-at|tls
next|--certificate|expired
next|--certificate|unknown-ca
next|--certificate|other-name
next|--priorities|NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT
next|--reply|auth=454 4.7.0 later
next|--reply|auth=421 4.7.0 going down
next|--close-at|auth
next|--reply|mail=421 4.3.2 going down
next|--reply|rcpt=421 4.3.2 going down
next|--reply|data=421 4.3.2 going down
next|--reply|end=421 4.3.2 going down
next|--close-at|mail
next|--reset-at|rcpt
next|--silent-at|rcpt
next|--close-at|data
77|--reply|auth=535 5.7.8 who
77|--without|AUTH
77|--mechanisms|CRAM-MD5
75|--reply|mail=450 4.1.8 later
69|--reply|mail=550 no
75|--reply|rcpt=450 4.2.1 later
67|--reply|rcpt=550 5.1.1 no such user
75|--reply|data=451 4.3.0 later
69|--reply|data=554 5.3.0 no
75|--reply|end=451 4.3.0 later
69|--reply|end=554 5.3.0 no
75|--close-at|end
75|--silent-at|end
END
}

server 1
server 2
failures >"$work/failures"
moved=0
while IFS='|' read -r fate option value; do
	server 1 "$option" "$value"
	hosts '127.0.0.1 127.0.0.2'
	pneu_run b@example.org <"$letter"
	use 2
	if [ "$fate" = next ]; then
		moved=$((moved + 1))
		is "$status:$(cat "$err")" 0: "N-06: the next after $option $value"
	else
		is "$status" "$fate" "N-06: not the next after $option $value"
		like "$(head -n 1 "$err")" 'pneu: 127.0.0.1:*' 'it is named'
	fi
	is "$(stored_count)" $moved 'what the second has'
done <"$work/failures"
is "$(envelope $moved session)" $moved 'the second was asked no other time'
is "$(grep -c . "$work/log")" "$(wc -l <"$work/failures")" \
	'one record for each letter'
use 1
is "$(faults)" '' 'and the rules were kept'

# --- a letter's way over several servers ---

server 1 --reject-rcpt 'x*=550 5.1.1 no such user' --reply 'data=421 later'
hosts '127.0.0.1 127.0.0.2'
pneu_run x@example.org b@example.org <"$letter"
use 2
is "$status:$(cat "$err")" 0: 'what the one said of recipients is over'
is "$(envelope_lines $((moved + 1)) | tail -n 2 | cut -c 1-11 | tr '\n' ' ')" \
	'RCPT TO:<x@ RCPT TO:<b@ ' 'when the other takes the letter'

# The first keeps the connection until a part of the letter is there.
make_letter 16000000 >"$work/long"
crlf <"$work/long" >"$work/long.crlf"
server 1 --close-at body
hosts '127.0.0.1 127.0.0.2'
pneu_run b@example.org <"$work/long"
use 2
is "$status:$(cat "$err")" 0: 'lost within the letter, the next is tried'
same "$work/long.crlf" "$(stored $((moved + 2)))" 'and gets it from its start'

server 2 --certificate unknown-ca
server 1 --reply 'greeting=450 4.3.2 busy'
hosts '127.0.0.1 127.0.0.2'
pneu_run b@example.org <"$letter"
is "$status" 75 'N-06: the trust asked of the next is the same'
use 2
is "$(stored_count)" 0 'it has nothing'
hosts '127.0.0.9 127.0.0.2 127.0.0.1'
pneu_run b@example.org <"$letter"
is "$status" 75 'N-01: three that fail: temporary outranks the rest'
server 1 --reply 'greeting=554 5.3.2 no service'
hosts '127.0.0.1 127.0.0.2'
pneu_run b@example.org <"$letter"
is "$status" 69 'two that refuse for good'
like "$(cat "$err")" 'pneu: 127.0.0.1:*: greeting: 554 5.3.2 no service' \
	'one line for the one that counts'


# What forbids to go on is what became of the letter, whatever was not reached
# before.
while IFS='|' read -r fate option value; do
	server 2 "$option" "$value"
	hosts '127.0.0.9 127.0.0.2'
	pneu_run b@example.org <"$letter"
	is "$status" "$fate" "$option $value behind a host that is not there"
	like "$(cat "$err")" "pneu: 127.0.0.2:$port: *" 'and who said it is told'
	like "$(tail -n 1 "$work/log")" "* host=127.0.0.2:$port *" 'in the log too'
done <<'END'
67|--reply|rcpt=550 5.1.1 no such user
69|--reply|end=554 5.3.0 no
77|--reply|auth=535 5.7.8 who
75|--close-at|end
END

# --- addresses of one host ---

server 1
server 6
server 1 --reply 'greeting=450 4.3.2 busy'
hosts localhost
pneu_run b@example.org <"$letter"
use 6
is "$status:$(envelope 1 peer)" 0:::1 'the second address of localhost'
server 6 --reply 'greeting=554 5.3.2 no'
hosts localhost
pneu_run b@example.org <"$letter"
is "$status" 69 'of one host the last that got as far is told'
if can_be_apart; then
	server 2
	echo 'hosts: files' >"$work/nsswitch"
	printf '127.0.0.%s many.example\n' 7 1 2 >"$work/hosts"
	apart "$work/nsswitch" /etc/nsswitch.conf "$work/hosts" /etc/hosts
	hosts many.example
	pneu_run b@example.org <"$letter"
	hosts 'nowhere.example many.example'
	pneu_run b@example.org <"$letter"
	together
	is "$status:$(stored_count)" 0:2 'N-02 N-06: a name that does not exist'
	like "$(tail -n 1 "$work/log")" \
		"*host=many.example:$port address=127.0.0.2 *" \
		'N-06: each of its addresses is tried'
else
	diag 'no mount namespaces: names are not looked up'
fi

# --- a unix socket, a source address ---

for n in 1 2 6; do
	use $n
	smarthost_stop
done
host_dir=$work/host
smarthost_start --plain --unix "$work/socket" --auth always
configure unix
pneu_run b@example.org <"$letter"
is "$status" 77 'a unix socket: what the server says of logins is told'
smarthost_start --plain --unix "$work/socket"
configure unix
pneu_run b@example.org <"$letter"
delivered 'a unix socket'
is "$(envelope 1 listener):$(envelope 1 tls):$(envelope 1 auth)" unix:none: \
	'it was one, without TLS and AUTH'
for line in 'port = 25' 'tls = starttls' 'user = alice'; do
	configure unix "$line"
	pneu_run b@example.org <"$letter"
	is "$status" 78 "a unix socket and $line"
done
configure unix "host = /$(printf '%0120d' 0)"
pneu_run b@example.org <"$letter"
is "$status" 78 'a path that fits in no socket address'
configure plain 'source-address = 127.0.0.5'
pneu_run b@example.org <"$letter"
is "$status:$(envelope 2 peer)" 0:127.0.0.5 'source-address'
configure plain 'source-address = ::1'
pneu_run b@example.org <"$letter"
is "$status:$(envelope 3 peer)" 0:127.0.0.1 \
	'source-address is for addresses of its kind'
for address in 192.0.2.1 here.example; do
	configure plain "source-address = $address"
	pneu_run b@example.org <"$letter"
	is "$status" 78 "source-address = $address is not ours"
	like "$(head -n 1 "$err")" "pneu: 127.0.0.1:*source-address*$address*" \
		"source-address = $address: what is said"
done
for host in a..b a_%b 'é\x' "$(printf '%0300d' 1)" 127.1 'a:25' \
    'smtp://a' ::1%nowhere; do
	configure plain "host = $host"
	pneu_run b@example.org <"$letter"
	is "$status" 78 "N-08: host = $host"
done

# --- how long it may take ---

mkfifo "$work/port"
"$OUT/tests/tools/deaf" >"$work/port" &
deaf=$!
read -r port <"$work/port"
configure plain "port = $port" 'connect-timeout = 1'
pneu_run b@example.org <"$letter"
is "$status" 75 'N-04: connect-timeout'
like "$(cat "$err")" 'pneu: 127.0.0.1:*: connecting: cannot connect to '\
'127.0.0.1:*: Connection timed out' 'N-04: what is said'
smarthost_start --address ::1 --plain="$port"
configure plain 'host = localhost' 'connect-timeout = 1'
pneu_run b@example.org <"$letter"
delivered 'N-05: an address that does not answer, and one that does'
kill $deaf

smarthost_start --plain --silent-at ehlo
configure plain 'deadline = 1' 'timeout = 60'
pneu_run b@example.org <"$letter"
is "$status" 75 'deadline'
like "$(cat "$err")" 'pneu: *: saying EHLO: not done within 1 s*
pneu: the key deadline sets that limit' 'deadline: what is said'
smarthost_start --plain --silent-at end
configure plain 'deadline = 1' 'timeout = 2'
pneu_run b@example.org <"$letter"
is "$status" 75 'the answer to the letter has a deadline of its own'
like "$(head -n 1 "$err")" 'pneu: *: sending the end of the data; *: no '\
'answer within 2 s' 'and that is told'
done_testing

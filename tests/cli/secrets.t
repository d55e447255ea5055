#!/bin/sh
# The password goes to its server and nowhere else: not to a terminal, a log, a
# list of processes, a core; whatever the server says and whatever goes wrong.
# And records stay records, whatever is written into them.
#
# O-01 O-03 O-04 O-05 O-06, A-01 A-03 A-04 A-05 A-06 A-07 A-08 A-13, G-15,
# P-13, R-23 R-24
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154

. "${0%/*}/lib.sh"

in_base64() {
	# shellcheck disable=SC2059 # it is one
	printf "$@" | base64 | tr -d '\n'
}

# secret PASSWORD: it, and all forms in which it travels.
secret() {
	password=$1
	{
		printf '%s\n' "$1"
		in_base64 %s "$1"
		echo
		in_base64 '\0alice\0%s' "$1"
		echo
	} >"$work/forms"
}

# hidden NAME: no form of it in what was said and recorded.
hidden() {
	is "$(cat "$out" "$err" "$work/log" | grep -F -f "$work/forms")" '' "$1"
}

# Where that would not find it, it proves nothing.
secret 'correct horse'
for form in 'correct horse' "$(in_base64 'correct horse')" \
    "$(in_base64 '\0alice\0correct horse')"; do
	echo "250 $form!" >"$out"
	: >"$err"
	: >"$work/log"
	ok 'a form would be found' test -n "$(cat "$out" "$err" "$work/log" |
		grep -F -f "$work/forms")"
done

# --- whatever the server says (O-01, A-08) ---

smarthost_start --starttls --user "alice:$password"
for mechanism in PLAIN LOGIN; do
	configure starttls "password = $password" "auth = $mechanism" \
		"log = $work/log"
	pneu_run -v -v b@example.org <"$letter"
	is "$status:$(wc -c <"$out" | tr -d ' ')" 0:0 "$mechanism, with -v"
	like "$(cat "$err")" "*> AUTH $mechanism*235 2.7.0 welcome*" \
		'the dialogue is shown'
	hidden "O-01: but not the secret, with $mechanism"
done
is "$(envelope 1 mechanism):$(envelope 2 mechanism)" PLAIN:LOGIN \
	'those were the mechanisms'

said() {
	cat <<'END'
535 5.7.8 %s
535 5.7.8 no, not "%s".
454 4.7.0 %s%s
235 2.7.0 welcome, %s
250 %s
334 %s
535-5.7.8 %s\n535-5.7.8 not %s\n535 5.7.8 %s
535-%s\n454 %s
%s
421 4.7.0 %s
END
}
said >"$work/said"
for mechanism in PLAIN LOGIN; do
	configure starttls "password = $password" "auth = $mechanism" \
		"log = $work/log"
	while read -r form <&3; do
		# What PLAIN says is nothing that LOGIN has said.
		case $mechanism:$form in
		LOGIN:AG*) continue ;;
		esac
		while read -r answer; do
			smarthost_start --starttls --reply "auth=$(
				printf '%s\n' "$answer" | sed "s|%s|$form|g")"
			: >"$work/log"
			pneu_run -v --port "${host_starttls##*:}" \
				--tls-trust "$host_dir/ca.pem" \
				b@example.org <"$letter"
			hidden "A-08: $mechanism, $answer"
			unlike "$status" 0 'and that is no success'
		done <"$work/said"
	done 3<"$work/forms"
done

# --- AUTH, once and as it must be ---

# dialogue: what the client said, but for QUIT, in one line.
dialogue() {
	sed -n 's/^1 C: //p' "$work/transcript" | grep -v QUIT | tr '\n' ','
}

# auth OPTIONS: one letter to a smarthost with them, over implicit TLS.
auth() {
	rm -rf "$host_dir" "$work/transcript"
	smarthost_start --implicit --user "alice:$password" --sessions 1 \
		--transcript "$work/transcript" "$@"
	: >"$work/log"
	pneu_run -v --port "${host_implicit##*:}" \
		--tls-trust "$host_dir/ca.pem" b@example.org <"$letter"
	smarthost_wait
}

configure implicit 'port = 1' "password = $password" "log = $work/log"
auth --reply 'auth=535 5.7.8 no'
is "$status:$(dialogue)" '77:EHLO client.example,AUTH ...,' \
	'A-01: refused: one attempt, and nothing behind it'
like "$(tail -n 2 "$err")" 'pneu: 127.0.0.1:*: AUTH: 535 5.7.8 no
pneu: check user and password*' 'A-01: and what to do is said'
auth --mechanisms "GSSAPI X-$(printf '\033[31m')ODD NTLM DIGEST-MD5"
is "$status:$(dialogue)" '77:EHLO client.example,' \
	'A-05: only mechanisms that are none of ours'
like "$(grep '^pneu:' "$err" | head -n 1)" \
	'pneu: *: logging in: *GSSAPI*NTLM*DIGEST-MD5*' \
	'A-05: what was offered is told'
is "$(grep -v '^\([<>]\|pneu:\) [ -~]*$' "$err")" '' 'A-05: and printable'
auth --without AUTH
is "$status:$(dialogue)" '77:EHLO client.example,' 'AUTH is not offered'
auth --reply 'auth=334 !not base64!'
is "$status:$(dialogue)" '76:EHLO client.example,AUTH ...,*,' \
	'A-06: a challenge that is not base64'
auth --reply 'auth=334 bW9yZQ=='
is "$status:$(dialogue)" '76:EHLO client.example,AUTH ...,*,' \
	'A-07: asked for more than there is'
hidden 'A-06 A-07: and all that says nothing of the secret'

# Without TLS.
rm -rf "$host_dir"
smarthost_start --plain --mechanisms 'PLAIN LOGIN CRAM-MD5' --auth always \
	--user "alice:$password"
for mechanism in auto PLAIN LOGIN; do
	configure plain 'user = alice' "password = $password" \
		"auth = $mechanism" "log = $work/log"
	pneu_run -v b@example.org <"$letter"
	is "$status" 78 "A-03: no TLS, auth = $mechanism"
	hidden "A-03: auth = $mechanism shows no secret"
done
configure plain 'user = alice' "password = $password" 'auth = CRAM-MD5'
pneu_run b@example.org <"$letter"
unlike "$status" 0 'A-04: nor does CRAM-MD5 go without TLS'
is "$(stored_count)" 0 'A-03 A-04: nothing is sent'
configure plain 'user = alice' "password = $password" 'auth-unverified = yes'
pneu_run b@example.org <"$letter"
is "$status:$(envelope 1 session)" 0:1 \
	'A-03: where that is wanted it is done; nobody was spoken to before'

# Whatever it consists of.
long=$(printf '%0300d' 7)
for password in 'a=b' 'a,b,,' 'pässwörd€' ' both ends ' 'with "quotes"' '"' \
    '# no comment' 'back\slash\n' "$long" '%s%n'; do
	for mechanism in PLAIN LOGIN; do
		secret "$password"
		rm -rf "$host_dir"
		smarthost_start --implicit --user "alice:$password"
		configure implicit "password = \"$password\"" \
			"auth = $mechanism" "log = $work/log"
		pneu_run -v b@example.org <"$letter"
		is "$status:$(envelope 1 mechanism)" "0:$mechanism" \
			"A-13: $password, $mechanism"
		[ ${#password} -lt 4 ] || hidden "A-13: $password is not shown"
	done
done
smarthost_start --implicit --user "älice=,:$password"
configure implicit 'user = älice=,' "password = $password"
pneu_run b@example.org <"$letter"
is "$status" 0 'A-13: a user of all kinds of letters'
printf 'nul\0nul\n' >"$work/password"
configure implicit -password "password-file = $work/password"
pneu_run b@example.org <"$letter"
is "$status" 77 'A-13: a NUL is refused'

# --- what others can see of the process (O-03, O-04, P-15) ---

secret 'correct horse'
echo "$password" >"$work/password"
mkfifo "$work/heard"

# wait_at STAGE KEY VERB: a process $pneu, with the secret from KEY, that has
# said VERB and waits for an answer.
wait_at() {
	rm -rf "$host_dir"
	exec 4<>"$work/heard"
	smarthost_start --implicit --user "alice:$password" \
		"--silent-at" "$1" --transcript "$work/heard"
	configure implicit -password "$2"
	"$PNEU" b@example.org <"$letter" >"$out" 2>"$err" &
	pneu=$!
	while read -r line <&4; do
		case $line in
		"1 C: $3"*) break ;;
		esac
	done
}

# Its end, by a signal.
stop() {
	kill "$pneu"
	wait "$pneu"
	status=$?
	smarthost_stop
	exec 4>&-
	is "$status" 75 "$1: stopped by a signal"
}

# look NAME STATUS WHAT: at what can be seen of it; in its memory, STATUS is
# what tests/tools/remembers says of the secret there; in how many places is in
# $work/places.
look() {
	tr '\0' '\n' <"/proc/$pneu/cmdline" >"$work/seen"
	tr '\0' '\n' <"/proc/$pneu/environ" >>"$work/seen"
	is "$(grep -F -f "$work/forms" "$work/seen")" '' \
		"O-03: $1: neither in arguments nor in the environment"
	ok "O-03: $1: where something was to be seen" \
		grep -q -e PNEU_CONFIG "$work/seen"
	is "$(sed -n 's/^Max core file size  *\([0-9a-z]*\) .*/\1/p' \
		"/proc/$pneu/limits")" 0 "O-04: $1: no core is written"
	# A sanitizer has more memory than can be searched.
	[ -z "${SAN-}" ] || return
	printf %s "$password" | "$OUT/tests/tools/remembers" "$pneu" >"$work/places"
	is $? "$2" "O-04: $1: $3"
}

if [ "$(id -u)" = 0 ]; then
	for from in "password-file = $work/password" \
	    "password-command = cat $work/password"; do
		key=${from%% *}
		wait_at auth "$from" AUTH
		look "$key, at AUTH" 0 'known while it is needed'
		stop "$key, at AUTH"
		wait_at mail "$from" MAIL
		look "$key, at MAIL" 1 'forgotten once it was used'
		stop "$key, at MAIL"
	done
	wait_at mail "password = $password" MAIL
	look 'password, at MAIL' 0 'the next server may ask for it'
	[ -n "${SAN-}" ] || is "$(cat "$work/places")" 1 \
		'O-04: password, at MAIL: it is in one place only'
	stop 'password, at MAIL'
else
	diag 'not root: what is in the process cannot be seen'
fi

# --- records stay records (O-05, O-06, P-13, R-23, R-24) ---

# hostile NAME FORMAT: the answer to MAIL, with printf's escapes.
while IFS='|' read -r name format; do
	smarthost_start --plain --reply "mail=$(
		# shellcheck disable=SC2059
		printf "$format")"
	configure plain "log = $work/log"
	: >"$work/log"
	pneu_run -v b@example.org <"$letter"
	unlike "$status" 0 "O-05: $name"
	is "$(wc -l <"$work/log" | tr -d ' ')" 1 "O-05: $name: one record"
	is "$(grep -cv '^20[ -~]*$' "$work/log")" 0 "O-05: $name: printable"
	ok "O-05: $name: and not too long" \
		test "$(wc -c <"$work/log")" -le 8300
	like "$(cat "$work/log")" '* stage=mail *' "O-05: $name: of its stage"
	is "$(grep -v '^[<>] ' "$err" | grep -cv '^pneu: [ -~]\{1,505\}$')" 0 \
		"R-23: $name: what is said is so too"
	is "$(grep -c '[^ -~]' "$err")" 0 "R-23: $name: and what -v shows"
done <<'END'
escapes|550 \\033[2J\\033]0;title\\007 no
the controls of ISO 6429|550 \\233 2J \\302\\2332J no
other directions|550 \\342\\200\\256 on
carriage returns|550 no\\rpneu: all is well
a line feed alone|550 no\\nand all is well
formats|550 %%n%%s%%x %%1$n
quotes|550 no\" status=EX_OK text=\"
a second line like ours|550-no\\n550 2026-01-01T00:00:00+00:00 host=a status=EX_OK stage=end
a hundred lines|550-no\\n550-no\\n550-no\\n550-no\\n550-no\\n550-no\\n550-no\\n550 no
a long line|550 %0400d
a very long line|550 %0100000d
no end|550-%0100d
END

smarthost_start --plain
ln -s "$work/elsewhere" "$work/link"
mkfifo "$work/queue"
for log in /dev/full "$work/link" "$work/queue" "$work" "$work/no/where"; do
	configure plain "log = $log"
	pneu_run b@example.org <"$letter"
	is "$status:$(cat "$out" "$err")" 0: "O-06: log = $log"
	pneu_run -v b@example.org <"$letter"
	like "$(tail -n 1 "$err")" "pneu: no record was written: $log*" \
		"O-06: log = $log: with -v it is told"
done
ok 'P-13: a link is not followed' test ! -e "$work/elsewhere"
done_testing

#!/bin/sh
# The smarthost itself, judged by clients that nobody here wrote (OpenSSL,
# curl, Python's smtplib) and by one that only says what it is told (raw.py):
# what the other tests believe about pneu is worth no more than this.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154

. "${0%/*}/lib.sh"

here=${0%/*}
for tool in python3 openssl curl; do
	command -v $tool >/dev/null || skip_all "there is no $tool"
done

# raw WHERE NAME <script
raw() {
	ok "$2" timeout 60 python3 "$here/raw.py" "$1" "$host_dir/ca.pem"
}

# smtplib KIND <letter: LOGIN and PLAIN are smtplib's own choice.
smtplib() {
	ok "smtplib sends by $1, $3" timeout 60 python3 -c '
import smtplib, ssl, sys
kind, where, ca, mechanism = sys.argv[1:]
port = int(where.rsplit(":", 1)[1])
context = ssl.create_default_context(cafile=ca)
if kind == "implicit":
    s = smtplib.SMTP_SSL("localhost", port, context=context)
else:
    s = smtplib.SMTP("localhost", port)
if kind == "starttls":
    s.starttls(context=context)
if mechanism != "none":
    s.ehlo()
    s.user, s.password = "alice", "sesame"
    s.auth(mechanism, getattr(s, "auth_" + mechanism.lower()),
           initial_response_ok=mechanism == "PLAIN")
s.sendmail("a@client.example", ["b@example.org", "c@example.org"],
           sys.stdin.buffer.read())
s.quit()
' "$1" "$2" "$host_dir/ca.pem" "$3"
}

plain_ir='AUTH PLAIN AGFsaWNlAHNlc2FtZQ=='

# --- letters by smtplib and curl ---

{
	cat "$letter"
	printf '%s\n' '.' '..' '.hidden' ' .' ''
} | crlf >"$work/dotted"
smarthost_start --starttls --implicit --plain --unix "$work/socket"
smtplib starttls "$host_starttls" PLAIN <"$work/dotted"
smtplib implicit "$host_implicit" LOGIN <"$work/dotted"
smtplib plain "$host_plain" none <"$work/dotted"
is "$(stored_count)" 3 'three letters are stored'
for n in 1 2 3; do
	same "$work/dotted" "$(stored $n)" "letter $n came as it was sent"
done
is "$(envelope 1 sha256)" "$(sha256sum <"$work/dotted" | cut -d' ' -f1)" \
	'the SHA-256 in the envelope is the one of the letter'
is "$(envelope 1 auth):$(envelope 1 mechanism):$(envelope 1 tls)" \
	'alice:PLAIN:TLS1.3' 'the envelope says who, how, and under what'
is "$(envelope 2 auth):$(envelope 2 mechanism):$(envelope 2 listener)" \
	'alice:LOGIN:implicit' 'and that it was LOGIN, over implicit TLS'
is "$(envelope 3 auth):$(envelope 3 tls)" ':none' 'or nothing of it'
is "$(envelope 1 sni)" localhost 'and the name that was asked for'
is "$(envelope_lines 1 | tr 'A-Z\n' 'a-z ')" \
	"mail from:<a@client.example> size=$(wc -c <"$work/dotted") rcpt \
to:<b@example.org> rcpt to:<c@example.org> " \
	'and the lines of the envelope with their parameters'
is "$(faults)" '' 'smtplib keeps to the rules'

for kind in smtp smtps; do
	[ $kind = smtp ] && where=$host_starttls || where=$host_implicit
	ok "curl sends by $kind" timeout 60 curl -sS --ssl-reqd --cacert "$host_dir/ca.pem" \
		"$kind://localhost:${where##*:}" --user alice:sesame \
		--mail-from a@client.example --mail-rcpt b@example.org \
		-T "$work/dotted"
	same "$work/dotted" "$(stored "$(stored_count)")" 'it came as sent'
done
smarthost_stop
is "$(ls "$host_dir/tmp")" '' 'nothing is left in tmp'

# --- TLS, by OpenSSL ---

# verifies CERTIFICATE EXPECTED NAME OPTIONS: what OpenSSL says of it.
verifies() {
	certificate=$1 expected=$2 name=$3
	shift 3
	smarthost_start --starttls --certificate "$certificate"
	timeout 60 openssl s_client -connect "$host_starttls" -starttls smtp \
		-CAfile "$host_dir/ca.pem" -verify_hostname localhost "$@" \
		</dev/null >"$out" 2>&1
	is "$(sed -n 's/^ *Verify return code: //p' "$out" | head -1)" \
		"$expected" "$name"
}

verifies good '0 (ok)' 'OpenSSL trusts the certificate'
verifies good '0 (ok)' 'under TLS 1.2 too' -tls1_2
verifies good '0 (ok)' 'it is for 127.0.0.1' -verify_ip 127.0.0.1
verifies good '0 (ok)' 'and for ::1' -verify_ip ::1
verifies expired '10 (certificate has expired)' 'an expired one'
verifies early '9 (certificate is not yet valid)' 'an early one'
verifies other-name '62 (hostname mismatch)' 'one for another name'
verifies self-signed '18 (self-signed certificate)' 'a self-signed one'
verifies unknown-ca '21 (unable to verify the first certificate)' \
	'one that somebody else issued'
verifies client-only '26 (unsuitable certificate purpose)' 'one for clients'
verifies weak '66 (EE certificate key too weak)' 'one with a weak key' \
	-cipher DEFAULT:@SECLEVEL=2

smarthost_start --implicit --priorities NORMAL:-VERS-ALL:+VERS-TLS1.2
timeout 60 openssl s_client -connect "$host_implicit" -brief \
	-CAfile "$host_dir/ca.pem" </dev/null 2>"$out" >/dev/null
like "$(cat "$out")" '*TLSv1.2*' 'priorities choose the version'
smarthost_start --starttls --cert "$host_dir/cert.pem" \
	--key "$host_dir/key.pem"
is "$(timeout 60 openssl s_client -connect "$host_starttls" -starttls smtp \
	-CAfile "$host_dir/ca.pem" </dev/null 2>&1 |
	sed -n 's/^ *Verify return code: //p')" '0 (ok)' \
	'a certificate that is given is shown'

# --- flights: the budget of a short letter ---

smarthost_forget
smarthost_start --starttls --implicit --plain
raw "$host_starttls" 'a group under STARTTLS' <<-END
	< 220
	> EHLO client.example
	< 250 STARTTLS
	> STARTTLS
	< 220
	tls
	> EHLO client.example
	< 250 AUTH PLAIN LOGIN
	> $plain_ir
	< 235 2.7.0
	> MAIL FROM:<a@client.example> BODY=8BITMIME
	> RCPT TO:<b@example.org>
	> RCPT TO:<c@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c+2Bx@d.example
	> DATA
	< 250 2.1.0
	< 250 2.1.5
	< 250 2.1.5
	< 354
	> Subject: x
	> 
	> .
	< 250 2.0.0
	> QUIT
	< 221 2.0.0
	eof
END
is "$(flights 1)" 9 'nine flights with STARTTLS'
is "$(way 1)" "connect | greeting | EHLO | STARTTLS | hello | \
Finished+EHLO | AUTH | MAIL RCPT*2 DATA | letter" 'and they are these'
raw "$host_implicit" 'a group under implicit TLS' <<-END
	tls
	< 220
	> EHLO client.example
	< 250
	> $plain_ir
	< 235
	> MAIL FROM:<a@client.example>
	> RCPT TO:<b@example.org>
	> DATA
	< 250
	< 250
	< 354
	> Subject: x
	> 
	> hello
	> .
	< 250
	> MAIL FROM:<a@client.example>
	> RCPT TO:<b@example.org>
	~ BDAT 11 LAST\r\nSubject: x\n
	< 250
	< 250
	< 250
	> QUIT
	< 221
	eof
END
is "$(flights 2)" 7 'seven with implicit TLS'
is "$(way 2)" "connect | hello | Finished | EHLO | AUTH | \
MAIL RCPT DATA | letter" 'and they are these'
is "$(flights 3):$(way 3)" '1:MAIL RCPT BDAT' 'a second letter, one group: one'
is "$(envelope 3 way):$(envelope 3 bare-lf)" 'BDAT:1' 'by BDAT, octets as sent'
smarthost_start --plain --linger 400
raw "$host_plain" 'a group in four writes' <<-END
	< 220
	> EHLO client.example
	< 250
	> MAIL FROM:<a@client.example>
	/
	> RCPT TO:<b@example.org>
	/
	~ DA
	/
	~ TA\r\n
	< 250
	< 250
	< 354
	> Subject: x
	> .
	< 250
	hang up
END
is "$(flights 4):$(way 4)" \
	'5:connect | greeting | EHLO | MAIL RCPT DATA | letter' \
	'pieces of a group that come within the linger are one flight'

# --- BDAT ---

smarthost_forget
smarthost_start --plain --without PIPELINING
raw "$host_plain" 'chunks' <<-END
	< 220
	> EHLO client.example
	< 250 CHUNKING
	~ BDAT 6\r\nQUIT\r\n
	< 503 5.5.1
	> MAIL FROM:<a@client.example>
	< 250
	~ BDAT 6 LAST\r\nQUIT\r\n
	< 554 5.5.1
	> RCPT TO:<b@example.org>
	< 250
	~ BDAT 5\r\n.\r\n.\r
	< 250
	~ BDAT 4\r\n\n.\r\n
	< 250
	> BDAT 0 LAST
	< 250
	> BDAT x
	< 501
	eof
END
printf '.\r\n.\r\n.\r\n' >"$work/dots"
same "$work/dots" "$(stored 1)" 'refused chunks are read, others are joined'
is "$(faults)" 'fault session=1 BDAT: 501 5.5.4 malformed, or not offered' \
	'only the malformed one is a fault'

# --- what a client must not do ---

smarthost_forget
smarthost_start --plain --starttls --without PIPELINING,SMTPUTF8
raw "$host_starttls" 'octets behind STARTTLS' <<-END
	< 220
	> EHLO client.example
	< 250
	> STARTTLS
	> EHLO client.example
	< 220
	eof
END
raw "$host_plain" 'a careless client' <<-END
	< 220
	> EHLO client.example
	< 250
	> MAIL FROM: <a@client.example>
	< 501 5.1.7
	> MAIL FROM:<a@client.example> SMTPUTF8
	< 555 5.5.4
	> MAIL FROM:<a@client.example> SIZE=1 SIZE=1
	< 501 5.5.4
	> MAIL FROM:<a@client.example>
	> RCPT TO:<b@example.org>
	< 250
	< 250
	~ NOOP\n
	< 250
	> DATA
	< 354
	> .naked
	~ \xff\r\n.\n.\r.\r\n\r\n.\r\n
	< 250
	> WHAT
	< 500
	> AUTH CRAM-MD5
	< 504
	~ QUI
	hang up
END
raw "$host_plain" 'one that does not wait for 354' <<-END
	< 220
	> EHLO client.example
	< 250
	> MAIL FROM:<a@client.example>
	< 250
	> RCPT TO:<b@example.org>
	< 250
	> DATA
	> .
	< 354
	< 250
	hang up
END
smarthost_stop
is "$(faults | sed 's/^fault session=//')" '1 octets behind STARTTLS
2 MAIL: 501 5.1.7 malformed path
2 MAIL: 555 5.5.4 parameter not offered
2 MAIL: 501 5.5.4 malformed parameter
2 a group without PIPELINING
2 a line that ends in a bare LF
2 2 lines with a naked dot
2 a bare LF in the letter
2 8-bit octets without BODY=8BITMIME
2 a command that is none
2 a mechanism that was not offered
2 an unfinished line
3 octets behind DATA' 'each fault is reported'
printf 'naked\r\n\377\r\n\n.\r.\r\n\r\n' >"$work/naked"
same "$work/naked" "$(stored 1)" 'only CRLF dot CRLF ends a letter'

# --- who may send ---

smarthost_forget
smarthost_start --implicit --starttls --plain --unix "$work/socket" \
	--user bob:a:b
raw "$host_implicit" 'AUTH' <<-END
	tls
	< 220
	> EHLO client.example
	< 250
	> MAIL FROM:<a@client.example>
	< 530 5.7.0
	> AUTH PLAIN
	< 334
	> *
	< 501 5.7.0
	> AUTH PLAIN =
	< 501 5.5.2
	> AUTH PLAIN !
	< 501 5.5.2
	> AUTH PLAIN
	< 334
	> AGFsaWNlAHNlc2FtZQ==
	< 535 5.7.8
	> AUTH LOGIN Ym9i
	< 334 UGFzc3dvcmQ6
	> YTpi
	< 235 2.7.0
	> AUTH LOGIN
	< 503 5.5.1
	hang up
END
raw "$host_starttls" 'nothing before STARTTLS' <<-END
	< 220
	> EHLO client.example
	< 250
	> MAIL FROM:<a@client.example>
	< 530 5.7.0
	> $plain_ir
	< 503
	> STARTTLS
	< 220
	tls
	> MAIL FROM:<a@client.example>
	< 503
	> STARTTLS
	< 503
	hang up
END
raw "$work/socket" 'a unix socket needs no AUTH' <<-END
	< 220
	> EHLO client.example
	< 250
	> MAIL FROM:<>
	< 250
	> RCPT TO:<postmaster>
	< 250
	> DATA
	< 354
	> .
	< 250
	> QUIT
	< 221
	eof
END
smarthost_stop
is "$(test -e "$work/socket" && echo there)" '' 'the socket goes with it'

# --- what is offered ---

all='PIPELINING SIZE 8BITMIME ENHANCEDSTATUSCODES CHUNKING DSN SMTPUTF8
STARTTLS AUTH'
for extension in $all; do
	smarthost_start --starttls --without "$extension" --auth-before-tls \
		--transcript "$work/transcript"
	rm -f "$work/transcript"
	raw "$host_starttls" "without $extension" <<-END
		< 220
		> EHLO client.example
		< 250 HELP
		hang up
	END
	is "$(sed -n 's/.* S: 250-//p' "$work/transcript" | cut -d' ' -f1 |
		grep -v localhost | sort | tr '\n' ' ')" \
		"$(echo "$all" | tr ' ' '\n' | grep -vx "$extension" | sort |
			tr '\n' ' ')" "$extension alone is not offered"
done
smarthost_start --plain --without ENHANCEDSTATUSCODES --with BINARYMIME \
	--size 1000 --ehlo-line 'XODD a b'
raw "$host_plain" 'limits and more' <<-END
	< 220
	> EHLO client.example
	< 250 XODD a b
	> EHLO client.example
	< 250 SIZE 1000
	> MAIL FROM:<a@client.example> BODY=BINARYMIME SIZE=1001
	< 552 letter
	> MAIL FROM:<a@client.example> BODY=BINARYMIME SIZE=1000
	< 250 sender
	> RCPT TO:<b@example.org>
	< 250 recipient
	~ BDAT 1001 LAST\r\n$(printf '%01001d' 0)
	< 552 letter
	hang up
END

# --- policies ---

# at STAGE SCRIPT: the script runs once for each way to go wrong.
at() {
	before=$(cat)
	for action in close silent reset; do
		smarthost_start --starttls --$action-at "$1" --sessions 1
		case $action in
		close) end=eof ;;
		silent) end='hang up' ;;
		reset) end=reset ;;
		esac
		raw "$host_starttls" "$action at $1" <<-END
			$before
			$end
		END
		smarthost_wait
		is $? 0 "and it ends after that session"
	done
}

hello='< 220
> EHLO client.example
< 250'
tls="$hello
> STARTTLS
< 220
tls
> EHLO client.example
< 250"
login="$tls
> $plain_ir
< 235"
envelope="$login
> MAIL FROM:<a@client.example>
> RCPT TO:<b@example.org>
< 250
< 250"
at greeting </dev/null
at ehlo <<END
< 220
> EHLO client.example
END
at starttls <<END
$hello
> STARTTLS
END
at auth <<END
$tls
> $plain_ir
END
at mail <<END
$login
> MAIL FROM:<a@client.example>
END
at rcpt <<END
$login
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<b@example.org>
END
at data <<END
$envelope
> DATA
END
at body <<END
$envelope
> DATA
< 354
> Subject: x
END
smarthost_forget
at end <<END
$envelope
> DATA
< 354
> Subject: x
> .
END
is "$(stored_count)" 3 'a letter whose answer is lost has been taken'
at quit <<END
$hello
> QUIT
END
smarthost_start --plain --reply 'greeting=554-5.3.2 no\n554 5.3.2 really' \
	--first 1 --reply 'end=451 4.3.0 later'
raw "$host_plain" 'a reply of two lines' <<-END
	< 554 really
	hang up
END
raw "$host_plain" 'the second session is served' <<-END
	< 220
	hang up
END
smarthost_start --plain --reject-rcpt 'x*=550 5.1.1 no such user' \
	--reject-rcpt 'y*=450 4.2.1 not now' --reject-mail '*@bad*=553 5.1.8 you' \
	--reply 'end=554 5.6.0 content' --reply 'quit=500 what'
raw "$host_plain" 'refusals by pattern' <<-END
	< 220
	> EHLO client.example
	< 250
	> MAIL FROM:<a@bad.example>
	< 553 5.1.8
	> MAIL FROM:<a@client.example>
	< 250
	> RCPT TO:<x@example.org>
	< 550 5.1.1
	> RCPT TO:<y@example.org>
	< 450 4.2.1
	> DATA
	< 554 5.5.1
	> RCPT TO:<z@example.org>
	< 250
	> DATA
	< 354
	> .
	< 554 5.6.0
	> RSET
	< 250
	> QUIT
	< 500
	hang up
END

# --- talk files ---

cat >"$work/short.talk" <<'END'
# The verdict is the greeting's.
S: 220 smtp.example.org
C: EHLO client.example
X: quiet
S~ 554-no\r\n
S: 554 no
C: QUIT
E: verdict ehlo 554
E: status 69
E: closed
END

# judges STATUS NAME <script: how the talk above judges this client.
judges() {
	judges_script=$(cat)
	smarthost_start --talk "$work/short.talk" 2>"$err"
	raw "$host_plain" "$2" <<-END
		$judges_script
	END
	smarthost_wait
	is $? "$1" "and is judged: $(sed 's/.*: //' "$err")"
}

judges 0 'a client that keeps to the talk' <<END
< 220
> EHLO client.example
< 554 no
> QUIT
END
is "$host_status" 69 'and is told what pneu must come to'
judges 1 'one that says something else' <<END
< 220
> EHLO client
hang up
END
judges 1 'one that says more' <<END
< 220
> EHLO client.example
> QUIT
hang up
END
judges 1 'one that says more at the end' <<END
< 220
> EHLO client.example
< 554
> QUIT
> QUIT
hang up
END
judges 1 'one that leaves too early' <<END
< 220
hang up
END
judges 1 'one that leaves before the last word' <<END
< 220
> EHLO client.example
< 554
hang up
END
smarthost_start --talk "$work/short.talk"
kill "$host_pid"
smarthost_wait
is $? 1 'nobody came'
printf '%%engine only\n' | cat - "$work/short.talk" >"$work/engine.talk"
smarthost_start --talk "$work/engine.talk"
smarthost_wait
is "$?:$host_skip" '0:for the engine only' 'some talks are none for a socket'

# --- how it ends ---

smarthost_start --plain
kill "$host_pid"
smarthost_wait
is $? 0 'a signal ends it'
mkfifo "$work/orphan"
# The smarthost holds the end of the pipe; the shell that started it ends as
# soon as it is ready.
sh -c '"$1" --dir "$2" --plain --with-parent >"$3" &
while read -r line && [ "$line" != ready ]; do :; done <"$3"' \
	sh "$SMARTHOST" "$work/orphans" "$work/orphan" 2>&1 |
	timeout 20 cat >"$out"
is $? 0 'its parent gone, it ends'
done_testing

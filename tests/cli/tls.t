#!/bin/sh
# TLS from end to end: which certificates are trusted, over both kinds of link,
# by a file, a directory and the system's own store; what a server without
# usable TLS is given (nothing); and what is said of it all.
#
# T-01 T-16 T-19 T-20 T-21 T-26 T-27, C-01 to C-17, C-19 to C-23, C-25
#
# shellcheck source=tests/cli/lib.sh source=tests/cli/apart.sh
# shellcheck disable=SC2154

. "${0%/*}/lib.sh"
. "${0%/*}/apart.sh"

# The kind of certificate (smarthost --certificate), the name it must carry (-:
# that of the host), and what is said of it; nothing where it is trusted.
rows() {
	cat <<'END'
good|-|
C-01 expired|-|the certificate of 127.0.0.1 expired on 20*
C-02 early|-|the certificate of 127.0.0.1 is not valid before 20*
C-03 self-signed|-|the certificate of 127.0.0.1 is signed by itself, *
C-04 unknown-ca|-|the certificate of 127.0.0.1 is issued by CN=smarthost other CA, which is not in *
C-05 other-name|localhost|the certificate is not for localhost but for mail.elsewhere.example
C-06 common-name-too|localhost|the certificate is not for localhost but for mail.elsewhere.example
C-07 common-name|localhost|the certificate is not for localhost but for nobody (the common name localhost does not count)
C-08 mailbox|localhost|the certificate is not for localhost but for nobody
C-09 wildcard|mail.evil.example|
C-10 wildcard|mail.example|the certificate is not for mail.example but for \*.evil.example, *
C-10 wildcard|a.b.evil.example|the certificate is not for *
C-10 wildcard|evil.example|the certificate is not for *
C-10 wildcard|wide.part.example|the certificate is not for *
C-10 wildcard|mid.dle.example|the certificate is not for *
C-11 nul|localhost|the certificate is not for localhost but for localhost?.example
C-12 good|::1|
C-12 address-name|-|the certificate is not for 127.0.0.1 but for 127.0.0.1
C-12 other-address|-|the certificate is not for 127.0.0.1 but for 127.0.0.1, 192.0.2.1
C-12 good|127.0.0.2|the certificate is not for 127.0.0.2 but for localhost, 127.0.0.1, ::1
C-13 weak|-|the certificate of 127.0.0.1 has a key or a signature that is too weak *
C-14 client-only|-|the certificate of 127.0.0.1 is not meant for servers *
C-15 critical|-|the certificate of 127.0.0.1 has a critical extension *
C-16 no-ca|-|the certificate of 127.0.0.1 was issued by someone who is no certificate authority
C-17 chain|-|
C-17 half-chain|-|the certificate of 127.0.0.1 is issued by CN=smarthost between, which is not in *
C-19 must-staple|-|the certificate of 127.0.0.1 must come with an OCSP response *
C-23 idn|bücher.example|
END
}

# judge NAME PATTERN: of the last run.
judge() {
	if [ -z "$2" ]; then
		is "$status:$(cat "$err")" 0: "$1"
	else
		is "$status" 76 "$1"
		like "$(head -n 1 "$err")" \
			"pneu: 127.0.0.1:*: setting up TLS: $2" \
			"$1: what is said"
	fi
}

# last KEY: of the envelope of the letter that came last.
last() {
	envelope "$(stored_count)" "$1"
}

# send KIND KEY...: with the name that is wanted.
send() {
	send_kind=$1
	shift
	[ "$name" = - ] || set -- "$@" "tls-server-name = $name"
	configure "$send_kind" "$@"
	pneu_run b@example.org <"$letter"
}

system=/etc/ssl/certs/ca-certificates.crt
sessions=2
if can_be_apart && [ -e $system ]; then
	sessions=4
else
	diag 'no mount namespaces, or no store: what the system trusts stays'
fi

rows >"$work/rows"
while IFS='|' read -r what name pattern; do
	rm -f "$host_dir/report"
	smarthost_start --starttls --implicit --certificate "${what##* }" \
		--sessions $sessions
	for kind in starttls implicit; do
		send $kind
		judge "$what for $name, $kind" "$pattern"
		[ $sessions -eq 4 ] || continue
		apart "$host_dir/ca.pem" $system
		send $kind 'tls-trust = system'
		judge "$what for $name, $kind, the system's store" "$pattern"
		together
	done
	smarthost_wait
	[ -z "$pattern" ] && continue
	is "$(grep -e '^letter=' -e AUTH -e 'hello.* EHLO' -e '+EHLO' \
		"$host_dir/report")" '' \
		"$what for $name: not one octet but for the handshake"
done <"$work/rows"

# --- what to do is said, whom to trust is checked before ---

smarthost_forget
name=-
smarthost_start --starttls --certificate unknown-ca
send starttls
is "$(sed -n 2p "$err")" 'pneu: if it is the right one, set tls-trust to a '\
'file with the certificate of that CA' 'advice on an unknown CA'
smarthost_start --starttls --certificate self-signed
send starttls
pin=$(sed -n '2s/.* tls-pin = \(sha256:[^,]*\),.*/\1/p' "$err")
is "$(sed -n 2p "$err")" 'pneu: if it is the right one, set tls-trust = pin '\
"and tls-pin = $pin, or tls-trust to a file with that certificate" \
	'advice on a certificate that signs itself'
send starttls 'tls-trust = pin' "tls-pin = $pin"
delivered 'C-20: the pin of that advice'
send starttls "tls-trust = $host_dir/cert.pem"
delivered 'C-03: that certificate, trusted by name'
smarthost_start --starttls --certificate other-name
send starttls
is "$(sed -n 2p "$err")" 'pneu: if one of these is the right server, set '\
'tls-server-name to it' 'advice on another name'
name=mail.elsewhere.example
send starttls
delivered 'C-05: that name, given as tls-server-name'
smarthost_start --starttls --certificate expired
name=-
send starttls
like "$(sed -n 2p "$err")" 'pneu: it must be renewed there, unless the clock '\
'here is wrong: it says 20*' 'advice on an expired one'

rm -rf "$host_dir"
smarthost_start --starttls --implicit
mkdir "$work/store" "$work/empty"
cp "$host_dir/ca.pem" "$work/store/some-name.crt"
send implicit "tls-trust = $work/store"
delivered 'a directory of authorities'
: >"$work/nothing"
echo garbage >"$work/garbage"
for trust in missing nothing garbage empty; do
	send implicit "tls-trust = $work/$trust"
	is "$status" 78 "C-21: tls-trust, $trust"
	like "$(cat "$err")" "pneu: *$work/$trust*" "C-21: $trust is named"
done
for list in missing nothing garbage; do
	send implicit "tls-crl = $work/$list"
	is "$status" 78 "C-18: tls-crl, $list"
	like "$(cat "$err")" "pneu: tls-crl: $work/$list: *" "C-18: $list is named"
done
for file in missing nothing garbage; do
	[ $file = missing ] || chmod 600 "$work/$file"
	send implicit "tls-certificate = $work/$file"
	is "$status" 78 "tls-certificate, $file"
	like "$(cat "$err")" "*$work/$file*" "tls-certificate: $file is named"
done
send implicit
is "$status:$(last session)" 0:2 \
	'C-21: nobody was connected to for those'

# --- names and addresses ---

is "$(last sni)" '' 'T-26: no server name is sent for an address'
for host in localhost LOCALHOST. any.localhost; do
	send implicit "host = $host" 'tls-server-name = localhost'
	is "$status:$(last sni)" 0:localhost \
		"T-26: the server name with host = $host"
done
send implicit 'host = localhost'
is "$status:$(last sni)" 0:localhost 'T-26: the host is the name'
if can_be_apart; then
	echo 'hosts: files' >"$work/nsswitch"
	echo '127.0.0.1 localhost alias.example' >"$work/hosts"
	apart "$work/nsswitch" /etc/nsswitch.conf "$work/hosts" /etc/hosts
	send implicit 'host = alias.example'
	together
	is "$status" 76 'C-22: an alias of the name in the certificate'
	like "$(head -n 1 "$err")" 'pneu: alias.example:*: the certificate is '\
'not for alias.example but for localhost, *' 'C-22: what is said'
fi
smarthost_start --implicit --certificate idn
for name in 'bücher.example' BÜCHER.EXAMPLE xn--bcher-kva.example; do
	send implicit
	is "$status" 0 "C-23: $name"
done
is "$(last sni)" xn--bcher-kva.example 'T-26: an A-label is sent'
name=-
if smarthost_start --address ::1 --starttls 2>/dev/null; then
	smarthost_start --starttls --address ::1
	for host in ::1 '[::1]' localhost; do
		send starttls "host = $host"
		delivered "host = $host"
	done
fi

# --- pins ---

other=sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
for what in good self-signed expired other-name; do
	rm -rf "$host_dir"
	smarthost_start --starttls --certificate $what
	send starttls 'tls-trust = pin' "tls-pin = $other"
	is "$status" 76 "C-20: $what, another key"
	pin=$(sed -n 's/.*of tls-pin: it is \(sha256:[A-Za-z0-9+\/]\{43\}=\)$/\1/p' \
		"$err")
	is "$(sed "s|$pin|PIN|; s/:[0-9]*: /:PORT: /" "$err")" 'pneu: 127.0.0.1'\
':PORT: setting up TLS: the key of 127.0.0.1 is not one of tls-pin: it is PIN
pneu: ask those who run the server; if it has a new key, add that to tls-pin' \
		"C-20: $what, what is said"
	is "$(stored_count)" 0 "C-20: $what, nothing is sent"
	send starttls 'tls-trust = pin' "tls-pin = $other, $pin"
	delivered "C-20: $what, the right key and no authority"
	send starttls "tls-pin = $pin"
	if [ $what = good ]; then
		delivered 'C-20: the right key and an authority'
		send starttls "tls-pin = $other"
	fi
	is "$status" 76 "C-20: $what, a pin makes nothing else right"
done

# --- nobody is verified, if that is what somebody wants ---

note='who the server is was not verified (tls-verify = no)'
for what in self-signed expired other-name; do
	rm -rf "$host_dir"
	smarthost_start --starttls --implicit --certificate $what \
		--mechanisms 'PLAIN LOGIN' --auth optional
	for kind in starttls implicit; do
		rm -f "$work/log"
		send $kind 'tls-verify = no' 'auth = off' "log = $work/log"
		delivered "C-25: $what, $kind: tls-verify = no"
		like "$(cat "$work/log")" "*tls=*notes=*$note*" \
			"C-25: $what, $kind: the record says so"
	done
	send starttls 'tls-verify = no'
	is "$status" 78 "C-25: $what: no login is made so"
	send starttls 'tls-verify = no' 'auth-unverified = yes'
	is "$status:$(last auth)" 0:alice \
		"C-25: $what: but where that is said too"
done
send starttls "host = localhost" 'tls-verify = no'
PNEU_HOST=127.0.0.1 PNEU_PORT=${host_starttls##*:} PNEU_TLS=starttls \
	pneu_run b@example.org <"$letter"
is "$status" 76 'C-25: another host is another account'
rm -f "$work/log"
smarthost_start --starttls
send starttls "log = $work/log"
unlike "$(cat "$work/log")" "*$note*" 'a server that was verified'
for what in good expiring; do
	rm -rf "$host_dir" "$work/log"
	smarthost_start --starttls --certificate $what
	send starttls "log = $work/log"
	is "$status:$(grep -c 'certificate expires soon' "$work/log")" \
		"0:$([ $what = good ]; echo $?)" \
		"$what: the record tells of a certificate near its end"
done

# --- links that will not do ---

# clear NAME: that nothing but EHLO and STARTTLS was said.
clear() {
	is "$(grep '^1 C: ' "$work/transcript" | sort -u | tr '\n' ',')" \
		"$2" "$1: nothing else is said in clear"
	is "$(stored_count)" 0 "$1: no letter"
}

rm -rf "$host_dir"
smarthost_start --starttls --auth-before-tls --without STARTTLS \
	--transcript "$work/transcript"
send starttls
is "$status" 76 'T-01: STARTTLS is not offered'
like "$(head -n 1 "$err")" 'pneu: *: asking for TLS: the server does not '\
'offer STARTTLS, *' 'T-01: what is said'
clear T-01 '1 C: EHLO client.example,'

smarthost_start --starttls --auth-before-tls --mechanisms 'PLAIN LOGIN'
send starttls
delivered 'T-16: AUTH is offered before TLS'
is "$(way 1)" 'connect | greeting | EHLO | STARTTLS | hello | '\
'Finished+EHLO | AUTH | MAIL RCPT DATA | letter' 'T-16: and not used there'

# The port of the one kind, taken for the other.
rm -rf "$host_dir"
smarthost_start --starttls --plain --transcript "$work/plain"
for kind in starttls plain; do
	where=$host_starttls
	[ $kind = starttls ] || where=$host_plain
	send implicit "port = ${where##*:}" 'connect-timeout = 5'
	is "$status" 76 "T-19: TLS first, on a port for $kind"
	like "$(cat "$err")" 'pneu: *: setting up TLS: TLS with 127.0.0.1: '\
'it speaks no TLS here: "220 localhost ESMTP smarthost"
pneu: the server speaks plain SMTP on this port; set tls = starttls' \
		"T-19: $kind, what is said"
done
smarthost_start --implicit
send starttls "port = ${host_implicit##*:}" 'timeout = 1'
is "$status" 75 'T-19: STARTTLS on a port for TLS'
like "$(cat "$err")" 'pneu: *: waiting for the greeting: no answer within 1 '\
's*
pneu: if this port speaks TLS from its first octet, set tls = implicit' \
	'T-19: what is said'
for talk in drip cut; do
	smarthost_start --talk "${0%/*}/../talk/greeting-$talk.talk"
	PNEU_CONFIG=$host_dir/pneu.conf pneu_run b@example.org <"$letter"
	is "$status:$(wc -l <"$err" | tr -d ' ')" 75:1 \
		"R-03 R-20: a server that has begun to greet is no TLS's, $talk"
done

# What the server speaks at best, and what becomes of it.
while IFS='|' read -r what priorities expected; do
	rm -rf "$host_dir"
	smarthost_start --implicit --priorities "$priorities"
	send implicit
	is "$status" "$expected" "$what"
	[ "$expected" -eq 0 ] && continue
	like "$(head -n 1 "$err")" 'pneu: 127.0.0.1:*: setting up TLS: TLS '\
'with 127.0.0.1: *' "$what: what is said"
	is "$(stored_count)" 0 "$what: nothing is sent"
done <<'END'
TLS 1.3|NORMAL:-VERS-ALL:+VERS-TLS1.3|0
TLS 1.2|NORMAL:-VERS-ALL:+VERS-TLS1.2|0
T-20: TLS 1.1|NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT|76
T-20: TLS 1.0|NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT|76
T-21: no encryption|NONE:+VERS-TLS1.2:+NULL:+MAC-ALL:+SIGN-ALL:+GROUP-ALL:+COMP-NULL:+CTYPE-X509:+ECDHE-ECDSA|76
T-21: RC4|NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+ARCFOUR-128:+SHA1|76
T-21: 3DES|NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC|76
T-21: anonymous|NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH|76
END

# What the account says of versions and ciphers.
while IFS='|' read -r what server setting expected; do
	rm -rf "$host_dir"
	smarthost_start --implicit --priorities "NORMAL:$server"
	send implicit "$setting"
	is "$status" "$expected" "$what: $setting"
done <<'END'
a server with TLS 1.2|-VERS-ALL:+VERS-TLS1.2|tls-min-version = 1.3|76
a server with TLS 1.2|-VERS-ALL:+VERS-TLS1.2|tls-min-version = 1.2|0
a server with TLS 1.3|-VERS-ALL:+VERS-TLS1.3|tls-min-version = 1.3|0
T-20: a server with TLS 1.1|-VERS-ALL:+VERS-TLS1.1:%COMPAT|tls-priorities = NORMAL:+VERS-TLS1.1|76
a server with AES-256 alone|-CIPHER-ALL:+AES-256-GCM|tls-priorities = NORMAL:-AES-256-GCM|76
a server with AES-256 alone|-CIPHER-ALL:+AES-256-GCM|tls-priorities = NORMAL:-CIPHER-ALL:+AES-256-GCM|0
END
rm -f "$work/log"
smarthost_start --implicit
send implicit 'tls-priorities = NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305' \
	"log = $work/log"
like "$(cat "$work/log")" '*tls="*CHACHA20-POLY1305"*' 'the cipher asked for'
count=$(last session)
for priorities in NORMAL:+NONSENSE nonsense NONE NORMAL:-VERS-ALL; do
	send implicit "tls-priorities = $priorities"
	is "$status" 78 "tls-priorities = $priorities"
	like "$(cat "$err")" "pneu: tls-priorities: \"$priorities\": *" \
		"$priorities is named"
done
send implicit 'tls-priorities = NORMAL:-VERS-TLS1.3' 'tls-min-version = 1.3'
is "$status" 78 'priorities and a version that leave nothing'
send implicit
is "$(last session)" $((count + 1)) 'nobody was connected to for those'

# --- the caller's environment ---

smarthost_start --implicit
configure implicit
printf '[overrides]\ninsecure-hash = sha256\n' >"$work/policy"
SSLKEYLOGFILE=$work/keys GNUTLS_SYSTEM_PRIORITY_FILE=$work/policy \
	GNUTLS_DEBUG_LEVEL=9 pneu_run b@example.org <"$letter"
is "$status:$(cat "$out" "$err")" 0: 'T-27: GNUTLS_* and SSLKEYLOGFILE'
ok 'T-27: no keys are logged' test ! -e "$work/keys"
done_testing

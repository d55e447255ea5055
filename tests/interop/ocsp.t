#!/bin/sh
# C-18: a stapled OCSP response, made and shown by OpenSSL, that says good or
# revoked; the server is no mail server, so that it is known by how far a letter
# gets.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154

cd "${0%/*}/../.." || exit 1
. tests/cli/lib.sh
command -v openssl >/dev/null || skip_all 'no openssl here'
cd "$work" || exit 1

key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
{
	# shellcheck disable=SC2086 # several words
	openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=ca -days 30
	# shellcheck disable=SC2086
	openssl req $key -keyout leaf.key -out leaf.csr -subj /CN=leaf
	echo 'subjectAltName = IP:127.0.0.1' >leaf.ext
	openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 30 \
		-set_serial 0x1001 -extfile leaf.ext -out leaf.pem
} >made 2>&1 || {
	cat made
	exit 1
}

# staple STATUS: the response for the certificate.
staple() {
	case $1 in
	good) printf 'V\t991231235959Z\t\t1001\tunknown\t/CN=leaf\n' ;;
	*) printf 'R\t991231235959Z\t250101000000Z\t1001\tunknown\t/CN=leaf\n' ;;
	esac >index
	openssl ocsp -index index -CA ca.pem -rsigner ca.pem -rkey ca.key \
		-issuer ca.pem -cert leaf.pem -ndays 1 -respout staple.der \
		>made 2>&1
}

# serve: until it has said where, and then to the end of the test.
serve() {
	rm -f ready
	mkfifo ready
	openssl s_server -accept 127.0.0.1:0 -cert leaf.pem -key leaf.key \
		-status_file staple.der -naccept 1 >ready 2>/dev/null <&4 &
	server=$!
	exec 3<ready
	while read -r line <&3; do
		port=${line##*:}
		case $line in ACCEPT*) break ;; esac
	done
}

# Its input must not end before it does.
mkfifo quiet
exec 4<>quiet
for what in good revoked; do
	staple $what || diag "$(cat made)"
	serve
	printf '%s\n' 'host = 127.0.0.1' "port = $port" 'tls = implicit' \
		"tls-trust = $work/ca.pem" 'timeout = 1' 'log = none' \
		'domain = client.example' >own.conf
	PNEU_CONFIG=$work/own.conf pneu_run b@example.org <"$letter"
	case $what in
	good) pattern='pneu: *: waiting for the greeting: *' ;;
	*) pattern='pneu: *: the certificate of 127.0.0.1 has been revoked' ;;
	esac
	like "$(head -n 1 "$err")" "$pattern" "C-18: a staple that says $what"
	kill "$server" 2>/dev/null
	wait "$server" 2>/dev/null
	exec 3<&-
done
is "$status" 76 'C-18: the certificate is not trusted'
done_testing

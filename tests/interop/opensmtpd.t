#!/bin/sh
# Real letters to a real OpenSMTPD 7, the strictest judge of lock-step: it does
# not offer PIPELINING, answers a command sent ahead with 500 and hangs up.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/interop/lib.sh
enter servers

opensmtpd() {
	mkdir -p "$root/var/lib/opensmtpd/empty" "$root/var/spool/smtpd"
	chmod 711 "$root/var/spool/smtpd"
	# it will not start without anybody to trust
	cp "$srv/ca.pem" "$root/etc/ssl/certs/ca-certificates.crt"
	in_tree chown letters /srv/box
	echo "alice $(in_tree openssl passwd -6 sesame)" >"$srv/creds"
	in_tree chown opensmtpd /srv/creds
	chmod 600 "$srv/creds"
	cat >"$srv/smtpd.conf" <<'END'
pki localhost cert "/srv/host.pem"
pki localhost key "/srv/host.key"
table creds file:/srv/creds
table virt { "@example.org" = "letters" }
smtp max-message-size "30M"
listen on 127.0.0.1 port 587 tls-require pki localhost auth <creds>
listen on 127.0.0.1 port 465 smtps pki localhost auth <creds>
action "keep" maildir "/srv/box" virtual <virt>
match auth from any for domain "example.org" action "keep"
END
	in_tree smtpd -d -f /srv/smtpd.conf >"$srv/smtpd.log" 2>&1 &
	wait_for listening 465 && wait_for listening 587
}

starts opensmtpd "$srv/smtpd.log"

for tls in starttls implicit; do
	# what it does not offer must not be used, whatever we are told
	for how in "chunking = no" "auth-pipelining = yes, chunking = grouped"; do
		profile way "tls = $tls" "$(echo "$how" | sed 's/, /\n/')"
		for letter in plain dots eightbit long crlf unended; do
			ok "$tls, $how: the letter \"$letter\" arrives as it was" \
				arrives $letter 1 -i -f alice@example.org b@example.org
		done
	done
	profile way "tls = $tls"
	ok "$tls: 20 MB arrive as they were" \
		arrives big 1 -i -f alice@example.org b@example.org

	# shellcheck disable=SC2046 # fifty words
	ok "$tls: fifty recipients get a copy each, one question at a time" \
		arrives plain 50 -i -f alice@example.org \
		$(seq -f 'r%.0f@example.org' 50)
done

profile way "tls = starttls"
{
	printf 'Bcc: secret@example.org,\n hidden@example.org\n'
	cat "$srv/letters/plain"
} >"$srv/letters/bcc"
cp "$srv/letters/plain.stored" "$srv/letters/bcc.stored"
ok "-t reads To and Bcc, and nobody sees the Bcc" \
	arrives bcc 3 -i -t -f alice@example.org
ok "a recipient whom the server does not know is a refusal" \
	refused 67 nobody@example.net -f alice@example.org nobody@example.net

for mechanism in plain login; do
	profile way "tls = implicit" "auth = $mechanism"
	ok "auth = $mechanism: a letter arrives" \
		arrives plain 1 -i -f alice@example.org b@example.org
	sed -i "s,^password-file.*,password-file = $srv/wrong," "$profile"
	ok "auth = $mechanism: a wrong password is 77" \
		refused 77 535 -f alice@example.org b@example.org
done

for tls in starttls implicit; do
	profile way "tls = $tls"
	sed -i "s,^tls-trust.*,tls-trust = $srv/stranger.pem," "$profile"
	ok "$tls: a CA that we do not know is 76" \
		refused 76 certificate -f alice@example.org b@example.org
done

done_testing

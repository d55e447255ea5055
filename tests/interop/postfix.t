#!/bin/sh
# Real letters to a real Postfix, which asks Dovecot for passwords: STARTTLS on
# port 587, implicit TLS on 465, and every way that we have of sending more
# before we wait.  What it stored is compared with what was piped.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/interop/lib.sh
enter servers

# What Dovecot can do beside that.
more=

dovecot() {
	echo 'alice:{PLAIN}sesame' >"$srv/passwd"
	cat >"$srv/dovecot.conf" <<END
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = /run/dovecot
log_path = /srv/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256$more
auth_allow_cleartext = yes
auth_failure_delay = 0
passdb passwd-file {
  passwd_file_path = /srv/passwd
}
service auth {
  unix_listener /srv/auth {
    mode = 0666
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
END
	in_tree dovecot -c /srv/dovecot.conf >>"$srv/start.log" 2>&1
	wait_for test -S "$srv/auth"
}

postfix() {
	settings >"$srv/main.cf"
	postfix_starts "$srv/main.cf" <<'END'
587     inet  n - n - - smtpd -o smtpd_tls_security_level=encrypt
465     inet  n - n - - smtpd -o smtpd_tls_wrappermode=yes
END
	wait_for listening 465 && wait_for listening 587
}
settings() {
	cat <<'END'
mynetworks =
smtpd_tls_chain_files = /srv/chain.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = /srv/auth
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ nobody@example.org = 550 5.1.1 no }}
smtpd_error_sleep_time = 0
message_size_limit = 30000000
END
}

# arrives_by VERB: Postfix counts what it was asked in the line with which it
# says goodbye.
arrives_by() {
	: >"$srv/mail.log"
	arrives plain 1 -i -f alice@example.org b@example.org || return 1
	wait_for grep ' disconnect from ' "$srv/mail.log" &&
		grep ' disconnect from ' "$srv/mail.log" | grep -q " $1=1 "
}

starts dovecot "$srv/start.log"
starts postfix "$srv/start.log"

for tls in starttls implicit; do
	for how in "chunking = no" "chunking = yes" "chunking = grouped" \
	    "auth = PLAIN, auth-pipelining = yes" \
	    "auth = PLAIN, auth-pipelining = yes, chunking = grouped"; do
		profile way "tls = $tls" "$(echo "$how" | sed 's/, /\n/g')"
		for letter in plain dots eightbit long crlf unended; do
			ok "$tls, $how: the letter \"$letter\" arrives as it was" \
				arrives $letter 1 -i -f alice@example.org b@example.org
		done
		case $how in
		*chunking\ =\ yes | *grouped) ok "$tls, $how: by BDAT" arrives_by bdat ;;
		*) ok "$tls, $how: by DATA" arrives_by data ;;
		esac
	done
	for how in no yes grouped; do
		profile way "tls = $tls" "chunking = $how"
		ok "$tls, chunking = $how: 20 MB arrive as they were" \
			arrives big 1 -i -f alice@example.org b@example.org
	done
done

profile way "tls = starttls"
# shellcheck disable=SC2046 # fifty words
ok "fifty recipients get a copy each" arrives plain 50 -i \
	-f alice@example.org $(seq -f 'r%.0f@example.org' 50)

{
	printf 'Bcc: secret@example.org,\n hidden@example.org\n'
	cat "$srv/letters/plain"
} >"$srv/letters/bcc"
cp "$srv/letters/plain.stored" "$srv/letters/bcc.stored"
ok "-t reads To and Bcc, and nobody sees the Bcc" \
	arrives bcc 3 -i -t -f alice@example.org
ok "the null sender may send" arrives plain 1 -i -f '<>' b@example.org

for mechanism in plain login cram-md5 scram-sha-1 scram-sha-256; do
	profile way "tls = implicit" "auth = $mechanism"
	ok "auth = $mechanism: a letter arrives" \
		arrives plain 1 -i -f alice@example.org b@example.org
	sed -i "s,^password-file.*,password-file = $srv/wrong," "$profile"
	ok "auth = $mechanism: a wrong password is 77" \
		refused 77 535 -f alice@example.org b@example.org
done

profile way "tls = starttls" "auth = PLAIN" "auth-pipelining = yes" \
	"chunking = grouped"
sed -i "s,^password-file.*,password-file = $srv/wrong," "$profile"
ok "a wrong password is 77 also when the letter was sent ahead" \
	refused 77 535 -f alice@example.org b@example.org

for tls in starttls implicit; do
	profile way "tls = $tls"
	sed -i "s,^tls-trust.*,tls-trust = $srv/stranger.pem," "$profile"
	ok "$tls: a CA that we do not know is 76" \
		refused 76 certificate -f alice@example.org b@example.org
done

profile way "tls = starttls"
ok "a recipient whom the server does not know is 67" \
	refused 67 nobody@example.org -f alice@example.org nobody@example.org

# Postfix passes no -PLUS on, and cannot tell Dovecot what the link is.  So it
# stands between us and a server that can do it, as an attacker would.
profile way "tls = implicit"
in_tree doveadm -c /srv/dovecot.conf stop
wait_for test ! -e "$root/run/dovecot/master.pid"
rm -f "$srv/auth"
more=' scram-sha-256-plus'
starts dovecot "$srv/start.log"
in_tree postfix -c /srv/postfix stop >>"$srv/start.log" 2>&1
starts postfix "$srv/start.log"
ok "a server from which -PLUS is hidden refuses the login" \
	refused 77 'name another mechanism' -f alice@example.org b@example.org
profile way "tls = implicit" "auth = PLAIN"
ok "and has nothing against another mechanism" \
	arrives plain 1 -i -f alice@example.org b@example.org

done_testing

#!/bin/sh
# Logins at a real Dovecot 2.4, which is a submission server of its own and
# hands on what it takes to a Postfix: every mechanism that it has, right and
# wrong, over both kinds of link and both versions of TLS; tied to the link and
# not.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/interop/lib.sh
enter servers

passwords="PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256"
pluses="SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS"
tokens="XOAUTH2 OAUTHBEARER"
lower() {
	echo "$*" | tr '[:upper:]' '[:lower:]'
}

base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d =
}

# token KEY: a JWT (RFC 7519) that says alice, signed with it.
token() {
	head=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url)
	body=$(printf '{"sub":"alice","iat":1,"exp":4102444800}' | base64url)
	sign=$(printf %s "$head.$body" |
		openssl dgst -sha256 -hmac "$1" -binary | base64url)
	echo "$head.$body.$sign"
}

tokens() {
	mkdir -p "$srv/keys/default/HS256"
	printf %s key-of-the-test | openssl base64 -A \
		>"$srv/keys/default/HS256/default"
	token key-of-the-test >"$srv/token"
	token another-key >"$srv/wrong-token"
	chmod 600 "$srv/token" "$srv/wrong-token"
}

# dovecot PORT: one of two, which differ in the TLS that they speak.
dovecot() {
	dir=/srv/dovecot.$1
	mkdir -p "$root$dir"
	echo 'alice:{PLAIN}sesame' >"$srv/passwd"
	cat >"$root$dir.conf" <<END
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = $dir
state_dir = $dir
log_path = $dir.log
protocols = submission
ssl = required
ssl_server_cert_file = /srv/host.pem
ssl_server_key_file = /srv/host.key
auth_mechanisms = $(lower "$passwords $pluses $tokens")
auth_failure_delay = 0
passdb passwd-file {
  passwd_file_path = /srv/passwd
  mechanisms_filter = $(lower "$passwords $pluses")
}
passdb oauth2 {
  mechanisms_filter = $(lower "$tokens")
}
oauth2 {
  introspection_mode = local
  username_attribute = sub
}
oauth2_local_validation {
  dict fs {
    fs posix {
      prefix = /srv/keys/
    }
  }
}
userdb static {
  fields {
    uid = 907
    gid = 907
    home = /srv/box
  }
}
mail_driver = maildir
mail_path = /srv/mail
submission_relay_host = 127.0.0.1
submission_relay_port = 25
service submission-login {
  inet_listener submission {
    port = $1
  }
  inet_listener submissions {
    port = $(($1 + 1))
    ssl = yes
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
END
	in_tree dovecot -c "$dir.conf" >>"$srv/start.log" 2>&1
	wait_for listening "$1" && wait_for listening $(($1 + 1))
}

modern() {
	dovecot 1587
}

# OpenSSL's own configuration is the only place for a newest version.
old() {
	printf '%s\n' 'openssl_conf = conf' '[conf]' 'ssl_conf = ssl' '[ssl]' \
		'system_default = old' '[old]' 'MaxProtocol = TLSv1.2' \
		>"$root/etc/ssl/openssl.cnf"
	dovecot 2587
}

# What takes the letters from both.
postfix() {
	echo 'mynetworks = 127.0.0.0/8' >"$srv/main.cf"
	postfix_starts "$srv/main.cf" <<'END'
25      inet  n - n - - smtpd
END
	wait_for listening 25
}

# by MECHANISM: the server says that this was the login of the last letter.
by() {
	grep -h 'Logged in' "$srv"/dovecot.*.log | tail -n 1 |
		grep "method=$1,"
}

# logs_in WHAT MECHANISM: the letter arrives after a login by it.
logs_in() {
	: >"$srv/dovecot.1587.log"
	: >"$srv/dovecot.2587.log"
	ok "$1: a letter arrives" \
		arrives plain 1 -i -f alice@example.org b@example.org
	ok "$1: by $2" by "$2"
}

starts postfix "$srv/start.log"
tokens
starts modern "$srv/start.log"
starts old "$srv/start.log"

while read -r what tls port; do
	profile way "tls = $tls" "port = $port"
	logs_in "$what, $tls, of all" SCRAM-SHA-256-PLUS
	for mechanism in $passwords $pluses; do
		profile way "tls = $tls" "port = $port" "auth = $mechanism"
		logs_in "$what, $tls" "$mechanism"
		sed -i "s,^password-file.*,password-file = $srv/wrong," "$profile"
		ok "$what, $tls, $mechanism: a wrong password is 77" \
			refused 77 535 -f alice@example.org b@example.org
	done
	for mechanism in $tokens; do
		profile way "tls = $tls" "port = $port" "auth = $mechanism"
		sed -i "s,^password-file.*,password-file = $srv/token," "$profile"
		logs_in "$what, $tls" "$mechanism"
		sed -i "s,^password-file.*,password-file = $srv/wrong-token," \
			"$profile"
		ok "$what, $tls, $mechanism: a wrong token is 77" \
			refused 77 'invalid_token|"401"' -f alice@example.org b@example.org
	done
done <<'END'
TLS-1.3 starttls 1587
TLS-1.3 implicit 1588
TLS-1.2 starttls 2587
TLS-1.2 implicit 2588
END

profile way "tls = implicit" "port = 1588" "auth = PLAIN" \
	"authorization-id = alice"
logs_in "an authorization-id that is the user" PLAIN

done_testing

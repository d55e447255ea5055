#!/bin/sh
# A first letter, from nothing, without leaving this machine: starts the
# smarthost of the tests on loopback with a throw-away CA, sends a letter
# through the name sendmail, and shows what was said, what arrived, what was
# noted and how it ended.  Run by make demo, which says where the programs are.
set -eu
umask 077

work=$(mktemp -d)
host=
# shellcheck disable=SC2317 # called by the trap
clean() {
	[ -z "$host" ] || { kill "$host"; wait "$host" || :; } 2>/dev/null
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

title() {
	printf '\n--- %s\n' "$*"
}

mkfifo "$work/ready"
"$SMARTHOST" --dir "$work/smarthost" --starttls --with-parent \
	--user alice:sesame >"$work/ready" &
host=$!
while IFS='=' read -r key value; do
	case $key in
	starttls) port=${value##*:} ;;
	ready) break ;;
	esac
done <"$work/ready"

cat >"$work/pneu.conf" <<END
host = localhost
port = $port
tls = starttls
tls-trust = $work/smarthost/ca.pem
user = alice
password = sesame
log = $work/log
END

cat >"$work/letter" <<'END'
From: Alice <alice@example.org>
To: Bob <bob@example.net>
Subject: A first letter

Dropped into a slot, shot through one tube to one known office.
.
A line with a lone dot is part of it, for the caller said -i.
END

ln -s "$PNEU" "$work/sendmail"
export PNEU_CONFIG="$work/pneu.conf"

title "the configuration (pneu.conf)"
sed "s,$work/,,; s,^password = .*,password = (in the file),;" "$work/pneu.conf"

title "the conversation"
printf '$ sendmail -v -i -t <letter\n'
status=0
"$work/sendmail" -v -i -t <"$work/letter" || status=$?

title "the letter as the smarthost stored it"
cat "$work/smarthost/new"/* || :

title "the record"
cat "$work/log" || :

title "the exit status"
echo "$status"
exit "$status"

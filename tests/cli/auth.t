#!/bin/sh
# Logins from end to end: every mechanism that the smarthost speaks, the choice
# between them, what ties a login to its TLS link, a server that does not know
# the password, tokens, and what is said of a refusal.
#
# A-01 A-05 A-08 A-09 A-11 A-12 A-13 A-16
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154

. "${0%/*}/lib.sh"

scrams="SCRAM-SHA-1 SCRAM-SHA-256"
pluses="SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS"
tokens="OAUTHBEARER XOAUTH2"
all="$tokens CRAM-MD5 LOGIN PLAIN $scrams $pluses"

# seen KEY: of the envelope of the one letter that is stored.
seen() {
	sed -n "s/^$1=//p" "$host_dir"/envelope/*
}

# sends NAME MECHANISM: the letter arrives after a login by it.
sends() {
	smarthost_forget
	pneu_run b@example.org <"$letter"
	delivered "$1"
	is "$(seen auth) $(seen mechanism)" "alice $2" "$1: by $2"
}

# refused NAME STATUS PATTERN: it does not, and that is what is said.
refused() {
	smarthost_forget
	pneu_run b@example.org <"$letter"
	is "$status:$(stored_count)" "$2:0" "$1"
	like "$(cat "$err")" "$3" "$1: what is said"
	unlike "$(cat "$err")" "*sesam*" "$1: no secret is"
	is "$(faults)" '' "$1: and kept to the rules"
}

# --- every mechanism, right and wrong ---------------------------------------

smarthost_start --starttls --implicit --mechanisms "$all"
for tls in starttls implicit; do
	for mechanism in $all; do
		configure $tls "auth = $mechanism"
		sends "$tls, $mechanism" "$mechanism"
	done
done
for mechanism in $all; do
	configure implicit "auth = $mechanism" 'password = sesam!'
	refused "$mechanism: a wrong password" 77 '*'
	configure implicit "auth = $mechanism" 'user = nobody'
	refused "$mechanism: a user whom the server does not know" 77 '*'
done

# --- the choice (A-12) --------------------------------------------------------

configure implicit
sends 'the strongest mechanism is chosen' SCRAM-SHA-256-PLUS
configure implicit 'auth = XOAUTH2, OAUTHBEARER'
sends 'the first that is named' XOAUTH2
while IFS='|' read -r offered chosen; do
	smarthost_start --implicit --mechanisms "$offered"
	configure implicit
	sends "of $offered" "$chosen"
done <<END
CRAM-MD5 LOGIN PLAIN $tokens|PLAIN
LOGIN SCRAM-SHA-1 PLAIN|SCRAM-SHA-1
SCRAM-SHA-1 SCRAM-SHA-256 PLAIN|SCRAM-SHA-256
SCRAM-SHA-1 SCRAM-SHA-1-PLUS PLAIN|SCRAM-SHA-1-PLUS
LOGIN CRAM-MD5|LOGIN
END
smarthost_start --implicit --mechanisms "GSSAPI $tokens CRAM-MD5"
configure implicit 'password-command = sh -c "touch ~/asked; echo sesame"' \
	-password
refused 'a password is no token' 77 \
	"*offered GSSAPI $tokens CRAM-MD5*auth = OAUTHBEARER*"
ok 'and nobody was asked for it' test ! -e "$HOME/asked"
for list in 'XOAUTH2, PLAIN' 'LOGIN OAUTHBEARER'; do
	configure implicit "auth = $list"
	pneu_run b@example.org <"$letter"
	is "$status" 78 "auth = $list: one secret cannot be both"
	like "$(cat "$err")" '*password*token*' "auth = $list: which is said"
done

# --- what ties it to the link (A-11) -----------------------------------------

while IFS='|' read -r what priorities; do
	for kind in starttls implicit; do
		smarthost_start --$kind --mechanisms "PLAIN $scrams $pluses" \
			--priorities "$priorities"
		for mechanism in $pluses; do
			configure $kind "auth = $mechanism"
			sends "$what, $kind, $mechanism" "$mechanism"
		done
	done
done <<'END'
TLS 1.3|NORMAL
TLS 1.2|NORMAL:-VERS-TLS1.3
TLS 1.2 without a master secret that is bound|NORMAL:-VERS-TLS1.3:%NO_SESSION_HASH
END

smarthost_start --implicit --mechanisms 'PLAIN SCRAM-SHA-256' --scram-binds
configure implicit
refused '-PLUS taken out of the offer' 76 '*somebody may have taken it away*'
configure implicit 'auth = SCRAM-SHA-256-PLUS'
refused '-PLUS named and not offered' 77 '*wanted SCRAM-SHA-256-PLUS*'
smarthost_start --implicit --mechanisms 'PLAIN SCRAM-SHA-256'
configure implicit
sends 'a server that does not know -PLUS' SCRAM-SHA-256

# --- a server that does not know the password (A-09) -------------------------

smarthost_start --implicit --mechanisms 'PLAIN SCRAM-SHA-256' --scram-liar
configure implicit
refused 'a signature that is wrong' 76 '*has not proved that it knows the password*'

# --- tokens (A-16) -----------------------------------------------------------

smarthost_start --implicit --mechanisms "$tokens PLAIN"
for mechanism in $tokens; do
	configure implicit "auth = $mechanism" 'password = sesam.old'
	refused "$mechanism: a token that is too old" 77 \
		'*535*invalid_token*the token may be too old*'
	configure implicit "auth = $mechanism" 'password = sesam and blanks'
	refused "$mechanism: what can be no token" 77 '*takes a token*'
done
{
	printf 'sesame'
	head -c 3000 /dev/zero | tr '\0' t
} >"$work/token"
smarthost_start --implicit --mechanisms "$tokens" \
	--user "alice:$(cat "$work/token")"
for mechanism in $tokens; do
	configure implicit "auth = $mechanism" -password \
		"password-file = $work/token"
	sends "$mechanism: a token of 3000 octets" "$mechanism"
done

# --- for whom ----------------------------------------------------------------

smarthost_start --implicit --mechanisms "$all"
for mechanism in PLAIN $scrams $pluses; do
	configure implicit "auth = $mechanism" 'authorization-id = ca,rol='
	sends "authorization-id with $mechanism" "$mechanism"
	is "$(seen authorization)" 'ca,rol=' "it is said, $mechanism"
done
for mechanism in LOGIN CRAM-MD5 XOAUTH2; do
	configure implicit "auth = $mechanism" 'authorization-id = carol'
	refused "authorization-id with $mechanism" 77 '*authorization-id*'
done

# --- odd passwords (A-13) ----------------------------------------------------

printf 'p=,\303\251 sesam \n' >"$work/odd"
smarthost_start --implicit --mechanisms "$all" \
	--user "a,l=ice:$(cat "$work/odd")"
for mechanism in PLAIN LOGIN CRAM-MD5 $scrams $pluses; do
	configure implicit "auth = $mechanism" 'user = a,l=ice' -password \
		"password-file = $work/odd"
	smarthost_forget
	pneu_run b@example.org <"$letter"
	is "$status:$(seen auth)" '0:a,l=ice' \
		"$mechanism: a name and a password of odd octets"
done
printf 'sesam\351\n' >"$work/latin1"
smarthost_start --implicit --mechanisms "$all"
configure implicit -password "password-file = $work/latin1"
refused 'SCRAM needs UTF-8' 77 '*no UTF-8*auth = PLAIN*'

# --- what is seen (A-08) -----------------------------------------------------

for mechanism in $all; do
	configure implicit "auth = $mechanism"
	pneu_run -v b@example.org <"$letter"
	is "$status" 0 "-v, $mechanism"
	ok "-v, $mechanism: the login is seen" \
		grep -q "AUTH $mechanism" "$err"
	ok "-v, $mechanism: and neither the secret nor its base64" \
		test -z "$(grep -aF -e sesame -e c2VzYW1l -e NlbGVzYW1l \
			-e zZXNhbW -e NlZXNhb "$err")"
done

done_testing

#!/bin/sh
# What is printed because it was asked for goes to stdout, and 74 says that it
# could not be; what is said of a mistake goes to stderr, with a hint.
# Catalogue: P-02, O-07.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154 # from lib.sh

. "${0%/*}/lib.sh"

# prints NAME PATTERN ARGUMENTS: on stdout, status 0; and 74, with words, where
# that cannot be written.
prints() {
	name=$1 pattern=$2
	shift 2
	pneu_run "$@" </dev/null
	like "$status:$(cat "$err"):$(cat "$out")" "0::$pattern" \
		"$name goes to stdout"
	is "$(tr -d ' -~\n\t' <"$out" | wc -c | tr -d ' '):$(tail -c 1 "$out" |
		wc -l | tr -d ' ')" 0:1 "$name is text in whole lines"
	"$PNEU" "$@" </dev/null >/dev/full 2>"$err"
	is "$?:$(cat "$err")" \
		'74:pneu: standard output: No space left on device' \
		"$name on a full disk"
	"$PNEU" "$@" </dev/null >&- 2>"$err"
	is "$?:$(cat "$err")" '74:pneu: standard output: Bad file descriptor' \
		"$name where stdout is closed"
	"$PNEU" "$@" <&- >&- 2>&-
	is $? 74 "$name where all are closed"
	"$PNEU" "$@" </dev/null >&5 2>"$err"
	is "$?:$(cat "$err")" '74:pneu: standard output: Broken pipe' \
		"$name on a pipe that nobody reads"
}

mkfifo "$work/pipe"
# shellcheck disable=SC2094 # a reader, so that a writer can be opened
exec 4<>"$work/pipe" 5>"$work/pipe"
exec 4<&-

printf 'host = h.example\npassword = sesame\nuser = me\nlog = none\n' >"$work/a.conf"
printf 'hsot = h.example\n' >"$work/bad.conf"
prints --help 'Usage: pneu *--host HOST*' --help
prints -h 'Usage: pneu *' -h
prints --version 'pneu [0-9]*' --version
for shell in bash zsh fish; do
	prints "--completion for $shell" '*pneu*password-file*' \
		--completion=$shell
done
prints --print-config '# profile default*host = h.example*' \
	-C "$work/a.conf" --print-config

for asked in --help -h --version --completion=bash; do
	pneu_run -C "$work/bad.conf" $asked
	is "$status:$(cat "$err")" 0: "$asked needs no configuration"
	PNEU_HSOT=x PNEU_CONFIG=$work/none pneu_run $asked b@example.org
	is "$status:$(cat "$err")" 0: "$asked: nor an environment"
done
pneu_run --help --version
like "$(cat "$out")" 'Usage: *' 'what is asked first is not what counts'
is "$(awk 'length() > 79' "$out")" '' '--help fits 79 columns'
pneu_run -C "$work/bad.conf" --print-config
like "$status:$(cat "$out"):$(cat "$err")" '78::pneu: *bad.conf:1: hsot:*' \
	'--print-config of what is no configuration'
for as in sendmail mailq foo; do
	for asked in --help --version --print-config --completion=bash; do
		pneu_as $as $asked </dev/null
		is "$status:$(cat "$out")" 64: "$as has no $asked"
	done
done

# mistaken NAME WORDS HINT ARGUMENTS: status 64, on stderr alone, two lines.
mistaken() {
	name=$1 words=$2 hint=$3
	shift 3
	pneu_run -C "$work/a.conf" "$@" <"$letter"
	is "$status:$(cat "$out"):$(wc -l <"$err" | tr -d ' ')" 64::2 \
		"$name: 64, and two lines on stderr"
	like "$(sed -n 1p "$err")" "pneu: $words" "$name: what is wrong"
	like "$(sed -n 2p "$err")" "pneu: $hint" "$name: and a hint"
}
mistaken 'a slip' '--hots is no option' 'did you mean --host?*' --hots=x
mistaken 'an underscore' '--tls_trust is no option' 'did you mean --tls-trust?' \
	--tls_trust=x
mistaken 'capitals' '--HOST is no option' 'did you mean --host?' --HOST=x
mistaken 'an option like nothing' '--qqqqqqqq is no option' '*--help*' --qqqqqqqq
mistaken 'a key of the file alone' '--from is no option, only a key*' \
	'*--help*' --from=x
mistaken 'a letter of no row' '-Z is no flag' '*behind --*' -Z
mistaken 'a recipient like a flag' '-y is no flag' '*behind --*' -y@example.org
mistaken 'no recipient' 'no recipients' '*-t*'

# wrong NAME WORDS ARGUMENTS: what is wrong says all.
wrong() {
	name=$1 words=$2
	shift 2
	pneu_run "$@" </dev/null
	like "$status:$(cat "$out"):$(cat "$err")" "64::pneu: $words" "$name"
}
wrong 'a value too much' '--help takes no value' --help=x
wrong 'a value too few' '--host needs a value' --host
wrong 'an empty value' '--host: "" is empty' --host=
wrong 'a value that is none' '--tls: "ssl" is none of implicit, starttls, none' \
	--tls ssl
wrong 'a shell that is not known' '*bash, zsh and fish*' --completion=ksh
wrong 'a yes that is none' '--auth-unverified: "1" is neither yes nor no' \
	--auth-unverified=1
wrong 'two places for the password' '*(flag)*one place only' --password-file=/x \
	--password-command=y

done_testing

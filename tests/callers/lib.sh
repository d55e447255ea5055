# Calls of sendmail as real programs make them, and what must come of each; to
# be sourced behind tests/cli/lib.sh.
#
# NAME.call is one call: lines of a word and its value, then a line "letter",
# then the octets that the caller writes.
#
#	# who calls so, and why it matters
#	name NAME	what it is called by
#	arg ARGUMENT	one a line; may be empty
#	stdin KIND	pipe (the default), file, null or closed
#	without FDS	descriptors that are closed
#	ignores SIGNALS	that the caller ignores
#	unset NAMES	variables that are not there
#	form HOW	of the letter: crlf, unended (without the last line end),
#			escaped (as printf's %b has it)
#	status N	0 is the default
#	says PATTERN	on stdout or stderr; nothing is the default
#	replies CODES	for a dialogue (-bs), whose DATA is the letter then
#	mail SENDER	with parameters, without SIZE
#	rcpt RECIPIENT	one a line, likewise; without any no letter is to come
#	add FIELD	a field that comes in addition; * is anything
#	other FIELD	one that comes instead of those of its name
#	gone NAME	a field that does not come
#	body LINE	what the body is, if not what was written
#
# Recorded with RECORD=DIR tests/interop/callers.t, read in sources (mdadm), or
# written for what callers are known to do.
#
# shellcheck shell=sh
# shellcheck disable=SC2154 # from tests/cli/lib.sh

here_callers=${0%/*}/../callers

# said_of FILE WORD: the values, one a line.
said_of() {
	sed -n "/^letter\$/q; s/^$2\\( \\|\$\\)//p" "$1"
}

# What the caller writes, in its form, to stdout.
call_letter() {
	call_begin=$(grep -n '^letter$' "$1" | head -n 1 | cut -d: -f1)
	tail -n +$((call_begin + 1)) "$1" >"$work/raw"
	for call_form in $(said_of "$1" form); do
		case $call_form in
		crlf) crlf <"$work/raw" ;;
		escaped) printf '%b\n' "$(cat "$work/raw")" ;;
		unended) printf '%s' "$(cat "$work/raw")" ;;
		esac >"$work/formed"
		mv "$work/formed" "$work/raw"
	done
	cat "$work/raw"
}

# A program that closes what it is told to and becomes the caller's child.
call_make() {
	call_shell="$work/call.sh"
	{
		for call_signal in $(said_of "$1" ignores); do
			echo "trap '' $call_signal"
		done
		for call_name in $(said_of "$1" unset); do
			echo "unset $call_name"
		done
		printf 'exec "$@"'
		for call_fd in $(said_of "$1" without); do
			printf ' %s>&-' "$call_fd"
		done
		[ "$(said_of "$1" stdin)" != closed ] || printf ' <&-'
		echo
	} >"$call_shell"
}

# call_run NAME ARGUMENT... <the letter
call_run() {
	mkdir -p "$work/names"
	call_name=$1
	shift
	ln -sf "$PNEU" "$work/names/$call_name"
	timeout -k 2 60 sh "$call_shell" "$work/names/$call_name" "$@" \
		>"$out" 2>"$err"
	status=$?
}

# Reads the arguments of FILE into $@ of call_run, whatever is in them.
call_with_arguments() {
	call_file=$1
	set --
	while IFS= read -r call_line; do
		case $call_line in
		letter) break ;;
		arg) set -- "$@" '' ;;
		'arg '*) set -- "$@" "${call_line#arg }" ;;
		esac
	done <"$call_file"
	set -- "$(said_of "$call_file" name)" "$@"
	case $(said_of "$call_file" stdin) in
	file) call_run "$@" <"$work/given" ;;
	null | closed) call_run "$@" </dev/null ;;
	*)
		mkfifo "$work/pipe"
		# what it is not read to its end must not end the test
		(trap '' PIPE && cat "$work/given" >"$work/pipe" 2>/dev/null) &
		call_run "$@" <"$work/pipe"
		wait $!
		rm "$work/pipe"
		;;
	esac
}

# The envelope of letter N, as FILE would have it.
call_envelope() {
	envelope_lines "$1" | tr -d '\r' | sed 's/ SIZE=[0-9]*//
		s/^MAIL FROM:/mail /
		s/^RCPT TO:/rcpt /'
}

# Of a dialogue: the code of each reply.
call_replies() {
	tr -d '\r' <"$out" | sed -n 's/^\([0-9]*\)\( .*\|$\)/\1/p' | tr '\n' ' ' |
		sed 's/ $//'
}

# The letter that a dialogue brings.
call_data() {
	tr -d '\r' | sed '1,/^[Dd][Aa][Tt][Aa]$/d; /^\.$/,$d; s/^\.//'
}

# The body that must arrive, in lines with LF.
call_body() {
	if grep -q '^body' "$1"; then
		said_of "$1" body
	else
		tr -d '\r' <"$work/given" | sed '1,/^$/d'
		case $(said_of "$1" form) in
		*unended) echo ;; # it is added
		esac
	fi
}

# replay FILE: some tests.
replay() {
	row=$(basename "$1" .call)
	smarthost_forget
	call_letter "$1" >"$work/given"
	call_make "$1"
	call_with_arguments "$1"
	call_wanted=$(said_of "$1" status)
	is "$status" "${call_wanted:-0}" "$row: the status"
	if [ "$(said_of "$1" replies)" ]; then
		is "$(call_replies)" "$(said_of "$1" replies)" "$row: the replies"
		call_data <"$work/given" >"$work/data"
		mv "$work/data" "$work/given"
	else
		like "$(cat "$out" "$err")" "$(said_of "$1" says)" "$row: words"
	fi
	call_wanted=$(grep -e '^mail ' -e '^rcpt ' "$1")
	if [ -z "$call_wanted" ]; then
		is "$(stored_count)" 0 "$row: nothing is sent"
		return
	fi
	is "$(stored_count)" 1 "$row: one letter comes"
	[ "$(stored_count)" = 1 ] || return
	call_number=$(ls "$host_dir/new")
	is "$(call_envelope "$call_number")" "$call_wanted" "$row: its envelope"
	tr -d '\r' <"$(stored "$call_number")" >"$work/came"
	tr -d '\r' <"$work/given" >"$work/given.lf"
	ok "$row: its header" awk -f "$here_callers/header.awk" "$1" \
		"$work/given.lf" "$work/came"
	call_body "$1" >"$work/body"
	sed '1,/^$/d' "$work/came" >"$work/came.body"
	same "$work/body" "$work/came.body" "$row: its body"
}

#!/bin/sh
# The table of options (src/conf/options.c) has copies for people and shells:
# --help, the manual, the completions.  Each must say what the table says.
# --help is taken as the table's own voice, once it is known to be complete.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
PNEU=${PNEU:-build/plain/pneu}

dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT
: >"$dir/empty"
# In a bare environment: no setting of the caller's may be seen.
pneu() {
	env -i PATH="$PATH" PNEU_CONFIG="$dir/empty" "$PNEU" "$@"
}

# One row of --help per line: what is written before it, a tab, the sentence
# and, in brackets, the default.
pneu --help | awk '
function flush() {
	if (label != "")
		print label "\t" text
	label = text = ""
}
/^$/ || /^[^ ]/ { flush(); next }
/^  (-|    --|[a-z])/ {
	flush()
	both = substr($0, 25, 2) == "  "
	label = both ? substr($0, 1, 24) : $0
	text = both ? substr($0, 27) : ""
	gsub(/^ +| +$/, "", label)
	next
}
label != "" { sub(/^ +/, ""); text = text (text == "" ? "" : " ") $0 }
END { flush() }' >"$dir/rows"

# The keys of pneu.conf, as --print-config lists them.
pneu --host=h --print-config |
	sed -n 's/^# \([a-z-]*\) is not set$/\1/p; s/^\([a-z-]*\) = .*/\1/p' |
	sort >"$dir/keys"

ok "--help lists every row of the table" \
	test "$(grep -c '^	{ \.\(name\|letter\) = ' src/conf/options.c)" -eq \
	"$(wc -l <"$dir/rows")"

# The rows as the manual must have them: page, item, default.
awk -F '\t' -v keys="$(tr '\n' ' ' <"$dir/keys")" '
BEGIN { n = split(keys, list, " "); for (i = 1; i <= n; i++) key[list[i]] = 1 }
function value(argument) { return argument == "" ? "" : " Ns = Ns Ar " argument }
{
	standard = ""
	if (match($2, / \[.*\]$/))
		standard = substr($2, RSTART + 2, RLENGTH - 3)
	n = split($1, word, " ")
	letter = name = argument = ""
	for (i = 1; i <= n; i++)
		if (word[i] ~ /^--/)
			name = substr(word[i], 3)
		else if (word[i] ~ /^-/)
			letter = substr(word[i], 2)
		else if (i == 1)
			name = word[i]
		else
			argument = word[i]
	sub(/,$/, "", letter)
	if (match(name letter, /\[=?[A-Z-]+\]$/)) {
		argument = substr(name letter, RSTART, RLENGTH)
		gsub(/[][=]/, "", argument)
		sub(/\[.*/, "", name)
		if (sub(/\[.*/, "", letter)) {
			print "1\t.It Fl " letter " Ns Oo Ar " argument " Oc\t"
			next
		}
	}
	if (name in key)
		item = "Ic " name " Li = Ar " argument
	else if (letter == "")
		item = "Fl Fl " name value(argument)
	else
		item = "Fl " letter (argument == "" ? "" : " Ar " argument) \
		    (name == "" ? "" : " , Fl Fl " name value(argument))
	print ((name in key) ? "conf.5" : "1") "\t.It " item "\t" standard
}' "$dir/rows" >"$dir/wanted"

# Prints the rows of $2 that the manual pages in folder $1 lack or whose
# default they tell otherwise; a row without a default must tell none.
unsaid() {
	awk -F '\t' -v dir="$1" '
	{
		page = dir "/pneu." $1
		inside = seen = 0
		told = ""
		while ((getline line <page) > 0) {
			if (line ~ /^\.(It|El)/)
				inside = line == $2
			if (inside) {
				seen = 1
				if (line ~ /^Default: .*\.$/)
					told = substr(line, 10, length(line) - 10)
			}
		}
		close(page)
		if (!seen)
			print page ": no " $2
		else if (told != $3)
			print page ": " $2 ": default \"" told "\", not \"" $3 "\""
	}' "$2"
}
empty "the manual names every row, with its argument and its default" \
	"$(unsaid man "$dir/wanted")"
ok "no two rows look alike" \
	test -z "$(cut -f 2 "$dir/wanted" | sort | uniq -d)"

sed -n 's/^\.It Ic \([a-z-]*\) .*/\1/p' man/pneu.conf.5 | sort >"$dir/told"
ok "pneu.conf(5) tells of the keys that exist and of no others" \
	cmp "$dir/keys" "$dir/told"

while read -r key; do
	variable=PNEU_$(echo "$key" | tr a-z- A-Z_)
	env -i "$variable=?" PNEU_CONFIG="$dir/empty" "$PNEU" --print-config \
		2>&1 | grep -q 'cannot be set by the environment' && echo "$key"
done <"$dir/keys" >"$dir/refused"
sed -n '/^Not by the environment come/,/^A variable/s/^\.Cm \([a-z-]*\).*/\1/p' \
	man/pneu.1 | sort >"$dir/told"
ok "pneu(1) tells of the keys that the environment cannot set" \
	cmp "$dir/refused" "$dir/told"

while read -r shell file; do
	pneu --completion="$shell" >"$dir/completion"
	ok "completions/$file is what --completion=$shell prints" \
		diff "completions/$file" "$dir/completion"
	if command -v "$shell" >/dev/null; then
		ok "$shell can read it" "$shell" -n "$dir/completion"
	else
		ok "$shell can read it # SKIP there is no $shell" true
	fi
done <<'END'
bash pneu.bash
zsh _pneu
fish pneu.fish
END

if command -v bash >/dev/null; then
	# Prints what bash offers for the last word.
	offer() {
		bash -c '. completions/pneu.bash
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
			_pneu
			echo "${COMPREPLY[*]}"' bash "$@"
	}
	ok "bash offers the words of a choice" \
		test "$(offer pneu --tls s)" = starttls
	ok "bash offers them behind = too" \
		test "$(offer pneu --tls = '')" = "implicit starttls none"
	ok "bash offers no value where it would not be taken as one" \
		test -z "$(offer pneu --auth-unverified '')"
	ok "bash offers an option" \
		test "$(offer pneu --password-fi)" = --password-file
fi

unknown_shell() {
	pneu --completion=csh
	[ $? -eq 64 ]
}
ok "--completion knows no other shell" unknown_shell

if command -v mandoc >/dev/null; then
	for page in man/*.[1-8]; do
		empty "mandoc has nothing to say of $page" \
			"$(mandoc -Tlint -W style "$page" |
				grep -v 'referenced manual not found')"
	done
fi

# And the same questions asked of a manual that is wrong.
mkdir "$dir/man"
sed 's/^Default: 30s\.$/Default: 31s./
	s/^\.It Ic user Li = Ar USER$/.It Ic user Li = Ar NAME/' \
	man/pneu.conf.5 >"$dir/man/pneu.conf.5"
sed '/^\.It Fl X /d' man/pneu.1 >"$dir/man/pneu.1"
ok "a wrong default, a wrong argument and a missing row are found" \
	test "$(unsaid "$dir/man" "$dir/wanted" | wc -l)" -eq 3

done_testing

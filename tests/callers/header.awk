# Is the header that arrived the one that was written, but for what the call
# says?  awk -f header.awk CALL GIVEN ARRIVED: silent and 0, or says what is
# amiss.  Every field must be there, in its order and octet for octet.

function name(field) {
	sub(/[ \t]*:.*/, "", field)
	return tolower(field)
}

# Where * is anything.
function is_like(text, pattern) {
	gsub(/[][\\.^$(){}?+|]/, "\\\\&", pattern)
	gsub(/\*/, ".*", pattern)
	gsub(/\n[ \t]*/, " ", text)
	return text ~ ("^" pattern "$")
}

function amiss(what) {
	print what
	bad = 1
}

# A line of a header goes to the end of that list of fields.
function push(list, count, line) {
	if (line ~ /^[ \t]/ && count > 0) {
		list[count] = list[count] "\n" line
		return count
	}
	list[count + 1] = line
	return count + 1
}

FNR == 1 { file++; over = 0 }
file == 1 && /^letter$/ { over = 1 }
file > 1 && /^$/ { over = 1 }
over { next }
file == 1 && sub(/^add /, "") { add[++adds] = $0 }
file == 1 && sub(/^gone /, "") { gone[tolower($0)] = 1 }
file == 1 && sub(/^other /, "") { other[name($0)] = $0 }
# a first line of a mailbox is no field
file == 2 && FNR == 1 && /^From / { next }
# nor is a text that has no header
file == 2 && FNR == 1 && !/^[!-9;-~]+[ \t]*:/ { over = 1; next }
file == 2 { given = push(wrote, given, $0) }
file == 3 { came = push(got, came, $0) }

END {
	for (i = 1; i <= given; i++)
		if (name(wrote[i]) in other)
			want[++wants] = name(wrote[i])
		else if (!(name(wrote[i]) in gone))
			want[++wants] = wrote[i]
	at = 1
	for (i = 1; i <= came; i++) {
		if (at <= wants && (got[i] == want[at] || want[at] in other &&
		    is_like(got[i], other[want[at]]))) {
			at++
			continue
		}
		for (j = 1; j <= adds; j++)
			if (!(j in used) && is_like(got[i], add[j]))
				break
		if (j > adds)
			amiss("unexpected: " got[i])
		used[j] = 1
	}
	for (; at <= wants; at++)
		amiss("missing: " want[at])
	for (j = 1; j <= adds; j++)
		if (!(j in used))
			amiss("not added: " add[j])
	exit bad
}

# bash completion for pneu, written by pneu --completion bash
# shellcheck shell=bash
_pneu() {
	local word=${COMP_WORDS[COMP_CWORD]} option files
	option=${COMP_WORDS[COMP_CWORD-1]}
	if [[ $word == '=' ]]; then
		word='' option+='='
	elif [[ $option == '=' ]]; then
		option=${COMP_WORDS[COMP_CWORD-2]}=
	fi
	COMPREPLY=()
	case $option in
	-C|--config|--config=)
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	--completion|--completion=)
		mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$word")
		return
		;;
	--tls|--tls=)
		mapfile -t COMPREPLY < <(compgen -W 'implicit starttls none' -- "$word")
		return
		;;
	--tls-verify|--tls-verify=)
		mapfile -t COMPREPLY < <(compgen -W 'yes no' -- "$word")
		return
		;;
	--tls-trust|--tls-trust=)
		mapfile -t COMPREPLY < <(compgen -W 'system pin' -- "$word")
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	--tls-crl|--tls-crl=)
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	--tls-min-version|--tls-min-version=)
		mapfile -t COMPREPLY < <(compgen -W '1.2 1.3' -- "$word")
		return
		;;
	--tls-certificate|--tls-certificate=)
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	--tls-key|--tls-key=)
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	--password-file|--password-file=)
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	--password-netrc|--password-netrc=)
		mapfile -t COMPREPLY < <(compgen -W 'yes' -- "$word")
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	--auth|--auth=)
		mapfile -t COMPREPLY < <(compgen -W 'auto off' -- "$word")
		return
		;;
	--auth-unverified=)
		mapfile -t COMPREPLY < <(compgen -W 'yes no' -- "$word")
		return
		;;
	--auth-pipelining=)
		mapfile -t COMPREPLY < <(compgen -W 'yes no' -- "$word")
		return
		;;
	--profile-by-header=)
		mapfile -t COMPREPLY < <(compgen -W 'yes no' -- "$word")
		return
		;;
	--rewrite-from|--rewrite-from=)
		mapfile -t COMPREPLY < <(compgen -W 'keep header both' -- "$word")
		return
		;;
	--original-from|--original-from=)
		mapfile -t COMPREPLY < <(compgen -W 'reply-to x-original-from none' -- "$word")
		return
		;;
	--aliases|--aliases=)
		mapfile -t COMPREPLY < <(compgen -W 'none' -- "$word")
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	--sender-map|--sender-map=)
		mapfile -t COMPREPLY < <(compgen -W 'none' -- "$word")
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	--recipients|--recipients=)
		mapfile -t COMPREPLY < <(compgen -W 'any all' -- "$word")
		return
		;;
	--chunking|--chunking=)
		mapfile -t COMPREPLY < <(compgen -W 'no yes grouped' -- "$word")
		return
		;;
	--dead-letter|--dead-letter=)
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	-N|--dsn-notify|--dsn-notify=)
		mapfile -t COMPREPLY < <(compgen -W 'success failure delay never' -- "$word")
		return
		;;
	-R|--dsn-return|--dsn-return=)
		mapfile -t COMPREPLY < <(compgen -W 'full hdrs' -- "$word")
		return
		;;
	--log|--log=)
		mapfile -t COMPREPLY < <(compgen -W 'syslog none -' -- "$word")
		mapfile -t files < <(compgen -f -- "$word")
		COMPREPLY+=("${files[@]}")
		compopt -o filenames
		return
		;;
	-f |\
	-r |\
	-F |\
	-V |\
	--profile|--profile= |\
	--host|--host= |\
	--port|--port= |\
	--tls-pin|--tls-pin= |\
	--tls-server-name|--tls-server-name= |\
	--tls-priorities|--tls-priorities= |\
	--user|--user= |\
	--password-command|--password-command= |\
	--password-credential|--password-credential= |\
	--password-fd|--password-fd= |\
	--authorization-id|--authorization-id= |\
	--source-address|--source-address= |\
	--envelope-from|--envelope-from= |\
	--domain|--domain= |\
	--ehlo-name|--ehlo-name= |\
	--connect-timeout|--connect-timeout= |\
	--timeout|--timeout= |\
	--deadline|--deadline=)
		return
		;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '
			-t
			-i
			-f
			-r
			-F
			-n
			-v
			-V
			-I
			-q
			-C --config
			--profile
			--print-config
			--completion
			-h --help
			--version
			--host
			--port
			--tls
			--tls-verify
			--tls-trust
			--tls-crl
			--tls-pin
			--tls-server-name
			--tls-min-version
			--tls-priorities
			--tls-certificate
			--tls-key
			--user
			--password-file
			--password-command
			--password-credential
			--password-netrc
			--password-fd
			--auth
			--authorization-id
			--auth-unverified
			--auth-pipelining
			--source-address
			--profile-by-header
			--envelope-from
			--rewrite-from
			--original-from
			--domain
			--aliases
			--sender-map
			--ehlo-name
			--connect-timeout
			--timeout
			--deadline
			--recipients
			--chunking
			--dead-letter
			-N --dsn-notify
			-R --dsn-return
			--log
		' -- "$word")
	fi
}
complete -F _pneu pneu

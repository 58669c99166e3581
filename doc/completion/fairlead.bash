# bash completion for fairlead(1): commands and options are what --help says,
# so that there is no second list to keep.

# The first words of the lines of a table in a help text
_fairlead_commands() {
	"$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
}

# _fairlead_options PROGRAM COMMAND: the long ones
_fairlead_options() {
	"$1" "$2" --help 2>/dev/null </dev/null |
	    sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'
}

_fairlead_modes='five-tuple source-ip source-ip-protocol'
_fairlead_algorithms='maglev rendezvous modulo stable'
_fairlead_keys='distribution= algorithm= pool.size= table_size= hash_key=
    probe.interval= probe.threshold= idle_timeout= duration= warm_up= instances=
    replications= precision='

# _fairlead_members PROGRAM: of the balancer that runs, if it may be asked
_fairlead_members() {
	"$1" ctl members 2>/dev/null </dev/null |
	    sed -n 's/^\([^ ]*\/[^ ]*\) .*/\1/p'
}

# _fairlead_ctl PROGRAM: what may follow the words so far
_fairlead_ctl() {
	local word
	for word in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
		case $word in
		drain | undrain) _fairlead_members "$1" ;;
		admin)
			case $before in
			admin) _fairlead_members "$1" ;;
			*) echo up down none ;;
			esac
			;;
		status | members | flows | snat | nat | reload | stats | capture) ;;
		*) continue ;;
		esac
		return
	done
	_fairlead_subcommands "$1"
}

_fairlead_subcommands() {
	"$1" ctl --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'
}

_fairlead() {
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]}
	local current=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]}
	local words=
	COMPREPLY=()

	if [ "$COMP_CWORD" -eq 1 ]; then
		words="$(_fairlead_commands "$program") --help --version"
	else
		case $before in
		--modes) words=$_fairlead_modes ;;
		--algorithms) words=$_fairlead_algorithms ;;
		--set) words=$_fairlead_keys ;;
		--vip) words=auto ;;
		--mode) words='auto native generic' ;;
		--interface) words=$(cd /sys/class/net 2>/dev/null && echo *) ;;
		--member) words=$(_fairlead_members "$program") ;;
		-o | --output)
			case $command in
			gen | import) ;; # they write a file
			*)
				mapfile -t COMPREPLY < <(compgen -d -- "$current")
				return
				;;
			esac
			;;
		esac
		if [ "$command" = ctl ] && [ -z "$words" ]; then
			words=$(_fairlead_ctl "$program")
		fi
		case $current in
		-*) words="$(_fairlead_options "$program" "$command") --help" ;;
		esac
	fi
	if [ -n "$words" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	elif [ "$command" = report ]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	fi
}

complete -o filenames -F _fairlead fairlead

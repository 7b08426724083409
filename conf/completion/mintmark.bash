# SPDX-License-Identifier: Apache-2.0
# Bash completion of mintmark(1). Commands and options are those that 'mintmark help' tells, so that they are never
# older than the program.

# The command's word among those before the cursor.
_mintmark_command() {
	local word
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		-*) ;;
		*) printf '%s\n' "$word"; return ;;
		esac
	done
}

# Names of the commands: the indented first words of the overview.
_mintmark_commands() {
	"$1" help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# Options that the help of a command names.
_mintmark_options() {
	"$1" help "$2" 2>/dev/null | grep -oE -- '(^|[^[:alnum:]-])--?[a-z][a-z-]*' | grep -oE -- '--?[a-z][a-z-]*' | sort -u
}

# Ids of the detections: the second words of their list, whose lines that are broken begin with blanks.
_mintmark_detections() {
	"$1" detect list 2>/dev/null | sed -n 's/^[a-z]\{1,\} \{1,\}\([a-z][a-z0-9-]*\) .*/\1/p'
}

# The configuration that the line names, else the default.
_mintmark_config() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | --config) printf '%s\n' "${COMP_WORDS[i + 1]}"; return ;;
		esac
	done
	printf '%s\n' /etc/mintmark/mintmark.conf
}

# Names of sections of one kind in the configuration.
_mintmark_sections() {
	sed -n -e "s/^[[:space:]]*$1[[:space:]]\\{1,\\}\"\\{0,1\\}\\([A-Za-z0-9._-]*\\)\"\\{0,1\\}[[:space:]]*{.*/\\1/p" \
	    "$(_mintmark_config)" 2>/dev/null
}

# Values of the option before the cursor, perhaps none; fails where it is no option that takes one.
_mintmark_values() {
	case $1 in
	-c | --config | --against | --root | --socket | --key | --jwks | --signins) compgen -f -- "$2" ;;
	--dir | --out) compgen -d -- "$2" ;;
	-s | --service) compgen -W "$(_mintmark_sections service)" -- "$2" ;;
	--tenant) compgen -W "$(_mintmark_sections tenant)" -- "$2" ;;
	--protocol) compgen -W 'introspect auth ext_authz shadow imap pop3 sieve submission smtp lmtp' -- "$2" ;;
	--verdict) compgen -W 'allow deny' -- "$2" ;;
	--alg) compgen -W 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519' -- "$2" ;;
	--pivot) compgen -W 'app= session= token= ip= mailbox=' -- "$2" ;;
	--mailbox | --at | --kid | --reason | --since | --until | -n | --lines | --threads) ;;
	*) return 1 ;;
	esac
	return 0 # compgen fails where nothing fits
}

_mintmark() {
	local program=$1 current=$2 previous=$3 command line
	COMPREPLY=()
	command=$(_mintmark_command)
	if [[ -z $command || $COMP_CWORD -eq 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_mintmark_commands "$program") --help --version" -- "$current")
		return
	fi
	if line=$(_mintmark_values "$previous" "$current"); then
		if [[ -n $line ]]; then
			mapfile -t COMPREPLY <<<"$line"
		fi
		return
	fi
	if [[ $command == fetch && $current != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_mintmark_sections realm)" -- "$current")
		return
	fi
	if [[ $command == jose && $COMP_CWORD -eq 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "verify decrypt" -- "$current")
		return
	fi
	if [[ $command == hunt && $current != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	fi
	if [[ $command == detect && $COMP_CWORD -eq 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "list explain" -- "$current")
		return
	fi
	if [[ $command == detect && $previous == explain && $current != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_mintmark_detections "$program")" -- "$current")
		return
	fi
	case $command in
	help) mapfile -t COMPREPLY < <(compgen -W "$(_mintmark_commands "$program")" -- "$current") ;;
	*) mapfile -t COMPREPLY < <(compgen -W "$(_mintmark_options "$program" "$command") -" -- "$current") ;;
	esac
}

complete -o filenames -F _mintmark mintmark

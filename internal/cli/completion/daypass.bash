# Completion of daypass for bash.
_daypass() {
	local words=("${COMP_WORDS[@]:1:COMP_CWORD}") IFS=$'\n'
	COMPREPLY=($("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null | cut -f 1))
	[ ${#COMPREPLY[@]} -eq 0 ] && compopt -o default
}
complete -F _daypass daypass daypass-client

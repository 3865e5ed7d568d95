#compdef daypass daypass-client
# Completion of daypass for zsh.
_daypass() {
	local line; local -a found
	for line in ${(f)"$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
		found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	done
	(( ${#found} )) && _describe daypass found || _files
}
compdef _daypass daypass daypass-client

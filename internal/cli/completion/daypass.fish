# Completion of daypass for fish.
function __daypass_complete
	set -l words (commandline -opc)
	set -l program $words[1]
	set -l found ($program __complete $words[2..-1] (commandline -ct | string collect --allow-empty) 2>/dev/null)
	if test (count $found) -gt 0
		printf '%s\n' $found
	else
		__fish_complete_path (commandline -ct)
	end
end
for program in daypass daypass-client
	complete -c $program -f -a '(__daypass_complete)'
end

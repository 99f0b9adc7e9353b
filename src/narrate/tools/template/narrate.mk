# The narration as a step of make: let what uses it depend on build/narration/manifest.json.
#
# run.json is newer than everything the narration was made of. The manifest keeps its time while its content stays the
# same; the empty recipe makes make look at that time after narrate has run. The folder is the one that -o names.
build/narration/manifest.json: build/narration/run.json ;

build/narration/run.json: script.md
	narrate run script.md --depfile build/narration.d -o build/narration

-include build/narration.d

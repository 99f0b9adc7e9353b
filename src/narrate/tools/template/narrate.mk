# The narration as a step of make: let what uses it depend on build/narration/manifest.json.
#
# run.json is newer than all that the narration was made of. The manifest keeps its time as long as it says the same,
# and the empty recipe has make look at that time once narrate has run.
build/narration/manifest.json: build/narration/run.json ;

build/narration/run.json: script.md
	narrate run script.md --depfile build/narration.d

-include build/narration.d

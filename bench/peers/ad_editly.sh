#!/bin/sh
# ad_editly.sh CLIPS OUT: the reference ad with editly, without its overlays and music; under xvfb-run, because it mixes with OpenGL. EDITLY is its program
# (npm install editly, on Debian with libcairo2-dev libpango1.0-dev libjpeg-dev libgif-dev librsvg2-dev libxi-dev libglew-dev).
set -eu
c=${1:?clips}
out=${2:?output}
spec=$(mktemp --suffix=.json5)
trap 'rm -f "$spec"' EXIT
clip() { printf "{ layers: [{ type: 'video', path: '%s/clip%s.mp4', cutFrom: 0, cutTo: 3.2 }]%s }," "$c" "$1" "$2"; }
card() { printf "{ duration: 1, %slayers: [{ type: 'title-background', text: '%s', background: { type: 'fill-color', color: 'black' } }] }," "$2" "$1"; }
{
	printf "{ outPath: '%s', width: 1920, height: 1080, fps: 30, fast: false, keepSourceAudio: false," "$out"
	printf "defaults: { transition: { name: 'fade', duration: 0.5 } }, clips: ["
	card 'AirRun Pro' 'transition: null, '
	clip 1 ''
	clip 2 ''
	clip 3 ', transition: null'
	card 'Shop Now' ''
	printf ']}\n'
} > "$spec"
"${EDITLY:-editly}" "$spec"

#!/bin/sh
# ad_melt.sh CLIPS OUT: the pictures of the reference ad with MLT, without its texts; under xvfb-run.
set -eu
c=${1:?clips}
out=${2:?output}
melt -silent color:black out=29 "$c/clip1.mp4" in=0 out=95 "$c/clip2.mp4" in=0 out=95 -mix 15 -mixer luma \
	"$c/clip3.mp4" in=0 out=95 -mix 15 -mixer luma color:black out=29 -profile atsc_1080p_30 \
	-consumer avformat:"$out" vcodec=libx264 preset=medium crf=23 acodec=aac ab=192k real_time=-2

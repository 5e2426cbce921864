#!/bin/sh
# ad_oneshot.sh CLIPS OUT [CALL TO ACTION]: the reference ad in one filter graph, as somebody who knows ffmpeg would do it. RAW=1 writes its frames before
# encoding. 318 frames; xfade of FFmpeg 5.1 loses one unless its first input outlasts the transition.
set -eu
c=${1:?clips}
out=${2:?output}
call=${3:-Shop Now}
font=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf
fit="setpts=N/30/TB,scale=1920:1080:force_original_aspect_ratio=decrease,pad=1920:1080:(ow-iw)/2:(oh-ih)/2,setsar=1,settb=1/30,setpts=N,fps=30,format=yuv420p"
card="settb=1/30,setpts=N,fps=30,setsar=1,format=yuv420p"
middle="fontcolor=white:x=(w-text_w)/2:fontfile=$font"
codec="-map 5:a -c:v libx264 -preset medium -crf 23 -c:a aac -b:a 192k -movflags +faststart"
[ -z "${RAW:-}" ] || codec="-f yuv4mpegpipe"
# shellcheck disable=SC2086
ffmpeg -v error -y -f lavfi -i color=c=black:s=1920x1080:r=30:d=1 \
	-i "$c/clip1.mp4" -i "$c/clip2.mp4" -i "$c/clip3.mp4" \
	-f lavfi -i color=c=black:s=1920x1080:r=30:d=1 -i "$c/tone.wav" -filter_complex "
[0:v]drawtext=text='AirRun Pro':fontsize=96:y=(h-text_h)/2:$middle,$card[i];
[4:v]drawtext=text='$call':fontsize=96:y=(h-text_h)/2:$middle,$card[o];
[1:v]trim=end_frame=100,$fit[a];[2:v]trim=end_frame=100,$fit[b];[3:v]trim=end_frame=96,$fit[c];
[a][b]xfade=transition=fade:duration=0.5:offset=2.7[ab];[ab][c]xfade=transition=fade:duration=0.5:offset=5.4[abc];
[i][abc][o]concat=n=3:v=1:a=0,settb=1/30,setpts=N[v0];
[v0]drawtext=text='AirRun Pro':fontsize=72:y=50:$middle:enable='between(n,30,59)',
drawtext=text='$call':fontsize=56:y=h-text_h-50:$middle:enable='gte(n,288)'[v]" \
	-map "[v]" -fps_mode passthrough $codec "$out"

#!/bin/sh
# make_clips.sh DIR: five clips of 7 s, 1024x576 at 30 a second, with a moving view, grain and a tone each; always the same. A clip that is
# there is left alone. tone.wav is the music of the reference ad.
set -eu
dir=${1:?folder}
mkdir -p "$dir"
for i in 1 2 3 4 5; do
	[ -s "$dir/clip$i.mp4" ] && continue
	ffmpeg -v error -y -f lavfi -i "mandelbrot=s=2048x1152:rate=1:start_scale=0.0$i:end_pts=1" -frames:v 1 "$dir/still$i.png"
	ffmpeg -v error -y -loop 1 -i "$dir/still$i.png" -f lavfi -i "sine=f=$((200 * i)):r=48000:d=7" \
		-vf "zoompan=z='1+0.0008*on':d=1:x='iw/2-(iw/zoom/2)+on*0.6':y='ih/2-(ih/zoom/2)':s=1024x576:fps=30,noise=alls=3:allf=t" \
		-t 7 -colorspace bt709 -color_primaries bt709 -color_trc bt709 -c:v libx264 -preset veryfast -crf 20 -pix_fmt yuv420p -c:a aac -movflags +faststart "$dir/part.mp4"
	mv "$dir/part.mp4" "$dir/clip$i.mp4"
	rm -f "$dir/still$i.png"
done
[ -s "$dir/tone.wav" ] || ffmpeg -v error -y -f lavfi -i "sine=f=220:r=48000:d=10.6" "$dir/tone.wav"

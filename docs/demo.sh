#!/bin/sh
# Shows the three default models at work: sh docs/demo.sh [path of seqkit]
set -eu

case ${1:-seqkit} in
    */*) seqkit=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") ;;
    *) seqkit=${1:-seqkit} ;;
esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > review.txt <<'END'
I expected little and was charmed from the first scene to the last. The cast is wonderful.
END
cat > story.txt <<'END'
The old sailor quietly opened his letter from Dublin and smiled.
END

show() {
    printf '\n$ seqkit'
    for word in "$@"; do
        case $word in
            *' '*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$seqkit" "$@"
}

show generate --seed 'The king was' --tokens 120 --temperature 0.6 --format text
printf '\n$ cat review.txt\n' && cat review.txt
show classify review.txt --format table
printf '\n$ cat story.txt\n' && cat story.txt
show tag story.txt --format table

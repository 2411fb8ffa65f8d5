#!/bin/sh
# The rehearsal's device: leaves each job's bytes in the outbox; fails on command.
[ "$#" -eq 0 ] && { echo 'direct bmnn-rehearsal "bmnn-mark" "bmnn-mark rehearsal"'; exit 0; }
umask 077
room=@FOLDER@
echo "$1" >> "$room/starts"
mode=$(cat "$room/mode" 2>/dev/null || echo ok)
wait_while() { while [ "$(cat "$room/mode")" = "$1" ]; do sleep 0.02; done; }
case $mode in
  slow*) sleep "${mode#slow }" ;;
  fail*) exit "${mode#fail }" ;;
  die) kill -KILL $$ ;;
  media-empty)
    echo 'STATE: +media-empty-error' >&2
    wait_while media-empty
    echo 'STATE: -media-empty-error' >&2 ;;
  jam)
    echo 'STATE: +media-jam-error' >&2
    sleep 0.3
    echo 'STATE: -media-jam-error' >&2 ;;
  offline)
    echo 'STATE: +offline-report' >&2
    wait_while offline
    echo 'STATE: -offline-report' >&2 ;;
esac
part=$room/outbox/.$1
case $mode in
  trickle*)
    while head -c 4096 > "$part.more" && [ -s "$part.more" ]; do
      cat "$part.more" >> "$part"
      sleep "${mode#trickle }"
    done
    rm -f "$part.more" ;;
  *) cat "${6:--}" > "$part" ;;
esac && mv "$part" "$room/outbox/$1.pdf"

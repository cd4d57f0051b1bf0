# A private PulseAudio server with two null sinks, for the tests of `quaver live`. Sourced, not run.
#
# pulse_start: starts it, or ends the test with the code for "skipped" and says why. Afterwards ALSA's default device
# (and so PortAudio's) is that server: what is played into the sink `talk` comes out of the microphone, and the
# loudspeaker is the sink `heard`. Everything lies in $work, and ends with the shell.

skipped=77

skip() {
  echo "skipped: $*"
  exit "$skipped"
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

pulse_cleanup() {
  local process
  for process in ${pulse_children:-} ${pulse_pid:-}; do kill "$process" 2> /dev/null || true; done
  wait 2> /dev/null || true
  rm -rf "$work"
}

pulse_environment() {
  work=$(mktemp -d)
  trap pulse_cleanup EXIT
  chmod 700 "$work"
  mkdir -p "$work/runtime" "$work/config" "$work/state"
  unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS PULSE_COOKIE
  export HOME=$work XDG_RUNTIME_DIR=$work/runtime XDG_CONFIG_HOME=$work/config
  export PULSE_RUNTIME_PATH=$work/runtime PULSE_STATE_PATH=$work/state
  export PULSE_SERVER=unix:$work/runtime/native PULSE_SINK=heard PULSE_SOURCE=talk.monitor
  cat > "$work/asound.conf" << 'EOF'
pcm.pulse { type pulse }
ctl.pulse { type pulse }
pcm.!default { type pulse }
ctl.!default { type pulse }
EOF
  export ALSA_CONFIG_PATH=/usr/share/alsa/alsa.conf:$work/asound.conf
}

# Root may run a server of its own when nobody has to authenticate, over a socket that only root can reach.
pulse_serve() {
  pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no --log-target=stderr --log-level=error \
    -L "module-native-protocol-unix socket=$work/runtime/native auth-anonymous=1" \
    -L 'module-null-sink sink_name=talk rate=48000 channels=1' \
    -L 'module-null-sink sink_name=heard rate=48000 channels=1' 2> "$work/pulse.log" &
  pulse_pid=$!
  for _ in $(seq 50); do
    if pactl info > /dev/null 2>&1; then return 0; fi
    kill -0 "$pulse_pid" 2> /dev/null || return 1
    sleep 0.1
  done
  return 1
}

pulse_start() {
  local tool
  for tool in pulseaudio pactl paplay parec; do
    command -v "$tool" > /dev/null || skip "no $tool here (Debian: pulseaudio pulseaudio-utils libasound2-plugins)"
  done
  [[ -f /usr/share/alsa/alsa.conf ]] || skip 'no /usr/share/alsa/alsa.conf here (Debian: libasound2-data)'
  pulse_environment
  pulse_serve || skip "PulseAudio does not start here: $(tail -n 3 "$work/pulse.log" | tr '\n' ' ')"
}

# report NAME: a number of the program's report in $work/report.json.
report() { sed -nE 's/.*"'"$1"'": *(-?[0-9][0-9.eE+-]*).*/\1/p' "$work/report.json" | head -n 1; }

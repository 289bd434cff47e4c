# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A machine with a real systemd in the laboratory, booted by tests/lab/boot in the PBX's network. To be sourced after lab.sh.
#
#   trap 'lab_machine_down; lab_down' EXIT
#   lab_up mytest && lab_machine_up env DESTDIR="$LAB_STATE/machine/system" meson install -C build
#   lab_machine systemctl start pbxguard

LAB_MACHINE=        # systemd-nspawn's process
LAB_MACHINE_LEADER= # the process that is systemd

# lab_machine_up COMMAND...: boots it, after the COMMAND has put into $LAB_STATE/machine/system what is to be there. Its
# console: $LAB_STATE/machine.log. 1 where it can't be.
lab_machine_up() {
	mkdir "$LAB_STATE/machine"
	"$LAB_FOLDER/boot" "$LAB_STATE/machine" "$LAB_NAME-pbx" "$@" </dev/null >"$LAB_STATE/machine.log" 2>&1 &
	LAB_MACHINE=$!
	disown "$LAB_MACHINE" # it ends by being killed, which the shell would tell
	lab_wait_for 60 lab_machine_is_over_or_up && lab_machine_is_up
}

# systemd-nspawn's own child is systemd once it has become it.
lab_machine_leader() {
	local children=() child
	[ -r "/proc/$LAB_MACHINE/task/$LAB_MACHINE/children" ] || return 1
	read -ra children <"/proc/$LAB_MACHINE/task/$LAB_MACHINE/children" || true
	for child in "${children[@]}"; do
		[ "$(cat "/proc/$child/comm")" != systemd ] || LAB_MACHINE_LEADER=$child
	done 2>/dev/null
	[ -n "$LAB_MACHINE_LEADER" ]
}

lab_machine_is_up() {
	lab_machine_leader && lab_machine systemctl is-active --quiet pbxguard-lab.target
}

lab_machine_is_over_or_up() {
	! lab_runs "$LAB_MACHINE" || lab_machine_is_up
}

# lab_machine COMMAND...: runs it there as root.
lab_machine() {
	nsenter --target "$LAB_MACHINE_LEADER" --mount --uts --ipc --net --pid --cgroup --root --wd -- "$@"
}

# lab_machine_down: ends it and all that runs there. May be called at any time and twice.
lab_machine_down() {
	[ -n "$LAB_MACHINE" ] || return 0
	lab_machine_leader && lab_runs "$LAB_MACHINE" && kill -s KILL "$LAB_MACHINE_LEADER" 2>/dev/null
	lab_end "$LAB_MACHINE" KILL
	lab_wait_for 5 lab_machine_is_gone
	"$LAB_FOLDER/boot" --forget "$LAB_NAME-pbx"
	LAB_MACHINE=
	LAB_MACHINE_LEADER=
}

lab_machine_is_gone() {
	[ -z "$LAB_MACHINE_LEADER" ] || [ ! -e "/proc/$LAB_MACHINE_LEADER" ]
}

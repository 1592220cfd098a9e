// runc-clamp stands before runc where the machine itself lacks a capability (some virtual machines give no
// CAP_SYS_RESOURCE): container engines ask for all of them under --privileged, and runc then refuses to start anything.
// It takes from the OCI spec what this process could not pass on, and execs runc.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// The kernel's numbering: include/uapi/linux/capability.h.
var capabilities = strings.Fields(`CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL
CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW
CAP_IPC_LOCK CAP_IPC_OWNER CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN
CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE
CAP_AUDIT_CONTROL CAP_SETFCAP CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ
CAP_PERFMON CAP_BPF CAP_CHECKPOINT_RESTORE`)

type object = map[string]any

func main() {
	command, bundle, process := arguments(os.Args[1:])
	switch command {
	case "create", "run":
		rewrite(filepath.Join(bundle, "config.json"), func(spec object) {
			if process, ok := spec["process"].(object); ok {
				clamp(process)
			}
		})
	case "exec":
		if process != "" {
			rewrite(process, clamp)
		}
	}
	os.Args[0] = "/usr/sbin/runc"
	fmt.Fprintln(os.Stderr, syscall.Exec(os.Args[0], os.Args, os.Environ()))
	os.Exit(127)
}

// arguments finds the sub-command and the two options that name a file to rewrite, in runc's `--name value` and
// `--name=value` spellings.
func arguments(arguments []string) (command, bundle, process string) {
	bundle = "."
	for i, argument := range arguments {
		name, value, given := strings.Cut(argument, "=")
		if !given && i+1 < len(arguments) {
			value = arguments[i+1]
		}
		switch name {
		case "create", "run", "exec":
			if command == "" {
				command = name
			}
		case "--bundle", "-b":
			bundle = value
		case "--process", "-p":
			process = value
		}
	}
	return
}

// rewrite leaves a file that it cannot read as it is: runc then tells what is wrong with it.
func rewrite(path string, change func(object)) {
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	var content object
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if decoder.Decode(&content) != nil {
		return
	}
	change(content)
	if text, err = json.Marshal(content); err == nil {
		os.WriteFile(path, text, 0o644)
	}
}

func clamp(process object) {
	have := bounding()
	sets, _ := process["capabilities"].(object)
	for name, set := range sets {
		wanted, _ := set.([]any)
		kept := []any{}
		for _, capability := range wanted {
			if name, _ := capability.(string); have[name] {
				kept = append(kept, capability)
			}
		}
		sets[name] = kept
	}
	if have["CAP_SYS_RESOURCE"] {
		return
	}
	// Without it nobody may raise a limit or lower the own score.
	delete(process, "rlimits")
	if wanted, ok := process["oomScoreAdj"].(json.Number); ok {
		own := 0
		if text, err := os.ReadFile("/proc/self/oom_score_adj"); err == nil {
			own, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		if score, _ := wanted.Int64(); int(score) < own {
			process["oomScoreAdj"] = own
		}
	}
}

// bounding names the capabilities that this process may still pass on.
func bounding() map[string]bool {
	have := map[string]bool{}
	text, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, "CapBnd:"); ok {
			bits, _ := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			for number, name := range capabilities {
				have[name] = bits>>number&1 == 1
			}
		}
	}
	return have
}

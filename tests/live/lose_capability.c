/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preloaded into pbxguard: at SIGUSR2 its packet thread gives up all capabilities, which nobody else can do.
 */
#include <linux/capability.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static void lose(int number)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	(void)number;
	/* A system call, no function of the library. NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c) */
	syscall(SYS_capset, &header, none);
}

/* The other threads have all signals blocked. */
static void __attribute__((constructor)) begin(void)
{
	signal(SIGUSR2, lose);
}

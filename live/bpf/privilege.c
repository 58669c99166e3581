/* SPDX-License-Identifier: MIT */
#include "live/bpf/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "model/path/base.h"

static const unsigned kept[] = { CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON,
	CAP_DAC_READ_SEARCH };

int
live_privilege_drop(void)
{
	bool have[LB_COUNT(kept)];
	if (capng_get_caps_process() != 0)
		return -EIO;
	bool bounded = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
	for (size_t i = 0; i < LB_COUNT(kept); i++)
		have[i] = capng_have_capability(CAPNG_EFFECTIVE, kept[i]) != 0;
	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < LB_COUNT(kept); i++)
		if (have[i])
			(void)capng_update(CAPNG_ADD,
			    CAPNG_EFFECTIVE | CAPNG_PERMITTED |
				CAPNG_BOUNDING_SET,
			    kept[i]);
	/* First, so that nothing in between could bring them back. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	/* A bounding set without CAP_SETPCAP stays: with no_new_privs and
	 * nothing permitted it gives nothing. */
	int rc =
	    capng_apply(bounded ? CAPNG_SELECT_ALL
				: CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
	return rc == 0 ? 0 : -EPERM;
}

bool
live_privilege_admin(void)
{
	return capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN) != 0;
}

const char *
live_privilege_text(char *text, unsigned bytes)
{
	size_t used = 0;
	text[0] = '\0';
	if (capng_get_caps_process() != 0)
		return text;
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (!capng_have_capability(CAPNG_EFFECTIVE, cap))
			continue;
		int n = snprintf(text + used, bytes - used, "%s%s",
		    used > 0 ? ", " : "", capng_capability_to_name(cap));
		if (n < 0 || (size_t)n >= bytes - used)
			break;
		used += (size_t)n;
	}
	return text;
}
